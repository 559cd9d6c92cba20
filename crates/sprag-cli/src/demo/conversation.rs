//! The conversation from beginning to end.

use super::contents::Pieces;
use super::event::{Act, Event, Name, Opening, Summary};
use super::log::Report;
use super::story::Story;
use super::theft::theft;
use super::transfer::{say, transfer};
use crate::failure::Failure;

/// Lets the two meet, exchange the contents there and back, and part; a thief comes in between.
pub(super) fn hold<R: Report>(
    mut story: Story<'_, R>,
    opening: &Opening,
    pieces: &Pieces<'_>,
) -> Result<(), Failure> {
    let story = &mut story;
    let sent = pieces.all.concat();
    story.log.begin(Act::Meeting)?;
    story.meet()?;
    let there = transfer(story, Name::Alice, pieces)?;
    if there != sent {
        return Err(Failure::defect("what Bob received is not what was sent"));
    }

    story.log.begin(Act::Theft)?;
    theft(story)?;

    story.log.begin(Act::WayBack)?;
    let back = transfer(story, Name::Bob, &Pieces::of(&there))?;
    if back != sent {
        return Err(Failure::defect("what Alice got back is not what was sent"));
    }
    part(story)?;

    story.log.begin(Act::End)?;
    let statuses = [story.status(Name::Alice)?, story.status(Name::Bob)?];
    let [alice, bob] = statuses.map(|status| status.root_fingerprint);
    if alice != bob {
        return Err(Failure::defect("the two root keys differ"));
    }
    let tallies = story.log.tallies();
    story.log.step(&Event::Done(&Summary {
        opening,
        statuses,
        tallies,
    }))
}

/// Each hears the other once more, so that nothing is in flight; then the thief gives up.
fn part<R: Report>(story: &mut Story<'_, R>) -> Result<(), Failure> {
    say(story, Name::Bob, "Good night, Alice.")?;
    say(story, Name::Alice, "Good night, Bob.")?;
    story.drain()?;
    let Some(thief) = &story.eavesdropper else {
        return Ok(());
    };
    let (tried, read) = (thief.tried, thief.read);
    story.log.step(&Event::Aftermath { tried, read })?;
    if read > 0 {
        return Err(Failure::defect("the thief read what it cannot"));
    }
    Ok(())
}

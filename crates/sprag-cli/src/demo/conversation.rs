//! The whole conversation, act by act.

use super::contents::Pieces;
use super::event::{Act, Event, Name, Opening, Summary};
use super::log::Report;
use super::story::Story;
use super::theft::theft;
use super::transfer::{say, transfer};
use crate::failure::Failure;

/// Plays all acts: Alice and Bob meet, a thief copies a session, and the contents go there and back.
pub(super) fn hold<R: Report>(
    mut story: Story<'_, R>,
    opening: &Opening,
    pieces: &Pieces<'_>,
) -> Result<(), Failure> {
    // Act 1: Alice begins a session with Bob and sends him the contents.
    let story = &mut story;
    let sent = pieces.all.concat();
    story.log.begin(Act::Meeting)?;
    story.meet()?;
    let there = transfer(story, Name::Alice, pieces)?;
    if there != sent {
        return Err(Failure::defect("what Bob received is not what was sent"));
    }

    // Act 2: A thief copies Alice's session.
    story.log.begin(Act::Theft)?;
    theft(story)?;

    // Act 3: Bob sends back the contents that he received, while the thief listens.
    story.log.begin(Act::WayBack)?;
    let back = transfer(story, Name::Bob, &Pieces::of(&there))?;
    if back != sent {
        return Err(Failure::defect("what Alice got back is not what was sent"));
    }
    part(story)?;

    // Act 4: Compare both sessions, which must agree because no message is in flight.
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

/// Ends the conversation: each side hears the other once more, so that no message is in flight. Then reports
/// how many messages the thief could read, which must be none.
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

//! The whole story, act by act.

use sprag::rand_core::CryptoRng;

use crate::error::{Defect, Error};
use crate::event::{Act, Ending, Event, Name, Summary};
use crate::report::Report;
use crate::story::Story;
use crate::theft::theft;

/// Tells the whole story: Alice and Bob meet, `contents` go from Alice to Bob, a thief copies Alice's session,
/// and the contents come back.
///
/// `contents` may be any bytes, and [`DIALOGUE`](crate::DIALOGUE) if there are no others. All randomness comes
/// from `rng`, so a generator with the same seed repeats the story. The last step is [`Event::Done`].
///
/// # Errors
///
/// [`Error::ContentsTooLong`] before the first step, and [`Error::Report`]. Any other error is a defect of sprag,
/// because the story checks what sprag promises: everything arrives unaltered and once, the thief can read the
/// messages that the theory says and no others, and both sessions agree in the end.
pub fn tell<R: Report>(
    contents: &[u8],
    rng: impl CryptoRng,
    report: R,
) -> Result<(), Error<R::Error>> {
    if contents.len() > crate::limits::MAX_CONTENTS_LENGTH {
        return Err(Error::ContentsTooLong);
    }

    // Act 1: Alice begins a session with Bob and sends him the contents.
    let story = &mut Story::new(rng, report);
    story.log.begin(Act::Meeting);
    story.meet()?;
    let there = story.transfer(Name::Alice, contents)?;
    if there != contents {
        return Err(Defect::Altered(Name::Bob).into());
    }

    // Act 2: A thief copies Alice's session.
    story.log.begin(Act::Theft);
    theft(story)?;

    // Act 3: Bob sends back the contents that he received, while the thief listens.
    story.log.begin(Act::WayBack);
    let back = story.transfer(Name::Bob, &there)?;
    if back != contents {
        return Err(Defect::Altered(Name::Alice).into());
    }
    part(story)?;

    // Act 4: Compare both sessions, which must agree because no message is in flight.
    story.log.begin(Act::End);
    let [alice, bob] = [ending(story, Name::Alice)?, ending(story, Name::Bob)?];
    if alice.status.root_fingerprint != bob.status.root_fingerprint {
        return Err(Defect::RootKeysDiffer.into());
    }
    let summary = Summary { alice, bob };
    story.step(Event::Done { summary })
}

/// Ends the conversation: each side hears the other once more, so that no message is in flight. Then reports
/// how many messages the thief could read, which must be none.
fn part<G: CryptoRng, R: Report>(story: &mut Story<G, R>) -> Result<(), Error<R::Error>> {
    story.say(Name::Bob, "Good night, Alice.")?;
    story.say(Name::Alice, "Good night, Bob.")?;
    story.drain()?;
    let Some(thief) = &story.eavesdropper else {
        return Ok(());
    };
    let (tried, read) = (thief.tried, thief.read);
    story.step(Event::Aftermath { tried, read })?;
    if read > 0 {
        return Err(Defect::ThiefRead { messages: read }.into());
    }
    Ok(())
}

fn ending<G: CryptoRng, R: Report>(
    story: &Story<G, R>,
    name: Name,
) -> Result<Ending, Error<R::Error>> {
    Ok(Ending {
        status: story.session_status(name)?,
        tally: story.tally(name),
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::event::Step;
    use crate::story::Eavesdropper;

    #[test]
    fn a_thief_who_can_read_at_the_end_is_found() {
        let mut story = Story::new(StdRng::seed_from_u64(1), Vec::<Step>::new());
        story.meet().unwrap();
        story.say(Name::Alice, "Good evening.").unwrap();
        let thief = story.steal(Name::Alice).unwrap();
        story.eavesdropper = Some(Eavesdropper {
            thief,
            tried: 0,
            read: 0,
        });
        let parted = part(&mut story);
        assert!(
            matches!(parted, Err(Error::Defect(Defect::ThiefRead { messages })) if messages > 0)
        );
    }
}

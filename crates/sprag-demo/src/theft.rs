//! The scene of the theft: a thief copies Alice's session in the middle of a conversation, and tries to read
//! the messages before and after.

use alloc::borrow::ToOwned as _;

use sprag::hazmat::Thief;
use sprag::rand_core::CryptoRng;

use crate::error::{Defect, Error};
use crate::event::{Event, Loot, Name, Reason};
use crate::frame::Frame;
use crate::party::Envelope;
use crate::report::Report;
use crate::story::{Eavesdropper, Story};

/// Plays the scene. From its end on, the thief listens to everything.
pub(crate) fn theft<G: CryptoRng, R: Report>(
    story: &mut Story<G, R>,
) -> Result<(), Error<R::Error>> {
    // Before the theft: two messages are read, one is held back, and one is on its way.
    let mut scene = Scene { story };
    let done = scene.say(Name::Bob, "It is all here.")?;
    let late = scene.say(Name::Bob, "This comes late.")?;
    let message = late.envelope.label;
    scene.story.step(Event::Delayed { message })?;
    let question = scene.say(Name::Bob, "Shall I send it back?")?;
    scene.deliver(&[&done, &question])?;
    let under_way = scene.say(Name::Alice, "Please do.")?;

    // The theft. The keys of messages that Alice read or sent before are wiped, but the key of the held
    // message is among those copied.
    let mut thief = scene.story.steal(Name::Alice)?;
    let mut judge =
        |scene: &mut Scene<'_, G, R>, line: &Line, reason| scene.judge(&mut thief, line, reason);
    judge(&mut scene, &done, Reason::ReadBefore)?;
    judge(&mut scene, &question, Reason::ReadBefore)?;
    judge(&mut scene, &under_way, Reason::SentBefore)?;
    scene.deliver(&[&late])?;
    judge(&mut scene, &late, Reason::SkippedKey)?;

    // After the theft, both chains go on, and the thief has both chain keys. Bob has not received Alice's
    // newest ratchet key yet, so he goes on in his chain.
    let unaware = scene.say(Name::Bob, "Give me a minute.")?;
    judge(&mut scene, &unaware, Reason::PeersChain)?;
    let patient = scene.say(Name::Alice, "Take your time.")?;
    judge(&mut scene, &patient, Reason::VictimsChain)?;
    scene.deliver(&[&unaware, &under_way, &patient])?;

    // Bob ratchets towards the ratchet key that was copied, so the thief follows. Then Alice ratchets with a
    // key made after the theft, which the thief does not have, and Bob ratchets towards that key.
    let answer = scene.say(Name::Bob, "Ready now.")?;
    judge(&mut scene, &answer, Reason::PeersNextChain)?;
    scene.deliver(&[&answer])?;
    let healing = scene.say(Name::Alice, "Then go ahead.")?;
    judge(&mut scene, &healing, Reason::VictimRatcheted)?;
    scene.deliver(&[&healing])?;
    let healed = scene.say(Name::Bob, "Here it comes.")?;
    judge(&mut scene, &healed, Reason::BothRatcheted)?;
    scene.deliver(&[&healed])?;
    // From here on the header keys are new too. They come later because they are made one ratchet step ahead.
    for (from, words) in [
        (Name::Alice, "Who was that?"),
        (Name::Bob, "Nobody, by now."),
    ] {
        let hidden = scene.say(from, words)?;
        judge(&mut scene, &hidden, Reason::Hidden)?;
        scene.deliver(&[&hidden])?;
    }

    story.eavesdropper = Some(Eavesdropper {
        thief,
        tried: 0,
        read: 0,
    });
    Ok(())
}

/// The scene, which delivers its messages itself instead of giving them to the bad channel.
struct Scene<'s, G, R> {
    story: &'s mut Story<G, R>,
}

/// A line of dialogue, and the message that carries it.
struct Line {
    words: &'static str,
    envelope: Envelope,
}

impl<G: CryptoRng, R: Report> Scene<'_, G, R> {
    fn say(&mut self, from: Name, words: &'static str) -> Result<Line, Error<R::Error>> {
        let envelope = self.story.send(from, &Frame::Words(words.to_owned()))?;
        Ok(Line { words, envelope })
    }

    fn deliver(&mut self, lines: &[&Line]) -> Result<(), Error<R::Error>> {
        for line in lines {
            self.story.receive(&line.envelope)?;
        }
        Ok(())
    }

    /// Lets the thief try to read a message, and compares the result with the theory.
    fn judge(
        &mut self,
        thief: &mut Thief,
        line: &Line,
        why: Reason,
    ) -> Result<(), Error<R::Error>> {
        // Let the thief try, and report the result.
        let Line { words, envelope } = line;
        let header = thief.read_header(&envelope.bytes);
        let plaintext = thief.read(&envelope.bytes, &[]);
        let loot = match (&plaintext, header) {
            (Some(_), _) => Loot::Text,
            (None, Some(_)) => Loot::Header,
            (None, None) => Loot::Nothing,
        };
        let message = envelope.label;
        self.story.step(Event::Tried {
            message,
            words: (*words).to_owned(),
            loot,
            why,
        })?;
        // The loot must be as predicted. A text that the thief reads must also be the right one.
        let expected = why.loot();
        let text = Frame::Words((*words).to_owned()).encode();
        if loot == expected && plaintext.is_none_or(|plaintext| plaintext == text) {
            return Ok(());
        }
        Err(Error::Defect(Defect::Theory {
            message,
            loot,
            expected,
        }))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::event::Step;

    #[test]
    fn a_thief_who_does_otherwise_than_the_theory_says_is_found() {
        for (reason, holds) in [
            (Reason::VictimsChain, true),
            (Reason::VictimRatcheted, false),
            (Reason::Hidden, false),
        ] {
            let mut story = Story::new(StdRng::seed_from_u64(1), Vec::<Step>::new());
            story.meet().unwrap();
            let mut scene = Scene { story: &mut story };
            let before = scene.say(Name::Alice, "before").unwrap();
            let mut thief = scene.story.steal(Name::Alice).unwrap();
            let after = scene.say(Name::Alice, "after").unwrap();
            let judged = scene.judge(&mut thief, &after, reason);
            let found = Error::Defect(Defect::Theory {
                message: after.envelope.label,
                loot: Loot::Text,
                expected: reason.loot(),
            });
            assert_eq!(judged, if holds { Ok(()) } else { Err(found) });
            assert!(
                scene
                    .judge(&mut thief, &before, Reason::VictimsChain)
                    .is_err()
            );
        }
    }
}

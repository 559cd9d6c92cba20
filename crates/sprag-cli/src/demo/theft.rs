//! The scene of the theft: a thief copies Alice's session in the middle of a conversation, and tries to read
//! the messages before and after.

use sprag::hazmat::Thief;

use super::event::{Event, Label, Loot, Name};
use super::frame::Frame;
use super::log::Report;
use super::party::Envelope;
use super::story::{Eavesdropper, Story};
use crate::failure::Failure;

/// Plays the scene. From its end on, the thief listens to everything.
pub(super) fn theft<R: Report>(story: &mut Story<'_, R>) -> Result<(), Failure> {
    // Before the theft: two messages are read, one is held back, and one is on its way.
    let mut scene = Scene { story };
    let done = scene.say(Name::Bob, "It is all here.")?;
    let late = scene.say(Name::Bob, "This comes late.")?;
    scene.story.log.step(&Event::Delayed(late.envelope.label))?;
    let question = scene.say(Name::Bob, "Shall I send it back?")?;
    scene.deliver(&[&done, &question])?;
    let under_way = scene.say(Name::Alice, "Please do.")?;

    // The theft. The keys of messages that Alice read or sent before are wiped, but the key of the held
    // message is among those copied.
    let mut thief = scene.steal()?;
    let mut judge =
        |scene: &mut Scene<'_, '_, R>, line: &Line, verdict| scene.judge(&mut thief, line, verdict);
    judge(&mut scene, &done, Verdict::CannotSinceRead)?;
    judge(&mut scene, &question, Verdict::CannotSinceRead)?;
    judge(&mut scene, &under_way, Verdict::CannotSinceSent)?;
    scene.deliver(&[&late])?;
    judge(&mut scene, &late, Verdict::SkippedKey)?;

    // After the theft, both chains go on, and the thief has both chain keys. Bob has not received Alice's
    // newest ratchet key yet, so he goes on in his chain.
    let unaware = scene.say(Name::Bob, "Give me a minute.")?;
    judge(&mut scene, &unaware, Verdict::BobsChain)?;
    let patient = scene.say(Name::Alice, "Take your time.")?;
    judge(&mut scene, &patient, Verdict::AlicesChain)?;
    scene.deliver(&[&unaware, &under_way, &patient])?;

    // Bob ratchets towards the ratchet key that was copied, so the thief follows. Then Alice ratchets with a
    // key made after the theft, which the thief does not have, and Bob ratchets towards that key.
    let answer = scene.say(Name::Bob, "Ready now.")?;
    judge(&mut scene, &answer, Verdict::BobsNextChain)?;
    scene.deliver(&[&answer])?;
    let healing = scene.say(Name::Alice, "Then go ahead.")?;
    judge(&mut scene, &healing, Verdict::CannotSinceAliceRatcheted)?;
    scene.deliver(&[&healing])?;
    let healed = scene.say(Name::Bob, "Here it comes.")?;
    judge(&mut scene, &healed, Verdict::CannotSinceBothRatcheted)?;
    scene.deliver(&[&healed])?;
    // From here on the header keys are new too. They come later because they are made one ratchet step ahead.
    for (from, words) in [
        (Name::Alice, "Who was that?"),
        (Name::Bob, "Nobody, by now."),
    ] {
        let hidden = scene.say(from, words)?;
        judge(&mut scene, &hidden, Verdict::Hidden)?;
        scene.deliver(&[&hidden])?;
    }

    story.eavesdropper = Some(Eavesdropper {
        thief,
        tried: 0,
        read: 0,
    });
    Ok(())
}

/// The thief's success with a message as the theory predicts it, with the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    CannotSinceRead,
    CannotSinceSent,
    SkippedKey,
    BobsChain,
    AlicesChain,
    BobsNextChain,
    CannotSinceAliceRatcheted,
    CannotSinceBothRatcheted,
    Hidden,
}

impl Verdict {
    const fn loot(self) -> Loot {
        match self {
            Self::SkippedKey | Self::BobsChain | Self::AlicesChain | Self::BobsNextChain => {
                Loot::Text
            }
            Self::CannotSinceRead
            | Self::CannotSinceSent
            | Self::CannotSinceAliceRatcheted
            | Self::CannotSinceBothRatcheted => Loot::Header,
            Self::Hidden => Loot::Nothing,
        }
    }

    const fn why(self) -> &'static str {
        match self {
            Self::CannotSinceRead => "read before: its key is wiped",
            Self::CannotSinceSent => "sent before: its key is wiped",
            Self::SkippedKey => "its skipped key was copied",
            Self::BobsChain => "Bob's chain key was copied",
            Self::AlicesChain => "Alice's chain key was copied",
            Self::BobsNextChain => "Alice's ratchet key was copied",
            Self::CannotSinceAliceRatcheted => "Alice ratcheted since",
            Self::CannotSinceBothRatcheted => "both ratcheted since",
            Self::Hidden => "header keys are new, too",
        }
    }
}

/// The scene, which delivers its messages itself instead of giving them to the bad channel.
struct Scene<'s, 'a, R> {
    story: &'s mut Story<'a, R>,
}

/// A line of dialogue, and the message that carries it.
struct Line {
    words: &'static str,
    envelope: Envelope,
}

impl<R: Report> Scene<'_, '_, R> {
    fn say(&mut self, from: Name, words: &'static str) -> Result<Line, Failure> {
        let envelope = self.story.send(from, &Frame::Words(words.to_owned()))?;
        Ok(Line { words, envelope })
    }

    fn deliver(&mut self, lines: &[&Line]) -> Result<(), Failure> {
        for line in lines {
            self.story.receive(&line.envelope)?;
        }
        Ok(())
    }

    fn steal(&mut self) -> Result<Thief, Failure> {
        let thief = Thief::steal(self.story.party(Name::Alice).session()?)?;
        let status = self.story.status(Name::Alice)?;
        self.story.log.step(&Event::Stolen(status))?;
        Ok(thief)
    }

    /// Lets the thief try to read a message, and compares the result with the theory.
    fn judge(&mut self, thief: &mut Thief, line: &Line, verdict: Verdict) -> Result<(), Failure> {
        // Let the thief try, and report the result.
        let Line { words, envelope } = line;
        let header = thief.read_header(&envelope.bytes);
        let plaintext = thief.read(&envelope.bytes, &[]);
        let loot = match (&plaintext, header) {
            (Some(_), _) => Loot::Text,
            (None, Some(_)) => Loot::Header,
            (None, None) => Loot::Nothing,
        };
        self.story.log.step(&Event::Tried {
            message: envelope.label,
            words,
            loot,
            why: verdict.why(),
        })?;
        // The loot must be as predicted. A text that the thief reads must also be the right one.
        let expected = verdict.loot();
        let text = Frame::Words((*words).to_owned()).encode();
        if loot == expected && plaintext.is_none_or(|plaintext| plaintext == text) {
            return Ok(());
        }
        let Label { from, number } = envelope.label;
        Err(Failure::defect(&format!(
            "of message {number} of {from} the thief has {loot:?}, and should have {expected:?}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::demo::event::Act;
    use crate::demo::log::Log;

    struct Silent;

    impl Report for Silent {
        fn begin(&mut self, _: Act) -> std::io::Result<()> {
            Ok(())
        }

        fn step(&mut self, _: u64, _: &Event<'_>) -> std::io::Result<()> {
            Ok(())
        }

        fn finish(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_thief_who_does_otherwise_than_the_theory_says_is_found() {
        for (verdict, holds) in [
            (Verdict::AlicesChain, true),
            (Verdict::CannotSinceAliceRatcheted, false),
            (Verdict::Hidden, false),
        ] {
            let mut log = Log::new(Silent);
            let mut story = Story::new(&mut log, StdRng::seed_from_u64(1));
            story.meet().unwrap();
            let mut scene = Scene { story: &mut story };
            let before = scene.say(Name::Alice, "before").unwrap();
            let mut thief = scene.steal().unwrap();
            let after = scene.say(Name::Alice, "after").unwrap();
            assert_eq!(scene.judge(&mut thief, &after, verdict).is_ok(), holds);
            assert!(
                scene
                    .judge(&mut thief, &before, Verdict::AlicesChain)
                    .is_err()
            );
        }
    }
}

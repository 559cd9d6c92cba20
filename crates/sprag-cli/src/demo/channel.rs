//! One direction of the bad channel.

use rand::seq::SliceRandom as _;
use rand::{Rng, RngExt as _};

use super::event::Event;
use super::log::{Log, Report};
use super::party::Envelope;
use crate::failure::Failure;

/// A channel that loses, doubles and delays messages, and delivers the rest in any order.
#[derive(Default)]
pub(super) struct Channel {
    held: Vec<Held>,
}

/// A message that the channel holds back.
struct Held {
    envelope: Envelope,
    /// The number of bursts until the message arrives.
    bursts: u32,
}

/// The fate of a message on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Arrives,
    IsLost,
    IsDoubled,
    /// The first copy arrives with its burst, and the second with a later one.
    IsDoubledLate,
    IsDelayed,
}

impl Channel {
    /// Takes a burst of messages, and returns the messages of this burst and of earlier ones that arrive now.
    pub(super) fn carry(
        &mut self,
        burst: Vec<Envelope>,
        rng: &mut impl Rng,
        log: &mut Log<impl Report>,
    ) -> Result<Vec<Envelope>, Failure> {
        // Messages that were held back for long enough arrive with this burst.
        let mut arriving = self.release();
        // Give each message of the burst its fate.
        let fates = fates(burst.len(), rng);
        for (envelope, fate) in burst.into_iter().zip(fates) {
            match fate {
                Fate::Arrives => arriving.push(envelope),
                Fate::IsLost => log.step(&Event::Lost(envelope.label))?,
                Fate::IsDoubled => {
                    log.step(&Event::Doubled(envelope.label))?;
                    arriving.extend([envelope.clone(), envelope]);
                }
                Fate::IsDoubledLate => {
                    log.step(&Event::Doubled(envelope.label))?;
                    arriving.push(envelope.clone());
                    self.hold(envelope, rng);
                }
                Fate::IsDelayed => {
                    log.step(&Event::Delayed(envelope.label))?;
                    self.hold(envelope, rng);
                }
            }
        }
        // Mix up the order.
        arriving.shuffle(rng);
        Ok(arriving)
    }

    /// Returns all messages that are held back.
    pub(super) fn drain(&mut self) -> Vec<Envelope> {
        self.held.drain(..).map(|held| held.envelope).collect()
    }

    /// Holds a message back for some bursts.
    fn hold(&mut self, envelope: Envelope, rng: &mut impl Rng) {
        let bursts = rng.random_range(1..=MAX_DELAY);
        self.held.push(Held { envelope, bursts });
    }

    /// Returns the messages that were held back for as many bursts as they had to be.
    fn release(&mut self) -> Vec<Envelope> {
        for held in &mut self.held {
            held.bursts -= 1;
        }
        let released = self.held.extract_if(.., |held| held.bursts == 0);
        released.map(|held| held.envelope).collect()
    }
}

/// Draws the fates of a burst. Of four or more messages, at least one is lost, one doubled and one delayed,
/// so that every run shows each of these.
fn fates(count: usize, rng: &mut impl Rng) -> Vec<Fate> {
    let mut fates: Vec<Fate> = (0..count).map(|_| fate(rng)).collect();
    if let [first, second, third, _, ..] = fates.as_mut_slice() {
        (*first, *second, *third) = (Fate::IsLost, Fate::IsDoubled, Fate::IsDelayed);
    }
    fates.shuffle(rng);
    fates
}

fn fate(rng: &mut impl Rng) -> Fate {
    match rng.random_range(0..100_u8) {
        0..12 => Fate::IsLost,
        12..18 => Fate::IsDoubled,
        18..24 => Fate::IsDoubledLate,
        24..34 => Fate::IsDelayed,
        _ => Fate::Arrives,
    }
}

/// The most bursts for which a message is held back. The ratchet keeps skipped keys for longer, so that a
/// delayed message can always be read.
const MAX_DELAY: u32 = 2;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn four_messages_suffer_of_each_evil() {
        for seed in 0..100 {
            let fates = fates(4, &mut StdRng::seed_from_u64(seed));
            for fate in [Fate::IsLost, Fate::IsDoubled, Fate::IsDelayed] {
                assert!(fates.contains(&fate));
            }
        }
    }
}

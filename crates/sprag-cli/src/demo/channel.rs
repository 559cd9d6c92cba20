//! The bad channel, one direction of it.

use rand::seq::SliceRandom as _;
use rand::{Rng, RngExt as _};

use super::event::Event;
use super::log::{Log, Report};
use super::party::Envelope;
use crate::failure::Failure;

/// Loses, doubles and delays messages, and delivers what is left in any order.
#[derive(Default)]
pub(super) struct Channel {
    held: Vec<Held>,
}

struct Held {
    envelope: Envelope,
    /// For how many bursts more.
    bursts: u32,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Arrives,
    IsLost,
    IsDoubled,
    /// The second copy comes with a later burst.
    IsDoubledLate,
    IsDelayed,
}

impl Channel {
    /// Takes a burst of messages; gives what arrives now, of this burst and of those before.
    pub(super) fn carry(
        &mut self,
        burst: Vec<Envelope>,
        rng: &mut impl Rng,
        log: &mut Log<impl Report>,
    ) -> Result<Vec<Envelope>, Failure> {
        let mut arriving = self.release();
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
        arriving.shuffle(rng);
        Ok(arriving)
    }

    /// Gives all that is held back.
    pub(super) fn drain(&mut self) -> Vec<Envelope> {
        self.held.drain(..).map(|held| held.envelope).collect()
    }

    fn hold(&mut self, envelope: Envelope, rng: &mut impl Rng) {
        let bursts = rng.random_range(1..=MAX_DELAY);
        self.held.push(Held { envelope, bursts });
    }

    fn release(&mut self) -> Vec<Envelope> {
        for held in &mut self.held {
            held.bursts -= 1;
        }
        let released = self.held.extract_if(.., |held| held.bursts == 0);
        released.map(|held| held.envelope).collect()
    }
}

/// A burst of four or more suffers of each evil at least once.
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

/// The most bursts that a message is held back for. The ratchet keeps skipped keys for longer.
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

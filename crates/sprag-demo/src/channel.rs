//! One direction of the bad channel.

use alloc::vec::Vec;

use sprag::rand_core::Rng;

use crate::draw::{below, shuffle};
use crate::event::Event;
use crate::party::Envelope;

/// A channel that loses, doubles and delays messages, and delivers the rest in any order.
#[derive(Default)]
pub(crate) struct Channel {
    held: Vec<Held>,
}

/// A message that the channel holds back.
struct Held {
    envelope: Envelope,
    /// The number of bursts until the message arrives.
    bursts: u32,
}

/// The work of a channel on a burst.
pub(crate) struct Carried {
    /// The losses, copies and delays of messages of the burst.
    pub(crate) events: Vec<Event>,
    /// The messages that arrive with the burst.
    pub(crate) arriving: Vec<Envelope>,
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
    /// Takes a burst of messages. Messages of this burst and of earlier ones arrive.
    pub(crate) fn carry(&mut self, burst: Vec<Envelope>, rng: &mut impl Rng) -> Carried {
        // Messages that were held back for long enough arrive with this burst.
        let (mut events, mut arriving) = (Vec::new(), self.release());
        // Give each message of the burst its fate.
        let fates = fates(burst.len(), rng);
        for (envelope, fate) in burst.into_iter().zip(fates) {
            let message = envelope.label;
            match fate {
                Fate::Arrives => arriving.push(envelope),
                Fate::IsLost => events.push(Event::Lost { message }),
                Fate::IsDoubled => {
                    events.push(Event::Doubled { message });
                    arriving.extend([envelope.clone(), envelope]);
                }
                Fate::IsDoubledLate => {
                    events.push(Event::Doubled { message });
                    arriving.push(envelope.clone());
                    self.hold(envelope, rng);
                }
                Fate::IsDelayed => {
                    events.push(Event::Delayed { message });
                    self.hold(envelope, rng);
                }
            }
        }
        // Mix up the order.
        shuffle(&mut arriving, rng);
        Carried { events, arriving }
    }

    /// Returns all messages that are held back.
    pub(crate) fn drain(&mut self) -> Vec<Envelope> {
        self.held.drain(..).map(|held| held.envelope).collect()
    }

    /// Holds a message back for some bursts.
    fn hold(&mut self, envelope: Envelope, rng: &mut impl Rng) {
        let bursts = 1 + below(MAX_DELAY, rng);
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
    shuffle(&mut fates, rng);
    fates
}

fn fate(rng: &mut impl Rng) -> Fate {
    match below(100, rng) {
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
    use alloc::collections::BTreeMap;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::event::{Label, Name};

    #[test]
    fn four_messages_suffer_of_each_evil() {
        for seed in 0..100 {
            let fates = fates(4, &mut StdRng::seed_from_u64(seed));
            for fate in [Fate::IsLost, Fate::IsDoubled, Fate::IsDelayed] {
                assert!(fates.contains(&fate));
            }
        }
    }

    #[test]
    fn fates_are_as_frequent_as_they_should_be() {
        let mut rng = StdRng::seed_from_u64(1);
        let fates: Vec<Fate> = (0..100_000).map(|_| fate(&mut rng)).collect();
        for (fate, percent) in [
            (Fate::IsLost, 12),
            (Fate::IsDoubled, 6),
            (Fate::IsDoubledLate, 6),
            (Fate::IsDelayed, 10),
            (Fate::Arrives, 66),
        ] {
            let count = fates.iter().filter(|other| **other == fate).count();
            assert!(count.abs_diff(percent * 1_000) < 500, "{fate:?}: {count}");
        }
    }

    #[test]
    fn each_message_arrives_as_often_as_its_event_says() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut channel = Channel::default();
        let (mut expected, mut arrived) = (BTreeMap::new(), BTreeMap::new());
        let mut count = |envelopes: Vec<Envelope>| {
            for envelope in envelopes {
                *arrived.entry(envelope.label.number).or_insert(0) += 1;
            }
        };
        // Send a hundred bursts, and note how many copies of each message have to arrive.
        for burst in 0..100_u64 {
            let numbers = 1_000 * burst..1_001 * burst;
            expected.extend(numbers.clone().map(|number| (number, 1)));
            let envelope = |number| Envelope {
                label: Label {
                    from: Name::Alice,
                    number,
                },
                bytes: Vec::new(),
            };
            let carried = channel.carry(numbers.map(envelope).collect(), &mut rng);
            for event in &carried.events {
                match event {
                    Event::Lost { message } => expected.remove(&message.number),
                    Event::Doubled { message } => expected.insert(message.number, 2),
                    _ => None,
                };
            }
            count(carried.arriving);
        }
        // What is held back arrives at the end.
        count(channel.drain());
        assert_eq!(arrived, expected);
    }
}

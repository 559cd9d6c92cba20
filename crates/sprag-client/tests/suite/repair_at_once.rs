use sprag_client::{ContentKind, RenewReason, RepairOutcome};

use crate::repair::owed;
use crate::two_clients::Two;

/// A message on its way, and its receiver.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    AliceRepairs,
    BobRepairs,
    AliceReads(usize),
    BobReads(usize),
    AliceSends,
    BobSends,
}

use Step::{AliceReads, AliceRepairs, AliceSends, BobReads, BobRepairs, BobSends};

/// All orders in which both repair and send once more, and each reads both messages of the other in either order.
fn schedules() -> Vec<Vec<Step>> {
    const STEPS: [Step; 8] = [
        AliceRepairs,
        AliceSends,
        BobRepairs,
        BobSends,
        AliceReads(0),
        AliceReads(1),
        BobReads(0),
        BobReads(1),
    ];
    let mut unfinished = vec![Vec::new()];
    let mut schedules = Vec::new();
    while let Some(schedule) = unfinished.pop() {
        if schedule.len() == STEPS.len() {
            schedules.push(schedule);
            continue;
        }
        for step in STEPS {
            let has = |step| schedule.contains(&step);
            let possible = match step {
                AliceRepairs | BobRepairs => true,
                AliceSends => has(AliceRepairs),
                BobSends => has(BobRepairs),
                AliceReads(number) => has([BobRepairs, BobSends][number]),
                BobReads(number) => has([AliceRepairs, AliceSends][number]),
            };
            if possible && !has(step) {
                unfinished.push([schedule.as_slice(), &[step]].concat());
            }
        }
    }
    schedules
}

impl Two {
    /// Each has an unused bundle of the other, and nothing is on its way.
    fn ready(seed: u64) -> Self {
        let mut two = Self::established(seed);
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        two.alice.renew("bob", &bundle, &mut two.rng).unwrap();
        let bundle = two.alice.publish(&mut two.rng).unwrap();
        two.bob.renew("alice", &bundle, &mut two.rng).unwrap();
        two
    }

    fn plays(&mut self, schedule: &[Step]) {
        let [mut to_alice, mut to_bob] = [Vec::new(), Vec::new()];
        for step in schedule {
            match step {
                AliceRepairs => to_bob.push(message(self.alice_repairs())),
                BobRepairs => to_alice.push(message(self.bob_repairs())),
                AliceSends => to_bob.push(Some(self.alice_sends(b"text"))),
                BobSends => to_alice.push(Some(self.bob_sends(b"text"))),
                AliceReads(number) => {
                    if let Some(message) = to_alice[*number].clone() {
                        self.alice_reads(&message).unwrap();
                    }
                }
                BobReads(number) => {
                    if let Some(message) = to_bob[*number].clone() {
                        self.bob_reads(&message).unwrap();
                    }
                }
            }
        }
        // What is owed then is written and read.
        for owed in self.alice.write_owed(&mut self.rng).unwrap() {
            assert_eq!(owed.message.kind, ContentKind::Nothing);
            self.bob_reads(&owed.message.message).unwrap();
        }
        for owed in self.bob.write_owed(&mut self.rng).unwrap() {
            assert_eq!(owed.message.kind, ContentKind::Nothing);
            self.alice_reads(&owed.message.message).unwrap();
        }
    }
}

/// The message that repairs. A party that has renewed a session may have nothing unused left.
fn message(outcome: RepairOutcome) -> Option<Vec<u8>> {
    match outcome {
        RepairOutcome::Renewal(message) => Some(message),
        _ => None,
    }
}

#[test]
fn two_that_renew_at_once_come_to_one_session_in_every_order() {
    let schedules = schedules();
    assert_eq!(schedules.len(), 630);
    for (seed, schedule) in (0..).zip(&schedules) {
        let mut two = Two::ready(20_000 + seed);
        two.plays(schedule);
        two.talk();
    }
}

/// The renewal that comes second loses to the one that was answered in: it is read, and its sender is owed nothing.
#[test]
fn a_renewal_that_is_old_from_the_start_has_no_effect() {
    let mut old = 0;
    for seed in 21_000..21_016 {
        let mut two = Two::ready(seed);
        let of_alice = message(two.alice_repairs()).unwrap();
        let of_bob = message(two.bob_repairs()).unwrap();
        two.bob_reads(&of_alice).unwrap();
        let answer = two.bob_sends(b"in the session of the smaller id");
        if two.alice_reads(&answer).unwrap().new_session {
            continue;
        }
        let received = two.alice_reads(&of_bob).unwrap();
        assert_eq!(received.renewed, Some(RenewReason::Lost));
        assert!(received.new_session && received.old_session);
        assert_eq!(owed(&two.alice), []);
        two.talk();
        old += 1;
    }
    assert!((1..16).contains(&old), "{old} of 16");
}

//! 10,000 messages each way through a channel that loses, doubles, delays and damages them.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sprag::limits::MAX_SKIPPED_KEYS;
use sprag::{Account, Error, Session};

const MESSAGES: u32 = 10_000;

#[test]
fn every_message_that_arrives_opens_once() {
    let mut rng = StdRng::seed_from_u64(0x5b7a);
    let mut bob_account = Account::generate(&mut rng);
    let alice_account = Account::generate(&mut rng);
    let bundle = bob_account.publish(&mut rng);
    let mut alice = End::new(alice_account.initiate(&bundle, &mut rng).unwrap());

    // Bob is offline. Alice's first messages wait, and the copy that arrives first begins the session.
    let mut to_bob = Channel::default();
    for _ in 0..20 {
        alice.send(&mut to_bob, &mut rng);
    }
    let (first, copy) = to_bob.next_arrival().unwrap();
    let (session, opened) = bob_account.accept(&copy.bytes).unwrap();
    assert_eq!(opened.plaintext, plaintext(first));
    assert_eq!(
        bob_account.accept(&copy.bytes).map(|_| ()),
        Err(Error::RepeatOf(*session.id()))
    );
    let mut bob = End::new(session);
    bob.received.insert(first);

    let mut to_alice = Channel::default();
    while alice.sent < MESSAGES || bob.sent < MESSAGES || !to_alice.is_empty() || !to_bob.is_empty()
    {
        for _ in 0..rng.random_range(0..8) {
            alice.send(&mut to_bob, &mut rng);
        }
        to_bob.deliver(&mut bob);
        for _ in 0..rng.random_range(0..8) {
            bob.send(&mut to_alice, &mut rng);
        }
        to_alice.deliver(&mut alice);
    }

    for (end, channel) in [(&alice, &to_alice), (&bob, &to_bob)] {
        assert_eq!(end.sent, MESSAGES);
        assert_eq!(end.received.len() + channel.lost.len(), MESSAGES as usize);
        assert!(end.received.is_disjoint(&channel.lost));
        assert!(channel.lost.len() > 800, "{} lost", channel.lost.len());
        assert!(end.duplicates > 800, "{} doubled", end.duplicates);
        assert!(end.late > 800, "{} out of order", end.late);
        assert!(end.session.status().dh_steps > 1_000);
    }
    // The last messages of both may be lost. After one message each way nothing is in flight.
    for (from, to) in [(0, 1), (1, 0), (0, 1)] {
        let ends = [&mut alice, &mut bob];
        let message = ends[from].session.encrypt(b"", &mut rng).unwrap();
        let ends = [&mut alice, &mut bob];
        ends[to].session.decrypt(&message).unwrap();
    }
    assert_eq!(
        alice.session.status().root_fingerprint,
        bob.session.status().root_fingerprint
    );
}

/// A party, and a record of the messages that it received.
struct End {
    session: Session,
    sent: u32,
    received: BTreeSet<u32>,
    duplicates: u32,
    late: u32,
}

impl End {
    fn new(session: Session) -> Self {
        Self {
            session,
            sent: 0,
            received: BTreeSet::new(),
            duplicates: 0,
            late: 0,
        }
    }

    fn send(&mut self, channel: &mut Channel, rng: &mut StdRng) {
        if self.sent < MESSAGES {
            let bytes = self.session.encrypt(&plaintext(self.sent), rng).unwrap();
            channel.send(self.sent, bytes, rng);
            self.sent += 1;
        }
    }

    fn receive(&mut self, number: u32, copy: &Copy) {
        match self.session.decrypt(&copy.bytes) {
            Ok(opened) => {
                assert!(!copy.damaged);
                assert_eq!(opened.plaintext, plaintext(number));
                if self.received.last().is_some_and(|last| *last > number) {
                    self.late += 1;
                }
                assert!(self.received.insert(number), "{number} opened twice");
            }
            Err(_) if copy.damaged => {}
            Err(_) => {
                assert!(self.received.contains(&number), "{number} never opened");
                self.duplicates += 1;
            }
        }
        assert!(self.session.status().skipped_keys <= MAX_SKIPPED_KEYS);
    }
}

/// Copies in flight, by the tick at which they arrive.
#[derive(Default)]
struct Channel {
    clock: u64,
    in_flight: BTreeMap<(u64, u64), (u32, Copy)>,
    copies: u64,
    lost: BTreeSet<u32>,
}

struct Copy {
    bytes: Vec<u8>,
    damaged: bool,
}

impl Channel {
    fn send(&mut self, number: u32, bytes: Vec<u8>, rng: &mut StdRng) {
        if rng.random_bool(0.1) {
            self.lost.insert(number);
            return;
        }
        if rng.random_bool(0.1) {
            let mut damaged = bytes.clone();
            let position = rng.random_range(0..damaged.len());
            damaged[position] ^= 1 << rng.random_range(0..8);
            let copy = Copy {
                bytes: damaged,
                damaged: true,
            };
            self.put(number, copy, rng);
        }
        for _ in 0..=u32::from(rng.random_bool(0.1)) {
            let copy = Copy {
                bytes: bytes.clone(),
                damaged: false,
            };
            self.put(number, copy, rng);
        }
    }

    /// Sends a copy on its way. Most copies arrive at the next turn and the others within three, so that no
    /// chain is forgotten before.
    fn put(&mut self, number: u32, copy: Copy, rng: &mut StdRng) {
        let delay = if rng.random_bool(0.3) {
            rng.random_range(1..=3)
        } else {
            1
        };
        self.copies += 1;
        // Within a turn the order is random, too.
        let shuffle = rng.random::<u64>() << 20 | self.copies;
        self.in_flight
            .insert((self.clock + delay, shuffle), (number, copy));
    }

    fn next_arrival(&mut self) -> Option<(u32, Copy)> {
        let (key, _) = self.in_flight.iter().find(|(_, (_, copy))| !copy.damaged)?;
        let key = *key;
        self.in_flight.remove(&key)
    }

    fn deliver(&mut self, end: &mut End) {
        self.clock += 1;
        while let Some(entry) = self.in_flight.first_entry()
            && entry.key().0 <= self.clock
        {
            let (number, copy) = entry.remove();
            end.receive(number, &copy);
        }
    }

    fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }
}

fn plaintext(number: u32) -> Vec<u8> {
    let length = usize::try_from(number % 97).unwrap();
    let mut plaintext = number.to_le_bytes().to_vec();
    plaintext.resize(4 + length, u8::try_from(number % 251).unwrap());
    plaintext
}

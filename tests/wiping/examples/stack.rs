//! Counts the keys that calls of the facade leave on the stack, below the frame of their caller: `cargo run
//! --release -p wiping-tests --example stack`.
//!
//! The number is measured and not promised, because no code can wipe the copies that the compiler makes when
//! it moves a value.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Session};
use wiping_tests::stack::{left_by, on_a_large_stack};

fn main() {
    for (name, call) in CALLS {
        let (watched, left) = on_a_large_stack(move || {
            let mut parties = Parties::new();
            let mut secrets = parties.secrets();
            let below = left_by(|| call(&mut parties));
            secrets.extend(parties.secrets());
            secrets.sort_unstable();
            secrets.dedup();
            let known = |window: &&[u8]| {
                secrets
                    .binary_search_by(|secret| secret.as_slice().cmp(window))
                    .is_ok()
            };
            (secrets.len(), below.windows(16).filter(known).count())
        });
        println!("{name:<22} {left:>3} copies of {watched} pieces of the state");
    }
}

type Call = fn(&mut Parties);

const CALLS: [(&str, Call); 7] = [
    ("nothing", |_| ()),
    ("a copy left on purpose", leave_a_copy),
    ("encrypt", |parties| {
        parties
            .alice
            .encrypt(b"text", &mut parties.rng)
            .expect("a session encrypts");
    }),
    ("decrypt", |parties| {
        parties
            .turned
            .decrypt(&parties.second)
            .expect("it is genuine");
    }),
    ("encrypt, a new chain", |parties| {
        parties
            .turned
            .encrypt(b"text", &mut parties.rng)
            .expect("a session encrypts");
    }),
    ("decrypt, a new chain", |parties| {
        parties
            .alice
            .decrypt(&parties.to_alice)
            .expect("it is genuine");
    }),
    ("from_snapshot", |parties| {
        drop(Session::from_snapshot(parties.alice.snapshot().expose()).expect("it is ours"));
    }),
];

#[inline(never)]
fn leave_a_copy(parties: &mut Parties) {
    let mut copies = core::hint::black_box([[0_u8; 16]; 100]);
    copies[50].copy_from_slice(&parties.alice.snapshot().expose()[RATCHET..RATCHET + 16]);
    core::hint::black_box(&copies);
}

struct Parties {
    rng: StdRng,
    alice: Session,
    /// A message that begins a new chain.
    to_alice: Vec<u8>,
    /// Alice after that message. Her next one begins a new chain too.
    turned: Session,
    /// The second message of Bob's new chain.
    second: Vec<u8>,
}

impl Parties {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
        let bundle = bob.publish(&mut rng);
        let mut alice = alice
            .initiate(&bundle, &mut rng)
            .expect("the bundle is genuine");
        let first = alice
            .encrypt(b"first", &mut rng)
            .expect("a session encrypts");
        let (mut bob, _) = bob.accept(&first).expect("it is genuine");
        for _ in 0..3 {
            let answer = bob
                .encrypt(b"answer", &mut rng)
                .expect("a session encrypts");
            alice.decrypt(&answer).expect("it is genuine");
            let message = alice
                .encrypt(b"message", &mut rng)
                .expect("a session encrypts");
            bob.decrypt(&message).expect("it is genuine");
        }
        let [to_alice, second] =
            [(); 2].map(|()| bob.encrypt(b"turn", &mut rng).expect("a session encrypts"));
        let mut turned = Session::from_snapshot(alice.snapshot().expose()).expect("it is ours");
        turned.decrypt(&to_alice).expect("it is genuine");
        Self {
            rng,
            alice,
            to_alice,
            turned,
            second,
        }
    }

    /// The ratchet's part of the snapshot in pieces of 16 bytes, one from each offset. They are secrets, and
    /// a few public keys.
    fn secrets(&self) -> Vec<[u8; 16]> {
        let snapshots = [&self.alice, &self.turned].map(Session::snapshot);
        let pieces = snapshots.iter().flat_map(|snapshot| {
            let pieces = snapshot.expose()[RATCHET..].windows(16);
            pieces.map(|piece| piece.try_into().expect("16 bytes"))
        });
        let is_random = |piece: &[u8; 16]| piece.iter().filter(|byte| **byte == 0).count() < 4;
        pieces.filter(is_random).collect()
    }
}

/// The offset of the root key in the snapshot of a session.
const RATCHET: usize = 7 + 32 + 2 + 64 + 4 + 5 + 5 + 33 + 1 + 2;

//! A source of randomness that watches every key drawn from it.

use core::convert::Infallible;

use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sprag::{SecretBuffer, Session};
use sprag_primitives::SecretBytes;
use sprag_primitives::hmac::HmacKey;

use crate::hook::{found, watch};

/// A seeded generator. An output of 32 or 64 bytes becomes a key, or the secret of a signature or an
/// encapsulation, and so do the first 32 bytes of 56. Nonces are not watched.
pub(crate) struct Watched {
    generator: StdRng,
    pub(crate) keys: usize,
}

impl Watched {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            generator: StdRng::seed_from_u64(seed),
            keys: 0,
        }
    }
}

impl TryRng for Watched {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.generator.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.generator.next_u64())
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        self.generator.fill_bytes(destination);
        let key: &[u8] = match destination.len() {
            32 | 64 => destination,
            // A ratchet key, and the nonce of the message that it begins with.
            56 => &destination[..32],
            _ => return Ok(()),
        };
        watch(key);
        self.keys += 1;
        Ok(())
    }
}

impl TryCryptoRng for Watched {}

/// Watches the keys that are not drawn but derived by the ratchet. These are, of two sessions with nothing in
/// flight, the root key, the next header keys, and the keys of the sending chain.
pub(crate) fn watch_derived(sessions: [&Session; 2]) {
    let snapshots = sessions.map(Session::snapshot);
    let states = snapshots.each_ref().map(SecretBuffer::expose);
    let [roots, next_header_keys] = [
        states.map(|state| secret_at(state, ROOT)),
        states.map(|state| secret_at(state, state.len() - END)),
    ];
    assert_eq!(roots[0], roots[1], "nothing is in flight");
    let fingerprints = sessions.map(|session| session.status().root_fingerprint);
    assert_eq!(fingerprints[0], fingerprints[1]);
    watch(&roots[0]);
    for state in states {
        watch(&secret_at(state, state.len() - END + 32));
        if state[ROOT + 32] == ACTIVE {
            watch_chain(&secret_at(state, ROOT + 32 + 1 + 32));
        }
    }
    next_header_keys.iter().for_each(|key| watch(key));
}

/// Watches the keys of the next messages of a chain, and the chain keys between them.
fn watch_chain(chain_key: &[u8; 32]) {
    let mut chain_key = SecretBytes::copy_from(chain_key);
    for _ in 0..10 {
        watch(chain_key.expose());
        let hmac = HmacKey::new(chain_key.expose());
        watch(hmac.authenticate(&[1]).expose());
        chain_key = hmac.authenticate(&[2]);
    }
}

/// The session as it is after 2^32 − 1 messages without an answer, when it can send no more.
pub(crate) fn exhausted(session: &Session) -> Session {
    let mut snapshot = session.snapshot();
    let state = snapshot.expose_mut();
    assert_eq!(state[ROOT + 32], ACTIVE);
    let next = ROOT + 32 + 1 + 32 + 32;
    state[next..next + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    Session::from_snapshot(snapshot.expose()).unwrap()
}

fn secret_at(state: &[u8], at: usize) -> [u8; 32] {
    state[at..at + 32].try_into().unwrap()
}

/// The offset of the root key in the snapshot of a session. Before it are the frame; the id, suite, both
/// identities and ordinal; both one-time keys and the KEM hash; the role; and the version and variant of the
/// ratchet.
const ROOT: usize = 7 + 32 + 2 + 64 + 4 + 5 + 5 + 33 + 1 + 2;

/// The distance of the next header keys from the end of a snapshot. Three counts follow them.
const END: usize = 64 + 24;

/// The byte of a snapshot that stands for a party with a sending chain.
const ACTIVE: u8 = 1;

#[track_caller]
pub(crate) fn nothing_was_found(rng: &Watched) {
    assert!(rng.keys > 0);
    assert_eq!(found(), 0, "keys in freed blocks");
}

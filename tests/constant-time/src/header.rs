//! Paths that open an encrypted header under keys that are all secret, and stop there.

use sprag_primitives::snapshot::Snapshot;
use sprag_ratchet::{DoubleRatchetHE, EncryptedHeader};

use crate::Path;
use crate::memcheck::{Random, conceal_within, public};
use crate::ratchet::{Party, receive};

pub(crate) const PATHS: &[Path] = &[
    ("header, of a finished chain", || genuine(FINISHED)),
    ("header, of the current chain", || genuine(CURRENT)),
    ("header, of the next chain", || genuine(NEXT)),
    ("header, forged", forged),
];

const FINISHED: usize = 0;
const CURRENT: usize = 1;
const NEXT: usize = 2;

fn genuine(chain: usize) {
    let (bob, headers) = candidates(&mut Random::default());
    assert!(public(bob.open_header(&headers[chain])).is_some());
}

fn forged() {
    let (bob, headers) = candidates(&mut Random::default());
    for header in headers {
        let mut bytes = *header.as_bytes();
        bytes[bytes.len() - 1] ^= 1;
        let header = EncryptedHeader::from_bytes(bytes);
        assert!(public(bob.open_header(&header)).is_none());
    }
}

/// A party that holds the keys of three chains, with a header of each chain that it has not seen.
fn candidates(rng: &mut Random) -> (DoubleRatchetHE, [EncryptedHeader; 3]) {
    let (mut alice, mut bob) = DoubleRatchetHE::pair(rng);
    let mut keys = vec![next_header_key(&bob)];
    let [finished, current] = [(); 2].map(|()| {
        let (overtaken, _) = alice.send(rng);
        assert_eq!(receive(&mut bob, alice.send(rng)), Ok(()));
        assert_eq!(receive(&mut alice, bob.send(rng)), Ok(()));
        keys.push(next_header_key(&bob));
        overtaken.header
    });
    let (next, _) = alice.send(rng);
    (with_secret(&bob, &keys), [finished, current, next.header])
}

fn next_header_key(party: &DoubleRatchetHE) -> [u8; 32] {
    let mut snapshot = party.to_snapshot();
    let key = DoubleRatchetHE::next_header_key(&mut snapshot).expect("there always is one");
    let key: &[u8; 32] = key.first_chunk().expect("it is 32 bytes");
    public(*key)
}

/// A copy of `party` in which `keys` are secret again.
fn with_secret(party: &DoubleRatchetHE, keys: &[[u8; 32]]) -> DoubleRatchetHE {
    let mut snapshot = party.to_snapshot();
    for key in keys {
        conceal_within(snapshot.expose_mut(), key);
    }
    DoubleRatchetHE::from_snapshot(snapshot.expose()).expect("it was written")
}

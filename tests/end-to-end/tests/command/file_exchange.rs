//! Real files between two homes.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::home::{Home, binary};

/// The offsets at which the regions of a file begin: envelope, commitment, length, and message with content.
const REGIONS: [usize; 4] = [0, 2, 34, 38];

#[test]
fn files_cross_in_reverse_doubled_damaged_and_both_ways() {
    let Some(binary) = binary() else { return };
    let mut rng = StdRng::seed_from_u64(1);
    let (alice, bob, carol) = (
        Home::create(&binary),
        Home::create(&binary),
        Home::create(&binary),
    );
    bob.introduce_to(&alice, "bob");

    let mut random = vec![0; 1 << 20];
    rng.fill_bytes(&mut random);
    let text = "Files of every kind.\r\nOne line more.\n".repeat(400);
    let mut files = vec![Vec::new(), vec![7], random, text.into_bytes()];
    files.extend((0..6_u8).map(|number| vec![number; usize::from(number) * 1000]));
    let sealed: Vec<_> = files
        .iter()
        .map(|content| alice.encrypt("bob", content))
        .collect();

    for (number, (content, bytes)) in files.iter().zip(&sealed).enumerate().rev() {
        for damaged in damaged_copies(bytes, &mut rng) {
            bob.does_not_decrypt("alice", &damaged);
        }
        carol.does_not_decrypt("alice", bytes);
        assert_eq!(bob.decrypt("alice", bytes), *content, "file {number}");
        let said = bob.does_not_decrypt("alice", bytes);
        assert!(said.contains("before"), "{said}");
    }

    for round in 0..3_u8 {
        let answer = bob.encrypt("alice", &[round; 100]);
        assert_eq!(alice.decrypt("bob", &answer), [round; 100]);
        let question = alice.encrypt("bob", &[round; 200]);
        assert_eq!(bob.decrypt("alice", &question), [round; 200]);
    }
    let statuses = [(&alice, "bob"), (&bob, "alice")].map(|(home, peer)| status(home, peer));
    assert_eq!(statuses[0]["sent"], 13);
    assert_eq!(statuses[0]["received"], 3);
    assert_eq!(statuses[1]["received"], 13);
    assert_eq!(
        statuses[0]["root_fingerprint"],
        statuses[1]["root_fingerprint"]
    );
}

#[test]
fn a_name_is_one_identity_for_ever() {
    let Some(binary) = binary() else { return };
    let (alice, bob, mallory) = (
        Home::create(&binary),
        Home::create(&binary),
        Home::create(&binary),
    );
    bob.introduce_to(&alice, "bob");
    bob.introduce_to(&mallory, "bob");
    let genuine = alice.encrypt("bob", b"from Alice");
    let forged = mallory.encrypt("bob", b"from Alice, too");
    assert_eq!(bob.decrypt("alice", &genuine), b"from Alice");
    bob.does_not_decrypt("alice", &forged);
    let bundle = mallory.path("bundle");
    mallory.done(&["bundle".as_ref(), "-o".as_ref(), bundle.as_os_str()]);
    bob.refused(&["add".as_ref(), "alice".as_ref(), bundle.as_os_str()]);
    assert_eq!(bob.decrypt("mallory", &forged), b"from Alice, too");
}

/// Copies of a file: some with one bit flipped, in each region and in the last 16 bytes, one that is cut off,
/// and one that is extended.
fn damaged_copies(bytes: &[u8], rng: &mut StdRng) -> Vec<Vec<u8>> {
    let ends = REGIONS[1..].iter().copied().chain([bytes.len()]);
    let mut copies: Vec<Vec<u8>> = REGIONS
        .into_iter()
        .zip(ends)
        .chain([(bytes.len() - 16, bytes.len())])
        .map(|(start, end)| {
            let mut damaged = bytes.to_vec();
            damaged[rng.random_range(start..end)] ^= 1 << rng.random_range(0..8);
            damaged
        })
        .collect();
    copies.push(bytes[..bytes.len() - 1].to_vec());
    copies.push([bytes, &[0]].concat());
    copies
}

fn status(home: &Home, peer: &str) -> serde_json::Value {
    serde_json::from_slice(&home.done(&["status", peer, "--json"])).unwrap()
}

use rand::Rng;
use sprag::{Error, Session};

use crate::support::{Pair, account, decoded, plaintext, rng};

/// Alice's and Bob's sessions at rest, and the hash of the KEM prekey that began them.
fn established(seed: u64) -> (Session, Session, rand::rngs::StdRng, [u8; 32]) {
    let mut rng = rng(seed);
    let alice = account(&mut rng);
    let mut bob = account(&mut rng);
    let bundle = bob.publish(&mut rng);
    let hash = decoded(&bundle).kem_prekey.hash();
    let session = alice.initiate(&bundle, &mut rng);
    let mut session = session.expect("the bundle is genuine");
    let first = session.encrypt(b"first", &mut rng);
    let accepted = bob.accept(&first.expect("a session encrypts"));
    let (mut bobs, _) = accepted.expect("the first message is new");
    let answer = bobs.encrypt(b"answer", &mut rng);
    let answer = answer.expect("a session encrypts");
    session.decrypt(&answer).expect("the answer is new");
    (session, bobs, rng, hash)
}

/// The session with `other` in the place of `part`, which it has once.
fn with_other(session: &Session, part: &[u8; 32], other: &[u8; 32]) -> Session {
    let mut snapshot = session.snapshot().expose().to_vec();
    let mut places = (0..snapshot.len() - 31).filter(|at| snapshot[*at..*at + 32] == *part);
    let (Some(at), None) = (places.next(), places.next()) else {
        panic!("the part is not there once");
    };
    snapshot[at..at + 32].copy_from_slice(other);
    Session::from_snapshot(&snapshot).expect("the snapshot is of the session's form")
}

#[test]
fn the_kem_prekeys_hash_the_session_id_and_both_identities_are_authenticated() {
    let (mut alice, bob, mut rng, kem_hash) = established(310);
    let message = alice.encrypt(b"hello", &mut rng).unwrap();
    let other_identity = account(&mut rng);
    let mut other_bytes = [0; 32];
    rng.fill_bytes(&mut other_bytes);
    let other_identity = other_identity.identity().as_bytes();
    for (part, other) in [
        (&kem_hash, &other_bytes),
        (bob.id().as_bytes(), &other_bytes),
        (bob.peer().as_bytes(), other_identity),
        (alice.peer().as_bytes(), other_identity),
    ] {
        let mut reader = with_other(&bob, part, other);
        let refusal = reader.decrypt(&message).map(|_| ());
        let not_authentic = sprag_ratchet::Error::NotAuthentic;
        assert_eq!(refusal, Err(Error::Ratchet(not_authentic)));
        // What the writer's records say counts as much.
        let mut writer = with_other(&alice, part, other);
        let message = writer.encrypt(b"hello", &mut rng).unwrap();
        let mut reader = Session::from_snapshot(bob.snapshot().expose()).unwrap();
        assert!(reader.decrypt(&message).is_err());
    }
    let mut bob = bob;
    assert_eq!(plaintext(bob.decrypt(&message)), b"hello");
}

#[test]
fn two_whose_records_are_changed_alike_read_each_other() {
    let (alice, bob, mut rng, kem_hash) = established(311);
    let other = [7; 32];
    let mut alice = with_other(&alice, &kem_hash, &other);
    let mut bob = with_other(&bob, &kem_hash, &other);
    let message = alice.encrypt(b"hello", &mut rng).unwrap();
    assert_eq!(plaintext(bob.decrypt(&message)), b"hello");
}

#[test]
fn a_session_of_x3dh_has_no_hash_of_a_kem_prekey() {
    let mut pair = Pair::x3dh(312);
    let length = pair.session.snapshot().expose().len();
    let pqxdh = Pair::new(312).session.snapshot().expose().len();
    // The hash, the ciphertext, and the numbers of the KEM prekey in origin and handshake.
    assert_eq!(pqxdh - length, 32 + 1_568 + 2 * 4);
    assert_eq!(pair.send(b"")[2], 1);
}

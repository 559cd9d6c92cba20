use sprag::hazmat::Thief;

use crate::support::Pair;

#[test]
fn a_theft_opens_the_current_chains_and_the_next_one_of_the_peer_and_nothing_else() {
    let (mut alice, mut bob, mut rng) = Pair::new(50).established();
    let before = alice.encrypt(b"before", &mut rng).unwrap();
    bob.decrypt(&before).unwrap();
    let received = bob.encrypt(b"received before", &mut rng).unwrap();
    let late = bob.encrypt(b"late", &mut rng).unwrap();
    let shown = bob.encrypt(b"after the late one", &mut rng).unwrap();
    for message in [&received, &shown] {
        alice.decrypt(message).unwrap();
    }
    let own_chain = alice.encrypt(b"begins a chain", &mut rng).unwrap();
    let mut thief = Thief::steal(&alice).unwrap();
    bob.decrypt(&own_chain).unwrap();

    let current = alice.encrypt(b"current chain", &mut rng).unwrap();
    let peer_next = bob.encrypt(b"peer's next chain", &mut rng).unwrap();
    for (message, readable) in [
        (&before, false),
        (&received, false),
        (&shown, false),
        (&own_chain, false),
        (&late, true),
        (&current, true),
        (&peer_next, true),
    ] {
        // All but the first are of chains whose header keys are held.
        let header = thief.read_header(message);
        assert_eq!(header.is_some(), message != &before);
        assert_eq!(thief.read(message, b"").is_some(), readable);
    }
    alice.decrypt(&peer_next).unwrap();
    for _ in 0..3 {
        let healed = alice.encrypt(b"healed", &mut rng).unwrap();
        assert_eq!(thief.read(&healed, b""), None);
        bob.decrypt(&healed).unwrap();
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn between_receipt_and_answer_there_is_no_sending_chain_to_steal() {
    let (alice, mut bob, mut rng) = Pair::new(51).established();
    let mut thief = Thief::steal(&alice).unwrap();
    let mut alice = alice;
    let message = alice.encrypt(b"under a new key", &mut rng).unwrap();
    // Its header key came with the receipt.
    assert!(thief.read_header(&message).is_some());
    assert_eq!(thief.read(&message, b""), None);
    bob.decrypt(&message).unwrap();
}

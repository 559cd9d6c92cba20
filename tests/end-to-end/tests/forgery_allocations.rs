//! Tests that what no key opens takes no memory in proportion to its length.

use allocation_counter::measure;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::limits::MAX_MESSAGE_LENGTH;
use sprag::{Account, Session};

/// A message of the greatest length that begins like `message`, with another byte at `place`.
fn forged(message: &[u8], place: usize) -> Vec<u8> {
    let mut forged = message.to_vec();
    forged[place] ^= 1;
    forged.resize(MAX_MESSAGE_LENGTH, 0x55);
    forged
}

/// Bob's account, the session that Alice began with it, and her first message.
fn begun(rng: &mut StdRng) -> (Account, Session, Vec<u8>) {
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(rng));
    let bundle = bob.publish(rng);
    let mut session = alice.initiate(&bundle, rng).expect("the bundle is genuine");
    let first = session.encrypt(b"first", rng).expect("a session encrypts");
    (bob, session, first)
}

#[test]
fn a_forged_message_takes_no_memory_for_its_body_or_for_the_associated_data() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut bob, mut alice, first) = begun(&mut rng);
    let (mut session, _) = bob.accept(&first).unwrap();
    let answer = session.encrypt(b"answer", &mut rng).unwrap();
    // In the header, which begins after the envelope.
    let forged = forged(&answer, 10);
    let associated_data = vec![7; 1 << 20];
    let taken = measure(|| {
        let refused = alice.decrypt_with_ad(&forged, &associated_data);
        assert!(refused.is_err());
    });
    assert_eq!(taken.bytes_total, 0);
    assert_eq!(alice.decrypt(&answer).unwrap().plaintext, b"answer");
}

#[test]
fn a_forged_first_message_takes_no_memory_for_its_body() {
    let mut rng = StdRng::seed_from_u64(2);
    let (mut bob, _, first) = begun(&mut rng);
    // In the sealed identity, and in the header behind it.
    for place in [1_630, first.len() - 60] {
        let forged = forged(&first, place);
        let taken = measure(|| assert!(bob.accept(&forged).is_err()));
        assert!(taken.bytes_total < 20_000, "{taken:?}");
    }
}

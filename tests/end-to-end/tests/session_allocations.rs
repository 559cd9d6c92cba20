//! Tests that a message of a session takes one block from the heap: the bytes that the caller gets.

use allocation_counter::measure;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag::{Account, Policy, Session};

/// The blocks of a new chain: one of its sender, two of its receiver.
const NEW_SENDING_CHAIN: u64 = 1;
const NEW_RECEIVING_CHAIN: u64 = 2;

/// The most associated data of the caller for which there is room on the stack.
const ASSOCIATED_DATA: [u8; 204] = [7; 204];

/// The session of an initiator whose first messages nobody has received, and the account of the other.
fn begun(rng: &mut StdRng) -> (Session, Account) {
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(rng));
    let bundle = bob.publish(rng);
    let session = alice.initiate(&bundle, rng).expect("the bundle is genuine");
    (session, bob)
}

/// Encrypts and returns the message. It takes `blocks` blocks beside its own.
#[track_caller]
fn encrypt(from: &mut Session, text: &[u8], blocks: u64, rng: &mut StdRng) -> Vec<u8> {
    let mut message = None;
    let taken = measure(|| message = from.encrypt_with_ad(text, &ASSOCIATED_DATA, rng).ok());
    assert_eq!(taken.count_total, 1 + blocks, "{} bytes", text.len());
    message.expect("a session encrypts")
}

#[track_caller]
fn decrypt(to: &mut Session, message: &[u8], text: &[u8], blocks: u64) {
    let mut opened = None;
    let taken = measure(|| opened = to.decrypt_with_ad(message, &ASSOCIATED_DATA).ok());
    assert_eq!(taken.count_total, 1 + blocks, "{} bytes", text.len());
    assert_eq!(opened.expect("the message is genuine").plaintext, text);
}

#[test]
fn a_message_takes_one_block_and_a_new_chain_three_more() {
    let mut rng = StdRng::seed_from_u64(1);
    let (mut alice, mut bob) = begun(&mut rng);
    let first = alice.encrypt(b"first", &mut rng).unwrap();
    let (mut bob, _) = bob.accept(&first).unwrap();
    let answer = bob.encrypt(b"answer", &mut rng).unwrap();
    alice.decrypt(&answer).unwrap();
    for turn in 0..10 {
        for length in [0, 1, 256, 1_000, 65_536] {
            let begins = u64::from(length == 0);
            let text = vec![turn; length];
            let message = encrypt(&mut alice, &text, begins * NEW_SENDING_CHAIN, &mut rng);
            decrypt(&mut bob, &message, &text, begins * NEW_RECEIVING_CHAIN);
            // Without associated data of the caller, too.
            let mut message = Vec::new();
            let taken = measure(|| message = alice.encrypt(&text, &mut rng).unwrap());
            assert_eq!(taken.count_total, 1);
            let taken = measure(|| drop(bob.decrypt(&message).unwrap()));
            assert_eq!(taken.count_total, 1);
        }
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn a_message_with_the_handshake_in_front_takes_one_block() {
    let mut rng = StdRng::seed_from_u64(2);
    let (mut alice, _) = begun(&mut rng);
    for length in [0, 256, 65_536] {
        encrypt(&mut alice, &vec![1; length], 0, &mut rng);
    }
    let [alice, mut bob] = [(); 2].map(|()| Account::generate(&mut rng));
    let bundle = bob.publish_x3dh(&mut rng).unwrap();
    let initiation = sprag::Initiation {
        policy: Policy::post_quantum().allow_x3dh(),
        ..sprag::Initiation::default()
    };
    let session = alice.initiate_with(&bundle, &initiation, &mut rng);
    encrypt(&mut session.unwrap(), b"first", 0, &mut rng);
}

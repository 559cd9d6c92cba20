use std::collections::BTreeSet;

use sprag::decode_file_header;
use sprag::file::{FileKey, Opener, PIECE_LENGTH, Sealer};
use sprag_client::{Client, ClientError, Incoming, IncomingFile, Outgoing, Sender, Store};
use sprag_primitives::operations::seals;

use crate::support::rng;
use crate::two_clients::client;

fn seal(key: &FileKey, content: &[u8]) -> Vec<Vec<u8>> {
    let mut sealer = Sealer::new(key);
    let mut chunks: Vec<Vec<u8>> = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec).collect();
    let mut last = chunks.pop().unwrap_or_default();
    for chunk in &mut chunks {
        sealer.seal(chunk).unwrap();
    }
    let padding = sealer.seal_last(&mut last).unwrap();
    chunks.push(last);
    chunks.extend(padding);
    chunks
}

/// The commitment and the message of a header.
fn parse(header: &[u8]) -> ([u8; 32], &[u8]) {
    let (header, chunks) = decode_file_header(header).unwrap();
    assert_eq!((header.messages.len(), chunks.len()), (1, 0));
    (header.commitment, header.messages[0])
}

#[test]
fn a_file_crosses_and_its_key_is_held_until_acknowledged() {
    let mut rng = rng(85);
    let (mut alice, _) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).unwrap();
    let outgoing = alice.encrypt_file("bob", &mut rng).unwrap();
    let chunks = seal(&outgoing.key, b"content");

    let (commitment, message) = parse(&outgoing.header);
    let file = IncomingFile {
        now: 0,
        commitment: &commitment,
        messages: &[message],
    };
    for position in 0..message.len() {
        let mut damaged = message.to_vec();
        damaged[position] ^= 1;
        let file = IncomingFile {
            messages: &[&damaged[..]],
            ..file
        };
        bob.decrypt_file(Sender::Named("alice"), file, &mut rng)
            .unwrap_err();
    }
    let mut other = commitment;
    other[0] ^= 1;
    let wrong = IncomingFile {
        now: 0,
        commitment: &other,
        messages: &[message],
    };
    bob.decrypt_file(Sender::Named("alice"), wrong, &mut rng)
        .unwrap_err();
    for _ in 0..2 {
        let received = bob
            .decrypt_file(Sender::Named("alice"), file, &mut rng)
            .unwrap();
        let mut content = chunks.concat();
        Opener::new(&received.key).open_last(&mut content).unwrap();
        assert_eq!(content, b"content");
        // That the sender became known is told as long as the file is held.
        assert!(received.new_peer && received.new_session);
        assert_eq!(received.sender, alice.identity().unwrap());
    }
    let second = alice.encrypt_file("bob", &mut rng).unwrap();
    let (second_commitment, second) = parse(&second.header);
    let second = IncomingFile {
        commitment: &second_commitment,
        messages: &[second],
        now: 0,
    };
    let received = bob.decrypt_file(Sender::Named("alice"), second, &mut rng);
    assert!(!received.unwrap().new_peer);
    bob.decrypt_file(Sender::Named("alice"), wrong, &mut rng)
        .unwrap_err();
    let received = bob
        .decrypt_file(Sender::Named("alice"), file, &mut rng)
        .unwrap();
    bob.acknowledge(&received.receipt).unwrap();
    bob.decrypt_file(Sender::Named("alice"), file, &mut rng)
        .unwrap_err();
}

#[test]
fn a_message_is_no_file_and_a_file_no_message() {
    let mut rng = rng(86);
    let (mut alice, _) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).unwrap();
    let sender = Sender::Named("alice");
    let message = alice
        .encrypt("bob", Outgoing::new(&[7; 32]), &mut rng)
        .unwrap();
    let file = IncomingFile {
        now: 0,
        commitment: &[0; 32],
        messages: &[&message],
    };
    bob.decrypt_file(sender, file, &mut rng).unwrap_err();
    // A message without the key of the file it names is refused, binds nobody and is not held.
    let associated_data = [b"sprag file".as_slice(), &[7; 32]].concat();
    let wrong = Outgoing {
        plaintext: &[9; 32],
        associated_data: &associated_data,
    };
    let wrong = alice.encrypt("bob", wrong, &mut rng).unwrap();
    let before = bob.store().scan(&[]).unwrap();
    let file = IncomingFile {
        now: 0,
        commitment: &[7; 32],
        messages: &[&wrong],
    };
    let refused = bob.decrypt_file(sender, file, &mut rng).map(|_| ());
    assert_eq!(refused, Err(ClientError::NotAFile));
    assert_eq!(bob.store().scan(&[]).unwrap(), before);
    let outgoing = alice.encrypt_file("bob", &mut rng).unwrap();
    let (_, message) = parse(&outgoing.header);
    let read = bob.decrypt(sender, Incoming::new(message), &mut rng);
    assert!(matches!(read, Err(ClientError::Protocol(_))));
    let read = bob.decrypt(sender, Incoming::new(&outgoing.header), &mut rng);
    assert!(matches!(read, Err(ClientError::Protocol(_))));
}

#[test]
fn after_a_restore_no_pair_of_key_and_nonce_repeats() {
    let mut rng = rng(87);
    let (mut alice, key) = client(&mut rng);
    let (mut bob, _) = client(&mut rng);
    let bundle = bob.publish(&mut rng).unwrap();
    alice.add("bob", &bundle, &mut rng).unwrap();
    alice.encrypt_file("bob", &mut rng).unwrap();
    let copy = alice.store().clone();
    let mut homes = [alice, Client::open(copy, &key).unwrap()];
    let used = homes.each_mut().map(|home| {
        let work = || {
            for _ in 0..5 {
                let file = home.encrypt_file("bob", &mut rng).unwrap();
                seal(&file.key, &[7; 3 * PIECE_LENGTH]);
                home.publish(&mut rng).unwrap();
            }
        };
        BTreeSet::from_iter(seals(work).1)
    });
    // The message with its header, three chunks, and the records of two commits: the session; the account, and two
    // prekeys with their places.
    assert_eq!(used[0].len(), 5 * (2 + 3 + 1 + 5));
    assert_eq!(used[0].intersection(&used[1]).count(), 0);
}

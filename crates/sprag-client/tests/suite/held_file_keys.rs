use rand::rngs::StdRng;
use sprag::decode_file_header;
use sprag_client::limits::MAX_FILE_KEY_AGE;
use sprag_client::{ClientError, Incoming, IncomingFile, Outgoing, Sender};

use crate::support::rng;
use crate::two_clients::{MemoryClient, Refusal, client};

const NOW: u64 = 1_800_000_000;

/// A peer of Alice, and the headers of files that she sent.
struct Receiver {
    bob: MemoryClient,
    headers: Vec<Vec<u8>>,
    message: Vec<u8>,
    rng: StdRng,
}

impl Receiver {
    fn new() -> Self {
        let mut rng = rng(97);
        let (mut alice, _) = client(&mut rng);
        let (mut bob, _) = client(&mut rng);
        let bundle = bob.publish(&mut rng).unwrap();
        alice.add("bob", &bundle, &mut rng).unwrap();
        let headers = [(); 3].map(|()| alice.encrypt_file("bob", &mut rng).unwrap().header);
        let message = alice.encrypt("bob", Outgoing::new(b"text"), &mut rng);
        Self {
            bob,
            headers: headers.to_vec(),
            message: message.unwrap(),
            rng,
        }
    }

    /// Reads the header of a file at this time, and not its content.
    fn read_header(&mut self, index: usize, now: u64) {
        self.try_header(index, now).unwrap();
    }

    fn try_header(&mut self, index: usize, now: u64) -> Result<(), Refusal> {
        let (header, _) = decode_file_header(&self.headers[index]).unwrap();
        let file = IncomingFile {
            commitment: &header.commitment,
            messages: &[header.messages[0]],
            now,
        };
        let sender = Sender::Named("alice");
        self.bob.decrypt_file(sender, file, &mut self.rng).map(drop)
    }

    fn held(&self) -> usize {
        self.bob.unacknowledged().unwrap().len()
    }
}

#[test]
fn a_key_is_forgotten_when_its_time_is_up() {
    let mut receiver = Receiver::new();
    receiver.read_header(0, NOW);
    let receipt = receiver.bob.unacknowledged().unwrap()[0].receipt;
    // The time is up at a certain second.
    let end = NOW + MAX_FILE_KEY_AGE;
    assert_eq!(receiver.bob.expire(end - 1, &mut receiver.rng), Ok(false));
    receiver.bob.read_again(&receipt).unwrap();
    assert_eq!(receiver.bob.expire(end, &mut receiver.rng), Ok(true));
    assert_eq!(receiver.held(), 0);
    let again = receiver.bob.read_again(&receipt).map(drop);
    assert_eq!(again, Err(ClientError::NotHeld));
    assert_eq!(receiver.bob.expire(end, &mut receiver.rng), Ok(false));
}

#[test]
fn the_next_file_ends_the_time_of_older_ones_too() {
    let mut receiver = Receiver::new();
    receiver.read_header(0, NOW);
    receiver.read_header(1, NOW + 5);
    receiver.read_header(2, NOW + MAX_FILE_KEY_AGE);
    assert_eq!(receiver.held(), 2);
    // The totals still know the oldest that is left.
    let end = NOW + 5 + MAX_FILE_KEY_AGE;
    assert_eq!(receiver.bob.expire(end - 1, &mut receiver.rng), Ok(false));
    assert_eq!(receiver.bob.expire(end, &mut receiver.rng), Ok(true));
    assert_eq!(receiver.held(), 1);
}

#[test]
fn a_key_whose_time_is_up_is_not_given_out_again() {
    let mut receiver = Receiver::new();
    receiver.read_header(0, NOW);
    let end = NOW + MAX_FILE_KEY_AGE;
    receiver.read_header(0, end - 1);
    receiver.try_header(0, end).unwrap_err();
    assert_eq!(receiver.held(), 0);
}

#[test]
fn messages_and_keys_of_an_unknown_time_are_held_on() {
    let mut receiver = Receiver::new();
    receiver.read_header(0, 0);
    let sender = Sender::Named("alice");
    let incoming = Incoming::new(&receiver.message);
    receiver
        .bob
        .decrypt(sender, incoming, &mut receiver.rng)
        .unwrap();
    assert_eq!(receiver.bob.expire(u64::MAX, &mut receiver.rng), Ok(false));
    // They stay when a key is forgotten beside them.
    receiver.read_header(1, NOW);
    assert_eq!(receiver.bob.expire(u64::MAX, &mut receiver.rng), Ok(true));
    assert_eq!(receiver.held(), 2);
}

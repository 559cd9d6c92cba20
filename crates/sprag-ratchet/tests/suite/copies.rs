//! Messages that are decrypted in a copy, which is made once the header is known to fit.

use core::cell::Cell;

use sprag_primitives::operations::{Bytes, bytes};
use sprag_ratchet::{DoubleRatchetHE, Error, ReceivedMessage};

use crate::party::{Envelope, Party, alice_and_bob};
use crate::situations::{Situation, all};
use crate::variants::encrypted_header;

type EncryptedParty = Party<DoubleRatchetHE>;

/// Decrypts in a copy. Returns the result, the bytes that this went over, and how often the associated data was asked
/// for.
fn decrypt_copy(
    party: &mut EncryptedParty,
    envelope: &Envelope,
) -> (Result<Vec<u8>, Error>, Bytes, u32) {
    let (asked, data) = (Cell::new(0), party.associated_data());
    let associated_data = || {
        asked.set(asked.get() + 1);
        &data
    };
    let message = ReceivedMessage {
        header: &encrypted_header(&envelope.header),
        ciphertext: &envelope.body,
        tag: &envelope.tag,
    };
    let check = |_: &[u8]| Ok(());
    let ratchet = &mut party.ratchet;
    let (result, bytes) = bytes(|| ratchet.decrypt_copy(associated_data, message, check));
    let result = result.map(|(plaintext, ())| plaintext.into_public());
    (result, bytes, asked.get())
}

/// Asserts that a message is refused without a look at its body.
#[track_caller]
fn refuses_by_the_header(party: &mut EncryptedParty, envelope: &Envelope, error: Error) -> Bytes {
    let before = party.snapshot();
    let (result, bytes, asked) = decrypt_copy(party, envelope);
    assert_eq!(result, Err(error));
    assert_eq!((bytes.buffered, asked), (0, 0), "{error}");
    assert!(party.snapshot() == before, "the state changed");
    bytes
}

/// A copy of a message with a body of 16 MiB.
fn long(message: &Envelope) -> Envelope {
    let mut long = message.clone();
    long.body.resize(16 << 20, 0x55);
    long
}

#[test]
fn a_genuine_message_is_copied_once_in_every_situation() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all::<DoubleRatchetHE>()
    {
        let mut in_place = receiver.copy();
        let (result, bytes, asked) = decrypt_copy(&mut receiver, &message);
        assert_eq!(result.as_ref(), Ok(&message.plaintext), "{name}");
        assert_eq!(bytes.buffered, message.body.len() as u64, "{name}");
        assert_eq!(asked, 1);
        in_place.accepts(&message);
        assert!(receiver.snapshot() == in_place.snapshot(), "{name}");
    }
}

#[test]
fn a_header_that_does_not_open_costs_its_own_length_however_long_the_message() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<DoubleRatchetHE>()
    {
        let damaged = message.damaged(30, 1);
        let short = refuses_by_the_header(&mut receiver, &damaged, Error::NotAuthentic);
        let long = refuses_by_the_header(&mut receiver, &long(&damaged), Error::NotAuthentic);
        assert_eq!(long, short);
    }
}

#[test]
fn a_genuine_header_that_fits_no_message_costs_no_copy_of_the_body() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("fits no message");
    let message = alice.send();
    bob.accepts(&message);
    refuses_by_the_header(&mut bob, &long(&message), Error::Duplicate);
    let too_far = message.with_header(|header| header.number = u32::MAX - 1);
    refuses_by_the_header(&mut bob, &long(&too_far), Error::TooManySkipped);
}

#[test]
fn a_damaged_body_is_copied_once_and_its_associated_data_asked_for_once() {
    let (mut alice, mut bob) = alice_and_bob::<DoubleRatchetHE>("damaged body");
    let message = alice.send();
    let damaged = long(&message);
    let (result, bytes, asked) = decrypt_copy(&mut bob, &damaged);
    assert_eq!(result, Err(Error::NotAuthentic));
    assert_eq!((bytes.buffered, asked), (damaged.body.len() as u64, 1));
    bob.accepts(&message);
}

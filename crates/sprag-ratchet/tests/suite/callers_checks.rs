//! Messages that the caller checks, and may refuse, before they count as received.

use core::cell::Cell;

use sprag_ratchet::{DoubleRatchetHE, Error, ReceivedMessage};

use crate::party::{Envelope, Party};
use crate::situations::{Situation, all};
use crate::variants::encrypted_header;

/// The reason for which a message is refused: by the ratchet or by the caller.
#[derive(Debug, Eq, PartialEq)]
enum Refusal {
    Ratchet(Error),
    Caller,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Ratchet(error)
    }
}

/// Decrypts with a check. Returns the plaintext with the check's answer.
fn decrypt_copy<T>(
    party: &mut Party<DoubleRatchetHE>,
    envelope: &Envelope,
    check: impl FnOnce(&[u8]) -> Result<T, Refusal>,
) -> Result<(Vec<u8>, T), Refusal> {
    let associated_data = party.associated_data();
    let message = ReceivedMessage {
        header: &encrypted_header(&envelope.header),
        ciphertext: &envelope.body,
        tag: &envelope.tag,
    };
    let decrypted = party
        .ratchet
        .decrypt_copy(|| associated_data, message, check);
    decrypted.map(|(plaintext, answer)| (plaintext.into_public(), answer))
}

#[test]
fn what_the_check_refuses_changes_nothing_and_opens_later_in_every_situation() {
    for Situation {
        name,
        mut receiver,
        message,
        ..
    } in all::<DoubleRatchetHE>()
    {
        let before = receiver.snapshot();
        for _ in 0..2 {
            let refuse = |plaintext: &[u8]| {
                assert_eq!(plaintext, message.plaintext);
                Err::<(), _>(Refusal::Caller)
            };
            let result = decrypt_copy(&mut receiver, &message, refuse);
            assert_eq!(result, Err(Refusal::Caller));
            assert!(receiver.snapshot() == before, "{name}: the state changed");
        }
        receiver.accepts(&message);
        receiver.refuses(&message, Error::Duplicate);
    }
}

#[test]
fn what_the_check_accepts_is_received_and_its_answer_passed_on() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<DoubleRatchetHE>()
    {
        let mut other = receiver.copy();
        let length = |plaintext: &[u8]| Ok(plaintext.len());
        let result = decrypt_copy(&mut receiver, &message, length);
        let length = message.plaintext.len();
        assert_eq!(result, Ok((message.plaintext.clone(), length)));
        other.accepts(&message);
        assert!(receiver.snapshot() == other.snapshot());
        receiver.refuses(&message, Error::Duplicate);
    }
}

#[test]
fn what_is_not_authentic_reaches_no_check() {
    for Situation {
        mut receiver,
        message,
        ..
    } in all::<DoubleRatchetHE>()
    {
        let called = Cell::new(false);
        let check = |_: &[u8]| {
            called.set(true);
            Ok(())
        };
        for damaged in [message.damaged(30, 1), message.damaged_body(3)] {
            let before = receiver.snapshot();
            let result = decrypt_copy(&mut receiver, &damaged, check);
            assert_eq!(result, Err(Refusal::Ratchet(Error::NotAuthentic)));
            assert!(receiver.snapshot() == before, "the state changed");
        }
        assert!(!called.get());
        receiver.accepts(&message);
        let result = decrypt_copy(&mut receiver, &message, check);
        assert_eq!(result, Err(Refusal::Ratchet(Error::Duplicate)));
        assert!(!called.get());
    }
}

//! The output of `Display` and `Debug`.

use std::collections::HashSet;

use sprag_primitives::Error as PrimitiveError;
use sprag_wire::{Error, Kind, encode_message, encode_prekey_message};
use sprag_x3dh::{Slot, Suite};

use crate::values::handshakes;

#[test]
fn errors_say_what_is_wrong() {
    let low_order = PrimitiveError::LowOrderPublicKey;
    let modulus = PrimitiveError::InvalidEncapsulationKey;
    let errors = [
        (Error::Truncated, "input is truncated"),
        (Error::Oversized, "input is larger than allowed"),
        (Error::Trailing, "bytes follow the end of the input"),
        (Error::NotCanonical, "input is not canonically encoded"),
        (Error::Malformed, "input is malformed"),
        (Error::Damaged, "input was damaged on the way"),
        (Error::Earlier, "input was written by an earlier version"),
        (
            Error::OtherVersion(9),
            "message is of version 9 of the protocol",
        ),
        (
            Error::UnknownVersion(9),
            "version 9 of the protocol is not known",
        ),
        (Error::UnknownKind(9), "kind 9 is not known"),
        (Error::OtherKind(Kind::Bundle), "input is a bundle"),
        (
            Error::OtherKind(Kind::PrekeyMessage),
            "input is a prekey message",
        ),
        (Error::OtherKind(Kind::Message), "input is a message"),
        (Error::OtherKind(Kind::File), "input is a file"),
        (Error::OtherKind(Kind::Upload), "input is an upload"),
        (Error::UnknownSuite(9), "suite 9 is not known"),
        (Error::OtherSuite(Suite::X3dh), "input is for X3DH"),
        (Error::OtherSuite(Suite::Pqxdh), "input is for PQXDH"),
        (Error::UnknownContent(9), "content of kind 9 is not known"),
        (
            Error::InvalidKey(Slot::SignedPrekey, low_order),
            "signed prekey: public key is of small order",
        ),
        (
            Error::InvalidKey(Slot::OneTimeKemPrekey, modulus),
            "one-time KEM prekey: encapsulation key fails the modulus check",
        ),
        (
            Error::InvalidKey(Slot::LastResortKemPrekey, modulus),
            "last-resort KEM prekey: encapsulation key fails the modulus check",
        ),
    ];
    let mut messages = HashSet::new();
    for (error, message) in errors {
        assert_eq!(error.to_string(), message);
        assert!(messages.insert(message), "{message} is said of two errors");
    }
}

#[test]
fn a_message_being_encoded_does_not_print_its_plaintext() {
    let plaintext = b"never print this plaintext";
    let [x3dh, pqxdh] = handshakes().map(|first| encode_prekey_message(&first, plaintext));
    for encoded in [encode_message(Suite::Pqxdh, plaintext), x3dh, pqxdh] {
        assert_eq!(format!("{encoded:?}"), "EncodedMessage { .. }");
    }
}

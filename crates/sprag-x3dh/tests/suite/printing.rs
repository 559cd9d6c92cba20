//! What `Debug` and `Display` print; of a secret, nothing.

use core::fmt::Debug;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::Reader;
use sprag_x3dh::{
    Error, OneTimePrekeyPair, ResponderKeys, SessionId, SignedPrekeyPair, Slot, initiate, respond,
};

use crate::support::{Responder, TERMS, identity, rng};

const MARKER: [u8; 32] = *b"never print these secret bytes!!";

#[test]
fn key_pairs_print_their_public_keys_alone() {
    let identity = identity(MARKER);
    prints(
        &identity,
        &format!("IdentityKeyPair {{ public: {:?}, .. }}", identity.public()),
    );

    let signed_prekey = signed_prekey();
    let public = signed_prekey.public();
    prints(
        &signed_prekey,
        &format!(
            "SignedPrekeyPair {{ terms: {TERMS:?}, pair: KeyPair {{ public: {:?}, .. }}, \
             signature: {:?} }}",
            public.key, public.signature
        ),
    );

    let one_time_prekey = one_time_prekey();
    prints(
        &one_time_prekey,
        &format!(
            "OneTimePrekeyPair {{ id: 16843009, pair: KeyPair {{ public: {:?}, .. }} }}",
            one_time_prekey.public().key
        ),
    );

    let keys = ResponderKeys {
        identity: &identity,
        signed_prekey: &signed_prekey,
        one_time_prekey: Some(&one_time_prekey),
    };
    assert!(!shows(&keys, &MARKER));
}

#[test]
fn agreements_print_no_secret() {
    let bob = Responder::new([0xb0; 32]);
    let alice = identity(MARKER);
    let initiated = initiate(&alice, &bob.bundle().verify().unwrap(), &mut rng(1)).unwrap();
    let message = initiated.message;
    let agreement = respond(&bob.keys_for(&message), &message).unwrap();
    let secret = agreement.shared_secret.as_secret().duplicate();
    for secret in [&MARKER, secret.expose()] {
        assert!(!shows(&initiated, secret));
        assert!(!shows(&agreement, secret));
    }
    prints(&agreement.shared_secret, "SharedSecret { .. }");
}

#[test]
fn session_ids_print_as_hexadecimal() {
    let id = SessionId::from_bytes(MARKER);
    let expected = "6e65766572207072696e74207468657365207365637265742062797465732121";
    assert_eq!(id.to_string(), expected);
    assert_eq!(format!("{id:?}"), format!("SessionId({expected})"));
}

#[test]
fn slots_have_these_names() {
    for (slot, name) in [
        (Slot::Identity, "identity key"),
        (Slot::SignedPrekey, "signed prekey"),
        (Slot::OneTimePrekey, "one-time prekey"),
        (Slot::Ephemeral, "ephemeral key"),
    ] {
        assert_eq!(slot.to_string(), name);
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    for (error, message) in [
        (
            Error::InvalidSignature(Slot::SignedPrekey),
            "signature on the signed prekey is not valid",
        ),
        (
            Error::InvalidKey(Slot::Ephemeral, PrimitiveError::NonContributory),
            "ephemeral key: agreement output is all zero",
        ),
        (Error::OwnBundle, "bundle is one's own"),
        (
            Error::OtherPrekey(Slot::OneTimePrekey),
            "initial message names another one-time prekey",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_search_finds_bytes_in_every_form() {
    assert!(shows(&MARKER, &MARKER));
    assert!(shows(&hex::encode(MARKER), &MARKER));
    assert!(shows(&hex::encode_upper(MARKER), &MARKER));
    assert!(shows(&String::from_utf8_lossy(&MARKER), &MARKER));
    assert!(!shows(&[0; 32], &MARKER));
}

fn prints(value: &impl Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
    assert!(!shows(value, &MARKER));
}

/// Whether eight successive bytes of `secret` stand in what `value` prints.
fn shows(value: &impl Debug, secret: &[u8; 32]) -> bool {
    let printed = format!("{value:?} {value:#?}");
    let compact = printed.to_lowercase().replace([' ', '\n'], "");
    secret.windows(8).any(|part| {
        let numbers = format!("{part:?}").replace(['[', ']', ' '], "");
        let text = String::from_utf8_lossy(part);
        compact.contains(&numbers)
            || compact.contains(&hex::encode(part))
            || printed.contains(&*text)
    })
}

fn signed_prekey() -> SignedPrekeyPair {
    let mut bytes = vec![1];
    bytes.extend(TERMS.id.to_le_bytes());
    bytes.extend(TERMS.created.to_le_bytes());
    bytes.extend(MARKER);
    bytes.extend([0x11; 64]);
    SignedPrekeyPair::read_snapshot(&mut Reader::new(&bytes)).expect("it is whole")
}

fn one_time_prekey() -> OneTimePrekeyPair {
    let bytes = [&[1; 4], MARKER.as_slice()].concat();
    OneTimePrekeyPair::read_snapshot(&mut Reader::new(&bytes)).expect("it is whole")
}

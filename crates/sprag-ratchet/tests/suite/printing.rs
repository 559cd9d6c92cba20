//! The texts of the public types: their `Debug` output and the phrases of errors.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::Ciphertext;
use sprag_ratchet::{
    DoubleRatchet, DoubleRatchetHE, Error, Header, HeaderKey, Message, RootKey, SharedSecrets,
};

use crate::party::{Party, alice_and_bob};
use crate::variants::{TestRatchet, encrypted_header, in_both_variants};

fn debug<R: TestRatchet>(party: &Party<R>) -> String {
    format!("{:?}", party.ratchet)
}

in_both_variants![a_ratchet_shows_its_counts_and_nothing_else_in_every_state];

fn a_ratchet_shows_its_counts_and_nothing_else_in_every_state<R: TestRatchet>() {
    let name = R::by_variant("DoubleRatchet", "DoubleRatchetHE");
    let expected = |sent: u64, received: u64, dh_steps: u64| {
        format!(
            "{name} {{ counts: Counts {{ sent: {sent}, received: {received}, \
             dh_steps: {dh_steps} }}, .. }}"
        )
    };
    let (mut alice, mut bob) = alice_and_bob::<R>("debug");
    assert_eq!(debug(&bob), expected(0, 0, 0));
    let messages = alice.send_many(3);
    assert_eq!(debug(&alice), expected(3, 0, 1));
    bob.accepts(&messages[2]);
    assert_eq!(debug(&bob), expected(0, 1, 1));
    alice.accepts(&bob.send());
    bob.accepts(&alice.send());
    assert_eq!(debug(&bob), expected(1, 2, 3));
}

#[test]
fn secrets_show_nothing() {
    let header_key = || HeaderKey::new(SecretBytes::copy_from(&[0x5a; 32]));
    let root = RootKey::new(SecretBytes::copy_from(&[0x5a; 32]));
    let shown = format!("{root:?}");
    assert_eq!(shown, "RootKey(SecretBytes { .. })");
    let shown = format!("{:?}", header_key());
    assert_eq!(shown, "HeaderKey(SecretBytes { .. })");
    let secrets = SharedSecrets {
        root,
        shared_hka: header_key(),
        shared_nhkb: header_key(),
    };
    assert!(!format!("{secrets:?}").contains("90"), "no byte of 0x5a");
}

#[test]
fn headers_and_messages_show_what_travels() {
    let (mut alice, _) = alice_and_bob::<DoubleRatchet>("debug of a message");
    let mut body = [0x61; 4];
    let sealed = alice
        .ratchet
        .encrypt(b"", &mut body, &mut alice.rng)
        .unwrap();
    let key = hex::encode(sealed.header.ratchet_key.as_bytes());
    let header =
        format!("Header {{ ratchet_key: PublicKey({key}), previous_length: 0, number: 0 }}");
    assert_eq!(format!("{:?}", sealed.header), header);
    let tag = sealed.tag;
    assert_eq!(
        format!("{sealed:?}"),
        format!("HeaderAndTag {{ header: {header}, tag: {tag:?} }}")
    );
    let message = Message {
        header: &sealed.header,
        ciphertext: Ciphertext {
            buffer: &mut body.clone(),
            tag: &tag,
        },
    };
    assert_eq!(
        format!("{message:?}"),
        format!(
            "Message {{ header: {header}, ciphertext: Ciphertext {{ buffer: {body:?}, \
             tag: {tag:?} }} }}"
        )
    );
}

#[test]
fn encrypted_headers_show_their_bytes() {
    let (mut alice, _) = alice_and_bob::<DoubleRatchetHE>("debug of an encrypted header");
    let message = alice.send();
    let header = encrypted_header(&message.header);
    assert_eq!(
        format!("{header:?}"),
        format!("EncryptedHeader({:?})", message.header)
    );
}

#[test]
fn errors_are_lower_case_phrases_that_say_what_was_refused() {
    let fault = PrimitiveError::LowOrderPublicKey;
    let phrases = [
        (Error::NotAuthentic, "message is not authentic"),
        (
            Error::Duplicate,
            "message has the number of one that was received before",
        ),
        (
            Error::KeyGivenUp,
            "message is older than the keys kept, or was received before",
        ),
        (
            Error::TooManySkipped,
            "too many messages are missing: the session must be renewed",
        ),
        (
            Error::Forked,
            "a party was put back to an older state: the session must be renewed",
        ),
        (Error::CounterExhausted, "message number is at its limit"),
        (
            Error::NoSendingChain,
            "responder cannot send before it has received a message",
        ),
        (
            Error::InvalidRatchetKey(fault),
            "ratchet key: public key is of small order",
        ),
        (Error::TooLong, "plaintext is too long"),
    ];
    for (index, (error, phrase)) in phrases.iter().enumerate() {
        assert_eq!(&error.to_string(), phrase);
        assert!(phrase.starts_with(|first: char| first.is_ascii_lowercase()));
        assert!(phrase.ends_with(|last: char| last.is_ascii_lowercase()));
        assert!(phrases[..index].iter().all(|(_, other)| other != phrase));
    }
    let error: &dyn core::error::Error = &Error::NotAuthentic;
    assert!(error.source().is_none());
}

#[test]
fn a_refused_header_is_named_by_what_is_wrong_with_its_key() {
    let error = Header::decode(&[0; 40]).expect_err("the key is of small order");
    let fault = PrimitiveError::LowOrderPublicKey;
    assert_eq!(error, Error::InvalidRatchetKey(fault));
    assert_eq!(format!("{error:?}"), "InvalidRatchetKey(LowOrderPublicKey)");
}

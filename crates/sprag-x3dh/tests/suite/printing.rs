//! The output of `Debug` and `Display`, which never contains a secret.

use core::fmt::Debug;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::Snapshot;
use sprag_x3dh::{
    Error, KemPrekeyPair, LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair,
    ResponderKeys, SealedInitiator, SessionId, SignedPrekeyPair, Slot, Suite,
};

use crate::support::{
    ALICE, BOB, IDS, PQXDH_TERMS, Responder, alice_initiates_pqxdh, alice_initiates_x3dh,
    decapsulation_key, identity, one_time_key_pair, rng,
};

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
            "SignedPrekeyPair {{ terms: {PQXDH_TERMS:?}, pair: KeyPair {{ public: {:?}, .. }}, \
             signature: {:?} }}",
            public.key, public.signature
        ),
    );

    prints(
        &one_time_prekey(),
        "OneTimePrekeyPair { id: 16843009, key: SecretKey { .. } }",
    );
}

#[test]
fn kem_key_pairs_print_no_seed() {
    let hash = [0x22; 32];
    let pair =
        format!("KemPrekeyPair {{ id: 16843009, key: DecapsulationKey {{ .. }}, hash: {hash:?} }}");
    prints(&kem_pair(), &pair);

    let last_resort = last_resort();
    let signature = last_resort.public().signature;
    let expected = format!(
        "LastResortKemPrekeyPair {{ pair: {pair}, created: {}, signature: {signature:?} }}",
        u64::from_le_bytes([3; 8])
    );
    prints(&last_resort, &expected);
}

#[test]
fn the_keys_of_a_responder_print_no_secret() {
    let keys = ResponderKeys {
        identity: &identity(MARKER),
        signed_prekey: &signed_prekey(),
        one_time_prekey: Some(&one_time_prekey()),
    };
    assert!(!shows(&keys, &MARKER));
}

#[test]
fn agreements_of_x3dh_print_no_secret() {
    let bob = Responder::new(BOB);
    let initiated = alice_initiates_x3dh(bob.x3dh_bundle());
    let message = initiated.message;
    let agreement = bob.respond_x3dh(&message).unwrap().agreement;
    let one_time = one_time_key_pair(&bob.one_time_prekey).secret();
    let secret = agreement.shared_secret.as_secret().duplicate();
    for secret in [&ALICE, &BOB, secret.expose(), one_time.expose()] {
        assert!(!shows(&initiated, secret));
        assert!(!shows(&agreement, secret));
    }
    assert_eq!(
        format!("{:?}", agreement.shared_secret),
        "SharedSecret { .. }"
    );
}

#[test]
fn agreements_of_pqxdh_print_no_secret() {
    let bob = Responder::new(BOB);
    let initiated = alice_initiates_pqxdh(&bob.pqxdh_bundle());
    let message = &initiated.message;
    let agreement = bob.respond_pqxdh(message).unwrap().agreement;
    let key = decapsulation_key(&bob.one_time_kem_pair);
    let kem_secret = key.decapsulate(&message.kem().ciphertext);
    let secret = agreement.shared_secret.as_secret().duplicate();
    for secret in [
        ALICE.as_slice(),
        &BOB,
        secret.expose(),
        kem_secret.expose(),
        key.seed().expose(),
    ] {
        assert!(!shows(&initiated, secret));
        assert!(!shows(&agreement, secret));
    }
    assert_eq!(
        format!("{:?}", agreement.shared_secret),
        "SharedSecret { .. }"
    );
}

#[test]
fn a_sealed_initiator_prints_nothing() {
    let sealed = SealedInitiator::from_bytes([7; 52]);
    assert_eq!(format!("{sealed:?}"), "SealedInitiator { .. }");
}

#[test]
fn generated_keys_print_no_secret() {
    let (bob, mut rng) = (identity(MARKER), rng(6));
    let (pair, public) = KemPrekeyPair::generate_one_time(1, &bob, &mut rng);
    let last_resort = LastResortKemPrekeyPair::generate(
        LastResortKemPrekeyTerms { id: 2, created: 3 },
        &signed_prekey().public(),
        &bob,
        &mut rng,
    );
    for (key, seed) in [
        (&pair, decapsulation_key(&pair)),
        (last_resort.pair(), decapsulation_key(last_resort.pair())),
    ] {
        assert!(!shows(key, seed.seed().expose()));
        assert!(!shows(&public, seed.seed().expose()));
        assert!(!shows(&last_resort, seed.seed().expose()));
    }
    assert!(!shows(&last_resort, &MARKER));
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
        (Slot::OneTimeKemPrekey, "one-time KEM prekey"),
        (Slot::LastResortKemPrekey, "last-resort KEM prekey"),
        (Slot::KemPrekey, "KEM prekey"),
        (Slot::Ephemeral, "ephemeral key"),
    ] {
        assert_eq!(slot.to_string(), name);
    }
}

#[test]
fn kem_prekeys_have_the_slot_of_their_use() {
    let bob = Responder::new(BOB);
    assert_eq!(bob.one_time_kem_prekey.slot(), Slot::OneTimeKemPrekey);
    assert_eq!(bob.last_resort.public().slot(), Slot::LastResortKemPrekey);
}

#[test]
fn suites_have_these_names() {
    assert_eq!(Suite::X3dh.to_string(), "X3DH");
    assert_eq!(Suite::Pqxdh.to_string(), "PQXDH");
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
        (
            Error::OtherUse(Slot::SignedPrekey),
            "signed prekey is not for this use",
        ),
        (
            Error::DuplicateId(IDS.one_time),
            "two prekeys have the number 219025168",
        ),
        (
            Error::Stale(Slot::LastResortKemPrekey),
            "last-resort KEM prekey was not made as recently as demanded",
        ),
        (Error::OwnBundle, "bundle is one's own"),
        (Error::OwnMessage, "initial message is one's own"),
        (
            Error::OtherPrekey(Slot::OneTimePrekey),
            "initial message names another one-time prekey",
        ),
        (Error::NotAuthentic, "initial message is not authentic"),
        (Error::NotAccepted(Suite::X3dh), "X3DH is not accepted"),
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

/// Returns true if `value` prints any eight successive bytes of `secret`.
///
/// The search covers decimal numbers, hexadecimal digits and text.
fn shows(value: &impl Debug, secret: &[u8]) -> bool {
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
    let mut bytes = vec![1, 2];
    bytes.extend(PQXDH_TERMS.id.to_le_bytes());
    bytes.extend(PQXDH_TERMS.created.to_le_bytes());
    bytes.extend(MARKER);
    bytes.extend([0x11; 64]);
    SignedPrekeyPair::from_snapshot(&bytes).expect("it is whole")
}

fn one_time_prekey() -> OneTimePrekeyPair {
    let bytes = [&[1; 4], MARKER.as_slice()].concat();
    OneTimePrekeyPair::from_snapshot(&bytes).expect("it is whole")
}

fn kem_bytes() -> Vec<u8> {
    [&[1; 4], MARKER.as_slice(), &MARKER, &[0x22; 32]].concat()
}

fn kem_pair() -> KemPrekeyPair {
    KemPrekeyPair::from_snapshot(&kem_bytes()).expect("it is whole")
}

fn last_resort() -> LastResortKemPrekeyPair {
    let bytes = [kem_bytes().as_slice(), &[3; 8], &[0x11; 64]].concat();
    LastResortKemPrekeyPair::from_snapshot(&bytes).expect("it is whole")
}

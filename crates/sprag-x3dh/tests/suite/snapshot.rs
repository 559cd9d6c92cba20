//! Snapshots of key pairs: their bytes, their round trip, and what is refused.

use sprag_primitives::Error;
use sprag_primitives::snapshot::Reader;
use sprag_x3dh::{
    IdentityKeyPair, OneTimePrekeyPair, ResponderKeys, SignedPrekeyPair, initiate, respond,
};

use crate::support::{Responder, identity, public_key, rng, snapshot};

#[test]
fn they_have_these_bytes() {
    let bob = Responder::new([0xb0; 32]);
    assert_eq!(identity_snapshot(&bob), [0xb0; 32]);

    let signed = bob.signed_prekey.public();
    let secret = bob.signed_prekey.key_pair().secret();
    let expected = [
        &[1, 4, 3, 2, 1, 12, 11, 10, 9, 8, 7, 6, 5],
        secret.expose().as_slice(),
        signed.signature.as_bytes(),
    ];
    assert_eq!(signed_snapshot(&bob), expected.concat());
    assert_eq!(signed_snapshot(&bob).len(), 109);

    let one_time = one_time_snapshot(&bob);
    let (id, secret) = one_time.split_at(4);
    assert_eq!(id, [16, 15, 14, 13]);
    let public = public_key(secret.try_into().unwrap());
    assert_eq!(public, bob.one_time_prekey.public().key);
}

#[test]
fn what_was_read_back_is_what_was_written() {
    let bob = Responder::new([0xb0; 32]);
    let (identity, signed_prekey, one_time_prekey) = read_back(&bob);
    assert_eq!(identity.public(), bob.identity.public());
    assert_eq!(signed_prekey.public(), bob.signed_prekey.public());
    assert_eq!(signed_prekey.id(), bob.signed_prekey.id());
    assert_eq!(one_time_prekey.public(), bob.one_time_prekey.public());
    assert_eq!(one_time_prekey.id(), bob.one_time_prekey.id());
}

#[test]
fn keys_that_were_read_back_still_agree_and_sign() {
    let bob = Responder::new([0xb0; 32]);
    let bundle = bob.bundle().verify().unwrap();
    let initiated = initiate(&identity([0xa1; 32]), &bundle, &mut rng(1)).unwrap();
    let (identity, signed_prekey, one_time_prekey) = read_back(&bob);
    let keys = ResponderKeys {
        identity: &identity,
        signed_prekey: &signed_prekey,
        one_time_prekey: Some(&one_time_prekey),
    };
    let agreement = respond(&keys, &initiated.message);
    assert_eq!(agreement, Ok(initiated.agreement));

    let terms = signed_prekey.public().terms;
    let mut bundle = bob.reusable_bundle();
    bundle.signed_prekey = SignedPrekeyPair::generate(terms, &identity, &mut rng(2)).public();
    assert!(bundle.verify().is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let bob = Responder::new([0xb0; 32]);
    truncations(&identity_snapshot(&bob), IdentityKeyPair::read_snapshot);
    truncations(&signed_snapshot(&bob), SignedPrekeyPair::read_snapshot);
    truncations(&one_time_snapshot(&bob), OneTimePrekeyPair::read_snapshot);
}

#[test]
fn unknown_suites_are_refused() {
    let mut bytes = signed_snapshot(&Responder::new([0xb0; 32]));
    for suite in (0..=u8::MAX).filter(|suite| *suite != 1) {
        bytes[0] = suite;
        let result = SignedPrekeyPair::read_snapshot(&mut Reader::new(&bytes));
        assert_eq!(result.unwrap_err(), Error::SnapshotInvalid, "suite {suite}");
    }
}

fn truncations<T: core::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&mut Reader<'_>) -> Result<T, Error>,
) {
    assert!(read(&mut Reader::new(bytes)).is_ok());
    for length in 0..bytes.len() {
        let result = read(&mut Reader::new(&bytes[..length]));
        let error = result.expect_err("it is cut off");
        assert_eq!(error, Error::SnapshotTruncated, "{length} bytes");
    }
}

fn read_back(bob: &Responder) -> (IdentityKeyPair, SignedPrekeyPair, OneTimePrekeyPair) {
    let bytes = [
        identity_snapshot(bob),
        signed_snapshot(bob),
        one_time_snapshot(bob),
    ]
    .concat();
    let mut reader = Reader::new(&bytes);
    let read = (
        IdentityKeyPair::read_snapshot(&mut reader).expect("it is whole"),
        SignedPrekeyPair::read_snapshot(&mut reader).expect("it is whole"),
        OneTimePrekeyPair::read_snapshot(&mut reader).expect("it is whole"),
    );
    assert_eq!(reader.finish(), Ok(()));
    read
}

fn identity_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.identity.write_snapshot(writer))
}

fn signed_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.signed_prekey.write_snapshot(writer))
}

fn one_time_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.one_time_prekey.write_snapshot(writer))
}

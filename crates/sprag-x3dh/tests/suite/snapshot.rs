//! Snapshots of key pairs: their bytes, their round trip, and what is refused.

use core::fmt::Debug;

use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::DecapsulationKey;
use sprag_primitives::snapshot::Reader;
use sprag_primitives::{Error, SecretBytes};
use sprag_x3dh::{
    IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, OneTimePrekeyPair, SignedPrekeyPair,
    Suite, pqxdh, x3dh,
};

use crate::support::{
    BOB, PQXDH_TERMS, Responder, alice_initiates_pqxdh, alice_initiates_x3dh, public_key, rng,
    snapshot,
};

#[test]
fn those_of_curve_keys_have_these_bytes() {
    let bob = Responder::new(BOB);
    assert_eq!(identity_snapshot(&bob), [0xb0; 32]);

    for (prekey, start) in [
        (&bob.x3dh_signed_prekey, [1, 0x24, 0x23, 0x22, 0x21]),
        (&bob.pqxdh_signed_prekey, [2, 4, 3, 2, 1]),
    ] {
        let secret = prekey.key_pair().secret();
        let public = prekey.public();
        let expected = [
            start.as_slice(),
            &[12, 11, 10, 9, 8, 7, 6, 5],
            secret.expose(),
            public.signature.as_bytes(),
        ];
        assert_eq!(signed_snapshot(prekey), expected.concat());
        assert_eq!(signed_snapshot(prekey).len(), 109);
    }

    let one_time = one_time_snapshot(&bob);
    let (id, secret) = one_time.split_at(4);
    assert_eq!(id, [16, 15, 14, 13]);
    let public = public_key(secret.try_into().unwrap());
    assert_eq!(public, bob.one_time_prekey.public().key);
}

#[test]
fn those_of_kem_keys_have_these_bytes() {
    let bob = Responder::new(BOB);
    let one_time = kem_snapshot(&bob.one_time_kem_pair);
    let last_resort = last_resort_snapshot(&bob);
    assert_eq!((one_time.len(), last_resort.len()), (100, 172));

    let (pair, rest) = last_resort.split_at(100);
    let public = bob.last_resort.public();
    let created = [0x20, 0x1f, 0x1e, 0x1d, 0x1c, 0x1b, 0x1a, 0x19];
    let expected = [&created, public.signature.as_bytes().as_slice()];
    assert_eq!(rest, expected.concat());

    for (bytes, id, public) in [
        (
            one_time.as_slice(),
            [20, 19, 18, 17],
            &bob.one_time_kem_prekey,
        ),
        (pair, [24, 23, 22, 21], &public),
    ] {
        assert_eq!(bytes[..4], id);
        let seed = SecretBytes::copy_from(bytes[4..68].try_into().unwrap());
        let key = DecapsulationKey::from_seed(seed).encapsulation_key();
        assert_eq!(key, public.key);
        assert_eq!(bytes[68..], sha256(&[&[2], key.as_bytes()]));
    }
}

/// What was read back from the snapshots of a party.
struct ReadBack {
    identity: IdentityKeyPair,
    x3dh_signed_prekey: SignedPrekeyPair,
    pqxdh_signed_prekey: SignedPrekeyPair,
    one_time_prekey: OneTimePrekeyPair,
    one_time_kem_pair: KemPrekeyPair,
    last_resort: LastResortKemPrekeyPair,
}

fn read_back(bob: &Responder) -> ReadBack {
    let bytes = [
        identity_snapshot(bob),
        signed_snapshot(&bob.x3dh_signed_prekey),
        signed_snapshot(&bob.pqxdh_signed_prekey),
        one_time_snapshot(bob),
        kem_snapshot(&bob.one_time_kem_pair),
        last_resort_snapshot(bob),
    ]
    .concat();
    let reader = &mut Reader::new(&bytes);
    let whole = "the snapshot is whole";
    let read = ReadBack {
        identity: IdentityKeyPair::read_snapshot(reader).expect(whole),
        x3dh_signed_prekey: SignedPrekeyPair::read_snapshot(reader).expect(whole),
        pqxdh_signed_prekey: SignedPrekeyPair::read_snapshot(reader).expect(whole),
        one_time_prekey: OneTimePrekeyPair::read_snapshot(reader).expect(whole),
        one_time_kem_pair: KemPrekeyPair::read_snapshot(reader).expect(whole),
        last_resort: LastResortKemPrekeyPair::read_snapshot(reader).expect(whole),
    };
    assert_eq!(reader.u8(), Err(Error::SnapshotTruncated), "all was read");
    read
}

#[test]
fn what_was_read_back_is_what_was_written() {
    let bob = Responder::new(BOB);
    let read = read_back(&bob);
    assert_eq!(read.identity.public(), bob.identity.public());
    for (read, written, suite) in [
        (
            &read.x3dh_signed_prekey,
            &bob.x3dh_signed_prekey,
            Suite::X3dh,
        ),
        (
            &read.pqxdh_signed_prekey,
            &bob.pqxdh_signed_prekey,
            Suite::Pqxdh,
        ),
    ] {
        assert_eq!(read.public(), written.public());
        assert_eq!(read.id(), written.id());
        assert_eq!(read.suite(), suite);
    }
    assert_eq!(read.one_time_prekey.public(), bob.one_time_prekey.public());
    assert_eq!(read.one_time_prekey.id(), bob.one_time_prekey.id());
    assert_eq!(read.last_resort.public(), bob.last_resort.public());
    for (read, written) in [
        (&read.one_time_kem_pair, &bob.one_time_kem_pair),
        (read.last_resort.pair(), bob.last_resort.pair()),
    ] {
        assert_eq!(read.id(), written.id());
        assert_eq!(read.hash(), written.hash());
        assert_eq!(kem_snapshot(read), kem_snapshot(written));
    }
}

#[test]
fn keys_that_were_read_back_still_agree_and_sign() {
    let bob = Responder::new(BOB);
    let read = read_back(&bob);
    let initiated = alice_initiates_x3dh(bob.x3dh_bundle());
    let keys = x3dh::ResponderKeys {
        identity: &read.identity,
        signed_prekey: &read.x3dh_signed_prekey,
        one_time_prekey: Some(&read.one_time_prekey),
    };
    let agreement = x3dh::respond(&keys, &initiated.message);
    assert_eq!(agreement, Ok(initiated.agreement));

    let [one_time, _, last_resort, _] = bob.pqxdh_bundles();
    for (bundle, kem_prekey) in [
        (one_time, &read.one_time_kem_pair),
        (last_resort, read.last_resort.pair()),
    ] {
        let initiated = alice_initiates_pqxdh(&bundle);
        let keys = pqxdh::ResponderKeys {
            identity: &read.identity,
            signed_prekey: &read.pqxdh_signed_prekey,
            one_time_prekey: Some(&read.one_time_prekey),
            kem_prekey,
        };
        let agreement = pqxdh::respond(&keys, &initiated.message);
        assert_eq!(agreement, Ok(initiated.agreement));
    }

    let renewed = SignedPrekeyPair::generate(PQXDH_TERMS, &read.identity, &mut rng(2));
    let bundle = pqxdh::Bundle {
        signed_prekey: renewed.public(),
        ..bob.pqxdh_bundle()
    };
    assert!(bundle.verify().is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let bob = Responder::new(BOB);
    truncations(&identity_snapshot(&bob), IdentityKeyPair::read_snapshot);
    let signed = signed_snapshot(&bob.pqxdh_signed_prekey);
    truncations(&signed, SignedPrekeyPair::read_snapshot);
    truncations(&one_time_snapshot(&bob), OneTimePrekeyPair::read_snapshot);
    let kem = kem_snapshot(&bob.one_time_kem_pair);
    truncations(&kem, KemPrekeyPair::read_snapshot);
    let last_resort = last_resort_snapshot(&bob);
    truncations(&last_resort, LastResortKemPrekeyPair::read_snapshot);
}

#[test]
fn unknown_suites_are_refused() {
    let mut bytes = signed_snapshot(&Responder::new(BOB).pqxdh_signed_prekey);
    for suite in 0..=u8::MAX {
        bytes[0] = suite;
        let read = SignedPrekeyPair::read_snapshot(&mut Reader::new(&bytes));
        let expected = match suite {
            1 => Ok(Suite::X3dh),
            2 => Ok(Suite::Pqxdh),
            _ => Err(Error::SnapshotInvalid),
        };
        assert_eq!(read.map(|prekey| prekey.suite()), expected, "suite {suite}");
    }
}

fn truncations<T: Debug>(bytes: &[u8], read: impl Fn(&mut Reader<'_>) -> Result<T, Error>) {
    assert!(read(&mut Reader::new(bytes)).is_ok());
    for length in 0..bytes.len() {
        let result = read(&mut Reader::new(&bytes[..length]));
        let error = result.expect_err("it is cut off");
        assert_eq!(error, Error::SnapshotTruncated, "{length} bytes");
    }
}

fn identity_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.identity.write_snapshot(writer))
}

fn signed_snapshot(prekey: &SignedPrekeyPair) -> Vec<u8> {
    snapshot(|writer| prekey.write_snapshot(writer))
}

fn one_time_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.one_time_prekey.write_snapshot(writer))
}

fn kem_snapshot(pair: &KemPrekeyPair) -> Vec<u8> {
    snapshot(|writer| pair.write_snapshot(writer))
}

fn last_resort_snapshot(bob: &Responder) -> Vec<u8> {
    snapshot(|writer| bob.last_resort.write_snapshot(writer))
}

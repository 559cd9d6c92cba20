//! Snapshots of keys and session ids: their bytes, their round trip, and the refusal of damage.

use core::fmt::Debug;

use sprag_primitives::hash::sha256;
use sprag_primitives::ml_kem_1024::DecapsulationKey;
use sprag_primitives::snapshot::{Reader, Snapshot};
use sprag_primitives::{Error, SecretBytes};
use sprag_x3dh::{
    IdentityKey, IdentityKeyPair, KemPrekeyPair, LastResortKemPrekeyPair, OneTimePrekeyPair,
    ResponderKeys, SessionId, SignedPrekeyPair, Suite, pqxdh, x3dh,
};

use crate::support::{
    BOB, PQXDH_TERMS, Responder, alice_initiates_pqxdh, alice_initiates_x3dh, public_key, rng,
    snapshot,
};

#[test]
fn those_of_curve_keys_have_these_bytes() {
    let bob = Responder::new(BOB);
    assert_eq!(snapshot(&bob.identity), [0xb0; 32]);

    for (prekey, start) in [
        (&bob.x3dh_signed_prekey, [1, 1, 0x24, 0x23, 0x22, 0x21]),
        (&bob.pqxdh_signed_prekey, [1, 2, 4, 3, 2, 1]),
    ] {
        let secret = prekey.key_pair().secret();
        let public = prekey.public();
        let expected = [
            start.as_slice(),
            &[12, 11, 10, 9, 8, 7, 6, 5],
            secret.expose(),
            public.signature.as_bytes(),
        ];
        assert_eq!(snapshot(prekey), expected.concat());
        assert_eq!(snapshot(prekey).len(), 110);
    }

    let one_time = snapshot(&bob.one_time_prekey);
    let (id, secret) = one_time.split_at(4);
    assert_eq!(id, [16, 15, 14, 13]);
    let public = public_key(secret.try_into().unwrap());
    assert_eq!(public, bob.one_time_prekey.public().key);
}

#[test]
fn those_of_kem_keys_have_these_bytes() {
    let bob = Responder::new(BOB);
    let one_time = snapshot(&bob.one_time_kem_pair);
    let last_resort = snapshot(&bob.last_resort);
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

#[test]
fn those_of_identity_keys_and_session_ids_are_their_bytes() {
    let identity = *Responder::new(BOB).identity.public();
    assert_eq!(snapshot(&identity), identity.as_bytes());
    assert_eq!(
        IdentityKey::from_snapshot(identity.as_bytes()),
        Ok(identity)
    );
    let refused = Err(Error::LowOrderPublicKey);
    assert_eq!(IdentityKey::from_snapshot(&[0; 32]), refused);

    let id = SessionId::from_bytes([0x5e; 32]);
    assert_eq!(snapshot(&id), [0x5e; 32]);
    assert_eq!(SessionId::from_snapshot(&[0x5e; 32]), Ok(id));
}

/// The keys of a party, read back from their snapshots.
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
        snapshot(&bob.identity),
        snapshot(&bob.x3dh_signed_prekey),
        snapshot(&bob.pqxdh_signed_prekey),
        snapshot(&bob.one_time_prekey),
        snapshot(&bob.one_time_kem_pair),
        snapshot(&bob.last_resort),
    ]
    .concat();
    let reader = &mut Reader::new(&bytes);
    let whole = "the snapshot is whole";
    let read = ReadBack {
        identity: reader.get().expect(whole),
        x3dh_signed_prekey: reader.get().expect(whole),
        pqxdh_signed_prekey: reader.get().expect(whole),
        one_time_prekey: reader.get().expect(whole),
        one_time_kem_pair: reader.get().expect(whole),
        last_resort: reader.get().expect(whole),
    };
    assert_eq!(
        reader.get::<u8>(),
        Err(Error::SnapshotTruncated),
        "all was read"
    );
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
        assert_eq!(snapshot(read), snapshot(written));
    }
}

#[test]
fn keys_that_were_read_back_still_agree_and_sign() {
    let bob = Responder::new(BOB);
    let read = read_back(&bob);
    let initiated = alice_initiates_x3dh(bob.x3dh_bundle());
    let keys = ResponderKeys {
        identity: &read.identity,
        signed_prekey: &read.x3dh_signed_prekey,
        one_time_prekey: Some(&read.one_time_prekey),
    };
    let responded = x3dh::respond(&keys, &initiated.message).unwrap();
    assert_eq!(responded.agreement, initiated.agreement);

    let [one_time, _, last_resort, _] = bob.pqxdh_bundles();
    for (bundle, kem_prekey) in [
        (one_time, &read.one_time_kem_pair),
        (last_resort, read.last_resort.pair()),
    ] {
        let initiated = alice_initiates_pqxdh(&bundle);
        let keys = ResponderKeys {
            identity: &read.identity,
            signed_prekey: &read.pqxdh_signed_prekey,
            one_time_prekey: Some(&read.one_time_prekey),
        };
        let responded = pqxdh::respond(&keys, kem_prekey, &initiated.message).unwrap();
        assert_eq!(responded.agreement, initiated.agreement);
    }

    let renewed = SignedPrekeyPair::generate(PQXDH_TERMS, &read.identity, &mut rng(2));
    let mut bundle = bob.pqxdh_bundle();
    bundle.curve.signed_prekey = renewed.public();
    assert!(bundle.verify().is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let bob = Responder::new(BOB);
    truncations(&bob.identity);
    truncations(&bob.pqxdh_signed_prekey);
    truncations(&bob.one_time_prekey);
    truncations(&bob.one_time_kem_pair);
    truncations(&bob.last_resort);
}

#[test]
fn unknown_suites_are_refused() {
    let mut bytes = snapshot(&Responder::new(BOB).pqxdh_signed_prekey);
    for version in 0..=u8::MAX {
        for suite in 0..=u8::MAX {
            bytes[..2].copy_from_slice(&[version, suite]);
            let read = SignedPrekeyPair::from_snapshot(&bytes);
            let expected = match (version, suite) {
                (1, 1) => Ok(Suite::X3dh),
                (1, 2) => Ok(Suite::Pqxdh),
                _ => Err(Error::SnapshotInvalid),
            };
            let read = read.map(|prekey| prekey.suite());
            assert_eq!(read, expected, "version {version}, suite {suite}");
        }
    }
}

fn truncations<T: Debug + Snapshot>(value: &T) {
    let bytes = snapshot(value);
    assert!(T::from_snapshot(&bytes).is_ok());
    for length in 0..bytes.len() {
        let result = T::from_snapshot(&bytes[..length]);
        let error = result.expect_err("it is cut off");
        assert_eq!(error, Error::SnapshotTruncated, "{length} bytes");
    }
}

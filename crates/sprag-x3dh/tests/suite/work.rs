//! The work of each step, counted in operations.

use sprag_primitives::operations::{Counts, counted};
use sprag_primitives::snapshot::Snapshot;
use sprag_x3dh::{
    Bundle, Error, KemPrekeyPair, OneTimePrekeyPair, Policy, ResponderKeys, SealedInitiator,
    SignedPrekeyPair, Slot, Suite, Upload, pqxdh, x3dh,
};

use crate::sealing::content;
use crate::support::{
    ALICE, BOB, IDS, PQXDH_TERMS, Responder, X3DH_TERMS, alice_initiates_pqxdh,
    alice_initiates_x3dh, identity, rng, snapshot,
};

#[test]
fn x3dh_costs_four_agreements_or_three_one_signature_and_one_seal() {
    let (alice, bob) = (identity(ALICE), Responder::new(BOB));
    for (bundle, diffie_hellman) in bob.x3dh_bundles().into_iter().zip([4, 3]) {
        let (verified, counts) = counted(|| bundle.verify());
        let verifying = Counts {
            signature_verification: 1,
            ..Counts::NONE
        };
        assert_eq!(counts, verifying);

        let verified = verified.unwrap();
        let mut rng = rng(1);
        let (initiated, counts) = counted(|| x3dh::initiate(&alice, &verified, 1, &mut rng));
        let initiating = Counts {
            diffie_hellman,
            base_point_multiplication: 1,
            hkdf: 2,
            seal: 1,
            ..Counts::NONE
        };
        assert_eq!(counts, initiating);

        let message = initiated.unwrap().message;
        let keys = bob.x3dh_keys(&message);
        let (responded, counts) = counted(|| x3dh::respond(&keys, &message));
        let responding = Counts {
            diffie_hellman,
            hkdf: 2,
            open: 1,
            ..Counts::NONE
        };
        assert_eq!(counts, responding);
        assert!(responded.is_ok());
    }
}

#[test]
fn pqxdh_costs_a_kem_operation_and_another_signature_more() {
    let (alice, bob) = (identity(ALICE), Responder::new(BOB));
    for (bundle, diffie_hellman) in bob.pqxdh_bundles().into_iter().zip([4, 3, 4, 3]) {
        let (verified, counts) = counted(|| bundle.verify());
        let verifying = Counts {
            signature_verification: 2,
            ..Counts::NONE
        };
        assert_eq!(counts, verifying);

        let verified = verified.unwrap();
        let mut rng = rng(1);
        let (initiated, counts) = counted(|| pqxdh::initiate(&alice, &verified, 1, &mut rng));
        let initiating = Counts {
            diffie_hellman,
            base_point_multiplication: 1,
            encapsulation: 1,
            hkdf: 2,
            seal: 1,
            ..Counts::NONE
        };
        assert_eq!(counts, initiating);

        let message = initiated.unwrap().message;
        let (keys, kem_pair) = (bob.pqxdh_keys(&message), bob.kem_pair(&message));
        let (responded, counts) = counted(|| pqxdh::respond(&keys, kem_pair, &message));
        let responding = Counts {
            diffie_hellman,
            kem_key_generation: 1,
            decapsulation: 1,
            hkdf: 2,
            open: 1,
            ..Counts::NONE
        };
        assert_eq!(counts, responding);
        assert!(responded.is_ok());
    }
}

#[test]
fn a_suite_that_is_not_accepted_or_not_meant_costs_nothing() {
    let bob = Responder::new(BOB);
    let bundle = Bundle::X3dh(bob.x3dh_bundle());
    let (result, counts) = counted(|| bundle.verify(&Policy::default()));
    assert_eq!(result, Err(Error::NotAccepted(Suite::X3dh)));
    assert_eq!(counts, Counts::NONE);

    let mut bundle = bob.pqxdh_bundle();
    bundle.curve.signed_prekey = bob.x3dh_signed_prekey.public();
    let (result, counts) = counted(|| bundle.verify());
    assert_eq!(result, Err(Error::OtherUse(Slot::SignedPrekey)));
    assert_eq!(counts, Counts::NONE);
}

#[test]
fn ones_own_bundle_costs_nothing() {
    let bob = Responder::new(BOB);
    let mut rng = rng(1);
    let verified = bob.x3dh_bundle().verify().unwrap();
    let (result, counts) = counted(|| x3dh::initiate(&bob.identity, &verified, 1, &mut rng));
    assert_eq!(result.unwrap_err(), Error::OwnBundle);
    assert_eq!(counts, Counts::NONE);

    let verified = bob.pqxdh_bundle().verify().unwrap();
    let (result, counts) = counted(|| pqxdh::initiate(&bob.identity, &verified, 1, &mut rng));
    assert_eq!(result.unwrap_err(), Error::OwnBundle);
    assert_eq!(counts, Counts::NONE);
}

#[test]
fn a_message_that_names_other_keys_costs_nothing() {
    let bob = Responder::new(BOB);
    let other = OneTimePrekeyPair::generate(IDS.one_time + 1, &mut rng(1));
    let of_other_suite = [X3DH_TERMS, PQXDH_TERMS]
        .map(|terms| SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(1)));

    // X3DH: another one-time prekey, and a signed prekey of PQXDH.
    let message = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let keys = bob.x3dh_keys(&message);
    let with_other = ResponderKeys {
        one_time_prekey: Some(&other),
        ..keys
    };
    let with_pqxdh = ResponderKeys {
        signed_prekey: &of_other_suite[1],
        ..keys
    };
    for keys in [with_other, with_pqxdh] {
        let (result, counts) = counted(|| x3dh::respond(&keys, &message));
        assert!(result.is_err());
        assert_eq!(counts, Counts::NONE);
    }

    // PQXDH: another KEM prekey, and a signed prekey of X3DH.
    let message = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let (keys, kem_pair) = (bob.pqxdh_keys(&message), bob.kem_pair(&message));
    let with_x3dh = ResponderKeys {
        signed_prekey: &of_other_suite[0],
        ..keys
    };
    for (keys, kem_pair) in [(keys, bob.last_resort.pair()), (with_x3dh, kem_pair)] {
        let (result, counts) = counted(|| pqxdh::respond(&keys, kem_pair, &message));
        assert!(result.is_err());
        assert_eq!(counts, Counts::NONE);
    }
}

/// DH1 needs the initiator's identity, so a message that does not open costs one agreement less.
#[test]
fn a_message_that_does_not_open_or_is_ones_own_costs_no_agreement_with_an_identity() {
    let bob = Responder::new(BOB);
    let damaged = |sealed: &SealedInitiator| {
        let mut bytes = *sealed.as_bytes();
        bytes[0] ^= 1;
        SealedInitiator::from_bytes(bytes)
    };
    for (bundle, diffie_hellman) in bob.x3dh_bundles().into_iter().zip([3, 2]) {
        let opening = Counts {
            diffie_hellman,
            hkdf: 1,
            open: 1,
            ..Counts::NONE
        };
        let message = alice_initiates_x3dh(bundle).message;
        let curve = *message.curve();
        let keys = bob.x3dh_keys(&message);
        for (message, error) in [
            (
                x3dh::InitialMessage::from_parts(curve, damaged(message.sealed_initiator())),
                Error::NotAuthentic,
            ),
            (bob.sealed_x3dh(curve, &content(BOB, 1)), Error::OwnMessage),
        ] {
            let (result, counts) = counted(|| x3dh::respond(&keys, &message));
            assert_eq!(result, Err(error));
            assert_eq!(counts, opening);
        }
    }
    for (bundle, diffie_hellman) in bob.pqxdh_bundles().into_iter().zip([3, 2, 3, 2]) {
        let opening = Counts {
            diffie_hellman,
            kem_key_generation: 1,
            decapsulation: 1,
            hkdf: 1,
            open: 1,
            ..Counts::NONE
        };
        let message = alice_initiates_pqxdh(&bundle).message;
        let (curve, kem) = (*message.curve(), message.kem());
        let (keys, kem_pair) = (bob.pqxdh_keys(&message), bob.kem_pair(&message));
        let sealed = damaged(message.sealed_initiator());
        for (message, error) in [
            (
                pqxdh::InitialMessage::from_parts(curve, kem.clone(), sealed),
                Error::NotAuthentic,
            ),
            (
                bob.sealed_pqxdh(curve, kem.clone(), &content(BOB, 1)),
                Error::OwnMessage,
            ),
        ] {
            let (result, counts) = counted(|| pqxdh::respond(&keys, kem_pair, &message));
            assert_eq!(result, Err(error));
            assert_eq!(counts, opening);
        }
    }
}

#[test]
fn private_keys_of_one_time_prekeys_are_read_without_work() {
    let bob = Responder::new(BOB);
    let one_time = snapshot(&bob.one_time_prekey);
    let kem = snapshot(&bob.one_time_kem_pair);
    let (read, counts) = counted(|| OneTimePrekeyPair::from_snapshot(&one_time));
    assert!(read.is_ok());
    assert_eq!(counts, Counts::NONE);
    let (read, counts) = counted(|| KemPrekeyPair::from_snapshot(&kem));
    assert!(read.is_ok());
    assert_eq!(counts, Counts::NONE);
}

#[test]
fn an_upload_costs_one_verification_for_each_signature() {
    let bob = Responder::new(BOB);
    for one_time_kem in 0..2 {
        let upload = Upload {
            identity: *bob.identity.public(),
            signed_prekey: bob.pqxdh_signed_prekey.public(),
            last_resort_kem_prekey: bob.last_resort.public(),
            one_time_prekeys: vec![bob.one_time_prekey.public()],
            one_time_kem_prekeys: vec![bob.one_time_kem_prekey.clone(); one_time_kem],
        };
        let (verified, counts) = counted(|| upload.verify());
        let verifying = Counts {
            signature_verification: 2 + u64::try_from(one_time_kem).unwrap(),
            ..Counts::NONE
        };
        assert_eq!(counts, verifying);

        let mut verified = verified.unwrap();
        assert_eq!(counted(|| verified.next_bundle()).1, Counts::NONE);
    }
}

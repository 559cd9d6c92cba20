//! The sealed initiator: the key that seals it, the content, and the bytes in front of it that the seal covers.

use sprag_primitives::Error as PrimitiveError;
use sprag_x3dh::{Error, InitialMessage, SEALED_INITIATOR_LENGTH, SealedInitiator, Slot};
use sprag_x3dh::{pqxdh, x3dh};

use crate::sealing::{PQXDH_LABEL, X3DH_LABEL, content, content_of, seal};
use crate::support::{
    ALICE, BOB, CAROL, IDS, Ids, ORDINAL, Responder, alice_initiates_pqxdh, alice_initiates_x3dh,
    altered, identity, kdf, public_key, rng,
};

#[test]
fn it_is_sealed_under_all_secrets_that_do_not_involve_the_initiators_identity() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let message = alice_initiates_x3dh(bundle).message;
        assert_eq!(
            bob.sealed_x3dh(*message.curve(), &content(ALICE, ORDINAL)),
            message
        );
    }
    for bundle in bob.pqxdh_bundles() {
        let message = alice_initiates_pqxdh(&bundle).message;
        let (curve, kem) = (*message.curve(), message.kem().clone());
        assert_eq!(
            bob.sealed_pqxdh(curve, kem, &content(ALICE, ORDINAL)),
            message
        );
    }
}

#[test]
fn its_length_is_the_same_whoever_initiates() {
    assert_eq!(SEALED_INITIATOR_LENGTH, 52);
    let bytes = core::array::from_fn(|index| u8::try_from(index).expect("52 bytes"));
    assert_eq!(SealedInitiator::from_bytes(bytes).as_bytes(), &bytes);
}

#[test]
fn the_identity_is_nowhere_in_the_message() {
    let bob = Responder::new(BOB);
    let alice = *public_key(ALICE).as_bytes();
    for message in all_messages(&bob) {
        let sealed = message.sealed_initiator().as_bytes().as_slice();
        let bytes = [&message.clear_part(), sealed].concat();
        assert!(!bytes.windows(32).any(|part| part == alice));
    }
}

#[test]
fn every_ordinal_arrives() {
    let (alice, bob) = (identity(ALICE), Responder::new(BOB));
    for ordinal in [0, 1, 2, 0x0102_0304, u32::MAX] {
        let bundle = bob.x3dh_bundle().verify().unwrap();
        let initiated = x3dh::initiate(&alice, &bundle, ordinal, &mut rng(1)).unwrap();
        let responded = bob.respond_x3dh(&initiated.message).unwrap();
        assert_eq!(responded.initiator.ordinal, ordinal);
        assert_eq!(&responded.initiator.identity, alice.public());
        // The secret does not depend on it.
        let other = x3dh::initiate(&alice, &bundle, !ordinal, &mut rng(1)).unwrap();
        assert_eq!(other.agreement, initiated.agreement);

        let bundle = bob.pqxdh_bundle().verify().unwrap();
        let initiated = pqxdh::initiate(&alice, &bundle, ordinal, &mut rng(1)).unwrap();
        let responded = bob.respond_pqxdh(&initiated.message).unwrap();
        assert_eq!(responded.initiator.ordinal, ordinal);
        assert_eq!(&responded.initiator.identity, alice.public());
        let other = pqxdh::initiate(&alice, &bundle, !ordinal, &mut rng(1)).unwrap();
        assert_eq!(other.agreement, initiated.agreement);
    }
}

#[test]
fn the_seal_of_one_message_does_not_open_in_another() {
    let (alice, bob, mut rng) = (identity(ALICE), Responder::new(BOB), rng(1));
    let bundle = bob.x3dh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| {
        let initiated = x3dh::initiate(&alice, &bundle, 1, &mut rng).unwrap();
        initiated.message
    });
    let mixed = x3dh::InitialMessage::from_parts(*first.curve(), *second.sealed_initiator());
    assert_eq!(bob.respond_x3dh(&mixed), Err(Error::NotAuthentic));

    let bundle = bob.pqxdh_bundle().verify().unwrap();
    let [first, second] = [(); 2].map(|()| {
        let initiated = pqxdh::initiate(&alice, &bundle, 1, &mut rng).unwrap();
        initiated.message
    });
    for (curve, kem) in [
        (first.curve(), first.kem()),
        (first.curve(), second.kem()),
        (second.curve(), first.kem()),
    ] {
        let sealed = *second.sealed_initiator();
        let mixed = pqxdh::InitialMessage::from_parts(*curve, kem.clone(), sealed);
        assert_eq!(bob.respond_pqxdh(&mixed), Err(Error::NotAuthentic));
    }
}

#[test]
fn it_opens_for_nobody_but_the_responder() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    for message in all_messages(&bob) {
        assert!(respond(&bob, &message).is_ok());
        assert_eq!(respond(&carol, &message), Err(Error::NotAuthentic));
    }
}

#[test]
fn every_byte_in_front_of_the_seal_is_covered() {
    let bob = Responder::new(BOB);
    for message in all_messages(&bob) {
        let genuine = message.clear_part();
        assert_eq!(
            respond(&bob, &resealed(&bob, &message, &genuine)),
            respond(&bob, &message)
        );
        for byte in 0..genuine.len() {
            let mut other = genuine.clone();
            other[byte] ^= 1;
            let forged = resealed(&bob, &message, &other);
            assert_eq!(respond(&bob, &forged), Err(Error::NotAuthentic), "{byte}");
        }
        for other in [&genuine[1..], &[], &[&genuine[..], &[0]].concat()] {
            let forged = resealed(&bob, &message, other);
            assert_eq!(respond(&bob, &forged), Err(Error::NotAuthentic));
        }
    }
}

/// A responder checks the numbers before the seal. The seal covers them too.
#[test]
fn a_number_that_was_altered_for_a_key_of_that_number_does_not_open() {
    let bob = Responder::new(BOB);
    let Ids {
        x3dh_signed,
        pqxdh_signed,
        one_time,
        one_time_kem,
        ..
    } = IDS;
    // The keys of each are Bob's, under other numbers.
    let signed = Responder::numbered(
        BOB,
        Ids {
            x3dh_signed: x3dh_signed + 1,
            pqxdh_signed: pqxdh_signed + 1,
            ..IDS
        },
    );
    let curve = Responder::numbered(
        BOB,
        Ids {
            one_time: one_time + 1,
            ..IDS
        },
    );
    let kem = Responder::numbered(
        BOB,
        Ids {
            one_time_kem: one_time_kem + 1,
            ..IDS
        },
    );
    let genuine = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let mut altered = [*genuine.curve(); 2];
    altered[0].signed_prekey += 1;
    altered[1].one_time_prekey = Some(one_time + 1);
    for (renamed, fields) in [&signed, &curve].into_iter().zip(altered) {
        let message = x3dh::InitialMessage::from_parts(fields, *genuine.sealed_initiator());
        assert_eq!(renamed.respond_x3dh(&message), Err(Error::NotAuthentic));
        let message = renamed.sealed_x3dh(fields, &content(ALICE, 1));
        assert!(renamed.respond_x3dh(&message).is_ok());
    }

    let genuine = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let mut altered = [(); 3].map(|()| (*genuine.curve(), genuine.kem().clone()));
    altered[0].0.signed_prekey += 1;
    altered[1].0.one_time_prekey = Some(one_time + 1);
    altered[2].1.prekey += 1;
    for (renamed, (fields, part)) in [&signed, &curve, &kem].into_iter().zip(altered) {
        let sealed = *genuine.sealed_initiator();
        let message = pqxdh::InitialMessage::from_parts(fields, part.clone(), sealed);
        assert_eq!(renamed.respond_pqxdh(&message), Err(Error::NotAuthentic));
        let message = renamed.sealed_pqxdh(fields, part, &content(ALICE, 1));
        assert!(renamed.respond_pqxdh(&message).is_ok());
    }
}

#[test]
fn the_keys_of_the_suites_differ() {
    let bob = Responder::new(BOB);
    let genuine = alice_initiates_x3dh(bob.x3dh_bundle()).message;
    let outputs = bob.x3dh_outputs(genuine.curve());
    for (label, opens) in [
        (X3DH_LABEL, true),
        (PQXDH_LABEL, false),
        ("sprag-v1_CURVE25519_SHA-256", false),
    ] {
        let key = kdf(&outputs, label);
        let sealed = seal(&key, &genuine.clear_part(), &content(ALICE, ORDINAL));
        let message = x3dh::InitialMessage::from_parts(*genuine.curve(), sealed);
        let result = bob.respond_x3dh(&message).map(|_| ());
        assert_eq!(result, opens.then_some(()).ok_or(Error::NotAuthentic));
    }

    let genuine = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let outputs = bob.pqxdh_outputs(&genuine);
    let (curve, kem) = (*genuine.curve(), genuine.kem());
    for (label, opens) in [
        (PQXDH_LABEL, true),
        (X3DH_LABEL, false),
        ("sprag-v1_CURVE25519_SHA-256_ML-KEM-1024", false),
    ] {
        let key = kdf(&outputs, label);
        let sealed = seal(&key, &genuine.clear_part(), &content(ALICE, ORDINAL));
        let message = pqxdh::InitialMessage::from_parts(curve, kem.clone(), sealed);
        let result = bob.respond_pqxdh(&message).map(|_| ());
        assert_eq!(result, opens.then_some(()).ok_or(Error::NotAuthentic));
    }
}

#[test]
fn in_pqxdh_the_key_is_not_to_be_had_without_the_kem_secret() {
    let bob = Responder::new(BOB);
    let genuine = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
    let mut outputs = bob.pqxdh_outputs(&genuine);
    outputs.pop();
    let key = kdf(&outputs, PQXDH_LABEL);
    let sealed = seal(&key, &genuine.clear_part(), &content(ALICE, ORDINAL));
    let (curve, kem) = (*genuine.curve(), genuine.kem().clone());
    let message = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
    assert_eq!(bob.respond_pqxdh(&message), Err(Error::NotAuthentic));
}

#[test]
fn an_identity_that_is_no_key_is_refused() {
    let bob = Responder::new(BOB);
    let mut one = [0; 32];
    one[0] = 1;
    // 2^255 − 19 + 9 is the base point once more, and the top bit does not belong to a coordinate.
    let mut too_large = [0xff; 32];
    (too_large[0], too_large[31]) = (0xf6, 0x7f);
    let top_bit = altered(public_key(ALICE).as_bytes(), |bytes| bytes[31] |= 0x80);
    for (bytes, fault) in [
        ([0; 32], PrimitiveError::LowOrderPublicKey),
        (one, PrimitiveError::LowOrderPublicKey),
        (too_large, PrimitiveError::NonCanonicalPublicKey),
        (top_bit, PrimitiveError::NonCanonicalPublicKey),
    ] {
        let refused = Err(Error::InvalidKey(Slot::Identity, fault));
        let genuine = alice_initiates_x3dh(bob.x3dh_bundle()).message;
        let message = bob.sealed_x3dh(*genuine.curve(), &content_of(&bytes, 1));
        assert_eq!(bob.respond_x3dh(&message), refused);
        let genuine = alice_initiates_pqxdh(&bob.pqxdh_bundle()).message;
        let (curve, kem) = (*genuine.curve(), genuine.kem().clone());
        let message = bob.sealed_pqxdh(curve, kem, &content_of(&bytes, 1));
        assert_eq!(bob.respond_pqxdh(&message), refused);
    }
}

/// Alice's messages of both suites, with every kind of bundle.
fn all_messages(bob: &Responder) -> Vec<InitialMessage> {
    let x3dh = bob.x3dh_bundles().into_iter();
    let x3dh = x3dh.map(|bundle| InitialMessage::X3dh(alice_initiates_x3dh(bundle).message));
    let pqxdh = bob.pqxdh_bundles().into_iter();
    let pqxdh = pqxdh.map(|bundle| InitialMessage::Pqxdh(alice_initiates_pqxdh(&bundle).message));
    x3dh.chain(pqxdh).collect()
}

/// Responds as `responder`, and returns the initiator.
fn respond(
    responder: &Responder,
    message: &InitialMessage,
) -> Result<sprag_x3dh::Initiator, Error> {
    let responded = match message {
        InitialMessage::X3dh(message) => responder.respond_x3dh(message),
        InitialMessage::Pqxdh(message) => responder.respond_pqxdh(message),
    };
    responded.map(|responded| responded.initiator)
}

/// Returns `message` with the same content sealed behind other bytes than its own.
fn resealed(bob: &Responder, message: &InitialMessage, clear_part: &[u8]) -> InitialMessage {
    let content = content(ALICE, ORDINAL);
    match message {
        InitialMessage::X3dh(message) => {
            let key = kdf(&bob.x3dh_outputs(message.curve()), X3DH_LABEL);
            let sealed = seal(&key, clear_part, &content);
            InitialMessage::X3dh(x3dh::InitialMessage::from_parts(*message.curve(), sealed))
        }
        InitialMessage::Pqxdh(message) => {
            let key = kdf(&bob.pqxdh_outputs(message), PQXDH_LABEL);
            let sealed = seal(&key, clear_part, &content);
            let (curve, kem) = (*message.curve(), message.kem().clone());
            InitialMessage::Pqxdh(pqxdh::InitialMessage::from_parts(curve, kem, sealed))
        }
    }
}

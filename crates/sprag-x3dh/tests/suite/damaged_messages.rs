//! Initial messages that were altered on their way. Each names another session and is refused.

use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::x25519::PublicKey;
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveMessage, Error, InitialMessage, SealedInitiator, Slot, pqxdh, x3dh};

use crate::sealing::content;
use crate::support::{
    ALICE, BOB, ORDINAL, Responder, alice_initiates_pqxdh, alice_initiates_x3dh, altered,
};

#[test]
fn a_damaged_ciphertext_yields_another_secret_and_does_not_open_the_seal() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let initiated = alice_initiates_pqxdh(&bundle);
        let (message, agreement) = (initiated.message, initiated.agreement);
        let (curve, sealed) = (*message.curve(), *message.sealed_initiator());
        let mut secrets = vec![agreement.shared_secret];
        for byte in (0..1568).step_by(7) {
            let mut bytes = *message.kem().ciphertext.as_bytes();
            bytes[byte] ^= 1;
            let kem = altered(message.kem(), |kem| {
                kem.ciphertext = Ciphertext::from_bytes(&bytes);
            });
            let damaged = pqxdh::InitialMessage::from_parts(curve, kem.clone(), sealed);
            assert_eq!(bob.respond_pqxdh(&damaged), Err(Error::NotAuthentic));
            // Under a seal of its own it opens.
            let damaged = bob.sealed_pqxdh(curve, kem, &content(ALICE, ORDINAL));
            let bobs = bob.respond_pqxdh(&damaged).unwrap().agreement;
            assert_eq!(bobs.kem_prekey_hash, agreement.kem_prekey_hash);
            assert!(!secrets.contains(&bobs.shared_secret), "byte {byte}");
            secrets.push(bobs.shared_secret);
        }
    }
}

#[test]
fn a_ciphertext_for_another_key_does_not_open_the_seal() {
    let bob = Responder::new(BOB);
    let [one_time, _, last_resort, _] = bob
        .pqxdh_bundles()
        .map(|bundle| alice_initiates_pqxdh(&bundle).message);
    let kem = KemPart {
        ciphertext: last_resort.kem().ciphertext.clone(),
        ..*one_time.kem()
    };
    let sealed = *one_time.sealed_initiator();
    let exchanged = pqxdh::InitialMessage::from_parts(*one_time.curve(), kem, sealed);
    assert_eq!(bob.respond_pqxdh(&exchanged), Err(Error::NotAuthentic));
}

#[test]
fn every_damaged_byte_of_a_message_is_refused_and_names_another_session() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let message = alice_initiates_x3dh(bundle).message;
        all_damage(&bob, &InitialMessage::X3dh(message));
    }
    for bundle in bob.pqxdh_bundles() {
        let message = alice_initiates_pqxdh(&bundle).message;
        all_damage(&bob, &InitialMessage::Pqxdh(message));
    }
}

/// Encodes the fields of a message for this test alone.
///
/// They are the ephemeral key, the signed prekey, a byte that is 1 if there is a one-time prekey, the one-time prekey,
/// the sealed initiator, and in PQXDH the KEM prekey and the ciphertext.
fn bytes_of(message: &InitialMessage) -> Vec<u8> {
    let curve = message.curve();
    let mut bytes = curve.ephemeral.as_bytes().to_vec();
    bytes.extend(curve.signed_prekey.to_le_bytes());
    bytes.push(curve.one_time_prekey.is_some().into());
    bytes.extend(curve.one_time_prekey.unwrap_or_default().to_le_bytes());
    bytes.extend(message.sealed_initiator().as_bytes());
    if let InitialMessage::Pqxdh(message) = message {
        bytes.extend(message.kem().prekey.to_le_bytes());
        bytes.extend(message.kem().ciphertext.as_bytes());
    }
    bytes
}

/// Decodes the bytes of [`bytes_of`], or returns `None` if they are not those of a message.
fn read(bytes: &[u8]) -> Option<InitialMessage> {
    let number = |at: usize| {
        let bytes = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    let one_time_prekey = match (bytes[36], number(37)) {
        (0, 0) => None,
        (1, id) => Some(id),
        _ => return None,
    };
    let curve = CurveMessage {
        ephemeral: PublicKey::from_bytes(bytes[..32].try_into().expect("32 bytes")).ok()?,
        signed_prekey: number(32),
        one_time_prekey,
    };
    let sealed = SealedInitiator::from_bytes(bytes[41..93].try_into().expect("52 bytes"));
    if bytes.len() == 93 {
        let message = x3dh::InitialMessage::from_parts(curve, sealed);
        return Some(InitialMessage::X3dh(message));
    }
    let kem = KemPart {
        prekey: number(93),
        ciphertext: Ciphertext::from_bytes(bytes[97..].try_into().expect("1568 bytes")),
    };
    let message = pqxdh::InitialMessage::from_parts(curve, kem, sealed);
    Some(InitialMessage::Pqxdh(message))
}

fn all_damage(bob: &Responder, genuine: &InitialMessage) {
    let bytes = bytes_of(genuine);
    assert_eq!(read(&bytes).as_ref(), Some(genuine));
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 1;
        // A one-time prekey that is there and is not, or the other way round, cannot be written.
        let named = genuine.curve().one_time_prekey.is_some();
        let Some(message) = read(&damaged) else {
            assert!(byte == 36 || (!named && (37..41).contains(&byte)), "{byte}");
            continue;
        };
        assert_ne!(message.session_id(), genuine.session_id(), "byte {byte}");
        let responded = match &message {
            InitialMessage::X3dh(message) => bob.respond_x3dh(message),
            InitialMessage::Pqxdh(message) => bob.respond_pqxdh(message),
        };
        let error = match byte {
            32..36 => Error::OtherPrekey(Slot::SignedPrekey),
            36..41 => Error::OtherPrekey(Slot::OneTimePrekey),
            93..97 => Error::OtherPrekey(Slot::KemPrekey),
            _ => Error::NotAuthentic,
        };
        assert_eq!(responded, Err(error), "byte {byte}");
    }
}

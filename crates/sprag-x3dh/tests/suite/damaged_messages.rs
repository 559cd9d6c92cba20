//! Initial messages that were altered on their way. Each begins another session or is refused.

use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::x25519::PublicKey;
use sprag_x3dh::{CurveMessage, IdentityKey, InitialMessage, Initiated, SharedSecret, pqxdh, x3dh};

use crate::support::{BOB, Responder, alice_initiates_pqxdh, alice_initiates_x3dh};

#[test]
fn a_damaged_ciphertext_yields_another_secret_and_no_error() {
    let bob = Responder::new(BOB);
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let mut secrets = vec![agreement.shared_secret];
        for byte in (0..1568).step_by(7) {
            let mut bytes = *message.ciphertext.as_bytes();
            bytes[byte] ^= 1;
            let damaged = pqxdh::InitialMessage {
                ciphertext: Ciphertext::from_bytes(&bytes),
                ..message.clone()
            };
            let bobs = bob.respond_pqxdh(&damaged).unwrap();
            assert_eq!(bobs.kem_prekey_hash, agreement.kem_prekey_hash);
            assert!(!secrets.contains(&bobs.shared_secret), "byte {byte}");
            secrets.push(bobs.shared_secret);
        }
    }
}

#[test]
fn a_ciphertext_for_another_key_yields_another_secret_and_no_error() {
    let bob = Responder::new(BOB);
    let [one_time, _, last_resort, _] = bob.pqxdh_bundles().map(|bundle| {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        (message, agreement.shared_secret)
    });
    let exchanged = pqxdh::InitialMessage {
        ciphertext: last_resort.0.ciphertext,
        ..one_time.0
    };
    let bobs = bob.respond_pqxdh(&exchanged).unwrap();
    assert_ne!(bobs.shared_secret, one_time.1);
    assert_ne!(bobs.shared_secret, last_resort.1);
}

#[test]
fn every_damaged_byte_of_a_message_makes_another_session_or_is_refused() {
    let bob = Responder::new(BOB);
    for bundle in bob.x3dh_bundles() {
        let Initiated { message, agreement } = alice_initiates_x3dh(bundle);
        let message = InitialMessage::X3dh(message);
        all_damage(&bob, &message, &agreement.shared_secret);
    }
    for bundle in bob.pqxdh_bundles() {
        let Initiated { message, agreement } = alice_initiates_pqxdh(&bundle);
        let message = InitialMessage::Pqxdh(message);
        all_damage(&bob, &message, &agreement.shared_secret);
    }
}

/// Encodes the fields of a message for this test alone.
///
/// They are the identity, the ephemeral key, the ordinal, the signed prekey, a byte that is 1 if
/// there is a one-time prekey, the one-time prekey, and in PQXDH the KEM prekey and the ciphertext.
fn bytes_of(message: &InitialMessage) -> Vec<u8> {
    let curve = message.curve();
    let mut bytes = curve.identity.as_bytes().to_vec();
    bytes.extend(curve.ephemeral.as_bytes());
    bytes.extend(curve.ordinal.to_le_bytes());
    bytes.extend(curve.signed_prekey.to_le_bytes());
    bytes.push(curve.one_time_prekey.is_some().into());
    bytes.extend(curve.one_time_prekey.unwrap_or_default().to_le_bytes());
    if let InitialMessage::Pqxdh(message) = message {
        bytes.extend(message.kem_prekey.to_le_bytes());
        bytes.extend(message.ciphertext.as_bytes());
    }
    bytes
}

/// Decodes the bytes of [`bytes_of`], or returns `None` if they are not those of a message.
fn read(bytes: &[u8]) -> Option<InitialMessage> {
    let number = |at: usize| {
        let bytes = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    let key = |at: usize| bytes[at..at + 32].try_into().expect("32 bytes");
    let one_time_prekey = match (bytes[72], number(73)) {
        (0, 0) => None,
        (1, id) => Some(id),
        _ => return None,
    };
    let curve = CurveMessage {
        identity: IdentityKey::from_bytes(key(0)).ok()?,
        ephemeral: PublicKey::from_bytes(key(32)).ok()?,
        ordinal: number(64),
        signed_prekey: number(68),
        one_time_prekey,
    };
    if bytes.len() == 77 {
        return Some(InitialMessage::X3dh(x3dh::InitialMessage { curve }));
    }
    let ciphertext = bytes[81..].try_into().expect("1568 bytes");
    Some(InitialMessage::Pqxdh(pqxdh::InitialMessage {
        curve,
        kem_prekey: number(77),
        ciphertext: Ciphertext::from_bytes(ciphertext),
    }))
}

fn all_damage(bob: &Responder, genuine: &InitialMessage, secret: &SharedSecret) {
    let bytes = bytes_of(genuine);
    assert_eq!(read(&bytes).as_ref(), Some(genuine));
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 1;
        let Some(message) = read(&damaged) else {
            continue;
        };
        assert_ne!(message.session_id(), genuine.session_id(), "byte {byte}");
        let responded = match &message {
            InitialMessage::X3dh(message) => bob.respond_x3dh(message),
            InitialMessage::Pqxdh(message) => bob.respond_pqxdh(message),
        };
        // The ordinal does not change the secret, because the handshake itself does not use it.
        let ordinal = (64..68).contains(&byte);
        if let Ok(agreement) = responded {
            assert_eq!(&agreement.shared_secret == secret, ordinal, "byte {byte}");
        } else {
            assert!(!ordinal, "byte {byte}");
        }
    }
}

//! The `Debug` output of every public type. No byte of a secret may appear in it.

use core::fmt::Debug;

use curve25519_dalek::scalar::{Scalar, clamp_integer};
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, Key, XChaCha20Poly1305};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::ml_kem_1024::{Ciphertext as Encapsulation, DecapsulationKey};
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::{Signature, SigningKey};
use sprag_primitives::{Error, SecretBytes, ed25519};

use crate::support::{key_pair, rng};

/// The secret in every type below.
const MARKER: [u8; 32] = *b"never print these secret bytes!!";

#[test]
fn secrets_print_nothing() {
    prints(&SecretBytes::copy_from(&MARKER), "SecretBytes { .. }");
    prints(&Key::copy_from(&MARKER), "SecretBytes { .. }");
    let mut buffer = SecretBuffer::new();
    buffer.extend_from_slice(&MARKER);
    prints(&buffer, "SecretBuffer { .. }");
}

#[test]
fn keyed_states_print_nothing() {
    prints(&HmacKey::new(&MARKER), "HmacKey { .. }");
    prints(&Hkdf::extract(&MARKER, &[&MARKER]), "Hkdf { .. }");
    let prk = SecretBytes::copy_from(&MARKER);
    prints(&Hkdf::from_pseudorandom_key(&prk), "Hkdf { .. }");
}

#[test]
fn snapshots_print_nothing() {
    let mut writer = Writer::new();
    writer.bytes(&MARKER);
    prints(&writer, "Writer(SecretBuffer { .. })");
    prints(&Reader::new(&MARKER), "Reader { .. }");
}

#[test]
fn a_key_pair_prints_its_public_key_alone() {
    let pair = key_pair(MARKER);
    let public = hex::encode(pair.public().as_bytes());
    let expected = format!("KeyPair {{ public: PublicKey({public}), .. }}");
    prints(&pair, &expected);
    prints(pair.public(), &format!("PublicKey({public})"));
}

#[test]
fn a_secret_key_prints_nothing() {
    prints(key_pair(MARKER).secret_key(), "SecretKey { .. }");
}

#[test]
fn a_signing_key_prints_nothing() {
    let key = SigningKey::calculate_key_pair(&key_pair(MARKER));
    prints(&key, "SigningKey { .. }");
    let scalar = Scalar::from_bytes_mod_order(clamp_integer(MARKER));
    for secret in [scalar, -scalar] {
        assert!(!shows(&key, secret.as_bytes()));
    }
    let signature = key.sign(b"message", &mut rng(1));
    assert!(!shows(&signature, &MARKER));
}

#[test]
fn an_ed25519_key_prints_its_public_key_alone() {
    let key = ed25519::SigningKey::from_seed(&SecretBytes::copy_from(&MARKER));
    let public = hex::encode(key.public().as_bytes());
    let expected = format!("SigningKey {{ public: PublicKey({public}), .. }}");
    prints(&key, &expected);
    prints(key.public(), &format!("PublicKey({public})"));
    assert!(!shows(&key.sign(b"message"), &MARKER));
}

#[test]
fn a_decapsulation_key_prints_nothing() {
    let seed = [MARKER, MARKER].concat().try_into().unwrap();
    let key = DecapsulationKey::from_seed(SecretBytes::copy_from(&seed));
    prints(&key, "DecapsulationKey { .. }");
    assert!(!shows(&key, key.encapsulation_key().as_bytes()));
}

#[test]
fn an_encapsulation_prints_eight_bytes_of_the_key_and_of_the_ciphertext() {
    let seed = [MARKER, MARKER].concat().try_into().unwrap();
    let key = DecapsulationKey::from_seed(SecretBytes::copy_from(&seed));
    let public = key.encapsulation_key();
    let first = hex::encode(&public.as_bytes()[..8]);
    prints(&public, &format!("EncapsulationKey({first}..)"));
    let (ciphertext, secret) = public.encapsulate(&mut rng(1));
    let first = hex::encode(&ciphertext.as_bytes()[..8]);
    prints(&ciphertext, &format!("Ciphertext({first}..)"));
    prints(
        &Encapsulation::from_bytes(&[0; 1568]),
        "Ciphertext(0000000000000000..)",
    );
    prints(&secret, "SecretBytes { .. }");
    assert!(!shows(&ciphertext, secret.expose()));
}

#[test]
fn the_rest_prints_what_it_is_called() {
    prints(&ChaCha20Poly1305, "ChaCha20Poly1305");
    prints(&XChaCha20Poly1305, "XChaCha20Poly1305");
    prints(&Error::NotAuthentic, "NotAuthentic");
    let ciphertext = Ciphertext {
        buffer: &mut [1, 2],
        tag: &[3; 16],
    };
    assert!(format!("{ciphertext:?}").starts_with("Ciphertext { buffer: [1, 2], tag: [3, 3"));
}

#[test]
fn the_search_finds_bytes_in_every_form() {
    assert!(shows(&MARKER, &MARKER), "as numbers");
    assert!(shows(&MARKER[20..], &MARKER), "in part");
    assert!(shows(&hex::encode(MARKER), &MARKER), "as hexadecimal text");
    let public = PublicKey::from_bytes(&MARKER).unwrap();
    assert!(shows(&public, &MARKER), "in a type");
    let signature = Signature::from_bytes([MARKER, MARKER].concat().try_into().unwrap());
    assert!(shows(&signature, &MARKER), "in a derived output");
}

/// Asserts that `value` prints `expected`, and that no form of `Debug` prints the marker.
fn prints(value: &dyn Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
    assert!(!shows(value, &MARKER), "{value:#?}");
}

/// Tells whether a form of `Debug` prints four neighbouring bytes of `secret`, in decimal or hexadecimal
/// digits.
fn shows(value: &(impl Debug + ?Sized), secret: &[u8]) -> bool {
    [
        format!("{value:?}"),
        format!("{value:#?}"),
        format!("{value:x?}"),
        format!("{value:#X?}"),
    ]
    .into_iter()
    .any(|printed| {
        let printed: String = printed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .flat_map(char::to_lowercase)
            .collect();
        secret.windows(4).any(|bytes| {
            let decimal: String = bytes.iter().map(u8::to_string).collect();
            printed.contains(&decimal) || printed.contains(&hex::encode(bytes))
        })
    })
}

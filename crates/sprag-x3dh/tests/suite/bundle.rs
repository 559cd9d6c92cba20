//! What the signature in a bundle covers.

use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{
    Bundle, Error, IdentityKey, SignedPrekey, SignedPrekeyPair, SignedPrekeyTerms, Slot,
};

use crate::support::{Responder, TERMS, rng, signed_message};

const BOB: [u8; 32] = [0xb0; 32];
const CAROL: [u8; 32] = [0xca; 32];
const REFUSED: Error = Error::InvalidSignature(Slot::SignedPrekey);

#[test]
fn a_genuine_bundle_verifies_and_keeps_its_content() {
    let bob = Responder::new(BOB);
    for bundle in [bob.bundle(), bob.reusable_bundle()] {
        let verified = bundle.verify().unwrap();
        assert_eq!(verified.identity(), bob.identity.public());
        assert_eq!(verified.suite(), TERMS.suite);
        assert_eq!(verified.signed_prekey(), &bob.signed_prekey.public());
        assert_eq!(verified.one_time_prekey(), bundle.one_time_prekey.as_ref());
    }
}

#[test]
fn every_byte_of_the_signed_message_is_covered() {
    let bob = Responder::new(BOB);
    let genuine = bob.reusable_bundle();
    let SignedPrekey { terms, key, .. } = genuine.signed_prekey;
    let message = signed_message(&terms, &key);
    assert_eq!(message.len(), 66);
    assert!(verify_with(genuine, bob.sign(&message)).is_ok());
    for byte in 0..message.len() {
        for value in [1, 3, 0xff] {
            let mut altered = message.clone();
            altered[byte] ^= value;
            let result = verify_with(genuine, bob.sign(&altered));
            assert_eq!(result, Err(REFUSED), "byte {byte} ^ {value}");
        }
    }
    for other in [
        &message[1..],
        &message[..65],
        &[&message, &[0][..]].concat(),
    ] {
        assert_eq!(verify_with(genuine, bob.sign(other)), Err(REFUSED));
    }
}

#[test]
fn a_key_for_another_suite_is_refused() {
    let bob = Responder::new(BOB);
    let genuine = bob.reusable_bundle();
    let message = signed_message(&TERMS, &genuine.signed_prekey.key);
    let suite = message.len() - 33 - 8 - 4 - 1;
    for other in (0..=u8::MAX).filter(|suite| *suite != 1) {
        let mut message = message.clone();
        message[suite] = other;
        let result = verify_with(genuine, bob.sign(&message));
        assert_eq!(result, Err(REFUSED), "suite {other}");
    }
}

#[test]
fn every_bit_of_the_id_is_covered() {
    let genuine = Responder::new(BOB).bundle();
    for bit in 0..u32::BITS {
        let terms = SignedPrekeyTerms {
            id: TERMS.id ^ (1 << bit),
            ..TERMS
        };
        assert_eq!(verify_under(genuine, terms), Err(REFUSED), "bit {bit}");
    }
}

#[test]
fn every_bit_of_the_creation_time_is_covered() {
    let genuine = Responder::new(BOB).bundle();
    for bit in 0..u64::BITS {
        let terms = SignedPrekeyTerms {
            created: TERMS.created ^ (1 << bit),
            ..TERMS
        };
        assert_eq!(verify_under(genuine, terms), Err(REFUSED), "bit {bit}");
    }
}

#[test]
fn every_bit_of_the_key_is_covered() {
    let genuine = Responder::new(BOB).bundle();
    for bit in 0..255 {
        let mut bytes = *genuine.signed_prekey.key.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let key = PublicKey::from_bytes(&bytes).unwrap();
        assert_eq!(verify_key(genuine, key), Err(REFUSED), "bit {bit}");
    }
}

#[test]
fn every_bit_of_the_identity_is_covered() {
    let genuine = Responder::new(BOB).bundle();
    for bit in 0..255 {
        let mut bytes = *genuine.identity.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let identity = IdentityKey::from_bytes(&bytes).unwrap();
        let bundle = Bundle {
            identity,
            ..genuine
        };
        assert_eq!(bundle.verify(), Err(REFUSED), "bit {bit}");
    }
}

#[test]
fn every_bit_of_the_signature_counts() {
    let genuine = Responder::new(BOB).bundle();
    for bit in 0..512 {
        let mut bytes = *genuine.signed_prekey.signature.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let result = verify_with(genuine, Signature::from_bytes(bytes));
        assert_eq!(result, Err(REFUSED), "bit {bit}");
    }
    for byte in [0, 0xff] {
        let result = verify_with(genuine, Signature::from_bytes([byte; 64]));
        assert_eq!(result, Err(REFUSED));
    }
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let (bob, carol) = (Responder::new(BOB), Responder::new(CAROL));
    let genuine = bob.bundle();
    let bundle = Bundle {
        signed_prekey: carol.adopt(TERMS, genuine.signed_prekey.key),
        ..genuine
    };
    assert_eq!(bundle.verify(), Err(REFUSED));
    let bundle = Bundle {
        signed_prekey: carol.signed_prekey.public(),
        ..genuine
    };
    assert_eq!(bundle.verify(), Err(REFUSED));
}

#[test]
fn a_signature_for_another_signed_prekey_is_refused() {
    let bob = Responder::new(BOB);
    let genuine = bob.bundle();
    for terms in [
        TERMS,
        SignedPrekeyTerms {
            id: TERMS.id + 1,
            ..TERMS
        },
    ] {
        let other = SignedPrekeyPair::generate(terms, &bob.identity, &mut rng(7)).public();
        let renewed = Bundle {
            signed_prekey: other,
            ..genuine
        };
        assert!(renewed.verify().is_ok());
        assert_eq!(verify_with(genuine, other.signature), Err(REFUSED));
        assert_eq!(
            verify_with(renewed, genuine.signed_prekey.signature),
            Err(REFUSED)
        );
    }
}

#[test]
fn a_key_is_worth_nothing_in_another_slot() {
    let bob = Responder::new(BOB);
    let genuine = bob.bundle();
    let identity = PublicKey::from_bytes(genuine.identity.as_bytes()).unwrap();
    for key in [bob.one_time_prekey.public().key, identity] {
        assert_eq!(verify_key(genuine, key), Err(REFUSED));
    }
    let prekey = genuine.signed_prekey.key;
    let bundle = Bundle {
        identity: IdentityKey::from_bytes(prekey.as_bytes()).unwrap(),
        ..genuine
    };
    assert_eq!(bundle.verify(), Err(REFUSED));
}

fn verify_with(bundle: Bundle, signature: Signature) -> Result<(), Error> {
    let signed_prekey = SignedPrekey {
        signature,
        ..bundle.signed_prekey
    };
    verify(bundle, signed_prekey)
}

fn verify_under(bundle: Bundle, terms: SignedPrekeyTerms) -> Result<(), Error> {
    let signed_prekey = SignedPrekey {
        terms,
        ..bundle.signed_prekey
    };
    verify(bundle, signed_prekey)
}

fn verify_key(bundle: Bundle, key: PublicKey) -> Result<(), Error> {
    let signed_prekey = SignedPrekey {
        key,
        ..bundle.signed_prekey
    };
    verify(bundle, signed_prekey)
}

fn verify(bundle: Bundle, signed_prekey: SignedPrekey) -> Result<(), Error> {
    Bundle {
        signed_prekey,
        ..bundle
    }
    .verify()
    .map(|_| ())
}

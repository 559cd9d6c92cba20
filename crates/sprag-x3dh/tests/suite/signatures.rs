//! The fields that each signature of a bundle covers.

use sprag_primitives::ml_kem_1024::EncapsulationKey;
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{Bundle, Error, IdentityKey, KemPrekeyUse, Slot};

use crate::support::{ANYTHING, BOB, Responder, kem_signed_message, signed_message};

/// A genuine bundle and one signature in it, with the label and the message that it covers.
struct Signed {
    bundle: Bundle,
    slot: Slot,
    label: &'static [u8],
    message: Vec<u8>,
}

/// Lists every kind of signature.
fn every_kind(bob: &Responder) -> [Signed; 4] {
    let x3dh = bob.x3dh_bundle();
    let [pqxdh, _, reusable, _] = bob.pqxdh_bundles();
    let [x3dh_prekey, pqxdh_prekey] = [x3dh.curve, pqxdh.curve].map(|curve| curve.signed_prekey);
    [
        Signed {
            slot: Slot::SignedPrekey,
            label: b"sprag signed prekey",
            message: signed_message(&x3dh_prekey.terms, &x3dh_prekey.key),
            bundle: Bundle::X3dh(x3dh),
        },
        Signed {
            slot: Slot::SignedPrekey,
            label: b"sprag signed prekey",
            message: signed_message(&pqxdh_prekey.terms, &pqxdh_prekey.key),
            bundle: Bundle::Pqxdh(pqxdh.clone()),
        },
        Signed {
            slot: Slot::OneTimeKemPrekey,
            label: b"sprag one-time KEM prekey",
            message: kem_signed_message(&pqxdh.kem_prekey, &pqxdh_prekey),
            bundle: Bundle::Pqxdh(pqxdh),
        },
        Signed {
            slot: Slot::LastResortKemPrekey,
            label: b"sprag last-resort KEM prekey",
            message: kem_signed_message(&reusable.kem_prekey, &pqxdh_prekey),
            bundle: Bundle::Pqxdh(reusable),
        },
    ]
}

impl Signed {
    fn verify(&self) -> Result<(), Error> {
        self.bundle.clone().verify(&ANYTHING).map(|_| ())
    }

    fn refused(&self) -> Result<(), Error> {
        Err(Error::InvalidSignature(self.slot))
    }

    /// Returns a copy with another signature in the slot.
    fn with(&self, signature: Signature) -> Self {
        self.altered(|signed| *signed.signature() = signature)
    }

    fn altered(&self, alter: impl FnOnce(&mut Self)) -> Self {
        let mut altered = Self {
            bundle: self.bundle.clone(),
            message: self.message.clone(),
            ..*self
        };
        alter(&mut altered);
        altered
    }

    fn signature(&mut self) -> &mut Signature {
        match (&mut self.bundle, self.slot) {
            (Bundle::X3dh(bundle), _) => &mut bundle.curve.signed_prekey.signature,
            (Bundle::Pqxdh(bundle), Slot::SignedPrekey) => {
                &mut bundle.curve.signed_prekey.signature
            }
            (Bundle::Pqxdh(bundle), _) => &mut bundle.kem_prekey.signature,
        }
    }

    fn id(&mut self) -> &mut u32 {
        match (&mut self.bundle, self.slot) {
            (Bundle::X3dh(bundle), _) => &mut bundle.curve.signed_prekey.terms.id,
            (Bundle::Pqxdh(bundle), Slot::SignedPrekey) => &mut bundle.curve.signed_prekey.terms.id,
            (Bundle::Pqxdh(bundle), _) => &mut bundle.kem_prekey.id,
        }
    }

    /// Returns the creation time, which a one-time KEM prekey does not state.
    fn created(&mut self) -> Option<&mut u64> {
        match (&mut self.bundle, self.slot) {
            (Bundle::X3dh(bundle), _) => Some(&mut bundle.curve.signed_prekey.terms.created),
            (Bundle::Pqxdh(bundle), Slot::SignedPrekey) => {
                Some(&mut bundle.curve.signed_prekey.terms.created)
            }
            (Bundle::Pqxdh(bundle), _) => match &mut bundle.kem_prekey.usage {
                KemPrekeyUse::OneTime => None,
                KemPrekeyUse::LastResort { created } => Some(created),
            },
        }
    }

    fn identity(&mut self) -> &mut IdentityKey {
        match &mut self.bundle {
            Bundle::X3dh(bundle) => &mut bundle.curve.identity,
            Bundle::Pqxdh(bundle) => &mut bundle.curve.identity,
        }
    }
}

#[test]
fn the_signed_messages_have_these_lengths() {
    let lengths = every_kind(&Responder::new(BOB)).map(|signed| signed.message.len());
    assert_eq!(lengths, [66, 66, 1600, 1648]);
}

#[test]
fn every_byte_of_each_signed_message_is_covered() {
    let bob = Responder::new(BOB);
    for signed in every_kind(&bob) {
        let message = &signed.message;
        assert_eq!(signed.with(bob.sign(message)).verify(), Ok(()));
        for byte in 0..message.len() {
            let mut altered = message.clone();
            altered[byte] ^= 1;
            let result = signed.with(bob.sign(&altered)).verify();
            let slot = signed.slot;
            assert_eq!(result, signed.refused(), "{slot}, byte {byte}");
        }
        for other in [
            &message[1..],
            &message[..message.len() - 1],
            &[message, &[0][..]].concat(),
        ] {
            assert_eq!(signed.with(bob.sign(other)).verify(), signed.refused());
        }
    }
}

#[test]
fn a_signature_under_another_version_or_suite_is_refused() {
    let bob = Responder::new(BOB);
    for signed in every_kind(&bob) {
        for place in [signed.label.len(), signed.label.len() + 1] {
            let genuine = signed.message[place];
            for other in (0..=u8::MAX).filter(|byte| *byte != genuine) {
                let mut message = signed.message.clone();
                message[place] = other;
                let result = signed.with(bob.sign(&message)).verify();
                assert_eq!(
                    result,
                    signed.refused(),
                    "{}, {place}: {other}",
                    signed.slot
                );
            }
        }
    }
}

#[test]
fn a_signature_under_the_label_of_another_use_is_refused() {
    let bob = Responder::new(BOB);
    let kinds = every_kind(&bob);
    for signed in &kinds {
        assert!(signed.message.starts_with(signed.label));
        let fields = &signed.message[signed.label.len()..];
        for other in kinds.iter().filter(|other| other.label != signed.label) {
            let message = [other.label, fields].concat();
            assert_eq!(signed.with(bob.sign(&message)).verify(), signed.refused());
            assert!(!signed.label.starts_with(other.label));
        }
    }
}

#[test]
fn every_bit_of_the_id_is_covered() {
    for signed in every_kind(&Responder::new(BOB)) {
        for bit in 0..u32::BITS {
            let result = signed.altered(|signed| *signed.id() ^= 1 << bit).verify();
            assert_eq!(result, signed.refused(), "{}, bit {bit}", signed.slot);
        }
    }
}

#[test]
fn every_bit_of_the_creation_time_is_covered() {
    for mut signed in every_kind(&Responder::new(BOB)) {
        let stated = signed.created().is_some();
        assert_eq!(stated, signed.slot != Slot::OneTimeKemPrekey);
        for bit in (0..u64::BITS).filter(|_| stated) {
            let altered = signed.altered(|signed| {
                *signed.created().expect("it is stated") ^= 1 << bit;
            });
            assert_eq!(
                altered.verify(),
                signed.refused(),
                "{}, bit {bit}",
                signed.slot
            );
        }
    }
}

#[test]
fn every_bit_of_a_signed_prekey_is_covered() {
    let [x3dh, pqxdh, ..] = every_kind(&Responder::new(BOB));
    for signed in [x3dh, pqxdh] {
        for bit in 0..255 {
            let altered = signed.altered(|signed| {
                let key = match &mut signed.bundle {
                    Bundle::X3dh(bundle) => &mut bundle.curve.signed_prekey.key,
                    Bundle::Pqxdh(bundle) => &mut bundle.curve.signed_prekey.key,
                };
                let mut bytes = *key.as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                *key = PublicKey::from_bytes(&bytes).expect("it is of large order");
            });
            assert_eq!(altered.verify(), signed.refused(), "bit {bit}");
        }
    }
}

#[test]
fn every_byte_of_a_kem_prekey_is_covered() {
    let [_, _, one_time, last_resort] = every_kind(&Responder::new(BOB));
    for signed in [one_time, last_resort] {
        let Bundle::Pqxdh(bundle) = &signed.bundle else {
            unreachable!("X3DH has no KEM prekey")
        };
        let genuine = *bundle.kem_prekey.key.as_bytes();
        for byte in 0..genuine.len() {
            let key = (0..8).find_map(|bit| {
                let mut bytes = genuine;
                bytes[byte] ^= 1 << bit;
                EncapsulationKey::from_bytes(&bytes).ok()
            });
            let altered = signed.altered(|signed| {
                if let Bundle::Pqxdh(bundle) = &mut signed.bundle {
                    bundle.kem_prekey.key = key.expect("some bit leaves the key valid");
                }
            });
            assert_eq!(altered.verify(), signed.refused(), "byte {byte}");
        }
    }
}

#[test]
fn every_bit_of_the_identity_is_covered() {
    for signed in every_kind(&Responder::new(BOB)) {
        for bit in 0..255 {
            let altered = signed.altered(|signed| {
                let mut bytes = *signed.identity().as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                *signed.identity() = IdentityKey::from_bytes(&bytes).expect("of large order");
            });
            // The error always names the signed prekey, because its signature is verified first.
            let refused = Err(Error::InvalidSignature(Slot::SignedPrekey));
            assert_eq!(altered.verify(), refused, "bit {bit}");
        }
    }
}

#[test]
fn every_bit_of_each_signature_counts() {
    for mut signed in every_kind(&Responder::new(BOB)) {
        let genuine = *signed.signature().as_bytes();
        for bit in 0..512 {
            let mut bytes = genuine;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let result = signed.with(Signature::from_bytes(bytes)).verify();
            assert_eq!(result, signed.refused(), "{}, bit {bit}", signed.slot);
        }
        for byte in [0, 0xff] {
            let result = signed.with(Signature::from_bytes([byte; 64])).verify();
            assert_eq!(result, signed.refused());
        }
    }
}

//! Signatures after travel: a key that was signed for one suite or use does not verify for another.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_wire::{
    CHECKSUM_LENGTH, Error, decode_bundle, decode_prekey_message, decode_upload, encode_bundle,
    encode_message, encode_prekey_message, encode_upload,
};
use sprag_x3dh::{
    Bundle, CurveBundle, Error as HandshakeError, IdentityKeyPair, KemPrekey, KemPrekeyPair,
    LastResortKemPrekeyPair, LastResortKemPrekeyTerms, OneTimePrekeyPair, Policy, SignedPrekey,
    SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite, Upload, pqxdh, x3dh,
};

use crate::layouts::{self, Role};
use crate::support::{AROUND, mended, with_checksum, without_checksum};
use crate::values::{CIPHERTEXT, TAG, header};

/// The length of a KEM prekey behind its use and creation time.
///
/// The fields are a number below 128, the signature, the key and the checksum of the bundle.
const AFTER_USAGE: usize = 1 + 64 + 1568 + CHECKSUM_LENGTH;

#[test]
fn genuine_bundles_still_verify() {
    let owner = Owner::new();
    for bundle in [
        owner.x3dh_bundle(),
        owner.pqxdh_bundle(owner.one_time_kem_prekey()),
        owner.pqxdh_bundle(owner.last_resort_kem_prekey()),
    ] {
        let bytes = encode_bundle(&bundle, b"a list").unwrap();
        let decoded = decode_bundle(&bytes).unwrap().keys;
        let verified = decoded.verify(&any_suite());
        assert_eq!(verified, bundle.verify(&any_suite()));
        assert!(verified.is_ok());
    }
}

#[test]
fn a_genuine_upload_still_verifies_and_its_bundles_do() {
    let upload = Owner::new().upload();
    let bytes = encode_upload(&upload, b"a list").unwrap();
    let decoded = decode_upload(&bytes).unwrap().keys;
    let mut verified = decoded.verify().unwrap();
    assert_eq!(verified.upload(), &upload);
    for slot in [Slot::OneTimeKemPrekey, Slot::LastResortKemPrekey] {
        let bundle = Bundle::Pqxdh(verified.next_bundle());
        let bytes = encode_bundle(&bundle, &[]).unwrap();
        let Bundle::Pqxdh(received) = decode_bundle(&bytes).unwrap().keys else {
            panic!("it is a bundle for PQXDH")
        };
        assert_eq!(received.kem_prekey.slot(), slot);
        assert!(received.verify().is_ok());
    }
}

/// A downgrade to X3DH.
///
/// A directory or a man in the middle must do this to hide that the owner supports PQXDH.
#[test]
fn a_pqxdh_bundle_that_is_cut_and_relabelled_does_not_verify_as_x3dh() {
    let owner = Owner::new();
    let bundle = owner.pqxdh_bundle(owner.one_time_kem_prekey());
    let mut bytes = encode_bundle(&bundle, &[]).unwrap();

    // The suite alone is changed: the KEM prekey is still there.
    bytes[2] = 1;
    assert_eq!(decode_bundle(&mended(&bytes)), Err(Error::Trailing));

    // The bundle is also cut, at every length.
    let mut decoded = 0;
    for length in 0..bytes.len() {
        if let Ok(published) = decode_bundle(&with_checksum(&bytes[..length])) {
            let bundle = published.keys;
            assert_eq!(bundle.suite(), Suite::X3dh);
            let refused = HandshakeError::InvalidSignature(Slot::SignedPrekey);
            assert_eq!(bundle.verify(&any_suite()), Err(refused));
            decoded += 1;
        }
    }
    assert_eq!(decoded, 1, "the one that ends before the KEM prekey");
}

#[test]
fn an_x3dh_bundle_that_is_relabelled_does_not_verify_as_pqxdh() {
    let owner = Owner::new();
    let mut bytes = encode_bundle(&owner.x3dh_bundle(), &[]).unwrap();

    // The suite alone is changed: the KEM prekey is missing.
    bytes[2] = 2;
    assert_eq!(decode_bundle(&mended(&bytes)), Err(Error::Truncated));

    // A genuine KEM prekey of the same owner is added.
    let donor = owner.pqxdh_bundle(owner.one_time_kem_prekey());
    let x3dh = without_checksum(&bytes);
    let donor = encode_bundle(&donor, &[]).unwrap();
    let donated = &without_checksum(&donor)[x3dh.len()..];
    let bytes = with_checksum(&[x3dh, donated].concat());
    let bundle = decode_bundle(&bytes).unwrap().keys;
    assert_eq!(bundle.suite(), Suite::Pqxdh);
    let refused = HandshakeError::InvalidSignature(Slot::SignedPrekey);
    assert_eq!(bundle.verify(&any_suite()), Err(refused));
}

#[test]
fn a_one_time_kem_prekey_is_no_last_resort_prekey() {
    let owner = Owner::new();
    let bundle = owner.pqxdh_bundle(owner.one_time_kem_prekey());
    let mut bytes = encode_bundle(&bundle, &[]).unwrap();
    let usage = bytes.len() - AFTER_USAGE - 1;
    assert_eq!(bytes[usage], 0);
    bytes.splice(usage..=usage, [1, 0]);
    let bytes = mended(&bytes);
    let bundle = decode_bundle(&bytes).unwrap().keys;
    let refused = HandshakeError::InvalidSignature(Slot::LastResortKemPrekey);
    assert_eq!(bundle.verify(&any_suite()), Err(refused));
}

#[test]
fn a_last_resort_kem_prekey_is_no_one_time_prekey() {
    let owner = Owner::new();
    let bundle = owner.pqxdh_bundle(owner.last_resort_kem_prekey());
    let mut bytes = encode_bundle(&bundle, &[]).unwrap();
    let usage = bytes.len() - AFTER_USAGE - 2;
    assert_eq!(bytes[usage..usage + 2], [1, 7], "made at 7");
    bytes.splice(usage..usage + 2, [0]);
    let bytes = mended(&bytes);
    let bundle = decode_bundle(&bytes).unwrap().keys;
    let refused = HandshakeError::InvalidSignature(Slot::OneTimeKemPrekey);
    assert_eq!(bundle.verify(&any_suite()), Err(refused));
}

#[test]
fn a_kem_prekey_in_the_place_of_the_other_does_not_verify_in_an_upload() {
    let owner = Owner::new();
    let genuine = owner.upload();
    let one_time_as_last_resort = Upload {
        last_resort_kem_prekey: owner.one_time_kem_prekey(),
        one_time_kem_prekeys: Vec::new(),
        ..genuine.clone()
    };
    let last_resort_as_one_time = Upload {
        one_time_kem_prekeys: vec![owner.last_resort_kem_prekey()],
        ..genuine
    };
    for (upload, slot) in [
        (one_time_as_last_resort, Slot::OneTimeKemPrekey),
        (last_resort_as_one_time, Slot::LastResortKemPrekey),
    ] {
        let bytes = encode_upload(&upload, b"a list").unwrap();
        let decoded = decode_upload(&bytes).unwrap().keys;
        let refused = HandshakeError::OtherUse(slot);
        assert_eq!(decoded.verify(), Err(refused));
    }
}

/// A signed prekey of one suite in a bundle or an upload of the other.
///
/// The signature does not verify, because the decoder takes the suite from the bundle or the upload
/// and not from the prekey.
#[test]
fn a_signed_prekey_for_the_other_suite_does_not_verify_after_travel() {
    let owner = Owner::new();
    let Bundle::X3dh(mut x3dh) = owner.x3dh_bundle() else {
        unreachable!("it is for X3DH")
    };
    x3dh.curve.signed_prekey = owner.signed_prekey(Suite::Pqxdh);
    let Bundle::Pqxdh(mut pqxdh) = owner.pqxdh_bundle(owner.one_time_kem_prekey()) else {
        unreachable!("it is for PQXDH")
    };
    pqxdh.curve.signed_prekey = owner.signed_prekey(Suite::X3dh);
    let upload = Upload {
        signed_prekey: owner.signed_prekey(Suite::X3dh),
        ..owner.upload()
    };
    let refused = HandshakeError::InvalidSignature(Slot::SignedPrekey);
    for bundle in [Bundle::X3dh(x3dh), Bundle::Pqxdh(pqxdh)] {
        let bytes = encode_bundle(&bundle, b"a list").unwrap();
        let decoded = decode_bundle(&bytes).unwrap().keys;
        assert_eq!(decoded.verify(&any_suite()), Err(refused));
    }
    let bytes = encode_upload(&upload, b"a list").unwrap();
    let decoded = decode_upload(&bytes).unwrap().keys;
    assert_eq!(decoded.verify(), Err(refused));
}

#[test]
fn a_prekey_message_that_is_stripped_and_relabelled_begins_another_session() {
    let genuine = layouts::pqxdh_prekey_message();
    let ids = [genuine.bytes(), stripped(&genuine)].map(|bytes| {
        let handshake = decode_prekey_message(&bytes).unwrap().handshake;
        (handshake.suite(), handshake.session_id())
    });
    let [(pqxdh, original), (x3dh, other)] = ids;
    assert_eq!([pqxdh, x3dh], [Suite::Pqxdh, Suite::X3dh]);
    assert_ne!(original, other);
}

#[test]
fn the_session_a_handshake_begins_is_the_same_after_travel() {
    for handshake in crate::values::handshakes() {
        let bytes = encode_prekey_message(&handshake, CIPHERTEXT).finish(header(), &TAG);
        let decoded = decode_prekey_message(&bytes).unwrap();
        assert_eq!(decoded.handshake.session_id(), handshake.session_id());
        let mut bytes = bytes;
        let sealed = bytes.len() - AROUND - CIPHERTEXT.len() - 1;
        bytes[sealed] ^= 1;
        let changed = decode_prekey_message(&bytes).unwrap();
        assert_ne!(changed.handshake.session_id(), handshake.session_id());
    }
    let message = encode_message(Suite::Pqxdh, CIPHERTEXT).finish(header(), &TAG);
    assert!(decode_prekey_message(&message).is_err(), "it begins none");
}

/// Removes the number of the KEM prekey and the KEM ciphertext, and changes the suite to X3DH.
fn stripped(genuine: &layouts::Layout) -> Vec<u8> {
    let ciphertext = genuine.fields().iter().position(|f| f.bytes.len() == 1568);
    let ciphertext = ciphertext.expect("it has a KEM ciphertext");
    let suite = genuine.places(&[Role::Suite])[0];
    genuine
        .with(ciphertext, &[])
        .with(ciphertext - 1, &[])
        .bytes_with(suite, &[1])
}

fn any_suite() -> Policy {
    Policy::post_quantum().allow_x3dh()
}

/// A party with keys for both suites. No bundle or upload of it has the same number twice.
struct Owner {
    identity: IdentityKeyPair,
}

impl Owner {
    fn new() -> Self {
        Self {
            identity: IdentityKeyPair::generate(&mut rng(1)),
        }
    }

    fn x3dh_bundle(&self) -> Bundle {
        let curve = self.curve_bundle(Suite::X3dh);
        Bundle::X3dh(x3dh::Bundle { curve })
    }

    fn pqxdh_bundle(&self, kem_prekey: KemPrekey) -> Bundle {
        let curve = self.curve_bundle(Suite::Pqxdh);
        Bundle::Pqxdh(pqxdh::Bundle { curve, kem_prekey })
    }

    fn curve_bundle(&self, suite: Suite) -> CurveBundle {
        CurveBundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey(suite),
            one_time_prekey: Some(OneTimePrekeyPair::generate(2, &mut rng(2)).public()),
        }
    }

    fn upload(&self) -> Upload {
        Upload {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey(Suite::Pqxdh),
            last_resort_kem_prekey: self.last_resort_kem_prekey(),
            one_time_prekeys: vec![OneTimePrekeyPair::generate(2, &mut rng(2)).public()],
            one_time_kem_prekeys: vec![self.one_time_kem_prekey()],
        }
    }

    fn signed_prekey(&self, suite: Suite) -> SignedPrekey {
        let (id, created) = (1, 1_767_225_600);
        let terms = SignedPrekeyTerms { suite, id, created };
        SignedPrekeyPair::generate(terms, &self.identity, &mut rng(3)).public()
    }

    fn one_time_kem_prekey(&self) -> KemPrekey {
        let (_, public) = KemPrekeyPair::generate_one_time(4, &self.identity, &mut rng(4));
        public
    }

    fn last_resort_kem_prekey(&self) -> KemPrekey {
        LastResortKemPrekeyPair::generate(
            LastResortKemPrekeyTerms { id: 5, created: 7 },
            &self.signed_prekey(Suite::Pqxdh),
            &self.identity,
            &mut rng(5),
        )
        .public()
    }
}

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

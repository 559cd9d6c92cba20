//! Bundles: their bytes, and the way there and back.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sprag_wire::limits::MAX_BUNDLE_LENGTH;
use sprag_wire::{Error, decode_bundle, encode_bundle};
use sprag_x3dh::{Bundle, IdentityKeyPair, OneTimePrekey, OneTimePrekeyPair, SignedPrekeyPair};

use crate::support::{BundleParts, bundle, public_key, reusable_bundle, samples, varint};

#[test]
fn a_bundle_has_these_bytes() {
    assert_eq!(encode_bundle(&bundle()), BundleParts::sample().bytes());
    let reusable = BundleParts {
        one_time_prekey: vec![0],
        ..BundleParts::sample()
    };
    assert_eq!(encode_bundle(&reusable_bundle()), reusable.bytes());
}

#[test]
fn a_bundle_is_read_back() {
    for bundle in [bundle(), reusable_bundle()] {
        assert_eq!(decode_bundle(&encode_bundle(&bundle)), Ok(bundle));
    }
}

#[test]
fn every_number_is_read_back() {
    for number in edges() {
        let mut bundle = bundle();
        bundle.signed_prekey.terms.created = number;
        let parts = BundleParts {
            created: varint(number),
            ..BundleParts::sample()
        };
        assert_eq!(encode_bundle(&bundle), parts.bytes());
        assert_eq!(decode_bundle(&parts.bytes()), Ok(bundle));

        let Ok(number) = u32::try_from(number) else {
            continue;
        };
        bundle.signed_prekey.terms.id = number;
        bundle.one_time_prekey = Some(OneTimePrekey {
            id: number,
            key: public_key(3),
        });
        assert_eq!(decode_bundle(&encode_bundle(&bundle)), Ok(bundle));
    }
}

#[test]
fn a_genuine_bundle_still_verifies() {
    let mut rng = StdRng::seed_from_u64(1);
    let identity = IdentityKeyPair::generate(&mut rng);
    let terms = bundle().signed_prekey.terms;
    let bundle = Bundle {
        identity: *identity.public(),
        signed_prekey: SignedPrekeyPair::generate(terms, &identity, &mut rng).public(),
        one_time_prekey: Some(OneTimePrekeyPair::generate(2, &mut rng).public()),
    };
    let decoded = decode_bundle(&encode_bundle(&bundle)).unwrap();
    assert_eq!(decoded.verify(), bundle.verify());
    assert!(decoded.verify().is_ok());
}

#[test]
fn a_bundle_has_at_most_184_bytes() {
    let mut largest = bundle();
    largest.signed_prekey.terms.id = u32::MAX;
    largest.signed_prekey.terms.created = u64::MAX;
    largest.one_time_prekey = Some(OneTimePrekey {
        id: u32::MAX,
        key: public_key(3),
    });
    let bytes = encode_bundle(&largest);
    assert_eq!(bytes.len(), 184);
    assert!(bytes.len() <= MAX_BUNDLE_LENGTH);
    assert_eq!(decode_bundle(&bytes), Ok(largest));
}

#[test]
fn every_truncation_is_refused() {
    for (_, bytes) in &samples()[..2] {
        for length in 0..bytes.len() {
            let result = decode_bundle(&bytes[..length]);
            assert_eq!(result, Err(Error::Truncated), "{length} bytes");
        }
    }
}

#[test]
fn a_byte_behind_a_bundle_is_refused() {
    for (_, bytes) in &mut samples()[..2] {
        for byte in 0..=u8::MAX {
            bytes.push(byte);
            assert_eq!(decode_bundle(bytes), Err(Error::Trailing), "byte {byte}");
            bytes.pop();
        }
    }
}

/// The numbers around which a varint grows by a byte.
fn edges() -> impl Iterator<Item = u64> {
    let powers = (1..10).map(|bytes| 1 << (7 * bytes));
    let around = powers.flat_map(|power: u64| [power - 1, power]);
    around.chain([0, u32::MAX.into(), 1 << 32, u64::MAX])
}

//! The encoding of a bundle.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{Bundle, IdentityKey, OneTimePrekey, SignedPrekey, SignedPrekeyTerms, Slot};

use crate::envelope::{Kind, open_with_suite};
use crate::{Error, canonical};

/// Encodes a bundle.
#[must_use]
pub fn encode_bundle(bundle: &Bundle) -> Vec<u8> {
    let SignedPrekey {
        terms,
        key,
        signature,
    } = &bundle.signed_prekey;
    let (commitment, scalar) = halves(signature.as_bytes());
    let record = Record {
        identity: *bundle.identity.as_bytes(),
        signed_prekey: SignedRecord {
            id: terms.id,
            created: terms.created,
            key: *key.as_bytes(),
            signature: [commitment, scalar],
        },
        one_time_prekey: bundle.one_time_prekey.map(|prekey| OneTimeRecord {
            id: prekey.id,
            key: *prekey.key.as_bytes(),
        }),
    };
    canonical::write(&record, Kind::Bundle.envelope_with(terms.suite).to_vec())
}

/// Reads a bundle. Its keys are valid keys; its signature is not verified.
///
/// # Errors
///
/// All of [`Error`].
pub fn decode_bundle(bytes: &[u8]) -> Result<Bundle, Error> {
    let (suite, content) = open_with_suite(bytes, Kind::Bundle)?;
    let (record, rest) = canonical::read::<Record>(content)?;
    if !rest.is_empty() {
        return Err(Error::Trailing);
    }
    let signed = record.signed_prekey;
    Ok(Bundle {
        identity: IdentityKey::from_bytes(&record.identity)
            .map_err(|fault| Error::InvalidKey(Some(Slot::Identity), fault))?,
        signed_prekey: SignedPrekey {
            terms: SignedPrekeyTerms {
                suite,
                id: signed.id,
                created: signed.created,
            },
            key: public_key(Slot::SignedPrekey, &signed.key)?,
            signature: Signature::from_bytes(joined(&signed.signature)),
        },
        one_time_prekey: record
            .one_time_prekey
            .map(|prekey| {
                Ok(OneTimePrekey {
                    id: prekey.id,
                    key: public_key(Slot::OneTimePrekey, &prekey.key)?,
                })
            })
            .transpose()?,
    })
}

#[derive(Deserialize, Serialize)]
struct Record {
    identity: [u8; 32],
    signed_prekey: SignedRecord,
    one_time_prekey: Option<OneTimeRecord>,
}

#[derive(Deserialize, Serialize)]
struct SignedRecord {
    id: u32,
    created: u64,
    key: [u8; 32],
    /// `R` and `s`: serde knows no longer arrays.
    signature: [[u8; 32]; 2],
}

#[derive(Deserialize, Serialize)]
struct OneTimeRecord {
    id: u32,
    key: [u8; 32],
}

fn public_key(slot: Slot, bytes: &[u8; 32]) -> Result<PublicKey, Error> {
    PublicKey::from_bytes(bytes).map_err(|fault| Error::InvalidKey(Some(slot), fault))
}

fn halves(signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (mut commitment, mut scalar) = ([0; 32], [0; 32]);
    let (first, second) = signature.split_at(32);
    commitment.copy_from_slice(first);
    scalar.copy_from_slice(second);
    (commitment, scalar)
}

fn joined([commitment, scalar]: &[[u8; 32]; 2]) -> [u8; 64] {
    let mut signature = [0; 64];
    let (first, second) = signature.split_at_mut(32);
    first.copy_from_slice(commitment);
    second.copy_from_slice(scalar);
    signature
}

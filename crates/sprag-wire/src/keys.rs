//! The encodings of prekeys, which bundles and uploads have in common.
//!
//! Short fields are encoded by postcard; KEM keys follow as they are.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_primitives::ml_kem_1024::{ENCAPSULATION_KEY_LENGTH, EncapsulationKey};
use sprag_primitives::x25519::PublicKey;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{
    IdentityKey, KemPrekey, KemPrekeyUse, OneTimePrekey, SignedPrekey, SignedPrekeyTerms, Slot,
    Suite,
};

use crate::bundle::Published;
use crate::limits::MAX_LIST_LENGTH;
use crate::{Error, canonical};

/// Appends the owner of a bundle or an upload: the identity key, and the block of the device list that vouches for it.
pub(crate) fn write_owner(
    identity: &IdentityKey,
    list: &[u8],
    mut output: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    output.extend_from_slice(identity.as_bytes());
    canonical::write_block(list, MAX_LIST_LENGTH, output)
}

/// A function that reads the owner of a bundle or an upload, and returns what follows it.
pub(crate) type ReadOwner = fn(&[u8]) -> Result<(Published<'_, IdentityKey>, &[u8]), Error>;

/// Reads a bundle or an upload by `read`, which is given the function that reads its owner.
///
/// # Errors
///
/// The error of `read`; but [`Error::Earlier`] if the identity key alone, as earlier versions wrote it, makes a whole of
/// the bytes. Both forms have one envelope, so that only their fields tell them apart.
pub(crate) fn read_current<T>(read: impl Fn(ReadOwner) -> Result<T, Error>) -> Result<T, Error> {
    read(read_owner).map_err(|error| match read(read_early_owner) {
        Ok(_) => Error::Earlier,
        Err(_) => error,
    })
}

/// Reads what [`write_owner`] wrote, and returns what follows it.
fn read_owner(bytes: &[u8]) -> Result<(Published<'_, IdentityKey>, &[u8]), Error> {
    let (identity, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let (list, rest) = canonical::read_block(rest, MAX_LIST_LENGTH)?;
    let keys = identity_key(identity)?;
    Ok((Published { keys, list }, rest))
}

/// Reads the identity key that stood there alone before users had device lists.
fn read_early_owner(bytes: &[u8]) -> Result<(Published<'_, IdentityKey>, &[u8]), Error> {
    let (identity, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let keys = identity_key(identity)?;
    Ok((Published { keys, list: &[] }, rest))
}

fn identity_key(bytes: &[u8; 32]) -> Result<IdentityKey, Error> {
    IdentityKey::from_bytes(bytes).map_err(|fault| Error::InvalidKey(Slot::Identity, fault))
}

#[derive(Deserialize, Serialize)]
pub(crate) struct SignedRecord {
    id: u32,
    created: u64,
    key: [u8; 32],
    signature: SignatureRecord,
}

/// `R` and `s` apart, because serde has no arrays of 64 bytes.
type SignatureRecord = [[u8; 32]; 2];

#[derive(Deserialize, Serialize)]
pub(crate) struct OneTimeRecord {
    id: u32,
    key: [u8; 32],
}

/// The fields of a KEM prekey without the key itself.
#[derive(Deserialize, Serialize)]
struct KemRecord {
    usage: KemUseRecord,
    id: u32,
    signature: SignatureRecord,
}

/// Encoded as 0, or as 1 and the creation time.
#[derive(Deserialize, Serialize)]
enum KemUseRecord {
    OneTime,
    LastResort { created: u64 },
}

impl SignedRecord {
    pub(crate) fn new(prekey: &SignedPrekey) -> Self {
        Self {
            id: prekey.terms.id,
            created: prekey.terms.created,
            key: *prekey.key.as_bytes(),
            signature: halves(&prekey.signature),
        }
    }

    pub(crate) fn prekey(&self, suite: Suite) -> Result<SignedPrekey, Error> {
        Ok(SignedPrekey {
            terms: SignedPrekeyTerms {
                suite,
                id: self.id,
                created: self.created,
            },
            key: public_key(Slot::SignedPrekey, &self.key)?,
            signature: joined(&self.signature),
        })
    }
}

impl OneTimeRecord {
    pub(crate) const fn new(prekey: &OneTimePrekey) -> Self {
        Self {
            id: prekey.id,
            key: *prekey.key.as_bytes(),
        }
    }

    pub(crate) fn prekey(&self) -> Result<OneTimePrekey, Error> {
        Ok(OneTimePrekey {
            id: self.id,
            key: public_key(Slot::OneTimePrekey, &self.key)?,
        })
    }
}

/// Appends a KEM prekey: its record, then the key.
pub(crate) fn write_kem_prekey(prekey: &KemPrekey, output: Vec<u8>) -> Vec<u8> {
    let record = KemRecord {
        usage: match prekey.usage {
            KemPrekeyUse::OneTime => KemUseRecord::OneTime,
            KemPrekeyUse::LastResort { created } => KemUseRecord::LastResort { created },
        },
        id: prekey.id,
        signature: halves(&prekey.signature),
    };
    let mut output = canonical::write(&record, output);
    output.extend_from_slice(prekey.key.as_bytes());
    output
}

/// Reads what [`write_kem_prekey`] wrote, and returns what follows it.
pub(crate) fn read_kem_prekey(bytes: &[u8]) -> Result<(KemPrekey, &[u8]), Error> {
    let (record, rest) = canonical::read::<KemRecord>(bytes)?;
    let (key, rest) = rest
        .split_first_chunk::<ENCAPSULATION_KEY_LENGTH>()
        .ok_or(Error::Truncated)?;
    let usage = match record.usage {
        KemUseRecord::OneTime => KemPrekeyUse::OneTime,
        KemUseRecord::LastResort { created } => KemPrekeyUse::LastResort { created },
    };
    let slot = match usage {
        KemPrekeyUse::OneTime => Slot::OneTimeKemPrekey,
        KemPrekeyUse::LastResort { .. } => Slot::LastResortKemPrekey,
    };
    let prekey = KemPrekey {
        id: record.id,
        usage,
        key: EncapsulationKey::from_bytes(key).map_err(|fault| Error::InvalidKey(slot, fault))?,
        signature: joined(&record.signature),
    };
    Ok((prekey, rest))
}

pub(crate) fn public_key(slot: Slot, bytes: &[u8; 32]) -> Result<PublicKey, Error> {
    PublicKey::from_bytes(bytes).map_err(|fault| Error::InvalidKey(slot, fault))
}

fn halves(signature: &Signature) -> SignatureRecord {
    let (mut commitment, mut scalar) = ([0; 32], [0; 32]);
    let (first, second) = signature.as_bytes().split_at(32);
    commitment.copy_from_slice(first);
    scalar.copy_from_slice(second);
    [commitment, scalar]
}

fn joined([commitment, scalar]: &SignatureRecord) -> Signature {
    let mut signature = [0; 64];
    let (first, second) = signature.split_at_mut(32);
    first.copy_from_slice(commitment);
    second.copy_from_slice(scalar);
    Signature::from_bytes(signature)
}

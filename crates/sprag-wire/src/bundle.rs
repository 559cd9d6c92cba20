//! The encoding of a bundle.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_x3dh::{Bundle, OneTimePrekey, SignedPrekey, Suite, pqxdh, x3dh};

use crate::envelope::{Kind, open_with_suite};
use crate::keys::{OneTimeRecord, SignedRecord, identity_key, read_kem_prekey, write_kem_prekey};
use crate::{Error, canonical};

/// Encodes a bundle: at most 184 bytes for X3DH, at most 1,832 for PQXDH.
#[must_use]
pub fn encode_bundle(bundle: &Bundle) -> Vec<u8> {
    let envelope = Kind::Bundle.envelope_with(bundle.suite()).to_vec();
    match bundle {
        Bundle::X3dh(x3dh::Bundle {
            identity,
            signed_prekey,
            one_time_prekey,
        }) => {
            let record = Record::new(
                *identity.as_bytes(),
                signed_prekey,
                one_time_prekey.as_ref(),
            );
            canonical::write(&record, envelope)
        }
        Bundle::Pqxdh(pqxdh::Bundle {
            identity,
            signed_prekey,
            one_time_prekey,
            kem_prekey,
        }) => {
            let record = Record::new(
                *identity.as_bytes(),
                signed_prekey,
                one_time_prekey.as_ref(),
            );
            write_kem_prekey(kem_prekey, canonical::write(&record, envelope))
        }
    }
}

/// Reads a bundle. Its keys are valid keys; its signatures are not verified.
///
/// # Errors
///
/// All of [`Error`] but [`Error::OtherSuite`].
pub fn decode_bundle(bytes: &[u8]) -> Result<Bundle, Error> {
    let (suite, content) = open_with_suite(bytes, Kind::Bundle)?;
    let (record, rest) = canonical::read::<Record>(content)?;
    let identity = identity_key(&record.identity)?;
    let signed_prekey = record.signed_prekey.prekey(suite)?;
    let one_time_prekey = record
        .one_time_prekey
        .as_ref()
        .map(OneTimeRecord::prekey)
        .transpose()?;
    let (bundle, rest) = match suite {
        Suite::Pqxdh => {
            let (kem_prekey, rest) = read_kem_prekey(rest)?;
            let bundle = pqxdh::Bundle {
                identity,
                signed_prekey,
                one_time_prekey,
                kem_prekey,
            };
            (Bundle::Pqxdh(bundle), rest)
        }
        Suite::X3dh => {
            let bundle = x3dh::Bundle {
                identity,
                signed_prekey,
                one_time_prekey,
            };
            (Bundle::X3dh(bundle), rest)
        }
    };
    if rest.is_empty() {
        Ok(bundle)
    } else {
        Err(Error::Trailing)
    }
}

#[derive(Deserialize, Serialize)]
struct Record {
    identity: [u8; 32],
    signed_prekey: SignedRecord,
    one_time_prekey: Option<OneTimeRecord>,
}

impl Record {
    fn new(
        identity: [u8; 32],
        signed_prekey: &SignedPrekey,
        one_time_prekey: Option<&OneTimePrekey>,
    ) -> Self {
        Self {
            identity,
            signed_prekey: SignedRecord::new(signed_prekey),
            one_time_prekey: one_time_prekey.map(OneTimeRecord::new),
        }
    }
}

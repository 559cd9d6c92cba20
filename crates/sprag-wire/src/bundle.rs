//! The encoding of a bundle.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_x3dh::{Bundle, CurveBundle, Suite, pqxdh, x3dh};

use crate::envelope::{Kind, open_with_suite};
use crate::keys::{OneTimeRecord, SignedRecord, identity_key, read_kem_prekey, write_kem_prekey};
use crate::{Error, canonical, checksum};

/// Encodes a bundle: at most 192 bytes for X3DH, at most 1,840 for PQXDH.
#[must_use]
pub fn encode_bundle(bundle: &Bundle) -> Vec<u8> {
    let envelope = Kind::Bundle.envelope_with(bundle.suite()).to_vec();
    checksum::append(match bundle {
        Bundle::X3dh(bundle) => canonical::write(&Record::new(&bundle.curve), envelope),
        Bundle::Pqxdh(bundle) => {
            let output = canonical::write(&Record::new(&bundle.curve), envelope);
            write_kem_prekey(&bundle.kem_prekey, output)
        }
    })
}

/// Reads a bundle. Its keys are valid keys; its signatures are not verified.
///
/// # Errors
///
/// All of [`Error`] but [`Error::OtherSuite`].
pub fn decode_bundle(bytes: &[u8]) -> Result<Bundle, Error> {
    // See that it is a bundle at all, and then that it arrived as it was sent.
    let (suite, content) = open_with_suite(bytes, Kind::Bundle)?;
    let content = checksum::check(bytes, content)?;
    // The curve keys are the same in both suites; a KEM prekey follows in PQXDH.
    let (record, rest) = canonical::read::<Record>(content)?;
    let curve = record.curve(suite)?;
    let (bundle, rest) = match suite {
        Suite::X3dh => (Bundle::X3dh(x3dh::Bundle { curve }), rest),
        Suite::Pqxdh => {
            let (kem_prekey, rest) = read_kem_prekey(rest)?;
            let bundle = pqxdh::Bundle { curve, kem_prekey };
            (Bundle::Pqxdh(bundle), rest)
        }
    };
    if rest.is_empty() {
        Ok(bundle)
    } else {
        Err(Error::Trailing)
    }
}

/// The curve keys of a bundle.
#[derive(Deserialize, Serialize)]
struct Record {
    identity: [u8; 32],
    signed_prekey: SignedRecord,
    one_time_prekey: Option<OneTimeRecord>,
}

impl Record {
    fn new(curve: &CurveBundle) -> Self {
        Self {
            identity: *curve.identity.as_bytes(),
            signed_prekey: SignedRecord::new(&curve.signed_prekey),
            one_time_prekey: curve.one_time_prekey.as_ref().map(OneTimeRecord::new),
        }
    }

    fn curve(&self, suite: Suite) -> Result<CurveBundle, Error> {
        Ok(CurveBundle {
            identity: identity_key(&self.identity)?,
            signed_prekey: self.signed_prekey.prekey(suite)?,
            one_time_prekey: self
                .one_time_prekey
                .as_ref()
                .map(OneTimeRecord::prekey)
                .transpose()?,
        })
    }
}

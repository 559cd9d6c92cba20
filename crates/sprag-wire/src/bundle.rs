//! The encoding of a bundle.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_x3dh::{Bundle, CurveBundle, IdentityKey, Suite, pqxdh, x3dh};

use crate::envelope::{Kind, open_with_suite};
use crate::keys::{
    OneTimeRecord, ReadOwner, SignedRecord, read_current, read_kem_prekey, write_kem_prekey,
    write_owner,
};
use crate::{Error, canonical, checksum};

/// A bundle or an upload as it is published: keys, and beside them the device list of the user whose device they are of.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Published<'a, T> {
    /// The keys.
    pub keys: T,
    /// The encoding of the device list, at most [`MAX_LIST_LENGTH`](crate::limits::MAX_LIST_LENGTH) bytes, which is neither decoded nor verified. It is
    /// empty if the account is not the device of any user.
    pub list: &'a [u8],
}

/// Encodes a bundle with the device list `list`: at most 192 bytes for X3DH, at most 1,840 for PQXDH, and beside that
/// the list with one byte for its length, or two from 128 bytes on.
///
/// # Errors
///
/// [`Error::Oversized`] if the list is longer than [`MAX_LIST_LENGTH`](crate::limits::MAX_LIST_LENGTH).
pub fn encode_bundle(bundle: &Bundle, list: &[u8]) -> Result<Vec<u8>, Error> {
    let envelope = Kind::Bundle.envelope_with(bundle.suite()).to_vec();
    Ok(checksum::append(match bundle {
        Bundle::X3dh(bundle) => write_curve(&bundle.curve, list, envelope)?,
        Bundle::Pqxdh(bundle) => {
            let output = write_curve(&bundle.curve, list, envelope)?;
            write_kem_prekey(&bundle.kem_prekey, output)
        }
    }))
}

/// Reads a bundle. Its keys are valid keys; its signatures are not verified, nor is the device list.
///
/// # Errors
///
/// All of [`Error`] but [`Error::OtherSuite`] and [`Error::UnknownContent`].
pub fn decode_bundle(bytes: &[u8]) -> Result<Published<'_, Bundle>, Error> {
    // See that it is a bundle at all, and then that it arrived as it was sent.
    let (suite, content) = open_with_suite(bytes, Kind::Bundle)?;
    let content = checksum::check(bytes, content)?;
    read_current(|read_owner| read(suite, content, read_owner))
}

/// Reads the content of a bundle.
fn read(
    suite: Suite,
    content: &[u8],
    read_owner: ReadOwner,
) -> Result<Published<'_, Bundle>, Error> {
    // The curve keys are the same in both suites; a KEM prekey follows in PQXDH.
    let (owner, rest) = read_owner(content)?;
    let (record, rest) = canonical::read::<Record>(rest)?;
    let curve = record.curve(owner.keys, suite)?;
    let (keys, rest) = match suite {
        Suite::X3dh => (Bundle::X3dh(x3dh::Bundle { curve }), rest),
        Suite::Pqxdh => {
            let (kem_prekey, rest) = read_kem_prekey(rest)?;
            let bundle = pqxdh::Bundle { curve, kem_prekey };
            (Bundle::Pqxdh(bundle), rest)
        }
    };
    if rest.is_empty() {
        let list = owner.list;
        Ok(Published { keys, list })
    } else {
        Err(Error::Trailing)
    }
}

/// Appends the curve keys, and the device list behind the first of them.
fn write_curve(curve: &CurveBundle, list: &[u8], output: Vec<u8>) -> Result<Vec<u8>, Error> {
    let output = write_owner(&curve.identity, list, output)?;
    Ok(canonical::write(&Record::new(curve), output))
}

/// The curve prekeys of a bundle.
#[derive(Deserialize, Serialize)]
struct Record {
    signed_prekey: SignedRecord,
    one_time_prekey: Option<OneTimeRecord>,
}

impl Record {
    fn new(curve: &CurveBundle) -> Self {
        Self {
            signed_prekey: SignedRecord::new(&curve.signed_prekey),
            one_time_prekey: curve.one_time_prekey.as_ref().map(OneTimeRecord::new),
        }
    }

    fn curve(&self, identity: IdentityKey, suite: Suite) -> Result<CurveBundle, Error> {
        Ok(CurveBundle {
            identity,
            signed_prekey: self.signed_prekey.prekey(suite)?,
            one_time_prekey: self
                .one_time_prekey
                .as_ref()
                .map(OneTimeRecord::prekey)
                .transpose()?,
        })
    }
}

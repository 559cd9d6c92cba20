//! The encoding of an upload for a directory.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use sprag_x3dh::{Suite, Upload};

use crate::bundle::Published;
use crate::envelope::{Kind, open_with_suite};
use crate::keys::{
    OneTimeRecord, ReadOwner, SignedRecord, read_current, read_kem_prekey, write_kem_prekey,
    write_owner,
};
use crate::limits::MAX_UPLOAD_PREKEYS;
use crate::{Error, canonical, checksum};

/// Encodes an upload with the device list `list`: at most 1,806 bytes, at most 37 more for each curve one-time prekey and
/// 1,638 more for each KEM one-time prekey, and beside that the list with one byte for its length, or two from 128 bytes
/// on.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than [`MAX_UPLOAD_PREKEYS`] one-time prekeys of a kind, or if the list is longer
/// than [`MAX_LIST_LENGTH`](crate::limits::MAX_LIST_LENGTH).
pub fn encode_upload(upload: &Upload, list: &[u8]) -> Result<Vec<u8>, Error> {
    // Check the numbers of one-time prekeys before anything is written.
    let counts = Counts {
        one_time: count(upload.one_time_prekeys.len())?,
        one_time_kem: count(upload.one_time_kem_prekeys.len())?,
    };
    // Write the keys that serve many sessions.
    let output = Kind::Upload.envelope_with(Suite::Pqxdh).to_vec();
    let output = write_owner(&upload.identity, list, output)?;
    let output = canonical::write(&SignedRecord::new(&upload.signed_prekey), output);
    let output = write_kem_prekey(&upload.last_resort_kem_prekey, output);
    // Write the one-time prekeys of each kind.
    let mut output = canonical::write(&counts, output);
    for prekey in &upload.one_time_prekeys {
        output = canonical::write(&OneTimeRecord::new(prekey), output);
    }
    for prekey in &upload.one_time_kem_prekeys {
        output = write_kem_prekey(prekey, output);
    }
    Ok(checksum::append(output))
}

/// Reads an upload. Its keys are valid keys; its signatures are not verified, nor is the device list.
///
/// # Errors
///
/// All of [`Error`] but [`Error::UnknownContent`].
pub fn decode_upload(bytes: &[u8]) -> Result<Published<'_, Upload>, Error> {
    // See that it is an upload at all, and then that it arrived as it was sent.
    let (suite, content) = open_with_suite(bytes, Kind::Upload)?;
    let content = checksum::check(bytes, content)?;
    if suite != Suite::Pqxdh {
        return Err(Error::OtherSuite(suite));
    }
    read_current(|read_owner| read(content, read_owner))
}

/// Reads the content of an upload.
fn read(content: &[u8], read_owner: ReadOwner) -> Result<Published<'_, Upload>, Error> {
    // Read the keys that serve many sessions.
    let suite = Suite::Pqxdh;
    let (owner, rest) = read_owner(content)?;
    let (record, rest) = canonical::read::<SignedRecord>(rest)?;
    let signed_prekey = record.prekey(suite)?;
    let (last_resort_kem_prekey, rest) = read_kem_prekey(rest)?;
    // Bound the numbers of one-time prekeys before any of them is read.
    let (counts, mut rest) = canonical::read::<Counts>(rest)?;
    let fits = |count: u32| usize::try_from(count).is_ok_and(|count| count <= MAX_UPLOAD_PREKEYS);
    if !fits(counts.one_time) || !fits(counts.one_time_kem) {
        return Err(Error::Oversized);
    }
    // Read the one-time prekeys of each kind, to the end.
    let mut one_time_prekeys = Vec::new();
    for _ in 0..counts.one_time {
        let (record, following) = canonical::read::<OneTimeRecord>(rest)?;
        one_time_prekeys.push(record.prekey()?);
        rest = following;
    }
    let mut one_time_kem_prekeys = Vec::new();
    for _ in 0..counts.one_time_kem {
        let (prekey, following) = read_kem_prekey(rest)?;
        one_time_kem_prekeys.push(prekey);
        rest = following;
    }
    if !rest.is_empty() {
        return Err(Error::Trailing);
    }
    let keys = Upload {
        identity: owner.keys,
        signed_prekey,
        last_resort_kem_prekey,
        one_time_prekeys,
        one_time_kem_prekeys,
    };
    let list = owner.list;
    Ok(Published { keys, list })
}

#[derive(Deserialize, Serialize)]
struct Counts {
    one_time: u32,
    one_time_kem: u32,
}

fn count(length: usize) -> Result<u32, Error> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= MAX_UPLOAD_PREKEYS)
        .ok_or(Error::Oversized)
}

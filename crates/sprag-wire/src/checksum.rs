//! The checksum at the end of a bundle and of an upload.
//!
//! It is against damage and not against attack, because a directory that changes the bytes can write it anew. It covers the curve one-time
//! prekeys, which are not signed. If one of them is damaged, all messages sent by it are lost.

use alloc::vec::Vec;

use sprag_primitives::hash::sha256;

use crate::Error;

/// The size of a checksum in bytes: the first of SHA-256 over all bytes before, the envelope included.
pub const CHECKSUM_LENGTH: usize = 8;

/// Appends the checksum of all bytes so far.
pub(crate) fn append(mut output: Vec<u8>) -> Vec<u8> {
    let checksum = of(&output);
    output.extend_from_slice(&checksum);
    output
}

/// The content in front of the checksum, which must be that of all bytes before it. `bytes` are everything, and
/// `content` is the end of them that follows the suite.
pub(crate) fn check<'a>(bytes: &[u8], content: &'a [u8]) -> Result<&'a [u8], Error> {
    let (content, checksum) = content.split_last_chunk().ok_or(Error::Truncated)?;
    let covered = bytes.strip_suffix(checksum).ok_or(Error::Truncated)?;
    if of(covered) != *checksum {
        return Err(Error::Damaged);
    }
    Ok(content)
}

fn of(content: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let hash = sha256(&[content]);
    let mut checksum = [0; CHECKSUM_LENGTH];
    checksum.copy_from_slice(hash.split_at(CHECKSUM_LENGTH).0);
    checksum
}

//! The header of an encrypted file; the chunks of its content follow.

use alloc::vec::Vec;

use crate::Error;
use crate::envelope::{Kind, open, open_as};
use crate::limits::MAX_FILE_MESSAGE_LENGTH;

/// The size of a file's prefix in bytes, before the message that carries its key.
pub const FILE_PREFIX_LENGTH: usize = 2 + COMMITMENT_LENGTH + 4;

/// The prefix of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct FilePrefix {
    /// The commitment to the file's key, 32 bytes.
    pub commitment: [u8; COMMITMENT_LENGTH],
    /// The length of the message that follows, at most
    /// [`MAX_FILE_MESSAGE_LENGTH`].
    pub message_length: usize,
}

/// Encodes the header of a file: `envelope ‖ commitment ‖ u32 length of the message ‖ message`. The version in the
/// envelope is that of the message.
///
/// # Errors
///
/// [`Error::Oversized`] if the message is longer than [`MAX_FILE_MESSAGE_LENGTH`]; [`Error::OtherKind`],
/// [`Error::Truncated`], [`Error::UnknownVersion`] or [`Error::UnknownKind`] if it is no message.
pub fn encode_file_header(
    commitment: &[u8; COMMITMENT_LENGTH],
    message: &[u8],
) -> Result<Vec<u8>, Error> {
    let length = u32::try_from(message.len()).map_err(|_| Error::Oversized)?;
    if message.len() > MAX_FILE_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    let opened = open(message)?;
    if !matches!(opened.kind, Kind::PrekeyMessage | Kind::Message) {
        return Err(Error::OtherKind(opened.kind));
    }
    let envelope = [opened.version, Kind::File.to_byte()];
    let parts = [
        envelope.as_slice(),
        commitment,
        &length.to_le_bytes(),
        message,
    ];
    Ok(parts.concat())
}

/// Reads the prefix of a file.
///
/// # Errors
///
/// [`Error::UnknownVersion`], [`Error::UnknownKind`], [`Error::OtherKind`], [`Error::Oversized`]
pub fn decode_file_prefix(bytes: &[u8; FILE_PREFIX_LENGTH]) -> Result<FilePrefix, Error> {
    let content = open_as(bytes, Kind::File)?.content;
    let (commitment, length) = content.split_first_chunk().ok_or(Error::Truncated)?;
    let length: [u8; 4] = length.try_into().map_err(|_| Error::Truncated)?;
    let message_length =
        usize::try_from(u32::from_le_bytes(length)).map_err(|_| Error::Oversized)?;
    if message_length > MAX_FILE_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    Ok(FilePrefix {
        commitment: *commitment,
        message_length,
    })
}

const COMMITMENT_LENGTH: usize = 32;

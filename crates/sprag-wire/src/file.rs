//! The header of an encrypted file; the chunks of its content follow.

use alloc::vec::Vec;

use crate::Error;
use crate::envelope::{Kind, open, open_as};
use crate::limits::{MAX_FILE_MESSAGE_LENGTH, MAX_FILE_MESSAGES};

/// The size of a file's prefix in bytes, before the messages that carry its key.
pub const FILE_PREFIX_LENGTH: usize = 2 + COMMITMENT_LENGTH + 1;

/// The size in bytes of the length in front of each message.
pub const FILE_MESSAGE_PREFIX_LENGTH: usize = 4;

/// The prefix of a file. Its messages follow, each behind its [length](decode_file_message_length).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct FilePrefix {
    /// The commitment to the file's key, 32 bytes.
    pub commitment: [u8; COMMITMENT_LENGTH],
    /// The number of messages that follow, 1 to [`MAX_FILE_MESSAGES`].
    pub messages: usize,
}

/// Encodes the header of a file: `envelope ‖ commitment ‖ u8 number of messages`, and for each message
/// `u32 length ‖ message`. The version in the envelope is that of the messages.
///
/// Each message carries the file's key to one device. Their order tells nobody which is whose only if the caller chose it
/// at random.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than [`MAX_FILE_MESSAGES`] messages, or one is longer than
/// [`MAX_FILE_MESSAGE_LENGTH`]; [`Error::Malformed`] if there are none; [`Error::OtherKind`], [`Error::Truncated`],
/// [`Error::UnknownVersion`] or [`Error::UnknownKind`] if one is no message; [`Error::OtherVersion`] if one is of another
/// version than the first.
pub fn encode_file_header<M: AsRef<[u8]>>(
    commitment: &[u8; COMMITMENT_LENGTH],
    messages: &[M],
) -> Result<Vec<u8>, Error> {
    // Check everything before anything is written.
    let count = u8::try_from(messages.len()).map_err(|_| Error::Oversized)?;
    if messages.len() > MAX_FILE_MESSAGES {
        return Err(Error::Oversized);
    }
    let mut version = None;
    for message in messages {
        let its = version_of(message.as_ref())?;
        if *version.get_or_insert(its) != its {
            return Err(Error::OtherVersion(its));
        }
    }
    let version = version.ok_or(Error::Malformed)?;
    // Write the prefix and the messages.
    let mut header = [
        &[version, Kind::File.to_byte()],
        commitment.as_slice(),
        &[count],
    ]
    .concat();
    for message in messages {
        let message = message.as_ref();
        let length = u32::try_from(message.len()).map_err(|_| Error::Oversized)?;
        header.extend_from_slice(&length.to_le_bytes());
        header.extend_from_slice(message);
    }
    Ok(header)
}

/// The version of a message that may stand in a header.
fn version_of(message: &[u8]) -> Result<u8, Error> {
    if message.len() > MAX_FILE_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    let opened = open(message)?;
    match opened.kind {
        Kind::PrekeyMessage | Kind::Message => Ok(opened.version),
        other => Err(Error::OtherKind(other)),
    }
}

/// Reads the prefix of a file.
///
/// # Errors
///
/// [`Error::UnknownVersion`], [`Error::UnknownKind`], [`Error::OtherKind`]; [`Error::Malformed`] if there are no messages;
/// [`Error::Oversized`] if there are more than [`MAX_FILE_MESSAGES`].
pub fn decode_file_prefix(bytes: &[u8; FILE_PREFIX_LENGTH]) -> Result<FilePrefix, Error> {
    let content = open_as(bytes, Kind::File)?.content;
    let (commitment, count) = content.split_first_chunk().ok_or(Error::Truncated)?;
    let count = count.first().ok_or(Error::Truncated)?;
    let messages = usize::from(*count);
    match messages {
        0 => Err(Error::Malformed),
        1..=MAX_FILE_MESSAGES => Ok(FilePrefix {
            commitment: *commitment,
            messages,
        }),
        _ => Err(Error::Oversized),
    }
}

/// Reads the length of the message that follows it in a file's header, so that no more is allocated for the message.
///
/// # Errors
///
/// [`Error::Oversized`] if it is more than [`MAX_FILE_MESSAGE_LENGTH`].
pub fn decode_file_message_length(bytes: [u8; FILE_MESSAGE_PREFIX_LENGTH]) -> Result<usize, Error> {
    usize::try_from(u32::from_le_bytes(bytes))
        .ok()
        .filter(|length| *length <= MAX_FILE_MESSAGE_LENGTH)
        .ok_or(Error::Oversized)
}

/// The header of a file that lies in memory as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct FileHeader<'a> {
    /// The commitment to the file's key, 32 bytes.
    pub commitment: [u8; COMMITMENT_LENGTH],
    /// The messages, 1 to [`MAX_FILE_MESSAGES`], which are not decoded.
    pub messages: Vec<&'a [u8]>,
}

/// Reads the header of a file that lies in memory, and returns the chunks that follow it. A program that reads a file
/// piece by piece uses [`decode_file_prefix`] and [`decode_file_message_length`].
///
/// # Errors
///
/// Those of these two; [`Error::Truncated`].
pub fn decode_file_header(bytes: &[u8]) -> Result<(FileHeader<'_>, &[u8]), Error> {
    let (prefix, mut rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let prefix = decode_file_prefix(prefix)?;
    let mut messages = Vec::with_capacity(prefix.messages);
    for _ in 0..prefix.messages {
        let (length, following) = rest.split_first_chunk().ok_or(Error::Truncated)?;
        let length = decode_file_message_length(*length)?;
        let (message, following) = following.split_at_checked(length).ok_or(Error::Truncated)?;
        messages.push(message);
        rest = following;
    }
    let commitment = prefix.commitment;
    Ok((
        FileHeader {
            commitment,
            messages,
        },
        rest,
    ))
}

const COMMITMENT_LENGTH: usize = 32;

/// The data that an application gives for a message that carries a file's key, so that the key opens as nothing else and with no
/// other commitment.
#[must_use]
pub fn file_associated_data(commitment: &[u8; COMMITMENT_LENGTH]) -> Vec<u8> {
    [FILE_LABEL, commitment].concat()
}

const FILE_LABEL: &[u8] = b"sprag file";

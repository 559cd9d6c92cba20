//! The encodings of messages, with and without the handshake in front.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sprag_primitives::aead::{TAG_LENGTH, Tag};
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::secret::SecretBuffer;
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveMessage, InitialMessage, SealedInitiator, Slot, Suite, pqxdh, x3dh};

use crate::envelope::{Kind, open_as, open_with_suite};
use crate::keys::public_key;
use crate::{Error, canonical};

/// The size of an encrypted header of this suite in bytes: 80 in X3DH and PQXDH.
#[must_use]
pub const fn encrypted_header_length(suite: Suite) -> usize {
    match suite {
        Suite::X3dh | Suite::Pqxdh => 80,
    }
}

/// No suite has shorter headers.
const SHORTEST_HEADER_LENGTH: usize = encrypted_header_length(Suite::Pqxdh);

/// A message of a session, which does not say of which.
///
/// The suite of the session says how long the header is, so only the parties can tell where the header ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message<'a> {
    version: u8,
    content: &'a [u8],
}

/// The parts of a message: `encrypted header ‖ ciphertext ‖ tag`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct MessageParts<'a> {
    /// The encrypted header, of the [length](encrypted_header_length) of the session's suite, which only the ratchet of
    /// the two parties can read.
    pub header: &'a [u8],
    /// The ciphertext, as long as the plaintext.
    pub ciphertext: &'a [u8],
    /// The tag, 16 bytes.
    pub tag: &'a Tag,
}

impl<'a> Message<'a> {
    /// The version of the protocol, which is that of the session's suite.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The parts, if this is a message of a session of `suite`.
    ///
    /// # Errors
    ///
    /// [`Error::OtherVersion`] if the message is of another version than `suite`; [`Error::Truncated`].
    pub fn parts(&self, suite: Suite) -> Result<MessageParts<'a>, Error> {
        if self.version != suite.version() {
            return Err(Error::OtherVersion(self.version));
        }
        let (header, rest) = self
            .content
            .split_at_checked(encrypted_header_length(suite))
            .ok_or(Error::Truncated)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(Error::Truncated)?;
        Ok(MessageParts {
            header,
            ciphertext,
            tag,
        })
    }
}

/// A message with the handshake in front of it. An initiator sends these until it has had an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct PrekeyMessage<'a> {
    /// The handshake.
    pub handshake: InitialMessage,
    /// The message.
    pub message: Message<'a>,
}

/// A message being encoded: a plaintext with room around it, to be encrypted where it lies.
///
/// ```
/// # use sprag_wire::{EncodedMessage, Suite, encode_message};
/// let mut encoded: EncodedMessage = encode_message(Suite::Pqxdh, b"plaintext");
/// encoded.buffer().reverse();
/// ```
pub struct EncodedMessage {
    /// Wiped if it is never finished, because it may be a plaintext still.
    bytes: SecretBuffer,
    /// The index at which the header begins.
    start: usize,
    header_length: usize,
}

impl EncodedMessage {
    /// The plaintext, to be replaced by the ciphertext.
    pub fn buffer(&mut self) -> &mut [u8] {
        let start = self.start + self.header_length;
        let bytes = self.bytes.expose_mut();
        let end = bytes.len() - TAG_LENGTH;
        bytes.get_mut(start..end).unwrap_or_default()
    }

    /// The finished bytes.
    ///
    /// # Panics
    ///
    /// If `header` does not have the length of the suite's headers.
    #[must_use]
    pub fn finish(mut self, header: &[u8], tag: &Tag) -> Vec<u8> {
        assert_eq!(header.len(), self.header_length, "a header of the suite");
        let (_, bytes) = self.bytes.expose_mut().split_at_mut(self.start);
        let (header_place, rest) = bytes.split_at_mut(self.header_length);
        let (_, tag_place) = rest.split_at_mut(rest.len() - TAG_LENGTH);
        header_place.copy_from_slice(header);
        tag_place.copy_from_slice(tag);
        self.bytes.into_public()
    }
}

impl fmt::Debug for EncodedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bytes: _,
            start: _,
            header_length: _,
        } = self;
        f.debug_struct("EncodedMessage").finish_non_exhaustive()
    }
}

/// A plaintext in the parts of which it consists, so that it is laid out where it is encrypted and nowhere before.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Plaintext<'a> {
    /// The bytes before the text.
    pub prefix: &'a [u8],
    /// The text.
    pub text: &'a [u8],
    /// The number of zeros after the text.
    pub zeros: usize,
}

impl Plaintext<'_> {
    const fn len(&self) -> usize {
        self.prefix.len() + self.text.len() + self.zeros
    }
}

/// A text without anything around it.
impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Plaintext<'a> {
    fn from(text: &'a T) -> Self {
        Self {
            prefix: &[],
            text: text.as_ref(),
            zeros: 0,
        }
    }
}

impl fmt::Debug for Plaintext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plaintext").finish_non_exhaustive()
    }
}

/// Begins the encoding of a message in a session of `suite`.
#[must_use]
pub fn encode_message<'a>(suite: Suite, plaintext: impl Into<Plaintext<'a>>) -> EncodedMessage {
    let envelope = Kind::Message.envelope(suite);
    EncodedMessage::around(plaintext.into(), suite, envelope.len(), |bytes| {
        bytes.extend_from_slice(&envelope);
    })
}

/// Begins the encoding of a message with the handshake in front.
#[must_use]
pub fn encode_prekey_message<'a>(
    handshake: &InitialMessage,
    plaintext: impl Into<Plaintext<'a>>,
) -> EncodedMessage {
    let suite = handshake.suite();
    let sealed = handshake.sealed_initiator().as_bytes();
    let front = longest_clear_part(suite) + sealed.len();
    EncodedMessage::around(plaintext.into(), suite, front, |bytes| {
        handshake.write_clear_part(bytes);
        bytes.extend_from_slice(sealed);
    })
}

/// The most bytes in front of a sealed initiator; the numbers of prekeys there take 1 to 5 bytes each.
const fn longest_clear_part(suite: Suite) -> usize {
    match suite {
        Suite::X3dh => 46,
        Suite::Pqxdh => 1_619,
    }
}

/// Reads a message. All bytes after the envelope are header, ciphertext and tag; [`Message::parts`] says where
/// they begin.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Oversized`], [`Error::UnknownVersion`], [`Error::UnknownKind`],
/// [`Error::OtherKind`]
pub fn decode_message(bytes: &[u8]) -> Result<Message<'_>, Error> {
    let opened = open_as(bytes, Kind::Message)?;
    if opened.content.len() < SHORTEST_HEADER_LENGTH + TAG_LENGTH {
        return Err(Error::Truncated);
    }
    Ok(Message {
        version: opened.version,
        content: opened.content,
    })
}

/// Reads a message with the handshake in front.
///
/// # Errors
///
/// All of [`Error`] but [`Error::Trailing`], [`Error::Damaged`], [`Error::Earlier`], [`Error::OtherVersion`],
/// [`Error::OtherSuite`] and [`Error::UnknownContent`].
pub fn decode_prekey_message(bytes: &[u8]) -> Result<PrekeyMessage<'_>, Error> {
    // Read the fields in clear, which depend on the suite.
    let (suite, content) = open_with_suite(bytes, Kind::PrekeyMessage)?;
    let (record, rest) = canonical::read::<Record>(content)?;
    let curve = record.curve()?;
    let (kem, rest) = match suite {
        Suite::X3dh => (None, rest),
        Suite::Pqxdh => {
            let (kem, rest) = read_kem_part(rest)?;
            (Some(kem), rest)
        }
    };
    // Read the sealed initiator; the rest is the message.
    let (sealed, content) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    let sealed = SealedInitiator::from_bytes(*sealed);
    let handshake = match kem {
        None => InitialMessage::X3dh(x3dh::InitialMessage::from_parts(curve, sealed)),
        Some(kem) => InitialMessage::Pqxdh(pqxdh::InitialMessage::from_parts(curve, kem, sealed)),
    };
    let version = suite.version();
    let message = Message { version, content };
    message.parts(suite)?;
    Ok(PrekeyMessage { handshake, message })
}

impl EncodedMessage {
    /// Lays out what `write_front` appends, at most `front` bytes, and behind it the plaintext with room for header
    /// and tag. The memory is allocated once, because a block that grew would leave an unwiped one.
    fn around(
        plaintext: Plaintext<'_>,
        suite: Suite,
        front: usize,
        write_front: impl FnOnce(&mut Vec<u8>),
    ) -> Self {
        let header_length = encrypted_header_length(suite);
        let mut bytes = Vec::with_capacity(front + header_length + plaintext.len() + TAG_LENGTH);
        write_front(&mut bytes);
        let start = bytes.len();
        bytes.resize(start + header_length, 0);
        bytes.extend_from_slice(plaintext.prefix);
        bytes.extend_from_slice(plaintext.text);
        bytes.resize(bytes.len() + plaintext.zeros + TAG_LENGTH, 0);
        Self {
            bytes: SecretBuffer::from(bytes),
            start,
            header_length,
        }
    }
}

/// The curve keys and numbers of a handshake.
#[derive(Deserialize, Serialize)]
struct Record {
    ephemeral: [u8; 32],
    signed_prekey: u32,
    one_time_prekey: Option<u32>,
}

impl Record {
    fn curve(&self) -> Result<CurveMessage, Error> {
        Ok(CurveMessage {
            ephemeral: public_key(Slot::Ephemeral, &self.ephemeral)?,
            signed_prekey: self.signed_prekey,
            one_time_prekey: self.one_time_prekey,
        })
    }
}

/// Reads the fields of a handshake that the KEM adds, and returns what follows them.
fn read_kem_part(bytes: &[u8]) -> Result<(KemPart, &[u8]), Error> {
    let (prekey, rest) = canonical::read(bytes)?;
    let (ciphertext, rest) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    let kem = KemPart {
        prekey,
        ciphertext: Ciphertext::from_bytes(ciphertext),
    };
    Ok((kem, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No decoder yields such a message as long as there is one version.
    #[test]
    fn a_message_of_another_version_than_the_session_has_no_parts() {
        for suite in [Suite::X3dh, Suite::Pqxdh] {
            for version in 0..=u8::MAX {
                let content = &[0; 100];
                let message = Message { version, content };
                let result = message.parts(suite).map(|parts| parts.ciphertext.len());
                let expected = match version {
                    1 => Ok(4),
                    other => Err(Error::OtherVersion(other)),
                };
                assert_eq!(result, expected);
                assert_eq!(message.version(), version);
            }
        }
    }

    #[test]
    fn a_message_that_is_shorter_than_header_and_tag_has_no_parts() {
        let (version, content) = (1, [0; 96]);
        for length in 0..=96 {
            let content = &content[..length];
            let message = Message { version, content };
            let whole = message.parts(Suite::Pqxdh).is_ok();
            assert_eq!(whole, length == 96, "{length} bytes");
        }
    }
}

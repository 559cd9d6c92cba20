//! The encodings of messages, with and without the handshake in front.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sprag_primitives::aead::{TAG_LENGTH, Tag};
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::secret::SecretBuffer;
use sprag_x3dh::{CurveMessage, InitialMessage, Slot, Suite, pqxdh, x3dh};

use crate::envelope::{Kind, open_as, open_with_suite};
use crate::keys::{identity_key, public_key};
use crate::{Error, canonical};

/// The size of an encrypted header in bytes.
pub const ENCRYPTED_HEADER_LENGTH: usize = 80;

/// An encrypted header, 80 bytes, which only the ratchet of the two parties can read.
pub type EncryptedHeader = [u8; ENCRYPTED_HEADER_LENGTH];

/// A message of a session: `encrypted header ‖ ciphertext ‖ tag`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Message<'a> {
    /// The encrypted header, 80 bytes.
    pub header: &'a EncryptedHeader,
    /// The ciphertext, as long as the plaintext.
    pub ciphertext: &'a [u8],
    /// The tag, 16 bytes.
    pub tag: &'a Tag,
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
/// # use sprag_wire::{EncodedMessage, encode_message};
/// let mut encoded: EncodedMessage = encode_message(b"plaintext");
/// encoded.buffer().reverse();
/// ```
pub struct EncodedMessage {
    /// Wiped if it is never finished, because it may be a plaintext still.
    bytes: SecretBuffer,
    /// The index at which the header begins.
    start: usize,
}

impl EncodedMessage {
    /// The plaintext, to be replaced by the ciphertext.
    pub fn buffer(&mut self) -> &mut [u8] {
        let start = self.start + ENCRYPTED_HEADER_LENGTH;
        let bytes = self.bytes.expose_mut();
        let end = bytes.len() - TAG_LENGTH;
        bytes.get_mut(start..end).unwrap_or_default()
    }

    /// The finished bytes.
    #[must_use]
    pub fn finish(mut self, header: &EncryptedHeader, tag: &Tag) -> Vec<u8> {
        let bytes = self.bytes.expose_mut();
        let end = bytes.len() - TAG_LENGTH;
        for (start, values) in [(self.start, header.as_slice()), (end, tag)] {
            for (byte, value) in bytes.iter_mut().skip(start).zip(values) {
                *byte = *value;
            }
        }
        self.bytes.into_public()
    }
}

impl fmt::Debug for EncodedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _, start: _ } = self;
        f.debug_struct("EncodedMessage").finish_non_exhaustive()
    }
}

/// Begins the encoding of a message.
#[must_use]
pub fn encode_message(plaintext: &[u8]) -> EncodedMessage {
    EncodedMessage::around(plaintext, Kind::Message.envelope().to_vec())
}

/// Begins the encoding of a message with the handshake in front.
#[must_use]
pub fn encode_prekey_message(handshake: &InitialMessage, plaintext: &[u8]) -> EncodedMessage {
    let envelope = Kind::PrekeyMessage
        .envelope_with(handshake.suite())
        .to_vec();
    let mut bytes = canonical::write(&Record::new(handshake.curve()), envelope);
    if let InitialMessage::Pqxdh(handshake) = handshake {
        bytes = canonical::write(&handshake.kem_prekey, bytes);
        bytes.extend_from_slice(handshake.ciphertext.as_bytes());
    }
    EncodedMessage::around(plaintext, bytes)
}

/// Reads a message.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Oversized`], [`Error::UnknownVersion`], [`Error::UnknownKind`],
/// [`Error::OtherKind`]. All bytes after the header are ciphertext and tag.
pub fn decode_message(bytes: &[u8]) -> Result<Message<'_>, Error> {
    read_message(open_as(bytes, Kind::Message)?)
}

/// Reads a message with the handshake in front.
///
/// # Errors
///
/// All of [`Error`] but [`Error::Trailing`] and [`Error::OtherSuite`].
pub fn decode_prekey_message(bytes: &[u8]) -> Result<PrekeyMessage<'_>, Error> {
    // Read the handshake, whose form depends on the suite.
    let (suite, content) = open_with_suite(bytes, Kind::PrekeyMessage)?;
    let (record, rest) = canonical::read::<Record>(content)?;
    let curve = record.curve()?;
    let (handshake, rest) = match suite {
        Suite::X3dh => (InitialMessage::X3dh(x3dh::InitialMessage { curve }), rest),
        Suite::Pqxdh => {
            let (kem_prekey, rest) = canonical::read(rest)?;
            let (ciphertext, rest) = rest.split_first_chunk().ok_or(Error::Truncated)?;
            let handshake = pqxdh::InitialMessage {
                curve,
                kem_prekey,
                ciphertext: Ciphertext::from_bytes(ciphertext),
            };
            (InitialMessage::Pqxdh(handshake), rest)
        }
    };
    // The rest is the message.
    Ok(PrekeyMessage {
        handshake,
        message: read_message(rest)?,
    })
}

impl EncodedMessage {
    fn around(plaintext: &[u8], mut bytes: Vec<u8>) -> Self {
        let start = bytes.len();
        bytes.reserve_exact(ENCRYPTED_HEADER_LENGTH + plaintext.len() + TAG_LENGTH);
        bytes.extend_from_slice(&[0; ENCRYPTED_HEADER_LENGTH]);
        bytes.extend_from_slice(plaintext);
        bytes.extend_from_slice(&[0; TAG_LENGTH]);
        let bytes = SecretBuffer::from(bytes);
        Self { bytes, start }
    }
}

/// The curve keys and numbers of a handshake.
#[derive(Deserialize, Serialize)]
struct Record {
    identity: [u8; 32],
    ephemeral: [u8; 32],
    ordinal: u32,
    signed_prekey: u32,
    one_time_prekey: Option<u32>,
}

impl Record {
    const fn new(curve: &CurveMessage) -> Self {
        Self {
            identity: *curve.identity.as_bytes(),
            ephemeral: *curve.ephemeral.as_bytes(),
            ordinal: curve.ordinal,
            signed_prekey: curve.signed_prekey,
            one_time_prekey: curve.one_time_prekey,
        }
    }

    fn curve(&self) -> Result<CurveMessage, Error> {
        Ok(CurveMessage {
            identity: identity_key(&self.identity)?,
            ephemeral: public_key(Slot::Ephemeral, &self.ephemeral)?,
            ordinal: self.ordinal,
            signed_prekey: self.signed_prekey,
            one_time_prekey: self.one_time_prekey,
        })
    }
}

fn read_message(bytes: &[u8]) -> Result<Message<'_>, Error> {
    let (header, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let (ciphertext, tag) = rest.split_last_chunk().ok_or(Error::Truncated)?;
    Ok(Message {
        header,
        ciphertext,
        tag,
    })
}

//! The contents of the messages of a client: a header, and what it is in front of.
//!
//! A content travels as the plaintext of a message. The header says what kind of content it is, and which device lists
//! the sender knows, so that two users notice if somebody withholds a list from one of them. A
//! message of a session without a client has any bytes as its plaintext, and no header.

use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::secret::SecretBuffer;

use crate::limits::{MAX_BUNDLE_LENGTH, MAX_CONTENT_BUNDLES, MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH};
use crate::{Error, canonical};

/// The size in bytes of the hash of a device list in a header: the first of SHA-256 of the whole list.
pub const LIST_HASH_LENGTH: usize = 8;

/// The size of a user id in bytes.
pub const USER_ID_LENGTH: usize = 32;

/// The associated data of a message whose plaintext is a content: a label, and the data that the application gives.
///
/// A session without a client has the application's data alone. So a text that somebody encrypts in a session never opens as a
/// content, nor the reverse.
#[must_use]
pub fn content_associated_data(application: &[u8]) -> Vec<u8> {
    [CONTENT_LABEL, application].concat()
}

const CONTENT_LABEL: &[u8] = b"sprag content\x01";

/// The kind of a content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ContentKind {
    /// A text of the sender, or any bytes of the application, 0.
    Text,
    /// A copy of what another device of the same user sent, 1. The payload is a [`Copied`].
    Copy,
    /// A device list, and bundles of the sender's other devices, 2. Without an attached list and with an empty payload it
    /// asks the receiver for its own list.
    List,
    /// A new session, or the wish for one, 3. The payload is a [`Renew`](crate::Renew).
    Renew,
    /// The consent of a new device to belong to the receiver's user, 8. The payload is an [`Acceptance`](crate::Acceptance).
    LinkAcceptance,
    /// The welcome of a new device, or the user key for a device that signs from then on, 9. The payload is a
    /// [`Welcome`](crate::Welcome).
    LinkWelcome,
    /// Nothing, 10. The payload is empty. The message shows that its sender has the session, and turns the ratchet.
    Nothing,
    /// The key of a file, 11. The payload is a [`Copied`] for every device.
    FileKey,
}

impl ContentKind {
    /// The number of this kind, at most 127.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Copy => 1,
            Self::List => 2,
            Self::Renew => 3,
            Self::LinkAcceptance => 8,
            Self::LinkWelcome => 9,
            Self::Nothing => 10,
            Self::FileKey => 11,
        }
    }

    /// The kind of this number.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownContent`]
    pub const fn from_byte(byte: u8) -> Result<Self, Error> {
        match byte {
            0 => Ok(Self::Text),
            1 => Ok(Self::Copy),
            2 => Ok(Self::List),
            3 => Ok(Self::Renew),
            8 => Ok(Self::LinkAcceptance),
            9 => Ok(Self::LinkWelcome),
            10 => Ok(Self::Nothing),
            11 => Ok(Self::FileKey),
            other => Err(Error::UnknownContent(other)),
        }
    }
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Copy => "copy",
            Self::List => "list",
            Self::Renew => "renewal",
            Self::LinkAcceptance => "link acceptance",
            Self::LinkWelcome => "link welcome",
            Self::Nothing => "nothing",
            Self::FileKey => "file key",
        })
    }
}

/// A content: a header, and the payload behind it.
#[derive(Clone, Copy, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Content<'a> {
    /// The kind.
    pub kind: ContentKind,
    /// The version of the sender's own device list.
    pub version: u64,
    /// The first 8 bytes of SHA-256 of that list.
    pub hash: [u8; LIST_HASH_LENGTH],
    /// The version of the receiver's device list that the sender knows, 0 if it knows none.
    pub known: u64,
    /// The sender's own device list, if it is attached: at most [`MAX_LIST_LENGTH`] bytes, which are neither decoded nor
    /// verified.
    pub list: Option<&'a [u8]>,
    /// The payload, whose form depends on the kind.
    pub payload: &'a [u8],
}

/// Shows the header alone, because the payload is secret.
impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            version,
            hash: _,
            known,
            list: _,
            payload: _,
        } = self;
        f.debug_struct("Content")
            .field("kind", kind)
            .field("version", version)
            .field("known", known)
            .finish_non_exhaustive()
    }
}

/// Encodes a content. The header has 11 bytes if both versions are below 128, and 29 at most; an attached list comes on
/// top of that with two bytes for its length, or one below 128 bytes.
///
/// # Errors
///
/// [`Error::Oversized`] if the list is longer than [`MAX_LIST_LENGTH`].
pub fn encode_content(content: &Content<'_>) -> Result<SecretBuffer, Error> {
    let Content {
        kind,
        version,
        hash,
        known,
        list,
        payload,
    } = *content;
    let attached = if list.is_some() { LIST_ATTACHED } else { 0 };
    // The header is no secret, so it may grow where it lies; the payload is copied once.
    let mut header = canonical::write(&version, [kind.to_byte() | attached].to_vec());
    header.extend_from_slice(&hash);
    let mut header = canonical::write(&known, header);
    if let Some(list) = list {
        header = canonical::write_block(list, MAX_LIST_LENGTH, header)?;
    }
    Ok(joined(&header, payload))
}

/// Reads a content. An attached list and the payload are borrowed, not decoded.
///
/// # Errors
///
/// [`Error::UnknownContent`] if the kind is not known, whatever follows it, because a later version may have given it
/// another form; [`Error::Truncated`], [`Error::Malformed`], [`Error::NotCanonical`], [`Error::Oversized`].
pub fn decode_content(bytes: &[u8]) -> Result<Content<'_>, Error> {
    let (first, rest) = bytes.split_first().ok_or(Error::Truncated)?;
    let kind = ContentKind::from_byte(first & !LIST_ATTACHED)?;
    let (version, rest) = canonical::read(rest)?;
    let (hash, rest) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    let (known, rest) = canonical::read(rest)?;
    let (list, payload) = if first & LIST_ATTACHED == 0 {
        (None, rest)
    } else {
        let (list, rest) = canonical::read_block(rest, MAX_LIST_LENGTH)?;
        (Some(list), rest)
    };
    Ok(Content {
        kind,
        version,
        hash: *hash,
        known,
        list,
        payload,
    })
}

/// The payload of a copy: what another device of the same user sent, and to whom.
#[derive(Clone, Copy, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Copied<'a> {
    /// The id of the user that it was sent to.
    pub user: [u8; USER_ID_LENGTH],
    /// The payload that was sent, a text or the key of a file.
    pub payload: &'a [u8],
}

/// Shows nothing, because it is secret who was written to and what.
impl fmt::Debug for Copied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user: _,
            payload: _,
        } = self;
        f.debug_struct("Copied").finish_non_exhaustive()
    }
}

/// Encodes the payload of a copy: `user id ‖ block(payload)`.
///
/// # Errors
///
/// [`Error::Oversized`] if the payload is longer than [`MAX_MESSAGE_LENGTH`].
pub fn encode_copy(copied: &Copied<'_>) -> Result<SecretBuffer, Error> {
    let length = canonical::block_length(copied.payload, MAX_MESSAGE_LENGTH)?;
    let head = canonical::write(&length, copied.user.to_vec());
    Ok(joined(&head, copied.payload))
}

/// Reads the payload of a copy.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Malformed`], [`Error::NotCanonical`], [`Error::Oversized`], [`Error::Trailing`]
pub fn decode_copy(bytes: &[u8]) -> Result<Copied<'_>, Error> {
    let (user, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let (payload, rest) = canonical::read_block(rest, MAX_MESSAGE_LENGTH)?;
    if !rest.is_empty() {
        return Err(Error::Trailing);
    }
    Ok(Copied {
        user: *user,
        payload,
    })
}

/// Encodes the payload of a list: a block for each bundle, up to the end. The bundles are not looked at.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than [`MAX_CONTENT_BUNDLES`], or one is longer than [`MAX_BUNDLE_LENGTH`].
pub fn encode_bundles<B: AsRef<[u8]>>(bundles: &[B]) -> Result<Vec<u8>, Error> {
    if bundles.len() > MAX_CONTENT_BUNDLES {
        return Err(Error::Oversized);
    }
    bundles.iter().try_fold(Vec::new(), |output, bundle| {
        canonical::write_block(bundle.as_ref(), MAX_BUNDLE_LENGTH, output)
    })
}

/// Reads the payload of a list. The bundles are borrowed, not decoded.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Malformed`], [`Error::NotCanonical`]; [`Error::Oversized`] if there are more than
/// [`MAX_CONTENT_BUNDLES`], or one is longer than [`MAX_BUNDLE_LENGTH`].
pub fn decode_bundles(mut bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut bundles = Vec::new();
    while !bytes.is_empty() {
        if bundles.len() == MAX_CONTENT_BUNDLES {
            return Err(Error::Oversized);
        }
        let (bundle, rest) = canonical::read_block(bytes, MAX_BUNDLE_LENGTH)?;
        bundles.push(bundle);
        bytes = rest;
    }
    Ok(bundles)
}

/// The bit of the kind that says that a list is attached.
const LIST_ATTACHED: u8 = 0x80;

/// A secret behind bytes that are none, in memory that is wiped.
pub(crate) fn joined(head: &[u8], secret: &[u8]) -> SecretBuffer {
    let mut buffer = SecretBuffer::zeroed(head.len() + secret.len());
    let (first, second) = buffer.expose_mut().split_at_mut(head.len());
    first.copy_from_slice(head);
    second.copy_from_slice(secret);
    buffer
}

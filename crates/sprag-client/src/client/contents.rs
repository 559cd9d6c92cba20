//! The contents of messages, with the header in front of each.

use alloc::vec::Vec;

use sprag::Error;
use sprag_devices::{DeviceList, KnownList};
use sprag_primitives::secret::SecretBuffer;
use sprag_wire::{Content, ContentKind, decode_content, encode_content};

use crate::error::ClientError;
use crate::records::Claim;

/// The part of a content that depends on the receiver.
pub(super) struct Addressed<'a> {
    pub(super) kind: ContentKind,
    /// The newest list of the own user.
    pub(super) own: &'a DeviceList,
    /// The statement that the header makes of that list.
    pub(super) claim: Claim,
    /// The newest list of the receiver's user that is known.
    pub(super) peer: Option<&'a KnownList>,
    /// Set if the own list is attached.
    pub(super) attached: bool,
    pub(super) payload: &'a [u8],
}

impl Addressed<'_> {
    /// The content as it travels.
    pub(super) fn encode(&self) -> Result<SecretBuffer, Error> {
        let content = Content {
            kind: self.kind,
            version: self.claim.version,
            hash: self.claim.hash,
            known: self.peer.map_or(0, |peer| peer.list().version()),
            list: self.attached.then(|| self.own.as_bytes()),
            payload: self.payload,
        };
        encode_content(&content).map_err(Error::Wire)
    }
}

/// Tells whether a content is for the client itself, and not for its user. Nothing of it is held once it is committed, and a
/// device that its user has removed cannot send one.
pub(super) const fn is_control(kind: ContentKind) -> bool {
    !matches!(
        kind,
        ContentKind::Text | ContentKind::Copy | ContentKind::FileKey
    )
}

/// The header of a content that arrived.
pub(super) struct Header {
    pub(super) kind: ContentKind,
    /// The newest list of the sender's user that the sender knows.
    pub(super) claim: Claim,
    /// The version of the own list that the sender knows.
    pub(super) known: u64,
    /// The list that is attached, with its signatures verified.
    pub(super) list: Option<DeviceList>,
    /// The place at which the payload begins.
    pub(super) payload: usize,
}

impl Header {
    /// Reads the header of a content.
    pub(super) fn read<E>(content: &[u8]) -> Result<Self, ClientError<E>> {
        let decoded = match decode_content(content) {
            Err(sprag_wire::Error::UnknownContent(kind)) => {
                return Err(ClientError::UnknownContent(kind));
            }
            decoded => decoded.map_err(Error::Wire)?,
        };
        let list = decoded.list.map(DeviceList::decode).transpose()?;
        let claim = Claim {
            version: decoded.version,
            hash: decoded.hash,
        };
        // The header must speak of the list that comes with it.
        if list.as_ref().is_some_and(|list| Claim::of(list) != claim) {
            return Err(ClientError::ListMismatch);
        }
        Ok(Self {
            kind: decoded.kind,
            claim,
            known: decoded.known,
            list,
            payload: content.len() - decoded.payload.len(),
        })
    }

    /// Tells whether the content asks for the own list.
    pub(super) fn asks_for_list(&self, payload: &[u8]) -> bool {
        self.kind == ContentKind::List && self.list.is_none() && payload.is_empty()
    }
}

/// Cuts off what is in front of a payload, in the same memory, and wipes what is left behind it.
pub(super) fn cut_front(buffer: &mut Vec<u8>, start: usize) {
    let length = buffer.len().saturating_sub(start);
    let start = buffer.len() - length;
    buffer.copy_within(start.., 0);
    buffer.iter_mut().skip(length).for_each(|byte| *byte = 0);
    buffer.truncate(length);
}

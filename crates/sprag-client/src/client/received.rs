use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use sprag::Opened;
use sprag_devices::limits::MAX_DEVICES;
use sprag_devices::{Device, DeviceNumber, GoneDevice, Reason, UserId};
use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::{Error as PrimitiveError, snapshot_fields};
use sprag_wire::{ContentKind, RenewReason, UNREAD_HASH_LENGTH, USER_ID_LENGTH};

use super::Incoming;
use crate::limits::MAX_NAME_LENGTH;
use crate::name::Name;

/// A message that was decrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// The name of the sender. Of a copy it is the name of the peer that it was sent to, or its user id in hexadecimal digits
    /// if the peer has no name here.
    pub peer: String,
    /// The user id of that peer. It is missing as long as no device list of the peer was seen, and in a file's key by another
    /// device of the own user.
    pub user: Option<UserId>,
    /// The plaintext, and what else the receiver learns. The plaintext of a content that is not held is empty. The sender is the device.
    pub opened: Opened,
    /// The kind of the content. A text, a copy and a file's key are held until they are acknowledged; the others have been
    /// taken, and need no acknowledgement.
    pub content: ContentKind,
    /// Tells whether a peer sent the message or another device of the own user.
    pub sent_by: SentBy,
    /// The number of the sender's device in its user's list. It is missing as long as no list of the peer was seen.
    pub device: Option<DeviceNumber>,
    /// Set if the user has retired the device. The message was on its way for long: worth telling the user.
    pub retired_device: bool,
    /// The devices that the list in the message added to the sender's user: worth telling the user. If the sender is new,
    /// these are all its devices.
    pub new_devices: Vec<Device>,
    /// The devices that the list in the message took away.
    pub gone_devices: Vec<GoneDevice>,
    /// Set if the sender was not known, and became a peer by this message: worth telling the user, with the identity to
    /// compare. It stays set when the message is read again, until it is acknowledged.
    pub new_peer: bool,
    /// Set if the message began the session.
    pub new_session: bool,
    /// Set if the message began the session although there was one that worked: the peer was known to have the session to
    /// send in, and this party was about to begin none. The peer renewed the session or lost its state, or an attacker has
    /// its identity key: worth telling the user.
    ///
    /// The first session with a peer, and one that the peer begins while one of this party is unanswered or wanted, are no
    /// surprise. A bundle that this party gave out is no reason to expect a session, because it does not say who may use
    /// it. A session that is old from the start is told of by `old_session`.
    pub unexpected_session: bool,
    /// Set if the session was followed by one that both parties have used. The message was on its way for long, or an
    /// attacker has a copy of the old session: worth telling the user.
    pub old_session: bool,
    /// Set if the peer has sent [many messages](crate::limits::MESSAGES_BEFORE_ANSWER_IS_DUE) in a row: an answer, for which
    /// [`Client::nothing`](crate::Client::nothing) is enough, brings new secrets into the session. It is not stored with a
    /// message that is held.
    pub answer_due: bool,
    /// The reason for which the sender has renewed the session by this message: worth telling the user. The messages of
    /// [`unread`](Self::unread) are lost.
    pub renewed: Option<RenewReason>,
    /// The reason for which the sender asks for a new session, which the next message to it begins.
    pub requested: Option<RenewReason>,
    /// The messages of this party that the sender could not read, if this is a renewal or a request: their
    /// [hashes](sprag_wire::unread_hash), at most [`MAX_UNREAD_MESSAGES`](crate::limits::MAX_UNREAD_MESSAGES).
    pub unread: Vec<[u8; UNREAD_HASH_LENGTH]>,
    /// The receipt, which [`Client::acknowledge`](crate::Client::acknowledge) takes once the plaintext is safe.
    pub receipt: Receipt,
    /// The hash of the whole message, which a copy of it must have.
    pub(crate) digest: Digest,
}

/// The side that a message was sent by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "somebody else or oneself")]
pub enum SentBy {
    /// A peer.
    Peer,
    /// Another device of the own user.
    OwnDevice,
}

impl Received {
    /// The user id of the peer, if the message is a copy.
    pub(crate) fn copied_to(&self) -> Option<[u8; USER_ID_LENGTH]> {
        let user = self.user.filter(|_| self.content == ContentKind::Copy);
        user.map(|user| *user.as_bytes())
    }
}

impl Snapshot for Received {
    fn put(&self, writer: &mut Writer) {
        writer.block(self.peer.as_bytes());
        writer.put(&self.user);
        writer.put(&self.receipt);
        writer.put(&self.digest);
        writer.put(&self.content.to_byte());
        writer.put(&(self.sent_by == SentBy::OwnDevice));
        writer.put(&self.device);
        writer.put(&self.retired_device);
        writer.put(&self.new_peer);
        writer.put(&self.new_session);
        writer.put(&self.unexpected_session);
        writer.put(&self.old_session);
        writer.length(self.new_devices.len());
        for device in &self.new_devices {
            writer.put(device);
        }
        writer.length(self.gone_devices.len());
        for gone in &self.gone_devices {
            writer.put(&gone.device);
            writer.put(&gone.reason.map(Reason::to_byte));
        }
        writer.put(&self.opened);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let peer = reader.block(MAX_NAME_LENGTH)?;
        // A user without a name has an empty one, or its id, which has the form of a name.
        if !peer.is_empty() && Name::stored(peer).is_none() {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        let peer = core::str::from_utf8(peer).map_err(|_| PrimitiveError::SnapshotInvalid)?;
        let user = reader.get()?;
        let receipt = reader.get()?;
        let digest = reader.get()?;
        let content = content_kind(reader.get()?)?;
        let is_own: bool = reader.get()?;
        let device = reader.get()?;
        let retired_device = reader.get()?;
        let new_peer = reader.get()?;
        let new_session = reader.get()?;
        let unexpected_session = reader.get()?;
        let old_session = reader.get()?;
        let mut new_devices = Vec::new();
        for _ in 0..reader.length(MAX_DEVICES)? {
            new_devices.push(reader.get()?);
        }
        let mut gone_devices = Vec::new();
        for _ in 0..reader.length(MAX_DEVICES)? {
            let device = reader.get()?;
            let reason: Option<u8> = reader.get()?;
            let reason = match reason {
                Some(byte) => Some(Reason::from_byte(byte).ok_or(PrimitiveError::SnapshotInvalid)?),
                None => None,
            };
            gone_devices.push(GoneDevice { device, reason });
        }
        Ok(Self {
            peer: peer.into(),
            user,
            opened: reader.get()?,
            content,
            sent_by: if is_own {
                SentBy::OwnDevice
            } else {
                SentBy::Peer
            },
            device,
            retired_device,
            new_peer,
            new_session,
            unexpected_session,
            old_session,
            new_devices,
            gone_devices,
            answer_due: false,
            renewed: None,
            requested: None,
            unread: Vec::new(),
            receipt,
            digest,
        })
    }
}

/// Tells whether a content is held until it is acknowledged. Of the others nothing is left once they are committed.
pub(super) const fn is_held(kind: ContentKind) -> bool {
    matches!(
        kind,
        ContentKind::Text | ContentKind::Copy | ContentKind::FileKey
    )
}

/// The kind of a content that is held.
fn content_kind(byte: u8) -> Result<ContentKind, PrimitiveError> {
    ContentKind::from_byte(byte)
        .ok()
        .filter(|kind| is_held(*kind))
        .ok_or(PrimitiveError::SnapshotInvalid)
}

/// The name of a message that was decrypted and not yet acknowledged: a hash of its start, 32 bytes.
///
/// At the start are the handshake and the header, whose random nonce no two genuine messages share. The rest is left out,
/// because a message has a receipt before anything of it has authenticated, and must cost nothing by its length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt([u8; SHA256_LENGTH]);

snapshot_fields!(Receipt(hash));

impl Receipt {
    /// The receipt of a message, whether it can be decrypted or not.
    pub(super) fn of(incoming: &Incoming<'_>) -> Self {
        let Incoming {
            message,
            associated_data,
        } = incoming;
        let length = (message.len() as u64).to_le_bytes();
        let (start, _) = message.split_at(START_LENGTH.min(message.len()));
        Self(sha256(&[&length, start, associated_data]))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; SHA256_LENGTH] {
        &self.0
    }

    /// The beginning of the receipt, which no two of a few messages share except by a great chance.
    pub(crate) const fn beginning(&self) -> [u8; RECEIPT_BEGINNING_LENGTH] {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        [a, b, c, d, e, f, g, h]
    }
}

/// A hash of a whole message, 32 bytes. Two messages of one receipt and two digests are one message and a damaged copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Digest([u8; SHA256_LENGTH]);

snapshot_fields!(Digest(hash));

impl Digest {
    pub(super) fn of(incoming: &Incoming<'_>) -> Self {
        Self(sha256(&[incoming.message]))
    }
}

/// A message that is not given out yet. Its plaintext, which may be the key of a file, is wiped unless it is
/// given out.
pub(super) struct Unreleased(pub(super) Received);

impl Unreleased {
    /// Gives the message out.
    pub(super) fn release(mut self) -> Received {
        let plaintext = mem::take(&mut self.0.opened.plaintext);
        let mut received = self.0.clone();
        received.opened.plaintext = plaintext;
        received
    }
}

impl Drop for Unreleased {
    fn drop(&mut self) {
        drop(SecretBuffer::from(mem::take(&mut self.0.opened.plaintext)));
    }
}

/// The length of the beginning of a receipt in bytes.
pub(crate) const RECEIPT_BEGINNING_LENGTH: usize = 8;

/// The bytes at the start of a message that its receipt covers: more than a handshake and a header have.
const START_LENGTH: usize = 2048;

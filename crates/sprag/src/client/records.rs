//! What the records hold.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{IdentityKey, SessionId};

use super::used_keys::UsedKeys;
use super::{Receipt, Received};
use crate::limits::{MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH, MAX_NAME_LENGTH};
use crate::origin::{EstablishedBy, OneTimeKeys};
use crate::session::{Opened, Session};

/// A peer, under its name.
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) identity: IdentityKey,
    /// The latest bundle, until a session began with it.
    pub(super) bundle: Option<Vec<u8>>,
    /// The bundle came when there was a session already: the next message begins a new one.
    pub(super) renew: bool,
    /// When the newest signed prekey that this peer was known to have was made; 0 if it does not say.
    pub(super) newest: u64,
}

impl Peer {
    pub(super) fn write(&self) -> SecretBuffer {
        let mut writer = Writer::new();
        writer.block(self.name.as_bytes());
        writer.bytes(self.identity.as_bytes());
        writer.option(self.bundle.as_ref(), |writer, bundle| writer.block(bundle));
        writer.u8(self.renew.into());
        writer.u64(self.newest);
        writer.finish()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PrimitiveError> {
        let mut reader = Reader::new(bytes);
        let peer = Self {
            name: read_name(&mut reader)?,
            identity: IdentityKey::from_bytes(reader.array()?)?,
            bundle: reader.option(|reader| reader.block(MAX_BUNDLE_LENGTH).map(<[u8]>::to_vec))?,
            renew: reader.u8()? != 0,
            newest: reader.u64()?,
        };
        reader.finish()?;
        Ok(peer)
    }
}

/// A session, and its places in the orders in which the sessions with its peer began and were used.
pub(super) struct StoredSession {
    pub(super) begun: u64,
    pub(super) activity: u64,
    /// The peer's one-time prekeys with which this party began it.
    pub(super) used: UsedKeys,
    pub(super) session: Session,
}

impl StoredSession {
    pub(super) fn write(&self) -> SecretBuffer {
        let mut writer = Writer::new();
        writer.u64(self.begun);
        writer.u64(self.activity);
        self.used.write(&mut writer);
        writer.bytes(self.session.snapshot().expose());
        writer.finish()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PrimitiveError> {
        let mut reader = Reader::new(bytes);
        Ok(Self {
            begun: reader.u64()?,
            activity: reader.u64()?,
            used: UsedKeys::read(&mut reader)?,
            session: Session::from_snapshot(reader.rest())
                .map_err(|_| PrimitiveError::SnapshotInvalid)?,
        })
    }
}

/// That a message was decrypted and not yet acknowledged.
pub(super) struct Unacknowledged {
    /// The place in the order of arrival.
    pub(super) arrival: u64,
    pub(super) sender: IdentityKey,
    pub(super) receipt: Receipt,
    /// The length of the plaintext.
    pub(super) length: u64,
}

impl Unacknowledged {
    pub(super) fn write(&self) -> SecretBuffer {
        let mut writer = Writer::new();
        writer.u64(self.arrival);
        writer.bytes(self.sender.as_bytes());
        writer.bytes(&self.receipt.0);
        writer.u64(self.length);
        writer.finish()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PrimitiveError> {
        let mut reader = Reader::new(bytes);
        let message = Self {
            arrival: reader.u64()?,
            sender: IdentityKey::from_bytes(reader.array()?)?,
            receipt: Receipt(*reader.array()?),
            length: reader.u64()?,
        };
        reader.finish()?;
        Ok(message)
    }
}

/// What a message that is not acknowledged says.
pub(super) fn write_received(received: &Received) -> SecretBuffer {
    let opened = &received.opened;
    let mut writer = Writer::new();
    writer.block(received.peer.as_bytes());
    writer.bytes(&received.receipt.0);
    writer.u8(received.new_session.into());
    writer.bytes(opened.sender.as_bytes());
    writer.bytes(opened.session_id.as_bytes());
    writer.u8(opened.established_by.to_byte());
    opened.one_time_keys.write_snapshot(&mut writer);
    writer.block(&opened.plaintext);
    writer.finish()
}

pub(super) fn read_received(bytes: &[u8]) -> Result<Received, PrimitiveError> {
    let mut reader = Reader::new(bytes);
    let peer = read_name(&mut reader)?;
    let receipt = Receipt(*reader.array()?);
    let new_session = reader.u8()? != 0;
    let sender = IdentityKey::from_bytes(reader.array()?)?;
    let session_id = SessionId::from_bytes(*reader.array()?);
    let established_by =
        EstablishedBy::from_byte(reader.u8()?).ok_or(PrimitiveError::SnapshotInvalid)?;
    let one_time_keys = OneTimeKeys::read_snapshot(&mut reader)?;
    let plaintext = reader.block(MAX_MESSAGE_LENGTH)?;
    reader.finish()?;
    Ok(Received {
        peer,
        opened: Opened {
            plaintext: plaintext.to_vec(),
            sender,
            session_id,
            established_by,
            one_time_keys,
        },
        new_session,
        receipt,
    })
}

fn read_name(reader: &mut Reader<'_>) -> Result<String, PrimitiveError> {
    let name = reader.block(MAX_NAME_LENGTH)?;
    core::str::from_utf8(name)
        .map(ToOwned::to_owned)
        .map_err(|_| PrimitiveError::SnapshotInvalid)
}

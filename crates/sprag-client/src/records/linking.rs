//! The records of a device that is being linked to a user, on both sides.

use alloc::string::String;
use alloc::vec::Vec;

use sprag::{IdentityKey, PrekeyId, SessionId};
use sprag_devices::{Device, KnownList, LINK_SECRET_LENGTH};
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::{Error as PrimitiveError, SecretBytes, snapshot_fields};
use sprag_wire::limits::{MAX_BUNDLE_LENGTH, MAX_DEVICE_NAME_LENGTH, MAX_MESSAGE_LENGTH};

/// The invitation that is open: one at most.
pub(crate) struct OpenInvitation {
    pub(crate) secret: SecretBytes<LINK_SECRET_LENGTH>,
    /// The last second in which it can be accepted, in seconds since 1970-01-01 UTC.
    pub(crate) expiry: u64,
    /// The highest number of the prekeys in its bundle, which no other bundle has.
    pub(crate) newest_prekey: PrekeyId,
    /// The number of times that wrong digits were given.
    pub(crate) wrong_digits: u8,
}

snapshot_fields!(OpenInvitation {
    secret,
    expiry,
    newest_prekey,
    wrong_digits,
});

/// The invitation that this device has accepted, until it is welcomed.
pub(crate) struct PendingLink {
    /// The device that wrote the invitation.
    pub(crate) inviter: IdentityKey,
    /// The list in the invitation.
    pub(crate) list: KnownList,
    /// This device as it has signed itself.
    pub(crate) device: Device,
    pub(crate) secret: SecretBytes<LINK_SECRET_LENGTH>,
    /// The session with the inviter.
    pub(crate) session: SessionId,
    /// The acceptance, until it is certain that it has left.
    pub(crate) acceptance: Vec<u8>,
}

impl Snapshot for PendingLink {
    fn put(&self, writer: &mut Writer) {
        let Self {
            inviter,
            list,
            device,
            secret,
            session,
            acceptance,
        } = self;
        writer.put(inviter);
        writer.put(list);
        writer.put(device);
        writer.put(secret);
        writer.put(session);
        writer.block(acceptance);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            inviter: reader.get()?,
            list: reader.get()?,
            device: reader.get()?,
            secret: reader.get()?,
            session: reader.get()?,
            acceptance: reader.block(MAX_MESSAGE_LENGTH)?.to_vec(),
        })
    }
}

/// A device that was linked to the own user here.
pub(crate) struct LinkedDevice {
    /// The version of the list that added it.
    pub(crate) version: u64,
    /// The name that it gave itself.
    pub(crate) name: String,
    /// Its bundle for any number of readers, with an empty list. It is handed on with the newest one.
    pub(crate) bundle: Vec<u8>,
}

impl Snapshot for LinkedDevice {
    fn put(&self, writer: &mut Writer) {
        let Self {
            version,
            name,
            bundle,
        } = self;
        writer.put(version);
        writer.block(name.as_bytes());
        writer.block(bundle);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let version = reader.get()?;
        let name = core::str::from_utf8(reader.block(MAX_DEVICE_NAME_LENGTH)?)
            .map_err(|_| PrimitiveError::SnapshotInvalid)?;
        Ok(Self {
            version,
            name: name.into(),
            bundle: reader.block(MAX_BUNDLE_LENGTH)?.to_vec(),
        })
    }
}

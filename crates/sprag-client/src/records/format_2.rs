//! The records of stores of format 2, which knew of no repair and of no right to sign. They are read once, when the store is
//! carried over.

use alloc::vec::Vec;

use sprag::{IdentityKey, Suite};
use sprag_devices::{KnownList, Verification};
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;

use super::device::MAX_DEVICES;
use super::{Claim, Device, Devices, Mark, OwnUser, Peer, PeerUser, Repair, Signing};
use crate::name::Name;

/// A peer.
pub(crate) struct PeerBeforeRepair {
    name: Name,
    user: PeerUser,
    devices: DevicesBeforeRepair,
    verification: Verification,
    equivocated: bool,
    unknown_contents: u32,
}

snapshot_fields!(PeerBeforeRepair {
    name,
    user,
    devices,
    verification,
    equivocated,
    unknown_contents,
});

impl PeerBeforeRepair {
    pub(crate) fn carried_over(self) -> Peer {
        let Self {
            name,
            user,
            devices,
            verification,
            equivocated,
            unknown_contents,
        } = self;
        Peer {
            name,
            user,
            devices: devices.carried_over(),
            verification,
            equivocated,
            unknown_contents,
            unreadable: 0,
        }
    }
}

/// The own user.
pub(crate) struct OwnUserBeforeSigning {
    identity: IdentityKey,
    list: KnownList,
    devices: DevicesBeforeRepair,
}

snapshot_fields!(OwnUserBeforeSigning {
    identity,
    list,
    devices
});

impl OwnUserBeforeSigning {
    pub(crate) fn carried_over(self) -> OwnUser {
        let Self {
            identity,
            list,
            devices,
        } = self;
        OwnUser {
            identity,
            list,
            devices: devices.carried_over(),
            signing: Signing::Sure,
        }
    }
}

/// A device.
struct DeviceBeforeRepair {
    identity: IdentityKey,
    bundle: Option<Suite>,
    renew: bool,
    mark: Mark,
    knows: u64,
    claim: Option<Claim>,
}

snapshot_fields!(DeviceBeforeRepair {
    identity,
    bundle,
    renew,
    mark,
    knows,
    claim,
});

impl DeviceBeforeRepair {
    fn carried_over(self) -> Device {
        let Self {
            identity,
            bundle,
            renew,
            mark,
            knows,
            claim,
        } = self;
        Device {
            identity,
            bundle,
            renew,
            mark,
            knows,
            claim,
            late: 0,
            repair: Repair::new(),
            put_back_at: 0,
        }
    }
}

/// The devices of one user.
struct DevicesBeforeRepair(Vec<DeviceBeforeRepair>);

impl DevicesBeforeRepair {
    fn carried_over(self) -> Devices {
        let devices = self.0.into_iter();
        Devices::all(devices.map(DeviceBeforeRepair::carried_over).collect())
    }
}

impl Snapshot for DevicesBeforeRepair {
    fn put(&self, writer: &mut Writer) {
        writer.length(self.0.len());
        for device in &self.0 {
            writer.put(device);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let mut devices = Vec::new();
        for _ in 0..reader.length(MAX_DEVICES)? {
            devices.push(reader.get()?);
        }
        Ok(Self(devices))
    }
}

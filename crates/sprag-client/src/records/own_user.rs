use sprag::IdentityKey;
use sprag_devices::KnownList;
use sprag_primitives::snapshot_fields;

use super::{Devices, Signing};

/// The user that this account is a device of.
pub(crate) struct OwnUser {
    /// The identity key of this device.
    pub(crate) identity: IdentityKey,
    /// The newest list of the user's devices.
    pub(crate) list: KnownList,
    /// The state of the other devices.
    pub(crate) devices: Devices,
    /// The right of this device to sign the list.
    pub(crate) signing: Signing,
}

snapshot_fields!(OwnUser {
    identity,
    list,
    devices,
    signing,
});

use sprag_devices::KnownList;
use sprag_primitives::snapshot_fields;

use super::Devices;

/// The user that this account is a device of.
pub(crate) struct OwnUser {
    /// The newest list of the user's devices.
    pub(crate) list: KnownList,
    /// The state of the other devices.
    pub(crate) devices: Devices,
}

snapshot_fields!(OwnUser { list, devices });

use alloc::vec::Vec;

use sprag_devices::{Device, DeviceNumber, GoneDevice, UserId};

/// The outcome of a bundle that was added.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Addition {
    /// The effect on the next message.
    pub added: Added,
    /// The user id of the peer.
    pub user: UserId,
    /// The number of the device that the bundle is of.
    pub device: DeviceNumber,
    /// The devices that the list in the bundle added: worth telling the user. If the peer is new, these are all its devices.
    pub new_devices: Vec<Device>,
    /// The devices that the list took away.
    pub gone_devices: Vec<GoneDevice>,
}

/// The effect of a bundle on the next message to its device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all that can happen next")]
pub enum Added {
    /// The name is new. The next message begins a session with this bundle.
    New,
    /// The name was known, and the device could not be reached before. The next message begins a session with this bundle.
    NewDevice,
    /// The name was known, with the same device and without a session. The next message begins one with this bundle.
    Pending,
    /// The name was known, with the same device and a session that works. That session goes on, and the bundle is not
    /// kept.
    Known,
    /// The name was known, with the same device, and a session began with this bundle before. It begins no other one, and
    /// the device is as it was.
    Used,
    /// The name was known, with the same device, and the next message begins a new session.
    Renewed,
}

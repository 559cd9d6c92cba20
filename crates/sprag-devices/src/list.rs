mod change;
mod decode;
mod digests;

use alloc::vec::Vec;

use sprag_x3dh::IdentityKey;

use crate::device::{Device, DeviceNumber, Revoked, Status};
use crate::user::{UserId, UserKey};

pub use decode::DEVICE_LIST_KIND;
pub(crate) use digests::Digests;

/// The size of the hash that a list names the one before it by, in bytes.
pub const LIST_HASH_LENGTH: usize = 32;

/// The devices of a user, signed by the user key, with every signature verified (docs/protocol.md, "Users and their
/// devices").
///
/// A list keeps the bytes that it was read from, because hashes and signatures cover them. It has 233 bytes with one
/// device, and at most 99 more for each further one.
///
/// ```
/// use sprag_devices::{Device, DeviceList, DeviceNumber, Reason, Revoked, UserKeyPair};
/// use sprag_x3dh::IdentityKeyPair;
/// # use rand::{SeedableRng as _, rngs::StdRng};
/// # let mut rng = StdRng::seed_from_u64(1);
///
/// // A user begins with one device.
/// let user = UserKeyPair::generate(&mut rng);
/// let phone = IdentityKeyPair::generate(&mut rng);
/// let first = DeviceList::first(&user, &phone, 1_800_000_000, &mut rng);
///
/// // The laptop signs that it is the next device, and the user lists it.
/// let laptop = IdentityKeyPair::generate(&mut rng);
/// let laptop = Device::sign(&laptop, user.public(), first.next_number(), &mut rng);
/// let second = first.with_device(&user, laptop, 1_800_000_300)?;
/// assert_eq!(second.devices().len(), 2);
///
/// // The laptop is lost.
/// let lost = Revoked { number: laptop.number, reason: Reason::Lost };
/// let third = second.without_device(&user, lost, 1_800_000_600)?;
/// assert_eq!(third.device(DeviceNumber::FIRST).unwrap().identity, *phone.public());
///
/// // A reader verifies all of it.
/// assert_eq!(DeviceList::decode(third.as_bytes()), Ok(third));
/// # Ok::<(), sprag_devices::ChangeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceList {
    bytes: Vec<u8>,
    digests: Digests,
    content: Content,
}

/// The fields of a list before its signature.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Content {
    user: UserKey,
    version: u64,
    created: u64,
    previous: [u8; LIST_HASH_LENGTH],
    next_number: DeviceNumber,
    devices: Vec<Device>,
    revoked: Vec<Revoked>,
}

impl DeviceList {
    /// The encoding, at most [`MAX_LIST_LENGTH`](crate::limits::MAX_LIST_LENGTH) bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the encoding, 32 bytes, by which the next list names this one.
    #[must_use]
    pub const fn hash(&self) -> [u8; LIST_HASH_LENGTH] {
        self.digests.list
    }

    /// The key of the user, which signed the list.
    #[must_use]
    pub const fn user(&self) -> &UserKey {
        &self.content.user
    }

    /// The name of the user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.digests.user
    }

    pub(crate) const fn digests(&self) -> &Digests {
        &self.digests
    }

    /// The version, from 1.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.content.version
    }

    /// The time at which the list was made, in seconds since 1970-01-01 UTC; 0 if it is not stated.
    #[must_use]
    pub const fn created(&self) -> u64 {
        self.content.created
    }

    /// The hash of the list before this one; zeros in version 1.
    #[must_use]
    pub const fn previous(&self) -> &[u8; LIST_HASH_LENGTH] {
        &self.content.previous
    }

    /// The lowest number that was never given to a device.
    #[must_use]
    pub const fn next_number(&self) -> DeviceNumber {
        self.content.next_number
    }

    /// The devices, by number: 1 to [`MAX_DEVICES`](crate::limits::MAX_DEVICES).
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.content.devices
    }

    /// The revoked devices, by number: at most [`MAX_REVOKED`](crate::limits::MAX_REVOKED).
    #[must_use]
    pub fn revoked(&self) -> &[Revoked] {
        &self.content.revoked
    }

    /// The device with this number.
    #[must_use]
    pub fn device(&self, number: DeviceNumber) -> Option<&Device> {
        self.devices().iter().find(|device| device.number == number)
    }

    /// The device with this identity key. The sender of a message must be found by this, and never by a number.
    #[must_use]
    pub fn identify(&self, identity: &IdentityKey) -> Option<&Device> {
        let mut devices = self.devices().iter();
        devices.find(|device| device.identity == *identity)
    }

    /// The state of the device with this number.
    #[must_use]
    pub fn status(&self, number: DeviceNumber) -> Status {
        if self.device(number).is_some() {
            return Status::Listed;
        }
        let revoked = self.revoked().iter().find(|gone| gone.number == number);
        revoked.map_or(Status::Unknown, |gone| gone.reason.into())
    }

    /// The seconds between the creation and `now`, 0 for a list from the future. `None` if the list does not state when
    /// it was made, so that no limit on the age accepts it.
    #[must_use]
    pub const fn age(&self, now: u64) -> Option<u64> {
        match self.content.created {
            0 => None,
            created => Some(now.saturating_sub(created)),
        }
    }
}

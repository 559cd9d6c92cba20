//! The first list of a user, and the lists that follow it.

use alloc::vec;
use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::IdentityKeyPair;

use super::{Content, DeviceList, LIST_HASH_LENGTH};
use crate::ChangeError;
use crate::device::{Device, DeviceNumber, Reason, Revoked};
use crate::limits::{MAX_OWN_DEVICES, MAX_REVOKED};
use crate::user::UserKeyPair;

impl DeviceList {
    /// The first list of a user, with one device of the number 0. `created` is the time in seconds since 1970-01-01 UTC,
    /// or 0 not to state it.
    #[must_use]
    pub fn first(
        user: &UserKeyPair,
        device: &IdentityKeyPair,
        created: u64,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let device = Device::sign(device, user.public(), DeviceNumber::FIRST, rng);
        let content = Content {
            user: *user.public(),
            version: 1,
            created,
            previous: [0; LIST_HASH_LENGTH],
            next_number: DeviceNumber::new(1),
            devices: vec![device],
            revoked: Vec::new(),
        };
        Self::sign(content, user)
    }

    /// The next list, with one device more. The device must have signed [`next_number`](Self::next_number).
    ///
    /// A key that was revoked before must not return, which this list alone cannot tell:
    /// [`KnownList::with_device`](crate::KnownList::with_device) does.
    ///
    /// # Errors
    ///
    /// [`ChangeError`], except [`NotListed`](ChangeError::NotListed), [`LastDevice`](ChangeError::LastDevice) and
    /// [`WasRevoked`](ChangeError::WasRevoked).
    pub fn with_device(
        &self,
        user: &UserKeyPair,
        device: Device,
        created: u64,
    ) -> Result<Self, ChangeError> {
        let mut content = self.next(user, created)?;
        // Check the device as every reader of the list will.
        if device.number != content.next_number {
            return Err(ChangeError::OtherNumber(content.next_number));
        }
        if let Some(same) = self.identify(&device.identity) {
            return Err(ChangeError::SharedIdentity(same.number));
        }
        device
            .verify(self.user())
            .map_err(|_| ChangeError::InvalidDeviceSignature(device.number))?;
        if content.devices.len() >= MAX_OWN_DEVICES {
            return Err(ChangeError::TooManyDevices);
        }
        // Its number is the highest, so it comes last.
        let next = device.number.to_u32().checked_add(1);
        content.next_number = DeviceNumber::new(next.ok_or(ChangeError::Exhausted)?);
        content.devices.push(device);
        Ok(Self::sign(content, user))
    }

    /// The next list, with one device less, which it names as revoked. A device that was retired before can be named as lost
    /// later; one that is lost stays so.
    ///
    /// # Errors
    ///
    /// [`ChangeError::OtherUser`], [`ChangeError::NotListed`], [`ChangeError::LastDevice`],
    /// [`ChangeError::Exhausted`]
    pub fn without_device(
        &self,
        user: &UserKeyPair,
        revoked: Revoked,
        created: u64,
    ) -> Result<Self, ChangeError> {
        let mut content = self.next(user, created)?;
        let mut gone = content.revoked.iter_mut();
        let retired =
            gone.find(|gone| gone.number == revoked.number && gone.reason == Reason::Retired);
        if let Some(gone) = retired.filter(|_| revoked.reason == Reason::Lost) {
            *gone = revoked;
            return Ok(Self::sign(content, user));
        }
        let place = content.devices.iter();
        let place = { place }.position(|device| device.number == revoked.number);
        let place = place.ok_or(ChangeError::NotListed(revoked.number))?;
        if content.devices.len() == 1 {
            return Err(ChangeError::LastDevice);
        }
        content.devices.remove(place);
        // Make room by leaving out the lowest number of those that were revoked before. The device itself is never left
        // out, however old it is, because readers must learn of it.
        if content.revoked.len() >= MAX_REVOKED {
            content.revoked.remove(0);
        }
        let place = content
            .revoked
            .partition_point(|gone| gone.number < revoked.number);
        content.revoked.insert(place, revoked);
        Ok(Self::sign(content, user))
    }

    /// The next list, with the same devices. By it a device that was granted the user key shows that it signs from then on.
    ///
    /// # Errors
    ///
    /// [`ChangeError::OtherUser`], [`ChangeError::Exhausted`]
    pub fn renewed(&self, user: &UserKeyPair, created: u64) -> Result<Self, ChangeError> {
        self.next(user, created)
            .map(|content| Self::sign(content, user))
    }

    /// The content of the next list before any device changes.
    fn next(&self, user: &UserKeyPair, created: u64) -> Result<Content, ChangeError> {
        if user.public() != self.user() {
            return Err(ChangeError::OtherUser);
        }
        let version = self.version().checked_add(1);
        Ok(Content {
            version: version.ok_or(ChangeError::Exhausted)?,
            created,
            previous: self.hash(),
            ..self.content.clone()
        })
    }
}

use core::fmt;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot_fields;
use sprag_primitives::xeddsa::Signature;
use sprag_x3dh::{IdentityKey, IdentityKeyPair};

use crate::Error;
use crate::user::UserKey;

/// The number of a device among those of its user. It is never given to another device.
///
/// It names a device for people and in lists. To tell who sent a message, identity keys are compared and not numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DeviceNumber(u32);

snapshot_fields!(DeviceNumber(number));

impl DeviceNumber {
    /// The number of a user's first device.
    pub const FIRST: Self = Self(0);

    /// The device number that this is.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A device as a list has it, with the signature by which the device says that it belongs to the user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Device {
    /// The device's number.
    pub number: DeviceNumber,
    /// The identity key, which the device keeps for life.
    pub identity: IdentityKey,
    /// The identity key's signature on the user key and the number.
    pub signature: Signature,
}

snapshot_fields!(Device {
    number,
    identity,
    signature,
});

impl Device {
    /// The device with this identity, which signs that it is the one with this number of this user.
    #[must_use]
    pub fn sign(
        identity: &IdentityKeyPair,
        user: &UserKey,
        number: DeviceNumber,
        rng: &mut impl CryptoRng,
    ) -> Self {
        Self {
            number,
            identity: *identity.public(),
            signature: identity.sign_device(user.as_bytes(), number.0, rng),
        }
    }

    /// Verifies that the device says that it belongs to this user under its number. Without that, a user could list
    /// somebody else's device and receive the messages of its owner.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidDeviceSignature`]
    pub fn verify(&self, user: &UserKey) -> Result<(), Error> {
        self.identity
            .verify_device(user.as_bytes(), self.number.0, &self.signature)
            .map_err(|_| Error::InvalidDeviceSignature(self.number))
    }
}

/// The reason for which a device was revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a format with other reasons is another format"
)]
pub enum Reason {
    /// Its owner put it away, 0. Messages that it sent before may still be read.
    Retired,
    /// It may be in other hands, 1. Nothing of it is trusted any more.
    Lost,
}

impl Reason {
    /// The byte that names this reason in a list.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Retired => 0,
            Self::Lost => 1,
        }
    }

    /// The reason that this byte names.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Retired),
            1 => Some(Self::Lost),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retired => "retired",
            Self::Lost => "lost",
        })
    }
}

/// A device that was revoked, as a list names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Revoked {
    /// The device's number.
    pub number: DeviceNumber,
    /// The reason.
    pub reason: Reason,
}

/// The state of a device by a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a format with other reasons is another format"
)]
pub enum Status {
    /// It is one of the user's devices.
    Listed,
    /// It was put away.
    Retired,
    /// It may be in other hands.
    Lost,
    /// The list does not name it: it was never given, or was revoked so long ago that it is left out.
    Unknown,
}

impl From<Reason> for Status {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Retired => Self::Retired,
            Reason::Lost => Self::Lost,
        }
    }
}

use core::fmt;

use sprag_primitives::Error as PrimitiveError;

use crate::device::DeviceNumber;
use crate::limits::{MAX_DEVICES, MAX_LIST_LENGTH, MAX_OWN_DEVICES, MAX_REVOKED};

/// The reason for which a device list, or evidence of two, was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end too early.
    Truncated,
    /// There are more bytes than [`MAX_LIST_LENGTH`].
    Oversized,
    /// Bytes follow the end.
    Trailing,
    /// A number is not in its shortest form.
    NotCanonical,
    /// A number is larger than its field allows.
    Malformed,
    /// The first byte names a version of the protocol that is not known.
    UnknownVersion(u8),
    /// The second byte says that this is something else than a device list.
    OtherKind(u8),
    /// The kind of the user key is not known.
    UnknownKeyKind(u8),
    /// The user key is not a valid key.
    InvalidUserKey(PrimitiveError),
    /// The list has the version 0. The first is 1.
    NoVersion,
    /// A list of version 1 names a list before it.
    PreviousOfFirst,
    /// The list has no device, or more than [`MAX_DEVICES`].
    DeviceCount,
    /// The list names more than [`MAX_REVOKED`] revoked devices.
    RevokedCount,
    /// This number does not follow the one before it, in the devices or in the revoked ones.
    NotAscending(DeviceNumber),
    /// This number is not below the lowest number that was never given.
    NumberNotGiven(DeviceNumber),
    /// The identity key of this device is not a valid key.
    InvalidIdentity(DeviceNumber, PrimitiveError),
    /// This device has the identity key of another device in the list.
    SharedIdentity(DeviceNumber),
    /// This number is both among the devices and among the revoked ones.
    ListedAndRevoked(DeviceNumber),
    /// The byte says no reason for which a device is revoked.
    UnknownReason(u8),
    /// The user key did not sign the list.
    InvalidListSignature,
    /// The identity key of this device did not sign that it is this device of the user.
    InvalidDeviceSignature(DeviceNumber),
    /// The list is of another user.
    OtherUser,
    /// The two lists do not contradict each other, so they are no evidence.
    NoContradiction,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("device list is truncated"),
            Self::Oversized => write!(f, "device list has more than {MAX_LIST_LENGTH} bytes"),
            Self::Trailing => f.write_str("bytes follow the end of the device list"),
            Self::NotCanonical => f.write_str("device list is not canonically encoded"),
            Self::Malformed => f.write_str("device list is malformed"),
            Self::UnknownVersion(version) => {
                write!(f, "version {version} of the protocol is not known")
            }
            Self::OtherKind(kind) => write!(f, "kind {kind} is not that of a device list"),
            Self::UnknownKeyKind(kind) => write!(f, "kind {kind} of user keys is not known"),
            Self::InvalidUserKey(fault) => write!(f, "user key: {fault}"),
            Self::NoVersion => f.write_str("device list has no version"),
            Self::PreviousOfFirst => f.write_str("first device list names one before it"),
            Self::DeviceCount => {
                write!(f, "device list does not have 1 to {MAX_DEVICES} devices")
            }
            Self::RevokedCount => {
                write!(f, "device list has more than {MAX_REVOKED} revoked devices")
            }
            Self::NotAscending(number) => write!(f, "device {number} is out of order"),
            Self::NumberNotGiven(number) => {
                write!(f, "device {number} has a number that was never given")
            }
            Self::InvalidIdentity(number, fault) => {
                write!(f, "identity key of device {number}: {fault}")
            }
            Self::SharedIdentity(number) => {
                write!(f, "device {number} has the identity key of another device")
            }
            Self::ListedAndRevoked(number) => {
                write!(f, "device {number} is both listed and revoked")
            }
            Self::UnknownReason(reason) => write!(f, "reason {reason} is not known"),
            Self::InvalidListSignature => {
                f.write_str("signature of the user on the device list is not valid")
            }
            Self::InvalidDeviceSignature(number) => {
                write!(f, "signature of device {number} is not valid")
            }
            Self::OtherUser => f.write_str("device list is of another user"),
            Self::NoContradiction => f.write_str("device lists do not contradict each other"),
        }
    }
}

impl core::error::Error for Error {}

/// The reason for which a next list was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChangeError {
    /// The user key is not that of the list.
    OtherUser,
    /// The device's number is not the list's next number, which is this.
    OtherNumber(DeviceNumber),
    /// The identity key of the device did not sign that it is this device of the user.
    InvalidDeviceSignature(DeviceNumber),
    /// This device has the same identity key.
    SharedIdentity(DeviceNumber),
    /// A device with this identity key was revoked. It needs a new identity.
    WasRevoked(DeviceNumber),
    /// The list has [`MAX_OWN_DEVICES`] devices. One must be revoked first.
    TooManyDevices,
    /// The list has no device of this number.
    NotListed(DeviceNumber),
    /// The device is the only one, and a list without devices does not exist.
    LastDevice,
    /// No version, or no number of a device, is left.
    Exhausted,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherUser => f.write_str("user key is not that of the device list"),
            Self::OtherNumber(next) => write!(f, "next device must have the number {next}"),
            Self::InvalidDeviceSignature(number) => {
                write!(f, "signature of device {number} is not valid")
            }
            Self::SharedIdentity(number) => write!(f, "device {number} has this identity key"),
            Self::WasRevoked(number) => {
                write!(
                    f,
                    "device had the number {number} and was revoked: it needs a new identity"
                )
            }
            Self::TooManyDevices => {
                write!(
                    f,
                    "device list has {MAX_OWN_DEVICES} devices: revoke one first"
                )
            }
            Self::NotListed(number) => write!(f, "device list has no device {number}"),
            Self::LastDevice => f.write_str("device is the only one and cannot be revoked"),
            Self::Exhausted => f.write_str("no further version or device number is left"),
        }
    }
}

impl core::error::Error for ChangeError {}

use core::fmt;

use sprag_primitives::Error as PrimitiveError;

/// A place for a key in a bundle or in an initial message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Slot {
    /// The identity key.
    Identity,
    /// The signed prekey.
    SignedPrekey,
    /// The curve one-time prekey.
    OneTimePrekey,
    /// The initiator's ephemeral key.
    Ephemeral,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity key",
            Self::SignedPrekey => "signed prekey",
            Self::OneTimePrekey => "one-time prekey",
            Self::Ephemeral => "ephemeral key",
        })
    }
}

/// Why a bundle or a handshake was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The identity key did not sign this prekey with this id, creation time and suite.
    InvalidSignature(Slot),
    /// The key in this slot is not canonical, is of small order, or contributed nothing.
    InvalidKey(Slot, PrimitiveError),
    /// The bundle is the initiator's own: nobody begins a session with themselves.
    OwnBundle,
    /// The private keys given are not those that the initial message names.
    OtherPrekey(Slot),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSignature(slot) => {
                write!(f, "signature on the {slot} is not valid")
            }
            Self::InvalidKey(slot, fault) => write!(f, "{slot}: {fault}"),
            Self::OwnBundle => f.write_str("bundle is one's own"),
            Self::OtherPrekey(slot) => write!(f, "initial message names another {slot}"),
        }
    }
}

impl core::error::Error for Error {}

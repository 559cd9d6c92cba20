use core::fmt;

use sprag_primitives::Error as PrimitiveError;

use crate::prekey::PrekeyId;
use crate::suite::Suite;

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
    /// The KEM one-time prekey.
    OneTimeKemPrekey,
    /// The KEM last-resort prekey.
    LastResortKemPrekey,
    /// The KEM prekey of an initial message, which does not say which of the two it is.
    KemPrekey,
    /// The initiator's ephemeral key.
    Ephemeral,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity key",
            Self::SignedPrekey => "signed prekey",
            Self::OneTimePrekey => "one-time prekey",
            Self::OneTimeKemPrekey => "one-time KEM prekey",
            Self::LastResortKemPrekey => "last-resort KEM prekey",
            Self::KemPrekey => "KEM prekey",
            Self::Ephemeral => "ephemeral key",
        })
    }
}

/// The reason for which a bundle or a handshake was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The identity key did not sign this prekey with this id, creation time, suite and use.
    InvalidSignature(Slot),
    /// The key in this slot is not canonical, is of small order, or contributed nothing.
    InvalidKey(Slot, PrimitiveError),
    /// This key is for another suite than the handshake, or is in the place of another kind of key.
    OtherUse(Slot),
    /// Two prekeys have the same number.
    DuplicateId(PrekeyId),
    /// The prekey in this slot was made longer ago than allowed, or as far in the future, or its creation time
    /// is not stated.
    Stale(Slot),
    /// The prekey in this slot was made in the future, by the clock of the policy.
    InFuture(Slot),
    /// The upload is of another account than the prekeys that it would be added to.
    OtherOwner,
    /// The upload was made before the one that it would replace.
    OlderUpload,
    /// The bundle is the initiator's own. A party cannot begin a session with itself.
    OwnBundle,
    /// The initial message claims to be from the responder itself.
    OwnMessage,
    /// The private keys given are not those that the initial message names.
    OtherPrekey(Slot),
    /// The sealed initiator does not open: the initial message was altered, or is for somebody else.
    NotAuthentic,
    /// The handshake is not one that the policy accepts.
    NotAccepted(Suite),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSignature(slot) => {
                write!(f, "signature on the {slot} is not valid")
            }
            Self::InvalidKey(slot, fault) => write!(f, "{slot}: {fault}"),
            Self::OtherUse(slot) => write!(f, "{slot} is not for this use"),
            Self::DuplicateId(id) => write!(f, "two prekeys have the number {id}"),
            Self::Stale(slot) => write!(f, "{slot} was not made as recently as demanded"),
            Self::InFuture(slot) => write!(f, "{slot} is dated in the future"),
            Self::OtherOwner => f.write_str("upload is of another account"),
            Self::OlderUpload => f.write_str("upload is older than the last one"),
            Self::OwnBundle => f.write_str("bundle is one's own"),
            Self::OwnMessage => f.write_str("initial message is one's own"),
            Self::OtherPrekey(slot) => write!(f, "initial message names another {slot}"),
            Self::NotAuthentic => f.write_str("initial message is not authentic"),
            Self::NotAccepted(suite) => write!(f, "{suite} is not accepted"),
        }
    }
}

impl core::error::Error for Error {}

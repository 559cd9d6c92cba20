use alloc::string::String;
use core::fmt;

use sprag::{Error, IdentityKey};
use sprag_primitives::Error as PrimitiveError;

use crate::name::NameError;

/// The reason for which a client refused. Store and sessions are then as they were before.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientError<E> {
    /// The store failed.
    Store(E),
    /// A bundle or a message was refused.
    Protocol(Error),
    /// The store has no account.
    NoAccount,
    /// The store is not empty.
    AccountExists,
    /// A record is not authentic: it was changed or moved, or the store is of another key.
    Damaged,
    /// The store was changed by another writer in the meantime. The operation can be tried again.
    Conflict,
    /// A name is empty, too long, or has a character that is not allowed.
    InvalidName(NameError),
    /// There is no peer of this name.
    UnknownPeer(String),
    /// The name belongs to another identity.
    OtherIdentity(String),
    /// The identity is known under this other name.
    KnownAs(String),
    /// There is neither a session with this peer to send in nor a bundle to begin one.
    NoBundle(String),
    /// A newer bundle of this peer was added before.
    OldBundle(String),
    /// The sender's identity has no name here.
    UnknownSender(IdentityKey),
    /// No session knows the message. It is damaged, for somebody else, of a session that is not kept any more, or a copy
    /// of one that was read or sent so long ago that it is not
    /// [remembered](crate::limits::REMEMBERED_MESSAGES).
    NoSession,
    /// The message begins a session with this party that was accepted before and is not kept any more: it ended, or its
    /// peer was forgotten.
    SessionEnded,
    /// This very message from the peer of this name was decrypted before, and is not held any more: it was acknowledged, or
    /// had to leave.
    AlreadyRead(String),
    /// The message is this party's own, to the peer of this name.
    OwnMessage(String),
    /// No message of this receipt is held: it was acknowledged, or had to leave for others.
    NotHeld,
    /// The message carries no key of this file.
    NotAFile,
    /// The peer was met with PQXDH, and the bundle or the message is for X3DH.
    Downgrade(String),
}

impl<E: fmt::Display> fmt::Display for ClientError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(fault) => fault.fmt(f),
            Self::Protocol(fault) => fault.fmt(f),
            Self::NoAccount => f.write_str("store has no account"),
            Self::AccountExists => f.write_str("store has an account already"),
            Self::Damaged => f.write_str("store is damaged, or belongs to another account"),
            Self::Conflict => f.write_str("store was changed by somebody else"),
            Self::InvalidName(fault) => fault.fmt(f),
            Self::UnknownPeer(name) => write!(f, "no peer is named {name}"),
            Self::OtherIdentity(name) => write!(f, "{name} has another identity"),
            Self::KnownAs(name) => write!(f, "identity is known as {name}"),
            Self::NoBundle(name) => {
                write!(
                    f,
                    "no session with {name} to send in, and no bundle to begin one"
                )
            }
            Self::OldBundle(name) => write!(f, "a newer bundle of {name} is known"),
            Self::UnknownSender(_) => f.write_str("sender is not known by any name"),
            Self::NoSession => f.write_str("no session knows this message"),
            Self::SessionEnded => {
                f.write_str("message begins a session that was accepted before and ended")
            }
            Self::AlreadyRead(name) => write!(f, "message from {name} was read before"),
            Self::OwnMessage(name) => write!(f, "message is one's own, to {name}"),
            Self::NotHeld => f.write_str("message is not held any more"),
            Self::NotAFile => f.write_str("message carries no key of this file"),
            Self::Downgrade(name) => {
                write!(f, "{name} was met with PQXDH, and this is for X3DH")
            }
        }
    }
}

impl<E: core::error::Error> core::error::Error for ClientError<E> {}

impl<E> From<Error> for ClientError<E> {
    fn from(fault: Error) -> Self {
        Self::Protocol(fault)
    }
}

impl<E> From<NameError> for ClientError<E> {
    fn from(fault: NameError) -> Self {
        Self::InvalidName(fault)
    }
}

/// A sealed record that cannot be read means a damaged store, because nobody else can seal one.
impl<E> From<PrimitiveError> for ClientError<E> {
    fn from(_: PrimitiveError) -> Self {
        Self::Damaged
    }
}

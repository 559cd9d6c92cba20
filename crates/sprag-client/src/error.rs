use alloc::string::String;
use core::fmt;

use sprag::{Error, IdentityKey};
use sprag_devices::UserId;
use sprag_primitives::Error as PrimitiveError;
use sprag_wire::ContentKind;

use crate::name::NameError;
use crate::recovery::RecoveryError;

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
    /// The name belongs to another user.
    OtherIdentity(String),
    /// The user, or a device in its list, is known under this other name.
    KnownAs(String),
    /// There is neither a session with this peer to send in nor a bundle to begin one.
    NoBundle(String),
    /// A newer bundle of this peer was added before.
    OldBundle(String),
    /// The user of this id, who sent the message, has no name here.
    UnknownSender(UserId),
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
    /// The store is of an earlier format, of this number. `Client::carry_over` brings it to the current one.
    OlderStore(u32),
    /// The store is of a format of this number, which only a later version knows.
    NewerStore(u32),
    /// The store was put back to an older state, for example from a backup: it has fewer commits than the caller has seen.
    /// `Client::mark_restored` lets it be used.
    RolledBack,
    /// The account is not the device of a user yet. It must join one first.
    NoUser,
    /// The account is the device of a user already.
    UserExists,
    /// The private key of the user is not on this device.
    NoUserKey,
    /// A device list was refused.
    List(sprag_devices::Error),
    /// The own device list cannot be changed in this way.
    Change(sprag_devices::ChangeError),
    /// No device list came with the bundle, or none of the peer was seen yet.
    NoDeviceList,
    /// The device with this identity is not in the newest list of its user that is known, and did not come with one that
    /// lists it.
    NotListed(IdentityKey),
    /// The user has said that the device with this identity is lost. Nothing is read from it any more.
    LostDevice(IdentityKey),
    /// The user has retired the device with this identity. Only texts and files are read from it.
    RetiredDevice(IdentityKey),
    /// A newer device list of the peer was known before the peer was forgotten.
    OldList(String),
    /// The header of a message speaks of another device list than the one that comes with it.
    ListMismatch,
    /// Two device lists of the peer contradict each other. Nothing is sent before the user has decided.
    Equivocation(String),
    /// There is more than one device to write to.
    SeveralDevices(String),
    /// The peer spoke of a newer device list, which has not come yet.
    AwaitsList(String),
    /// The peer is not verified, and the rules allow no message then.
    NotVerified(String),
    /// The device list of the peer is older than the rules allow, or does not state when it was made.
    StaleDeviceList(String),
    /// The content of the message is of this kind, which is not known. A later version can read it.
    UnknownContent(u8),
    /// A message says that it renews the session, in which the parties have exchanged messages already. Only the first message
    /// of a session can.
    MisplacedRenewal,
    /// A message came with the bundle of this device, which is not its sender.
    ForeignBundle(IdentityKey),
    /// A request of the peer of this name for a new session came with a bundle with which one began before.
    UsedBundle(String),
    /// The peer of this name sent a copy, which only devices of the own user may.
    ForeignCopy(String),
    /// The message is from another device of the own user, and not from the peer that was expected.
    OwnDevice,
    /// The content of the message is of this kind, by which a device is linked. It is read by
    /// [`Client::admit`](crate::Client::admit) or [`Client::accept_welcome`](crate::Client::accept_welcome).
    LinkContent(ContentKind),
    /// No invitation is open: none was written, it was accepted, or wrong digits have voided it.
    NoInvitation,
    /// The time of the invitation is over.
    InvitationExpired,
    /// The link code is for another invitation, or the acceptance is an answer to another one than that which is open.
    OtherInvitation,
    /// The message does not accept an invitation.
    NotAnAcceptance,
    /// The acceptance does not have the secret of the link code.
    WrongLinkCode,
    /// The digits are not those of the new device, which somebody else may have in its place. The invitation can still be
    /// accepted with so many wrong ones more; it is void if there are none left.
    WrongDigits {
        /// The number of times that digits can still be given.
        left: u8,
    },
    /// The device waits for no welcome: it has accepted no invitation, or was welcomed before.
    NoPendingLink,
    /// The message is no welcome for this device, or there is none to be repeated.
    NoWelcome,
    /// The device is this one, which another device must revoke or be granted the user key by.
    ThisDevice,
    /// The user has removed this device from the list, or the device has left. The store has nothing but the mark of that.
    Removed,
    /// A newer device list of the own user may have been signed than the one that is known, so that signing another could
    /// contradict it. A message in a session that begins from now on says whether there is one, or the user gives the newest
    /// list by hand.
    SigningUnsure,
    /// Signing was handed over to the device with this identity.
    Granted(IdentityKey),
    /// A recovery file was refused.
    Recovery(RecoveryError),
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
            _ => self.fmt_of_devices(f),
        }
    }
}

impl<E> ClientError<E> {
    /// Displays the refusals that concern users and their devices.
    fn fmt_of_devices(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OlderStore(number) => {
                write!(f, "store is of format {number}, which must be carried over")
            }
            Self::NewerStore(number) => {
                write!(f, "store is of format {number}, which a later version made")
            }
            Self::RolledBack => f.write_str("store was put back to an older state"),
            Self::NoUser => f.write_str("account is not the device of a user yet"),
            Self::UserExists => f.write_str("account is the device of a user already"),
            Self::NoUserKey => f.write_str("the user's private key is not on this device"),
            Self::List(fault) => fmt::Display::fmt(fault, f),
            Self::Change(fault) => fmt::Display::fmt(fault, f),
            Self::NoDeviceList => f.write_str("no device list of the user is there"),
            Self::NotListed(_) => f.write_str("device is not in the list of its user"),
            Self::LostDevice(_) => f.write_str("its user has said that the device is lost"),
            Self::RetiredDevice(_) => f.write_str("its user has retired the device"),
            Self::OldList(name) => write!(f, "a newer device list of {name} was known"),
            Self::ListMismatch => f.write_str("message speaks of another device list than it has"),
            Self::Equivocation(name) => {
                write!(f, "two device lists of {name} contradict each other")
            }
            Self::SeveralDevices(name) => {
                write!(f, "there are several devices to write to for {name}")
            }
            Self::AwaitsList(name) => {
                write!(f, "{name} has a newer device list, which has not come yet")
            }
            Self::NotVerified(name) => write!(f, "{name} is not verified"),
            Self::StaleDeviceList(name) => write!(f, "device list of {name} is too old"),
            Self::UnknownContent(kind) => write!(f, "content of kind {kind} is not known"),
            Self::MisplacedRenewal => f.write_str("message renews a session that is in use"),
            Self::ForeignBundle(_) => f.write_str("request has the bundle of another device"),
            Self::UsedBundle(name) => {
                write!(
                    f,
                    "request of {name} has a bundle that began a session before"
                )
            }
            Self::ForeignCopy(name) => write!(f, "{name} sent a copy of a message of its own"),
            Self::OwnDevice => f.write_str("message is from another device of one's own"),
            _ => self.fmt_of_linking(f),
        }
    }

    /// Displays the refusals that concern devices which come and go.
    fn fmt_of_linking(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkContent(kind) => write!(f, "message is a {kind}"),
            Self::NoInvitation => f.write_str("no invitation is open"),
            Self::InvitationExpired => f.write_str("time of the invitation is over"),
            Self::OtherInvitation => f.write_str("this belongs to another invitation"),
            Self::NotAnAcceptance => f.write_str("message does not accept an invitation"),
            Self::WrongLinkCode => f.write_str("acceptance was made without the link code"),
            Self::WrongDigits { left: 0 } => {
                f.write_str("digits are wrong, and the invitation is void")
            }
            Self::WrongDigits { left } => write!(f, "digits are wrong, {left} attempts are left"),
            Self::NoPendingLink => f.write_str("device waits for no welcome"),
            Self::NoWelcome => f.write_str("message is no welcome for this device"),
            Self::ThisDevice => f.write_str("device is this one"),
            Self::Removed => {
                f.write_str("device was removed from the list of its user, or has left")
            }
            Self::SigningUnsure => f.write_str("a newer device list may have been signed"),
            Self::Granted(_) => f.write_str("another device signs for the user"),
            Self::Recovery(fault) => fmt::Display::fmt(fault, f),
            _ => f.write_str("client refused"),
        }
    }

    /// Tells whether a message may have been refused because it is for another device.
    pub(crate) const fn may_be_of_other_device(&self) -> bool {
        matches!(
            self,
            Self::Protocol(_)
                | Self::NoSession
                | Self::SessionEnded
                | Self::UnknownPeer(_)
                | Self::AlreadyRead(_)
                | Self::OwnMessage(_)
        )
    }

    /// Tells whether a message may have been refused because the sessions of the two parties have parted.
    pub(crate) const fn may_be_broken_session(&self) -> bool {
        matches!(
            self,
            Self::NoSession
                | Self::Protocol(
                    Error::Ratchet(_) | Error::UnknownPrekey(..) | Error::PrekeyGone(..)
                )
        )
    }

    /// Tells whether the refusal says nothing but that the message is for somebody else.
    pub(crate) const fn says_nothing(&self) -> bool {
        matches!(
            self,
            Self::NoSession | Self::Protocol(Error::UnknownPrekey(..))
        )
    }
}

impl<E: core::error::Error> core::error::Error for ClientError<E> {}

impl<E> From<Error> for ClientError<E> {
    fn from(fault: Error) -> Self {
        Self::Protocol(fault)
    }
}

impl<E> From<sprag_devices::Error> for ClientError<E> {
    fn from(fault: sprag_devices::Error) -> Self {
        Self::List(fault)
    }
}

impl<E> From<sprag_devices::ChangeError> for ClientError<E> {
    fn from(fault: sprag_devices::ChangeError) -> Self {
        Self::Change(fault)
    }
}

impl<E> From<RecoveryError> for ClientError<E> {
    fn from(fault: RecoveryError) -> Self {
        Self::Recovery(fault)
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

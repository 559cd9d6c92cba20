use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::fmt;

use sprag::{Error, IdentityKey};
use sprag_devices::DeviceNumber;
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::ContentKind;

use super::{Client, Result};
use crate::error::ClientError;
use crate::limits::MAX_TEXT_LENGTH;
use crate::store::Store;

/// A message to be encrypted.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Outgoing<'a> {
    /// The text for the receiver, at most [`MAX_TEXT_LENGTH`] bytes.
    pub plaintext: &'a [u8],
    /// Data that does not travel. The receiver must give the same.
    pub associated_data: &'a [u8],
}

impl<'a> Outgoing<'a> {
    /// A message without associated data.
    #[must_use]
    pub const fn new(plaintext: &'a [u8]) -> Self {
        Self {
            plaintext,
            associated_data: &[],
        }
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

/// The messages that were encrypted to a user, one for each device that can be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Sent {
    /// The messages: to the devices of the peer, and to the other devices of the own user.
    pub messages: Vec<DeviceMessage>,
    /// The version of the peer's device list that the messages are for.
    pub list_version: u64,
    /// The devices that got no text: worth telling the user.
    pub skipped: Vec<Skipped>,
}

/// A message for one device.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeviceMessage {
    /// The number of the device in the list of its user.
    pub number: DeviceNumber,
    /// The identity key of the device.
    pub identity: IdentityKey,
    /// Set if it is another device of the own user.
    pub own: bool,
    /// The kind of the content. A list asks the device for its user's list.
    pub kind: ContentKind,
    /// The message.
    pub message: Vec<u8>,
}

/// A device that got no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Skipped {
    /// The number of the device in the list of its user.
    pub number: DeviceNumber,
    /// The identity key of the device.
    pub identity: IdentityKey,
    /// Set if it is another device of the own user.
    pub own: bool,
    /// The reason.
    pub reason: SkipReason,
}

/// The reason for which a device got no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SkipReason {
    /// There is neither a session to send in nor a bundle to begin one.
    NoBundle,
    /// The device spoke of a newer device list of its user, which has not come yet.
    AwaitsList,
    /// No session could be begun with the bundle that there is, for this reason.
    Refused(Error),
    /// The header of a file has no room for one device more.
    NoRoom,
}

/// A content that goes to all devices of a user.
pub(super) struct Letter<'a> {
    pub(super) kind: ContentKind,
    pub(super) payload: &'a [u8],
    pub(super) associated_data: &'a [u8],
    /// The most messages.
    pub(super) room: usize,
    /// Set if the content must go to one device, and is refused if there are several.
    pub(super) single: bool,
}

impl<S: Store> Client<S> {
    /// Encrypts a message to all devices of the peer `name`, and a copy to each other device of the own user, each in a
    /// session of its own. A session begins where there is none. The messages that are returned have been committed at once: no
    /// key is used for them again.
    ///
    /// A device that cannot be reached is named in [`Sent::skipped`] and is no error for the others.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`]; [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`]; [`ClientError::NoBundle`] if no
    /// device of the peer can be reached; [`ClientError::Equivocation`] while there is evidence against the peer;
    /// [`ClientError::NotVerified`] and [`ClientError::StaleDeviceList`] by the [rules](Self::set_rules);
    /// [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn encrypt_to_user(
        &mut self,
        name: &str,
        outgoing: Outgoing<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Sent, S> {
        self.send(name, &Letter::text(outgoing)?, rng)
    }

    /// [`encrypt_to_user`](Self::encrypt_to_user) where there is one device to write to: the only one of the peer, while
    /// the own user has no other.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt_to_user`](Self::encrypt_to_user); [`ClientError::SeveralDevices`] if there are more devices;
    /// [`ClientError::AwaitsList`] if the device spoke of a newer list of its user, which has not come yet.
    pub fn encrypt(
        &mut self,
        name: &str,
        outgoing: Outgoing<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, S> {
        let letter = Letter {
            single: true,
            ..Letter::text(outgoing)?
        };
        let mut sent = self.send(name, &letter, rng)?;
        let message = sent.messages.pop();
        message
            .map(|message| message.message)
            .ok_or_else(|| ClientError::NoBundle(name.to_string()))
    }

    /// Sends the own device list to all devices of the peer `name`, with reusable `bundles` of other devices of the own
    /// user, so that the peer can reach these.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt_to_user`](Self::encrypt_to_user); [`ClientError::NotListed`] if a bundle is not of a device in the
    /// own list.
    pub fn encrypt_list(
        &mut self,
        name: &str,
        bundles: &[&[u8]],
        rng: &mut impl CryptoRng,
    ) -> Result<Sent, S> {
        let own = self.own_listed()?.own;
        for bundle in bundles {
            let offer = self.offer(bundle)?;
            if own.list.identify(&offer.identity).is_none() {
                return Err(ClientError::NotListed(offer.identity));
            }
        }
        let payload = sprag_wire::encode_bundles(bundles).map_err(Error::from)?;
        self.send(name, &Letter::control(ContentKind::List, &payload), rng)
    }
}

impl<'a> Letter<'a> {
    /// A content for the devices and not for their users.
    pub(super) const fn control(kind: ContentKind, payload: &'a [u8]) -> Self {
        Self {
            kind,
            payload,
            associated_data: &[],
            room: usize::MAX,
            single: false,
        }
    }

    fn text<E>(outgoing: Outgoing<'a>) -> core::result::Result<Self, ClientError<E>> {
        if outgoing.plaintext.len() > MAX_TEXT_LENGTH {
            return Err(Error::Wire(sprag_wire::Error::Oversized).into());
        }
        Ok(Self {
            kind: ContentKind::Text,
            payload: outgoing.plaintext,
            associated_data: outgoing.associated_data,
            room: usize::MAX,
            single: false,
        })
    }
}

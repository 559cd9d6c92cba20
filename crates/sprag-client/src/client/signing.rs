//! The right of this device to sign the list of its user's devices, and how it is lost, found again and handed over.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::{Error, IdentityKey};
use sprag_devices::{ChangeError, Device, DeviceList, DeviceNumber, KnownList, UserKeyPair};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::{ContentKind, Welcome, encode_welcome};

use super::contents::Header;
use super::lists::{ListChange, Taking};
use super::outgoing::{DeviceMessage, Letter};
use super::users::{LoadedOwn, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::records::{Devices, OwnUser, Peer, Signing};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// The state of a device's right to sign the list of its user's devices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle each")]
pub enum SigningStatus {
    /// The user key is not on this device.
    NoUserKey,
    /// This device signs.
    Signs,
    /// The user key is here, and a newer list may have been signed than the one that is known, because the store was put back
    /// to an older state or the key came from elsewhere. Nothing is signed.
    Unsure {
        /// Set if somebody has said to know a newer list. It must be had before this device can sign.
        own_list_behind: bool,
    },
    /// Signing was handed over to the device with this identity.
    Granted(IdentityKey),
}

/// The user key of a device that may sign.
pub(super) struct Signer {
    record: Record,
    pub(super) key: UserKeyPair,
    /// The peers whose word made it certain that the newest list is known.
    heard: Vec<Record>,
}

impl Signer {
    /// Demands that the key stays as it was read, and that no peer has said something else in the meantime.
    pub(super) fn expect<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        transaction.expect(&self.record);
        for peer in &self.heard {
            transaction.expect(peer);
        }
    }
}

impl<S: Store> Client<S> {
    /// The state of this device's right to sign the list of its user's devices.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`], [`ClientError::Removed`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn signing(&self) -> Result<SigningStatus, S> {
        let own = self.own_user()?.own;
        match self.signer(&own) {
            Ok(_) => Ok(SigningStatus::Signs),
            Err(ClientError::NoUserKey) => Ok(SigningStatus::NoUserKey),
            Err(ClientError::Granted(identity)) => Ok(SigningStatus::Granted(identity)),
            Err(ClientError::SigningUnsure) => Ok(SigningStatus::Unsure {
                own_list_behind: self.heard_of_own_list(&own)?.0 == Heard::Newer,
            }),
            Err(fault) => Err(fault),
        }
    }

    /// The user key, if this device may sign the next list.
    pub(super) fn signer(&self, own: &OwnUser) -> Result<Signer, S> {
        let signer = self.key_holder()?;
        match own.signing {
            Signing::Granted(identity) => Err(ClientError::Granted(identity)),
            Signing::Sure | Signing::Unsure => {
                let heard = self.witnesses_of_newest_list(own)?;
                let heard = heard.ok_or(ClientError::SigningUnsure)?;
                Ok(Signer { heard, ..signer })
            }
        }
    }

    /// The records of the peers by whose word the list that is known is the newest, as far as this device can know: of none if
    /// its store was not put back to an older state; `None` if nobody has said so since.
    pub(super) fn witnesses_of_newest_list(&self, own: &OwnUser) -> Result<Option<Vec<Record>>, S> {
        if own.signing != Signing::Unsure {
            return Ok(Some(Vec::new()));
        }
        let (heard, records) = self.heard_of_own_list(own)?;
        Ok((heard == Heard::Same).then_some(records))
    }

    /// The user key, whether this device may sign or not.
    pub(super) fn key_holder(&self) -> Result<Signer, S> {
        let record = self.user_key_record()?.ok_or(ClientError::NoUserKey)?;
        let key = UserKeyPair::from_snapshot(record.content.expose())?;
        Ok(Signer {
            record,
            key,
            heard: Vec::new(),
        })
    }

    pub(super) fn user_key_record(&self) -> Result<Option<Record>, S> {
        self.read(self.vault.name(RecordKind::UserKey, &[]))
    }

    /// The newest that peers and own devices have said of the own list, since this party was last put back to an older state
    /// and in sessions that began after that, with the records of the peers.
    fn heard_of_own_list(&self, own: &OwnUser) -> Result<(Heard, Vec<Record>), S> {
        let version = own.list.list().version();
        let mut heard = Heard::Nothing;
        heard.add((&own.devices, Some(&own.list)), version);
        let records = self.records_under(&self.vault.name(RecordKind::Peer, &[]))?;
        for record in &records {
            let peer = Peer::from_snapshot(record.content.expose())?;
            heard.add((&peer.devices, peer.list()), version);
        }
        Ok((heard, records))
    }

    /// Takes a list that this device has just signed, which makes it certain that it is the newest.
    pub(super) fn take_signed(
        &self,
        party: &mut Party,
        list: &DeviceList,
    ) -> Result<Box<ListChange>, S> {
        let Taking::Taken(change) = self.take_list(party, list, None)? else {
            return Err(ClientError::Damaged);
        };
        if let Party::Own(loaded) = party {
            loaded.own.signing = Signing::Sure;
        }
        Ok(change)
    }

    /// Takes a list of the own user that the user has got by hand, for example from another device, and says that it is the
    /// newest one. If this device has the user key, it can sign from then on.
    ///
    /// # Errors
    ///
    /// [`ClientError::List`] if the list is refused or of another user; [`ClientError::OldList`] if a newer one is known;
    /// [`ClientError::Equivocation`] if it contradicts one that is known, of which evidence is kept;
    /// [`ClientError::Removed`] if it does not list this device, of which nothing is left then;
    /// [`ClientError::KnownAs`]; [`ClientError::NoUser`]; [`ClientError::Damaged`]; [`ClientError::Conflict`];
    /// [`ClientError::Store`].
    pub fn import_own_list(&mut self, list: &[u8], rng: &mut impl CryptoRng) -> Result<(), S> {
        let list = DeviceList::decode(list)?;
        let loaded = self.own_user()?;
        if list.user() == loaded.own.list.user()
            && list.version() < loaded.own.list.list().version()
        {
            return Err(ClientError::OldList(String::new()));
        }
        let mut party = Party::Own(Box::new(loaded));
        let change = match self.take_list(&mut party, &list, None)? {
            Taking::Taken(change) => change,
            Taking::Contradicts(evidence) => {
                return Err(self.keep_evidence(&mut party, &evidence, rng)?);
            }
        };
        if party.has_removed_this() {
            return Err(self.remove_all(&list, rng)?);
        }
        if let Party::Own(loaded) = &mut party
            && loaded.own.signing == Signing::Unsure
        {
            loaded.own.signing = Signing::Sure;
        }
        let mut transaction = Transaction::new(&self.vault, rng);
        change.stage(&party, &mut transaction);
        let batch = transaction.finish();
        self.commit(&batch)
    }

    /// Hands signing over to another device of the own user, which gets the user key in the message that is returned. This
    /// device signs no list any more. The message for the same device can be had again by another call.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUserKey`]; [`ClientError::SigningUnsure`]; [`ClientError::Granted`] if signing was handed over to another
    /// device; [`ClientError::ThisDevice`]; [`ClientError::Change`] if the list has no device of this number;
    /// [`ClientError::NoBundle`] if the device cannot be reached; [`ClientError::NoUser`]; [`ClientError::Protocol`];
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn grant(
        &mut self,
        number: DeviceNumber,
        rng: &mut impl CryptoRng,
    ) -> Result<DeviceMessage, S> {
        // See that there is such a device, and that signing was not handed over to another one.
        let mut loaded = self.own_listed()?;
        let device = Self::other_own_device(&loaded, number)?;
        let identity = device.identity;
        let list = loaded.own.list.list().clone();
        let signer = if loaded.own.signing == Signing::Granted(identity) {
            self.key_holder()?
        } else {
            self.signer(&loaded.own)?
        };
        // Encrypt the key for it.
        let seed = signer.key.seed();
        let welcome = Welcome {
            key: Some(seed.expose()),
            peers: Vec::new(),
        };
        let payload = encode_welcome(&welcome).map_err(Error::from)?;
        loaded.own.signing = Signing::Granted(identity);
        let mut party = Party::Own(Box::new(loaded));
        let letter = Letter::control(ContentKind::LinkWelcome, payload.expose());
        let sending = self.encrypt_to_own((&mut party, &device), (&letter, &list), rng)?;
        // Commit both at once.
        let mut transaction = Transaction::new(&self.vault, rng);
        signer.expect(&mut transaction);
        party.stage(&mut transaction);
        let mut sent = sending.stage(&mut transaction);
        let message = sent.messages.pop();
        let message = message.ok_or_else(|| ClientError::NoBundle(format!("device {number}")))?;
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(message)
    }

    /// The other own device with this number.
    pub(super) fn other_own_device(loaded: &LoadedOwn, number: DeviceNumber) -> Result<Device, S> {
        let device = loaded.own.list.list().device(number);
        let device = device.ok_or(ChangeError::NotListed(number))?;
        if device.identity == loaded.own.identity {
            return Err(ClientError::ThisDevice);
        }
        Ok(*device)
    }
}

/// Refuses a user key that comes with an older list than the newest one. Signing was handed over before that list was signed, so
/// another device may sign by now: two would sign the same version.
pub(super) fn expect_newest<E>(
    header: &Header,
    party: &Party,
) -> core::result::Result<(), ClientError<E>> {
    let list = header.list.as_ref().ok_or(ClientError::NoDeviceList)?;
    let newest = party.list().map(|newest| newest.list().version());
    if newest.is_some_and(|newest| list.version() < newest) {
        return Err(ClientError::OldList(String::new()));
    }
    Ok(())
}

/// The newest that was heard of the own list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Heard {
    /// Nobody has named the list that is known here, nor a newer one.
    Nothing,
    /// Somebody knows the list that is known here, and nobody a newer one.
    Same,
    /// Somebody knows a newer list.
    Newer,
}

impl Heard {
    /// Adds the word of a user's devices, for whom the list that is known here has this version. That it is the newest is taken
    /// from a device in its user's list alone, because one that was removed may be a thief's.
    fn add(&mut self, (devices, list): (&Devices, Option<&KnownList>), version: u64) {
        for device in devices.iter() {
            let is_listed = list.is_some_and(|list| list.identify(&device.identity).is_some());
            *self = match *self {
                _ if device.knows > version => Self::Newer,
                Self::Nothing if device.knows == version && is_listed => Self::Same,
                heard => heard,
            };
        }
    }
}

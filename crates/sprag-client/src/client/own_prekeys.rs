//! The bundle by which peers reach this device, and the other devices of the own user, which are told when it changes because
//! they may hand it on.

use alloc::vec::Vec;

use sprag::records::GenerationId;
use sprag::{Error, IdentityKey};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;

use super::bundles::{Made, Offer};
use super::sending::Target;
use super::users::{LoadedOwn, Party};
use super::{Client, Result};
use crate::records::{LinkedDevice, OwnUser};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind, Vault};

/// The bundle of this device for any number of readers.
pub(super) struct PresentBundle {
    pub(super) generation: GenerationId,
    pub(super) bundle: Vec<u8>,
}

impl<S: Store> Client<S> {
    /// The bundle of this device as it is at present.
    pub(super) fn present_bundle(&self) -> Result<PresentBundle, S> {
        let account = self.account()?.core;
        Ok(PresentBundle {
            generation: account.generation(),
            bundle: account.publish_reusable(&self.published_list()?)?,
        })
    }

    /// Tells whether another own device may hand on a bundle of this one that has been replaced: one that may have linked this
    /// device and was not told of its present prekeys. The `generation` of these is read once.
    pub(super) fn hands_on_older(
        &self,
        (loaded, target): (&LoadedOwn, &Target),
        generation: &mut Option<GenerationId>,
    ) -> Result<bool, S> {
        // A device is linked by one that there was before it.
        let this = loaded.own.list.identify(&loaded.own.identity);
        if this.is_none_or(|this| target.number > this.number) {
            return Ok(false);
        }
        let present = match *generation {
            Some(generation) => generation,
            None => *generation.insert(self.account()?.core.generation()),
        };
        let record = self.read(told_name(&self.vault, &target.identity))?;
        let told = record.map(|record| GenerationId::from_snapshot(record.content.expose()));
        Ok(told.transpose()? != Some(present))
    }

    /// The record of a device of the own user that was linked here, with another bundle to hand on: one for any number of
    /// readers that is newer than the one that is kept, or any such if the user `asked` for it. `None` if the bundle changes
    /// nothing.
    pub(super) fn to_hand_on(
        &self,
        (party, offer, bundle): (&Party, &Offer, &[u8]),
        asked: bool,
    ) -> Result<Option<(Record, LinkedDevice)>, S> {
        let Party::Own(loaded) = party else {
            return Ok(None);
        };
        let device = loaded.own.devices.get(&offer.identity);
        if device.is_none_or(|device| device.mark.forbids(offer.suite)) {
            return Ok(None);
        }
        let parts = [offer.identity.as_bytes().as_slice()];
        let Some(record) = self.read(self.vault.name(RecordKind::LinkedDevice, &parts))? else {
            return Ok(None);
        };
        let linked = LinkedDevice::from_snapshot(record.content.expose())?;
        // A bundle that came before may arrive after it, and must not bring keys back that are gone.
        let kept = sprag_wire::decode_bundle(&linked.bundle).map_err(Error::from)?;
        let is_newer = offer.made > Made::of(kept.keys.curve());
        if offer.used.are_some() || !(is_newer || asked) {
            return Ok(None);
        }
        let published = sprag_wire::decode_bundle(bundle).map_err(Error::from)?;
        let bundle = sprag_wire::encode_bundle(&published.keys, &[]).map_err(Error::from)?;
        Ok(Some((record, LinkedDevice { bundle, ..linked })))
    }
}

impl<R: CryptoRng> Transaction<'_, R> {
    /// Keeps the record of a device that was linked here, with the bundle that is handed on from then on.
    pub(super) fn hand_on(&mut self, linked: Option<&(Record, LinkedDevice)>) {
        if let Some((record, linked)) = linked {
            self.replace(record, linked.to_snapshot().expose());
        }
    }

    /// Notes that another own device is told of these prekeys of the account, or has no need of it. The session with the device
    /// stands for the record, or that of the own user.
    pub(super) fn tell_prekeys(&mut self, identity: &IdentityKey, generation: GenerationId) {
        let name = told_name(self.vault(), identity);
        self.put_unread(name, generation.to_snapshot().expose());
    }

    /// Notes that the other devices of the own user, which this device becomes one of, have no need to be told of these prekeys.
    pub(super) fn tell_all_prekeys(&mut self, own: &OwnUser, generation: GenerationId) {
        for device in own.devices.iter() {
            self.tell_prekeys(&device.identity, generation);
        }
    }

    /// Forgets what another own device was told, because the device is gone, or may have lost it.
    pub(super) fn forget_told_prekeys(&mut self, identity: &IdentityKey) {
        let name = told_name(self.vault(), identity);
        self.delete_unread(name);
    }
}

fn told_name(vault: &Vault, identity: &IdentityKey) -> Vec<u8> {
    vault.name(RecordKind::ToldPrekeys, &[identity.as_bytes()])
}

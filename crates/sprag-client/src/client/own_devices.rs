//! The devices of the own user, and the bundles by which peers reach those that were linked here.

use alloc::string::String;
use alloc::vec::Vec;

use sprag::{Error, IdentityKey, Status};
use sprag_devices::{DeviceList, DeviceNumber};
use sprag_primitives::snapshot::Snapshot;

use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{Device, LinkedDevice, OwnUser};
use crate::store::Store;
use crate::vault::RecordKind;

/// A device of the own user.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OwnDevice {
    /// The number in the list.
    pub number: DeviceNumber,
    /// The identity key.
    pub identity: IdentityKey,
    /// Set if it is this device.
    pub is_this: bool,
    /// The name that the device gave itself when it was linked here. It may hold any characters.
    pub name: Option<String>,
    /// Tells whether there is a session to send in, or a bundle to begin one.
    pub can_be_reached: bool,
    /// The session that the next message is encrypted in, if there is one.
    pub session: Option<Status>,
    /// Set if the device was linked here and its welcome can be had again.
    pub awaits_welcome: bool,
}

/// The bundles of the own devices that were linked here, with the newest list in each.
pub(super) struct OwnBundles(Vec<OwnBundle>);

struct OwnBundle {
    identity: IdentityKey,
    /// The version of the list that added the device.
    version: u64,
    bundle: Vec<u8>,
}

impl OwnBundles {
    /// The bundles of the devices that this one does not know of, as far as it has said what it knows.
    pub(super) fn unknown_to(&self, device: &Device) -> Vec<&[u8]> {
        let others = self.0.iter();
        let others = others.filter(|own| own.identity != device.identity);
        let unknown = others.filter(|own| own.version > device.knows);
        unknown.map(|own| own.bundle.as_slice()).collect()
    }
}

impl<S: Store> Client<S> {
    /// The devices of the own user, by number.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`], [`ClientError::Removed`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn own_devices(&self) -> Result<Vec<OwnDevice>, S> {
        let own = self.own_user()?.own;
        let mut devices = Vec::new();
        for device in own.list.list().devices() {
            let identity = device.identity;
            let parts = [identity.as_bytes().as_slice()];
            let linked = self.read(self.vault.name(RecordKind::LinkedDevice, &parts))?;
            let linked = linked.map(|record| LinkedDevice::from_snapshot(record.content.expose()));
            let welcome = self.read(self.vault.name(RecordKind::Welcome, &parts))?;
            let sessions = self.sessions(&identity)?;
            let session = sessions.sending().and_then(|index| sessions.get(index));
            let session = session.map(|(_, stored)| stored.session.status());
            let state = own.devices.get(&identity);
            let is_sent_in = session.is_some() && state.is_some_and(|state| !state.renew);
            devices.push(OwnDevice {
                number: device.number,
                identity,
                is_this: identity == own.identity,
                name: linked.transpose()?.map(|linked| linked.name),
                can_be_reached: is_sent_in || state.is_some_and(|state| state.bundle.is_some()),
                session,
                awaits_welcome: welcome.is_some(),
            });
        }
        Ok(devices)
    }

    /// The bundles of the devices that were linked here and that some device of the peer `name` does not know of, for
    /// [`encrypt_list`](Self::encrypt_list).
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`], [`ClientError::UnknownPeer`], [`ClientError::NoUser`], [`ClientError::Damaged`],
    /// [`ClientError::Store`]
    pub fn bundles_for(&self, name: &str) -> Result<Vec<Vec<u8>>, S> {
        let (_, peer) = self.known_peer(&Name::new(name)?)?;
        let bundles = self.own_bundles(&self.own_listed()?.own)?;
        let listed = peer.devices.iter().filter(|device| {
            let list = peer.list();
            list.is_some_and(|list| list.identify(&device.identity).is_some())
        });
        let knows_least = listed.min_by_key(|device| device.knows);
        let unknown = knows_least.map(|device| bundles.unknown_to(device));
        let unknown = unknown.into_iter().flatten();
        Ok(unknown.map(<[u8]>::to_vec).collect())
    }

    /// The bundles of the devices that were linked here and are still listed. They are handed on to those who do not know the
    /// devices yet.
    pub(super) fn own_bundles(&self, own: &OwnUser) -> Result<OwnBundles, S> {
        let list = own.list.list();
        let mut bundles = Vec::new();
        for record in self.records_under(&self.vault.name(RecordKind::LinkedDevice, &[]))? {
            let linked = LinkedDevice::from_snapshot(record.content.expose())?;
            bundles.extend(own_bundle::<S::Error>(&linked, list)?);
        }
        Ok(OwnBundles(bundles))
    }
}

/// The bundle of a device with this list, if the list has the device.
fn own_bundle<E>(
    linked: &LinkedDevice,
    list: &DeviceList,
) -> core::result::Result<Option<OwnBundle>, ClientError<E>> {
    let published = sprag_wire::decode_bundle(&linked.bundle).map_err(Error::from)?;
    let identity = published.keys.curve().identity;
    if list.identify(&identity).is_none() {
        return Ok(None);
    }
    let bundle =
        sprag_wire::encode_bundle(&published.keys, list.as_bytes()).map_err(Error::from)?;
    Ok(Some(OwnBundle {
        identity,
        version: linked.version,
        bundle,
    }))
}

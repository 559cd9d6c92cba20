use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_x3dh::IdentityKey;

use crate::device::{Device, DeviceNumber, Reason, Status};
use crate::evidence::{Evidence, contradiction};
use crate::limits::{MAX_LIST_LENGTH, MAX_REVOKED};
use crate::list::{DeviceList, Digests};
use crate::user::{UserId, UserKey, UserKeyPair};
use crate::{ChangeError, Error};

/// The newest list that is known of a user, and the earlier lists that still hold the user to something.
///
/// A list names revoked devices by number alone. So that the key of such a device cannot return unnoticed, the last
/// list that had it is kept: the two lists are then evidence that others can verify, which a remembered key would not
/// be. Lists are kept for the last 64 revoked devices.
///
/// Each list is kept whole, because the signature covers all of it: of a part nobody could tell that the user signed it.
/// One list stands for all devices that left at once, so this is most for a user who has 16 devices and replaces one of
/// them 64 times: at most 145,000 bytes. A user who does that makes only the record of itself larger, at those who know it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownList {
    newest: DeviceList,
    /// The last list of each device that has left, oldest first.
    earlier: Vec<DeviceList>,
}

/// The effect of a list on the newest one known.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle each")]
#[must_use]
pub enum Replacing {
    /// It is the newest list known, byte for byte.
    Same,
    /// Its version is lower than the newest known. It was ignored.
    Old,
    /// It has replaced the newest list.
    Newer(Changes),
    /// It contradicts a list that is known. Nothing has changed: the list that was known first is kept, and the user
    /// must decide before anything is sent.
    Evidence(Box<Evidence>),
}

/// The changes of a user's devices from one list to a newer one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Changes {
    /// The devices that are new.
    pub new_devices: Vec<Device>,
    /// The devices that are gone.
    pub gone_devices: Vec<GoneDevice>,
}

/// A device that is gone from a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct GoneDevice {
    /// The device as it was listed.
    pub device: Device,
    /// The reason, unless so many were revoked since that the newer list leaves it out.
    pub reason: Option<Reason>,
}

impl KnownList {
    /// Knows a user by a first list, which may be of any version.
    #[must_use]
    pub const fn new(list: DeviceList) -> Self {
        Self {
            newest: list,
            earlier: Vec::new(),
        }
    }

    /// The newest list.
    #[must_use]
    pub const fn list(&self) -> &DeviceList {
        &self.newest
    }

    /// The key of the user.
    #[must_use]
    pub const fn user(&self) -> &UserKey {
        self.newest.user()
    }

    /// The name of the user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.newest.user_id()
    }

    /// Replaces the newest list by `list`, if the rules for replacing allow it (docs/protocol.md, "Replacing a list").
    ///
    /// # Errors
    ///
    /// [`Error::OtherUser`] if the list is of another user key. Nothing has changed then.
    pub fn replace(&mut self, list: DeviceList) -> Result<Replacing, Error> {
        if list.user() != self.user() {
            return Err(Error::OtherUser);
        }
        if list.version() < self.newest.version() {
            return Ok(Replacing::Old);
        }
        // Compare it with each list that holds the user to something, the newest first.
        let known = [&self.newest].into_iter().chain(&self.earlier);
        for known in known {
            if contradiction(known, &list).is_some() {
                return Evidence::new(known, &list)
                    .map(|evidence| Replacing::Evidence(Box::new(evidence)));
            }
        }
        if list.version() == self.newest.version() {
            return Ok(Replacing::Same);
        }
        // Take it over.
        let changes = Changes::between(&self.newest, &list);
        let replaced = core::mem::replace(&mut self.newest, list);
        if !changes.gone_devices.is_empty() {
            self.remember(replaced);
        }
        Ok(Replacing::Newer(changes))
    }

    /// Keeps a list that had devices which are gone, and lets go of the oldest while those that are left still cover
    /// the last [`MAX_REVOKED`] devices that left.
    fn remember(&mut self, list: DeviceList) {
        self.earlier.push(list);
        while self.gone(1).count() >= MAX_REVOKED {
            self.earlier.remove(0);
        }
    }

    /// The devices that have left since the earlier list at this place, each as it was last listed.
    fn gone(&self, place: usize) -> impl Iterator<Item = &Device> {
        let later = |place: usize| self.earlier.get(place + 1).unwrap_or(&self.newest);
        let lists = self.earlier.iter().enumerate().skip(place);
        lists.flat_map(move |(place, list)| {
            let following = later(place);
            let devices = list.devices().iter();
            devices.filter(|device| following.device(device.number).is_none())
        })
    }

    /// The device of the newest list with this identity key. The sender of a message must be one.
    #[must_use]
    pub fn identify(&self, identity: &IdentityKey) -> Option<&Device> {
        self.newest.identify(identity)
    }

    /// The device with this identity key that has left, as it was last listed.
    #[must_use]
    pub fn gone_device(&self, identity: &IdentityKey) -> Option<&Device> {
        self.gone(0).find(|device| device.identity == *identity)
    }

    /// The state of the device with this number by the newest list.
    #[must_use]
    pub fn status(&self, number: DeviceNumber) -> Status {
        self.newest.status(number)
    }

    /// The state of the device with this identity key: that of its number, if it is or was a device of the user.
    #[must_use]
    pub fn status_of(&self, identity: &IdentityKey) -> Status {
        let device = self.identify(identity);
        let device = device.or_else(|| self.gone_device(identity));
        device.map_or(Status::Unknown, |device| self.status(device.number))
    }

    /// The next list of one's own, with one device more; see [`DeviceList::with_device`].
    ///
    /// # Errors
    ///
    /// Those of [`DeviceList::with_device`]; [`ChangeError::WasRevoked`] if a device with this key was revoked, because
    /// every peer would take the list for evidence against the user.
    pub fn with_device(
        &self,
        user: &UserKeyPair,
        device: Device,
        created: u64,
    ) -> Result<DeviceList, ChangeError> {
        if let Some(gone) = self.gone_device(&device.identity) {
            return Err(ChangeError::WasRevoked(gone.number));
        }
        self.newest.with_device(user, device, created)
    }
}

impl Changes {
    fn between(earlier: &DeviceList, later: &DeviceList) -> Self {
        let new = |device: &&Device| earlier.device(device.number).is_none();
        let gone = |device: &&Device| later.device(device.number).is_none();
        let reason = |number| {
            let revoked = later.revoked().iter().find(|gone| gone.number == number);
            revoked.map(|gone| gone.reason)
        };
        let gone_devices = earlier.devices().iter().filter(gone);
        Self {
            new_devices: later.devices().iter().filter(new).copied().collect(),
            gone_devices: gone_devices
                .map(|device| GoneDevice {
                    device: *device,
                    reason: reason(device.number),
                })
                .collect(),
        }
    }
}

/// The newest list and then the number of earlier ones and these. In front of each list are four bytes of zero and its
/// digests, the hash and the user id, so that it is not hashed again whenever it is read from a store. A list without them
/// is read as well: its length comes first, which is never zero.
///
/// Neither the signatures nor the digests are verified again, because nobody else can write where snapshots are stored.
impl Snapshot for KnownList {
    fn put(&self, writer: &mut Writer) {
        put_list(&self.newest, writer);
        writer.length(self.earlier.len());
        for list in &self.earlier {
            put_list(list, writer);
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let newest = get_list(reader)?;
        let count = reader.length(MAX_REVOKED)?;
        let earlier = (0..count).map(|_| get_list(reader));
        let earlier: Vec<DeviceList> = earlier.collect::<Result<_, _>>()?;
        if earlier.iter().any(|list| list.user() != newest.user()) {
            return Err(PrimitiveError::SnapshotInvalid);
        }
        Ok(Self { newest, earlier })
    }
}

fn put_list(list: &DeviceList, writer: &mut Writer) {
    writer.length(0);
    writer.put(list.digests());
    writer.block(list.as_bytes());
}

fn get_list(reader: &mut Reader<'_>) -> Result<DeviceList, PrimitiveError> {
    let bytes = reader.block(MAX_LIST_LENGTH)?;
    let read = if bytes.is_empty() {
        let digests: Digests = reader.get()?;
        DeviceList::read_with(digests, reader.block(MAX_LIST_LENGTH)?)
    } else {
        DeviceList::read(bytes)
    };
    read.map_err(|_| PrimitiveError::SnapshotInvalid)
}

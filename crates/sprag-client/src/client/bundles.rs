//! Bundles that are handed over or arrive in a message.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use sprag::{Error, IdentityKey, PrekeyId, Suite};
use sprag_devices::DeviceList;
use sprag_primitives::rand_core::CryptoRng;
use sprag_x3dh::CurveBundle;

use super::added::{Added, Addition};
use super::lists::{ListChange, Taking};
use super::sessions::Sessions;
use super::users::{Owner, Party};
use super::{Client, Result};
use crate::error::ClientError;
use crate::name::Name;
use crate::records::{Device, LinkedDevice, Mark, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// A bundle whose signatures are verified, with the list in it.
pub(super) struct Offer {
    pub(super) identity: IdentityKey,
    pub(super) suite: Suite,
    pub(super) used: UsedKeys,
    pub(super) made: Made,
    pub(super) list: DeviceList,
}

/// The making of the signed prekey in a bundle. Of two bundles of one device that one is greater whose prekey was made later.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Made {
    /// The time in seconds since 1970-01-01 UTC, 0 if it is not stated.
    at: u64,
    /// The number, which tells keys of one time apart.
    id: PrekeyId,
}

impl Made {
    pub(super) const fn of(curve: &CurveBundle) -> Self {
        let terms = &curve.signed_prekey.terms;
        Self {
            at: terms.created,
            id: terms.id,
        }
    }
}

/// The bundles that a message brought and that are kept.
#[derive(Default)]
pub(super) struct KeptBundles {
    /// Those with which the next message to a device begins a session.
    pub(super) waiting: Vec<(IdentityKey, Vec<u8>)>,
    /// The record of the sender, which was linked here, with the bundle of it that is handed on from then on.
    pub(super) to_hand_on: Option<(Record, LinkedDevice)>,
}

impl<S: Store> Client<S> {
    /// Verifies the bundle of a peer's device and remembers the peer under `name`, with all devices in the list that comes with the
    /// bundle. A device whose own bundle was not added yet is known and cannot be reached.
    ///
    /// The name is bound to the user: the bundle of another device of the same user is added under the same name.
    ///
    /// Every operation brings names into one form, and compares, stores and returns them in it: that of nicknames in RFC
    /// 8266 §2.3, which is Unicode's normalization form KC with single spaces between words. Capital letters stay, and
    /// count. Characters that nobody sees and those that Unicode has not assigned are refused. Letters of different
    /// scripts that look alike remain different.
    ///
    /// If there is a session with the device that works, it goes on and the bundle is not needed. The next message begins
    /// a new session if the bundle is newer than those that were taken before, or if the device has never answered in the
    /// session, for example because the bundle before was damaged, or if messages of the peer could not be read.
    /// [`renew`](Self::renew) begins one in any case.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoDeviceList`] if the bundle has no list; [`ClientError::List`] if the list is refused;
    /// [`ClientError::NotListed`] and [`ClientError::LostDevice`] if the newest list does not list the device;
    /// [`ClientError::OtherIdentity`] if the name is another user's; [`ClientError::KnownAs`] if the user or a device in the
    /// list has another name; [`ClientError::OldList`] if the user was forgotten and a newer list was known;
    /// [`ClientError::Equivocation`] if the list contradicts one that is known, of which evidence is kept;
    /// [`ClientError::OldBundle`] if a newer one was added before, because its keys may be gone; [`ClientError::Downgrade`]
    /// if the device was met with PQXDH and the bundle is for X3DH; [`ClientError::InvalidName`]; [`ClientError::Protocol`] if the bundle is refused;
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn add(
        &mut self,
        name: &str,
        bundle: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Addition, S> {
        self.take_bundle((Some(&Name::new(name)?), bundle), false, rng)
    }

    /// [`add`](Self::add), after which the next message begins a new session with the device: for two parties who can no
    /// longer read each other, or of whom one may have been robbed.
    ///
    /// It also accepts a bundle that is older than one that was added before, because that one may have been dated
    /// wrongly. A bundle whose one-time prekey began a session changes nothing, because the key is gone.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add), without [`ClientError::OldBundle`].
    pub fn renew(
        &mut self,
        name: &str,
        bundle: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Addition, S> {
        self.take_bundle((Some(&Name::new(name)?), bundle), true, rng)
    }

    /// [`add`](Self::add) for another device of the own user, which gets copies of what this one sends from then on.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add); [`ClientError::List`] if the bundle is of another user.
    pub fn add_own_device(
        &mut self,
        bundle: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Addition, S> {
        self.take_bundle((None, bundle), false, rng)
    }

    /// [`add_own_device`](Self::add_own_device), after which the next message to the device begins a new session, as
    /// [`renew`](Self::renew) has it for peers: for example because the store of the device was put back to an older state.
    ///
    /// # Errors
    ///
    /// Those of [`add_own_device`](Self::add_own_device), without [`ClientError::OldBundle`].
    pub fn renew_own_device(
        &mut self,
        bundle: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Addition, S> {
        self.take_bundle((None, bundle), true, rng)
    }

    /// Verifies a bundle and its list.
    pub(super) fn offer(&self, bundle: &[u8]) -> Result<Offer, S> {
        let published = sprag_wire::decode_bundle(bundle).map_err(Error::from)?;
        let suite = published.keys.suite();
        let verified = published.keys.verify(&self.policy).map_err(Error::from)?;
        let curve = verified.curve();
        Ok(Offer {
            identity: curve.identity,
            suite,
            used: UsedKeys::of(curve, verified.kem_prekey()),
            made: Made::of(curve),
            list: Self::verified_list(published.list, &curve.identity)?,
        })
    }

    fn take_bundle(
        &mut self,
        (name, bundle): (Option<&Name>, &[u8]),
        asked: bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Addition, S> {
        // Verify the bundle, and find the user that it is of.
        let offer = self.offer(bundle)?;
        let mut party = match (name, self.owner_of_user(&offer.list.user_id())?) {
            (Some(_), Some(Owner::Own)) => return Err(Self::own_bundle()),
            (None, Some(Owner::Own)) => {
                let own = self.own_user()?;
                if own.own.identity == offer.identity {
                    return Err(Self::own_bundle());
                }
                Party::Own(Box::new(own))
            }
            (None, _) => return Err(ClientError::List(sprag_devices::Error::OtherUser)),
            (Some(_), Some(owner)) => self.party_of(&owner, name)?,
            (Some(_), None) if self.waits_to_join(&offer.list)? => return Err(Self::own_bundle()),
            (Some(_), None) => self.party_of_new_user(name, &offer.list, &offer.identity)?,
        };
        let is_new = party.is_new();
        // Take its list, of which the device must be one by the newest list.
        let mut change = match self.take_list(&mut party, &offer.list, None)? {
            Taking::Taken(change) => *change,
            Taking::Contradicts(evidence) => {
                return Err(self.keep_evidence(&mut party, &evidence, rng)?);
            }
        };
        if party.has_removed_this()
            && let Some(list) = party.list()
        {
            let list = list.list().clone();
            return Err(self.remove_all(&list, rng)?);
        }
        let (number, retired) = party.standing(&offer.identity)?;
        let number = number.ok_or(ClientError::NotListed(offer.identity))?;
        if retired {
            return Err(ClientError::RetiredDevice(offer.identity));
        }
        // Compare the bundle with what is known of the device, and keep it if it is needed.
        let called = name.map(ToString::to_string).unwrap_or_default();
        let circumstances = Circumstances { asked, is_new };
        let added = self.judge(&mut party, &offer, (circumstances, &called))?;
        change.keeps_bundle = !matches!(added, Added::Known | Added::Used);
        let to_hand_on = self.to_hand_on((&party, &offer, bundle), asked)?;
        let mut transaction = Transaction::new(&self.vault, rng);
        change.stage(&party, &mut transaction);
        transaction.hand_on(to_hand_on.as_ref());
        if change.keeps_bundle {
            transaction.keep_bundle(&offer.identity, bundle);
        }
        let batch = transaction.finish();
        if batch.changes().next().is_some() {
            self.commit(&batch)?;
        }
        let ListChange {
            new_devices,
            gone_devices,
            ..
        } = change;
        Ok(Addition {
            added,
            user: offer.list.user_id(),
            device: number,
            new_devices,
            gone_devices,
        })
    }

    /// Decides what a bundle changes for its device.
    fn judge(
        &self,
        party: &mut Party,
        offer: &Offer,
        (Circumstances { asked, is_new }, name): (Circumstances, &str),
    ) -> Result<Added, S> {
        let is_unreadable = matches!(party, Party::Peer(loaded) if loaded.peer.unreadable > 0);
        let device = party.device(&offer.identity)?;
        let mark = device.mark;
        if mark.forbids(offer.suite) {
            return Err(ClientError::Downgrade(name.to_owned()));
        }
        let sessions = self.sessions(&offer.identity)?;
        if sessions.have_used(&offer.used) {
            return Ok(Added::Used);
        }
        let newest = mark.newest.unwrap_or(0);
        if offer.made.at < newest && !asked {
            return Err(ClientError::OldBundle(name.to_owned()));
        }
        // A session that works goes on, unless this party was put back to an older state of it. The first bundle may be an
        // old one and does not count as newer.
        let is_newer = mark.newest.is_some() && offer.made.at > newest;
        let is_broken = is_unreadable || device.repair.due.is_some() || sessions.wait_for(device);
        let is_wanted = asked || is_broken || device.lacks_bundle();
        if !is_newer && !is_wanted && sessions.peer_has_sending_session() {
            return Ok(Added::Known);
        }
        // Remember the bundle. One that was asked for corrects a wrong date of an earlier one.
        let is_first = mark.newest.is_none() && device.bundle.is_none();
        device.bundle = Some(offer.suite);
        device.renew = sessions.stored().next().is_some();
        device.mark = Mark {
            newest: Some(if asked && offer.made.at != 0 {
                offer.made.at
            } else {
                newest.max(offer.made.at)
            }),
            ..mark
        }
        .with(offer.suite);
        Ok(if is_new {
            Added::New
        } else if device.renew {
            Added::Renewed
        } else if is_first {
            Added::NewDevice
        } else {
            Added::Pending
        })
    }

    /// Verifies the bundle in a request for a new session: it must be the sender's own, no older than one that was taken, and
    /// unused. Returns its suite and the time at which its signed prekey was made.
    pub(super) fn bundle_of_request(
        &self,
        (party, sessions): (&Party, &Sessions),
        sender: &IdentityKey,
        bundle: &[u8],
    ) -> Result<(Suite, u64), S> {
        let name = || party.name().map(ToString::to_string).unwrap_or_default();
        let offer = self.offer(bundle)?;
        if offer.identity != *sender {
            return Err(ClientError::ForeignBundle(offer.identity));
        }
        if Some(offer.list.user_id()) != party.user_id() {
            return Err(ClientError::List(sprag_devices::Error::OtherUser));
        }
        let mark = party.devices().get(sender).map(|device| device.mark);
        let mark = mark.ok_or(ClientError::Damaged)?;
        if mark.forbids(offer.suite) {
            return Err(ClientError::Downgrade(name()));
        }
        if offer.made.at < mark.newest.unwrap_or(0) {
            return Err(ClientError::OldBundle(name()));
        }
        if sessions.have_used(&offer.used) {
            return Err(ClientError::UsedBundle(name()));
        }
        Ok((offer.suite, offer.made.at))
    }

    /// Takes the bundles in a message of the device `sender`: those of devices of the sender's user that cannot be reached yet,
    /// and that of the sender itself, if it was linked here.
    pub(super) fn bundles_of(
        &self,
        (party, sender): (&mut Party, &IdentityKey),
        payload: &[u8],
    ) -> Result<KeptBundles, S> {
        let mut kept = KeptBundles::default();
        for bundle in sprag_wire::decode_bundles(payload).map_err(Error::from)? {
            let offer = self.offer(bundle)?;
            if Some(offer.list.user_id()) != party.user_id() {
                return Err(ClientError::List(sprag_devices::Error::OtherUser));
            }
            party.standing(&offer.identity)?;
            if offer.identity == *sender {
                kept.to_hand_on = self.to_hand_on((party, &offer, bundle), false)?;
            }
            // This device itself is one of the own user's.
            let Some(device) = party.devices_mut().get_mut(&offer.identity) else {
                continue;
            };
            let mark = device.mark;
            if mark.forbids(offer.suite) {
                continue;
            }
            let has_session = || {
                self.sessions(&offer.identity)
                    .map(|sessions| !sessions.is_empty())
            };
            if offer.made.at < mark.newest.unwrap_or(0)
                || self.is_bundle_kept(device, &offer)?
                || has_session()?
            {
                continue;
            }
            device.bundle = Some(offer.suite);
            device.mark = Mark {
                newest: Some(offer.made.at),
                ..mark
            }
            .with(offer.suite);
            kept.waiting.push((offer.identity, bundle.to_vec()));
        }
        Ok(kept)
    }

    /// Tells whether there is a bundle of a device that another one does not replace: one for one reader, or one that is not
    /// older.
    fn is_bundle_kept(&self, device: &Device, offer: &Offer) -> Result<bool, S> {
        if device.bundle.is_none() {
            return Ok(false);
        }
        let parts = [offer.identity.as_bytes().as_slice()];
        let record = self.read(self.vault.name(RecordKind::Bundle, &parts))?;
        let record = record.ok_or(ClientError::Damaged)?;
        let kept = sprag_wire::decode_bundle(record.content.expose()).map_err(Error::from)?;
        let (curve, kem_prekey) = (kept.keys.curve(), kept.keys.kem_prekey());
        let is_for_one_reader = UsedKeys::of(curve, kem_prekey).are_some();
        Ok(is_for_one_reader || Made::of(curve) >= offer.made)
    }
}

/// The circumstances of a bundle.
struct Circumstances {
    /// Set if the next message is to begin a new session, although there may be one that works.
    asked: bool,
    /// Set if the peer becomes known by the bundle.
    is_new: bool,
}

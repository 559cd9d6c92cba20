//! The lists, answers and renewals that are due to devices.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::{Error, IdentityKey};
use sprag_devices::DeviceNumber;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::{ContentKind, RenewReason};

use super::bare_messages::{BareMessage, Bundles, OnSessions, renewal};
use super::own_prekeys::PresentBundle;
use super::sending::{Target, targets_of};
use super::sessions::Sessions;
use super::users::{LoadedOwn, LoadedPeer, Party};
use super::{Client, DeviceMessage, Result};
use crate::error::ClientError;
use crate::records::{Device, Peer};
use crate::store::Store;
use crate::vault::RecordKind;

/// A message that is due to a device and that no text has taken along yet.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Owed {
    /// The name of the peer; `None` if the device is one of the own user.
    pub name: Option<String>,
    /// The number of the device in the list of its user.
    pub number: DeviceNumber,
    /// The identity key of the device.
    pub identity: IdentityKey,
    /// Set if it is another device of the own user.
    pub own: bool,
    /// The kind of message.
    pub what: OwedKind,
}

/// The kind of a message that is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum OwedKind {
    /// The own device list, of which the device knows an older version. It comes with the next text as well.
    List,
    /// The present bundle of this device, for another own device that may hand an older one on to peers.
    OwnBundle,
    /// An answer in a session that the device has renewed. The next text is one.
    Answer,
    /// A new session, which begins with the bundle that there is. The next text begins it as well.
    Renewal,
    /// A request for a new session, in the present one.
    Request,
    /// A bundle for the device, because there is neither a bundle of it nor a session to send in:
    /// [`repair`](Client::repair) makes one.
    Offer,
}

/// A message that was due.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OwedMessage {
    /// The name of the peer; `None` if the device is one of the own user.
    pub name: Option<String>,
    /// The message.
    pub message: DeviceMessage,
}

/// A message that is due, and the state that it is made of.
pub(super) struct Due {
    party: usize,
    target: Target,
    what: OwedKind,
    reason: RenewReason,
    /// The rank of the next session.
    next_rank: u64,
}

impl<S: Store> Client<S> {
    /// The messages that are due to devices of peers and of the own user: to each device the one that says most. Peers are left
    /// out to whom nothing may be sent.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`], [`ClientError::NotListed`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn owed(&self) -> Result<Vec<Owed>, S> {
        self.owed_to(|_| true)
    }

    /// [`owed`](Self::owed) to the peers that are `wanted`, by their names, and to the own devices if `None` is. Only their
    /// sessions are read.
    ///
    /// # Errors
    ///
    /// Those of [`owed`](Self::owed).
    pub fn owed_to(&self, wanted: impl Fn(Option<&str>) -> bool) -> Result<Vec<Owed>, S> {
        let parties = self.parties()?;
        let due = self.due(&parties, wanted)?;
        let owed = due.iter().filter_map(|due| {
            Some(Owed {
                name: name_of(parties.get(due.party)?),
                number: due.target.number,
                identity: due.target.identity,
                own: due.target.own,
                what: due.what,
            })
        });
        Ok(owed.collect())
    }

    /// Writes the messages that are [owed](Self::owed), all in one commit, except offers. They are to be sent like texts, and the
    /// receivers decrypt them like texts.
    ///
    /// # Errors
    ///
    /// Those of [`owed`](Self::owed); [`ClientError::Protocol`]; [`ClientError::Conflict`].
    pub fn write_owed(&mut self, rng: &mut impl CryptoRng) -> Result<Vec<OwedMessage>, S> {
        self.write_owed_to(|_| true, rng)
    }

    /// [`write_owed`](Self::write_owed) for the peers that are `wanted`, by their names, and for the own devices if `None` is.
    ///
    /// # Errors
    ///
    /// Those of [`write_owed`](Self::write_owed).
    pub fn write_owed_to(
        &mut self,
        wanted: impl Fn(Option<&str>) -> bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<OwedMessage>, S> {
        let mut parties = self.parties()?;
        let due = self.due(&parties, wanted)?;
        let linked = self.own_bundles(&own_among(&parties)?.own)?;
        let mut bundles = None;
        let mut present = None;
        let mut messages = Vec::new();
        for due in &due {
            let device = parties.get(due.party).and_then(|party| {
                let devices = party.devices();
                devices.get(&due.target.identity)
            });
            let device = device.ok_or(ClientError::Damaged)?.clone();
            messages.extend(match due.what {
                OwedKind::List => Some(due.list(&linked.unknown_to(&device))?),
                OwedKind::OwnBundle => {
                    let present = match &present {
                        Some(present) => present,
                        None => present.insert(self.present_bundle()?),
                    };
                    Some(due.own_bundle(present, linked.unknown_to(&device))?)
                }
                _ => self.bare((due, &device), &mut bundles, rng)?,
            });
        }
        let account = bundles
            .map(|bundles| self.taken_from(bundles))
            .transpose()?;
        let work = (parties.as_mut_slice(), messages.as_slice());
        let written = self.write_bare(work, account.as_ref(), rng)?;
        let of = messages.iter().zip(written);
        let written = of.filter_map(|(of, message)| {
            Some(OwedMessage {
                name: name_of(parties.get(of.party)?),
                message: message.ok()?,
            })
        });
        Ok(written.collect())
    }

    /// All parties that messages may be due to, the own user last.
    fn parties(&self) -> Result<Vec<Party>, S> {
        let mut parties = Vec::new();
        for record in self.records_under(&self.vault.name(RecordKind::Peer, &[]))? {
            let peer = Peer::from_snapshot(record.content.expose())?;
            match self.may_send_to(&peer) {
                Ok(()) => {}
                Err(
                    ClientError::Equivocation(_)
                    | ClientError::NotVerified(_)
                    | ClientError::StaleDeviceList(_),
                ) => continue,
                Err(fault) => return Err(fault),
            }
            let record = Some(record);
            parties.push(Party::Peer(LoadedPeer { record, peer }));
        }
        parties.sort_by(|one, other| one.name().cmp(&other.name()));
        parties.push(Party::Own(Box::new(self.own_listed()?)));
        Ok(parties)
    }

    /// The messages that are due to the devices of the parties that are `wanted`, by their names.
    fn due(&self, parties: &[Party], wanted: impl Fn(Option<&str>) -> bool) -> Result<Vec<Due>, S> {
        let own = &own_among(parties)?.own;
        let version = own.list.list().version();
        let mut all = Vec::new();
        let mut generation = None;
        let places = parties.iter().enumerate();
        for (place, party) in places.filter(|(_, party)| wanted(name_of(party).as_deref())) {
            let is_own = matches!(party, Party::Own(_));
            for target in targets_of(party.list(), &own.identity, is_own) {
                let Some(device) = party.devices().get(&target.identity) else {
                    continue;
                };
                let sessions = self.sessions(&target.identity)?;
                let is_behind = match party {
                    Party::Own(loaded) => {
                        self.hands_on_older((loaded, &target), &mut generation)?
                    }
                    Party::Peer(_) => false,
                };
                if let Some(what) = what_is_due(device, &sessions, (version, is_behind)) {
                    all.push(self.due_to((place, target), what, (device, &sessions))?);
                }
            }
        }
        Ok(all)
    }

    /// A message that is due to a device.
    pub(super) fn due_to(
        &self,
        (party, target): (usize, Target),
        what: OwedKind,
        (device, sessions): (&Device, &Sessions),
    ) -> Result<Due, S> {
        let remainder = self.forgotten(&target.identity)?.remainder;
        Ok(Due {
            party,
            target,
            what,
            reason: device.repair.due.unwrap_or(RenewReason::Lost),
            next_rank: sessions
                .highest_rank()
                .max(remainder.rank)
                .saturating_add(1),
        })
    }

    /// The answer, renewal or request that is due to a device; `None` if it is something else. A request takes a bundle.
    pub(super) fn bare<R: CryptoRng>(
        &self,
        (due, device): (&Due, &Device),
        bundles: &mut Option<Bundles>,
        rng: &mut R,
    ) -> Result<Option<BareMessage>, S> {
        let unread = &device.repair.unread;
        let (kind, payload, on_sessions) = match due.what {
            OwedKind::Offer | OwedKind::List | OwedKind::OwnBundle => return Ok(None),
            OwedKind::Answer => (ContentKind::Nothing, Vec::new(), OnSessions::None),
            OwedKind::Renewal => {
                let payload = renewal(due.reason, unread, None)?;
                (ContentKind::Renew, payload, OnSessions::Begins(due.reason))
            }
            OwedKind::Request => {
                let bundles = match bundles {
                    Some(bundles) => bundles,
                    None => bundles.insert(self.bundles()?),
                };
                let bundle = self.next_bundle(bundles, rng)?;
                let payload = renewal(due.reason, unread, Some(&bundle))?;
                let on_sessions = OnSessions::AsksFor(due.next_rank);
                (ContentKind::Renew, payload, on_sessions)
            }
        };
        Ok(Some(due.message(kind, payload, on_sessions)))
    }
}

impl Due {
    /// The list, with these bundles of own devices.
    fn list(&self, bundles: &[&[u8]]) -> core::result::Result<BareMessage, Error> {
        let payload = sprag_wire::encode_bundles(bundles)?;
        Ok(self.message(ContentKind::List, payload, OnSessions::None))
    }

    /// The list, with the present bundle of this device and these bundles of others.
    fn own_bundle<'a>(
        &self,
        present: &'a PresentBundle,
        mut bundles: Vec<&'a [u8]>,
    ) -> core::result::Result<BareMessage, Error> {
        bundles.push(&present.bundle);
        Ok(BareMessage {
            tells: Some(present.generation),
            ..self.list(&bundles)?
        })
    }

    const fn message(
        &self,
        kind: ContentKind,
        payload: Vec<u8>,
        on_sessions: OnSessions,
    ) -> BareMessage {
        BareMessage {
            party: self.party,
            target: self.target,
            kind,
            payload,
            on_sessions,
            tells: None,
        }
    }
}

/// The own user, which is among the parties of an operation that writes to devices.
pub(super) fn own_among<E>(parties: &[Party]) -> core::result::Result<&LoadedOwn, ClientError<E>> {
    let mut own = parties.iter().filter_map(|party| match party {
        Party::Own(loaded) => Some(&**loaded),
        Party::Peer(_) => None,
    });
    own.next().ok_or(ClientError::Damaged)
}

/// Decides which message is due to a device of a user, if one is. The own list is of this version, and the device may hand on an
/// older bundle of this one if it `is_behind`.
fn what_is_due(
    device: &Device,
    sessions: &Sessions,
    (version, is_behind): (u64, bool),
) -> Option<OwedKind> {
    // What was begun or asked for has settled what was due, and nothing becomes due while it is waited for.
    if device.repair.due.is_some() {
        return Some(way_to_renew(device, sessions));
    }
    if device.renew || sessions.sending().is_none() {
        return None;
    }
    // A message in a session that is not answered may be lost. It is an answer as well, and has the list.
    let is_certain = sessions.peer_has_sending_session();
    if is_behind && is_certain {
        return Some(OwedKind::OwnBundle);
    }
    if device.repair.owes_answer {
        return Some(OwedKind::Answer);
    }
    // An initiator sends its list along as long as it is not answered.
    let is_old = device.knows < version && is_certain;
    is_old.then_some(OwedKind::List)
}

/// The best way to a new session with a device.
pub(super) fn way_to_renew(device: &Device, sessions: &Sessions) -> OwedKind {
    // Only after a gap is the peer known to read what this party sends: it has the session as it was. After a fork, one of the
    // two has lost the ratchet key that the next message of the other answers.
    let is_evident = device.repair.due == Some(RenewReason::Gap);
    if device.bundle.is_some() {
        OwedKind::Renewal
    } else if is_evident && !device.renew && sessions.sending().is_some() {
        OwedKind::Request
    } else {
        OwedKind::Offer
    }
}

fn name_of(party: &Party) -> Option<String> {
    party.name().cloned().map(Into::into)
}

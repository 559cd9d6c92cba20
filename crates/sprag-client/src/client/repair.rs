//! The repair of sessions in which two parties cannot read each other any more.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag_devices::DeviceNumber;
use sprag_primitives::rand_core::CryptoRng;

use super::bare_messages::{BareMessage, Bundles, Written};
use super::owed::{OwedKind, own_among, way_to_renew};
use super::sending::{Target, targets_of};
use super::users::Party;
use super::{Client, Result, SkipReason};
use crate::error::ClientError;
use crate::name::Name;
use crate::store::Store;

/// The way to a new session with one device.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeviceRepair {
    /// The number of the device in the list of its user; `None` if no list of the peer was seen.
    pub number: Option<DeviceNumber>,
    /// The identity key of the device.
    pub identity: IdentityKey,
    /// The message or bundle to hand over, if there is one.
    pub outcome: RepairOutcome,
}

/// The message or bundle that repairs the sessions with a device.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RepairOutcome {
    /// A message that has begun a new session. It repairs the sessions once it has arrived.
    Renewal(Vec<u8>),
    /// A message that asks the device for a new session. The answer to it repairs the sessions.
    Request(Vec<u8>),
    /// A bundle for the peer to [renew](Client::renew) with, or for the [other device](Client::renew_own_device). Its next
    /// message then begins a new session. To [add](Client::add) it is enough if the peer has taken a bundle of this device
    /// before, or cannot read its messages.
    Offer(Vec<u8>),
    /// A new session was begun or asked for, and nothing has come since: wait, or
    /// [repair again](Client::repair_again).
    Waiting,
    /// No session could be begun with the bundle that there is: another one is needed.
    Refused(SkipReason),
}

impl<S: Store> Client<S> {
    /// Repairs the sessions with the devices of the peer `name`, for two parties who cannot read each other any more. Each
    /// device gets what leads to a new session: a renewal if there is an unused bundle of it; or a request if a message of
    /// the device has proved that too many before it are missing, because then only this direction is broken; or else a bundle
    /// of this device. For bundles, the prekeys are replaced at `now`, in seconds since 1970-01-01 UTC, if there is room to
    /// [keep](crate::limits::KEEP_PREKEYS_AFTER_OFFER) the replaced ones. All of it is one commit.
    ///
    /// Messages that could not be read are lost.
    ///
    /// # Errors
    ///
    /// [`ClientError::InvalidName`]; [`ClientError::UnknownPeer`]; [`ClientError::NoUser`]; [`ClientError::NotListed`];
    /// [`ClientError::Equivocation`], [`ClientError::NotVerified`] and [`ClientError::StaleDeviceList`] if nothing may be
    /// sent to the peer; [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Conflict`];
    /// [`ClientError::Store`].
    pub fn repair(
        &mut self,
        name: &str,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<DeviceRepair>, S> {
        let party = self.party_to_repair(name)?;
        self.repair_party((party, false), now, rng)
    }

    /// [`repair`](Self::repair), also where a new session was begun or asked for and nothing has come: what was sent may be
    /// lost. A program may do so by itself after an hour, then after four, and then once a day.
    ///
    /// # Errors
    ///
    /// Those of [`repair`](Self::repair).
    pub fn repair_again(
        &mut self,
        name: &str,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<DeviceRepair>, S> {
        let party = self.party_to_repair(name)?;
        self.repair_party((party, true), now, rng)
    }

    /// [`repair`](Self::repair) for the other devices of the own user.
    ///
    /// # Errors
    ///
    /// Those of [`repair`](Self::repair).
    pub fn repair_own_devices(
        &mut self,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<DeviceRepair>, S> {
        let party = Party::Own(Box::new(self.own_listed()?));
        self.repair_party((party, false), now, rng)
    }

    /// [`repair_again`](Self::repair_again) for the other devices of the own user.
    ///
    /// # Errors
    ///
    /// Those of [`repair`](Self::repair).
    pub fn repair_own_devices_again(
        &mut self,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<DeviceRepair>, S> {
        let party = Party::Own(Box::new(self.own_listed()?));
        self.repair_party((party, true), now, rng)
    }

    fn party_to_repair(&self, name: &str) -> Result<Party, S> {
        let party = self.known_party(&Name::new(name)?)?;
        if let Party::Peer(loaded) = &party {
            self.may_send_to(&loaded.peer)?;
        }
        Ok(party)
    }

    fn repair_party(
        &mut self,
        (party, again): (Party, bool),
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<DeviceRepair>, S> {
        // Find the way for each device, and make what it takes.
        let mut parties = Vec::from([party]);
        if matches!(parties[..], [Party::Peer(_)]) {
            parties.push(Party::Own(Box::new(self.own_listed()?)));
        }
        let this = own_among(&parties)?.own.identity;
        let party = parties.first_mut().ok_or(ClientError::Damaged)?;
        let mut work = Work {
            again,
            now,
            bundles: None,
            messages: Vec::new(),
        };
        let mut plans = Vec::new();
        for (number, identity) in devices_of(party, &this) {
            let plan = self.plan_for((party, number, &identity), &mut work, rng)?;
            // Whatever was begun or asked for before is given up, so that the session that the peer begins ranks above it.
            if matches!(plan, Plan::Offer(_)) {
                party.device::<S::Error>(&identity)?.repair.requested = None;
            }
            plans.push((number, identity, plan));
        }
        // Write and commit it.
        let Work {
            bundles, messages, ..
        } = work;
        let account = bundles
            .map(|bundles| self.taken_from(bundles))
            .transpose()?;
        let work = (parties.as_mut_slice(), messages.as_slice());
        let mut written = self.write_bare(work, account.as_ref(), rng)?.into_iter();
        let repairs = plans.into_iter();
        let repairs = repairs.map(|(number, identity, plan)| DeviceRepair {
            number,
            identity,
            outcome: plan.outcome(&mut written),
        });
        Ok(repairs.collect())
    }

    /// Finds the way to a new session with one device of a user, of which no number is known if there is no list.
    fn plan_for(
        &self,
        (party, number, identity): (&Party, Option<DeviceNumber>, &IdentityKey),
        work: &mut Work,
        rng: &mut impl CryptoRng,
    ) -> Result<Plan, S> {
        let device = party.devices().get(identity).ok_or(ClientError::Damaged)?;
        let sessions = self.sessions(identity)?;
        if !work.again && sessions.wait_for(device) {
            return Ok(Plan::Waiting);
        }
        let what = way_to_renew(device, &sessions);
        let (Some(number), OwedKind::Renewal | OwedKind::Request) = (number, what) else {
            let bundle = self.offer_at(&mut work.bundles, work.now, rng)?;
            return Ok(Plan::Offer(bundle));
        };
        let target = Target {
            number,
            identity: *identity,
            own: matches!(party, Party::Own(_)),
        };
        let due = self.due_to((0, target), what, (device, &sessions))?;
        let message = self.bare((&due, device), &mut work.bundles, rng)?;
        work.messages.extend(message);
        Ok(Plan::Message(what))
    }
}

/// The work on the devices of one user.
struct Work {
    again: bool,
    now: u64,
    bundles: Option<Bundles>,
    messages: Vec<BareMessage>,
}

/// The way to a new session with one device.
enum Plan {
    Waiting,
    Offer(Vec<u8>),
    /// The next of the messages that are written is for the device.
    Message(OwedKind),
}

impl Plan {
    fn outcome(self, written: &mut impl Iterator<Item = Written>) -> RepairOutcome {
        let what = match self {
            Self::Waiting => return RepairOutcome::Waiting,
            Self::Offer(bundle) => return RepairOutcome::Offer(bundle),
            Self::Message(what) => what,
        };
        match (written.next(), what) {
            (Some(Ok(sent)), OwedKind::Request) => RepairOutcome::Request(sent.message),
            (Some(Ok(sent)), _) => RepairOutcome::Renewal(sent.message),
            (Some(Err(reason)), _) => RepairOutcome::Refused(reason),
            (None, _) => RepairOutcome::Refused(SkipReason::NoBundle),
        }
    }
}

/// The devices of a user but this one, with their numbers if there is a list.
fn devices_of(party: &Party, this: &IdentityKey) -> Vec<(Option<DeviceNumber>, IdentityKey)> {
    match party.list() {
        Some(_) => {
            let targets = targets_of(party.list(), this, false).into_iter();
            targets
                .map(|target| (Some(target.number), target.identity))
                .collect()
        }
        None => {
            let devices = party.devices().iter();
            devices.map(|device| (None, device.identity)).collect()
        }
    }
}

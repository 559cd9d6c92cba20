//! The encryption of one content to several devices: in which sessions, and what it changes there.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use sprag::records::AccountCore;
use sprag::{Error, IdentityKey, PrekeyId, Session};
use sprag_devices::{DeviceList, DeviceNumber, KnownList, UserId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_wire::{ContentKind, Copied, Error as WireError, content_associated_data, encode_copy};
use sprag_x3dh::VerifiedBundle;

use super::contents::{Addressed, is_control};
use super::outgoing::{DeviceMessage, Letter, Sent, SkipReason, Skipped};
use super::sessions::Sessions;
use super::users::{LoadedPeer, Party};
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::limits::MAX_RANK_STEP;
use crate::name::Name;
use crate::records::{Claim, Device, StoredSession, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// A device that a message is for.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) number: DeviceNumber,
    pub(super) identity: IdentityKey,
    pub(super) own: bool,
}

/// The work on one letter, or on several one after the other.
pub(super) struct Sending<'a> {
    pub(super) letter: &'a Letter<'a>,
    associated_data: Vec<u8>,
    /// The newest list of the own user, and the statement that every header makes of it.
    own: DeviceList,
    claim: Claim,
    /// The account, read once the first session begins.
    account: Option<AccountCore>,
    changes: Vec<SessionChange>,
    /// The devices whose bundles began sessions.
    used_up: Vec<IdentityKey>,
    /// The own devices with which a session began in the place of those before.
    begun_anew: Vec<IdentityKey>,
    pub(super) sent: Sent,
}

/// A session after a message was encrypted in it.
enum SessionChange {
    Moved(Record, Box<StoredSession>),
    Begun {
        stored: Box<StoredSession>,
        leaving: Sessions,
    },
}

impl<S: Store> Client<S> {
    /// Encrypts a content to all devices of a peer, and to the other devices of the own user.
    pub(super) fn send(
        &mut self,
        name: &str,
        letter: &Letter<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Sent, S> {
        // Load both users, and see whether anything may be sent.
        let name = Name::new(name)?;
        let own = self.own_listed()?;
        let (record, peer) = self.known_peer(&name)?;
        self.may_send_to(&peer)?;
        let no_bundle = || ClientError::NoBundle(name.to_string());
        let (user, list_version) = match peer.list() {
            Some(list) => (list.user_id(), list.list().version()),
            // Nothing is sent in the sessions of a peer of which no list was seen.
            None => return Err(no_bundle()),
        };
        let targets = targets_of(peer.list(), &own.own.identity, false);
        let copies = targets_of(Some(&own.own.list), &own.own.identity, true);
        if letter.single && targets.len() + copies.len() > 1 {
            return Err(ClientError::SeveralDevices(name.to_string()));
        }
        let mut sending = Sending::new(letter, own.own.list.list(), list_version);
        let copy = letter.copy(&user, &copies).map_err(Error::from)?;
        let payload = match (letter.kind, &copy) {
            (ContentKind::FileKey, Some(copy)) => copy.expose(),
            _ => letter.payload,
        };
        // Encrypt to each device of the peer.
        let record = Some(record);
        let mut peer = Party::Peer(LoadedPeer { record, peer });
        for target in &targets {
            self.encrypt_to((&mut peer, target, payload), &mut sending, rng)?;
        }
        let sent = &sending.sent;
        let is_reached = sent.messages.iter().any(|sent| sent.kind == letter.kind);
        if !is_reached {
            refuse_unreached(sent, letter, &name)?;
        }
        // Encrypt a copy to each other own device, if there is something to copy.
        let mut own = Party::Own(Box::new(own));
        if let Some(copy) = copy.filter(|_| is_reached) {
            for target in &copies {
                self.encrypt_to((&mut own, target, copy.expose()), &mut sending, rng)?;
            }
        }
        // Commit all of it at once.
        let mut transaction = Transaction::new(&self.vault, rng);
        peer.stage(&mut transaction);
        own.stage(&mut transaction);
        let sent = sending.stage(&mut transaction);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(sent)
    }

    /// Encrypts a letter to one device of the own user, with the list `own` attached.
    pub(super) fn encrypt_to_own<'a>(
        &self,
        (party, device): (&mut Party, &sprag_devices::Device),
        (letter, own): (&'a Letter<'a>, &DeviceList),
        rng: &mut impl CryptoRng,
    ) -> Result<Sending<'a>, S> {
        let mut sending = Sending::new(letter, own, own.version());
        let target = Target {
            number: device.number,
            identity: device.identity,
            own: true,
        };
        self.encrypt_to((party, &target, letter.payload), &mut sending, rng)?;
        Ok(sending)
    }

    /// Encrypts a payload to one device, or says why not.
    pub(super) fn encrypt_to(
        &self,
        (party, target, payload): (&mut Party, &Target, &[u8]),
        sending: &mut Sending<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let device = party.device::<S::Error>(&target.identity)?.clone();
        let is_asked = !is_control(sending.letter.kind) && device.awaits(party.list());
        // A file's header has no room for anything but the key.
        if is_asked {
            sending.skip(target, SkipReason::AwaitsList);
            if sending.letter.kind == ContentKind::FileKey {
                return Ok(());
            }
        }
        if sending.sent.messages.len() >= sending.letter.room {
            sending.skip(target, SkipReason::NoRoom);
            return Ok(());
        }
        let mut prepared = match self.prepare(&device, sending, rng)? {
            Ok(prepared) => prepared,
            Err(reason) => {
                if !is_asked {
                    sending.skip(target, reason);
                }
                return Ok(());
            }
        };
        // Write the content for this device.
        let stored = prepared.stored();
        let kind = sending.letter.kind_for(target, is_asked);
        let carries_list =
            matches!(kind, ContentKind::List | ContentKind::LinkWelcome) && !is_asked;
        let content = Addressed {
            kind,
            own: &sending.own,
            claim: sending.claim,
            peer: party.list(),
            attached: carries_list
                || stored.session.is_unanswered()
                || device.knows < sending.own.version(),
            payload: if is_asked { &[] } else { payload },
        };
        let content = content.encode()?;
        let (session, text) = (&mut stored.session, content.expose());
        let message = session.encrypt_with_ad(text, &sending.associated_data, rng)?;
        stored.sent.add(&Receipt::of(&Incoming {
            message: &message,
            associated_data: sending.letter.associated_data,
        }));
        // The bundle is used up by a session that began. Whatever was owed to the device comes with this message.
        let device = party.device::<S::Error>(&target.identity)?;
        device.repair.owes_answer = false;
        if let SessionChange::Begun { stored, leaving } = &prepared {
            device.bundle = None;
            device.renew = false;
            if device.repair.due.is_some() {
                device.repair.ask_for(stored.rank);
            }
            sending.used_up.push(target.identity);
            if target.own && !leaving.is_empty() {
                sending.begun_anew.push(target.identity);
            }
        }
        sending.changes.push(prepared);
        sending.sent.messages.push(target.message(kind, message));
        Ok(())
    }

    /// Takes the session with a device that there is, or begins one with its bundle.
    fn prepare(
        &self,
        device: &Device,
        sending: &mut Sending<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<core::result::Result<SessionChange, SkipReason>, S> {
        let mut sessions = self.sessions(&device.identity)?;
        let activity = sessions.next_activity();
        if let Some(index) = sessions.sending().filter(|_| !device.renew) {
            let (record, mut stored) = sessions.take(index);
            stored.activity = activity;
            return Ok(Ok(SessionChange::Moved(record, Box::new(stored))));
        }
        if device.bundle.is_none() {
            return Ok(Err(SkipReason::NoBundle));
        }
        let parts = [device.identity.as_bytes().as_slice()];
        let record = self.read(self.vault.name(RecordKind::Bundle, &parts))?;
        let record = record.ok_or(ClientError::Damaged)?;
        let bundle = sprag_wire::decode_bundle(record.content.expose()).map_err(Error::from)?;
        let bundle = match bundle.keys.verify(&self.policy) {
            Ok(bundle) => bundle,
            Err(refusal) => return Ok(Err(SkipReason::Refused(refusal.into()))),
        };
        let account = match &sending.account {
            Some(account) => account,
            None => sending.account.insert(self.account()?.core),
        };
        let begun = self.initiate((account, &bundle), (device, &sessions), rng)?;
        let Begun {
            session,
            rank,
            next_prekey,
        } = match begun {
            Ok(begun) => begun,
            Err(refusal) => return Ok(Err(SkipReason::Refused(refusal))),
        };
        let mut stored = sessions.beginning(Box::new(session), rank, next_prekey);
        stored.used = UsedKeys::of(bundle.curve(), bundle.kem_prekey());
        Ok(Ok(SessionChange::Begun {
            stored: Box::new(stored),
            leaving: sessions,
        }))
    }

    /// Begins a session that ranks above those that there are with the same device.
    fn initiate(
        &self,
        (account, bundle): (&AccountCore, &VerifiedBundle),
        (device, sessions): (&Device, &Sessions),
        rng: &mut impl CryptoRng,
    ) -> Result<core::result::Result<Begun, Error>, S> {
        let remainder = self.forgotten(&bundle.curve().identity)?.remainder;
        let known = sessions.highest_rank().max(remainder.rank);
        // After this party was put back to an older state, the peer knows sessions of higher ranks. The first session since
        // ranks as far above as the peer takes it for, so that the peer sends in it.
        let was_put_back = device.put_back_at > 0;
        let knows_present = { sessions.stored() }.any(|stored| !device.was_put_back_after(stored));
        let step = if was_put_back && !knows_present {
            MAX_RANK_STEP
        } else {
            1
        };
        let rank = known.saturating_add(step);
        // The peer ranks it by the ordinal, which it does not take for more than a step above what it knows.
        let ordinal = u32::try_from(rank).unwrap_or(u32::MAX);
        let session = account.initiate_verified(bundle, ordinal, rng);
        Ok(session.map(|session| Begun {
            session,
            rank,
            next_prekey: account.next_prekey_id(),
        }))
    }
}

impl Letter<'_> {
    /// The payload with the user that it is for, as copies have it; `None` if there is nothing to copy.
    ///
    /// The key of a file has this form in each of its messages: otherwise their lengths would tell those to the own devices
    /// from the others.
    fn copy(
        &self,
        user: &UserId,
        copies: &[Target],
    ) -> core::result::Result<Option<SecretBuffer>, WireError> {
        let is_needed = match self.kind {
            ContentKind::FileKey => true,
            kind => !is_control(kind) && !copies.is_empty(),
        };
        let copied = Copied {
            user: *user.as_bytes(),
            payload: self.payload,
        };
        is_needed.then(|| encode_copy(&copied)).transpose()
    }

    /// The kind of the content for one device, which may be asked for its list in place of the letter.
    const fn kind_for(&self, target: &Target, is_asked: bool) -> ContentKind {
        match (is_asked, target.own, self.kind) {
            (true, ..) => ContentKind::List,
            (false, true, ContentKind::Text) => ContentKind::Copy,
            (false, _, kind) => kind,
        }
    }
}

impl Target {
    const fn message(&self, kind: ContentKind, message: Vec<u8>) -> DeviceMessage {
        DeviceMessage {
            number: self.number,
            identity: self.identity,
            own: self.own,
            kind,
            message,
        }
    }
}

impl<'a> Sending<'a> {
    /// Begins the work on a letter with the newest list of the own user. The messages are for the list of the receiver that
    /// has this version.
    pub(super) fn new(letter: &'a Letter<'a>, own: &DeviceList, list_version: u64) -> Self {
        Self {
            letter,
            associated_data: content_associated_data(letter.associated_data),
            own: own.clone(),
            claim: Claim::of(own),
            account: None,
            changes: Vec::new(),
            used_up: Vec::new(),
            begun_anew: Vec::new(),
            sent: Sent {
                messages: Vec::new(),
                list_version,
                skipped: Vec::new(),
            },
        }
    }

    /// Stages the sessions, which have moved on or begun.
    pub(super) fn stage<R: CryptoRng>(self, transaction: &mut Transaction<'_, R>) -> Sent {
        for identity in &self.used_up {
            transaction.delete_bundle(identity);
        }
        for identity in &self.begun_anew {
            transaction.forget_told_prekeys(identity);
        }
        for change in &self.changes {
            change.stage(transaction);
        }
        self.sent
    }

    fn skip(&mut self, target: &Target, reason: SkipReason) {
        self.sent.skipped.push(Skipped {
            number: target.number,
            identity: target.identity,
            own: target.own,
            reason,
        });
    }
}

impl SessionChange {
    const fn stored(&mut self) -> &mut StoredSession {
        match self {
            Self::Moved(_, stored) | Self::Begun { stored, .. } => stored,
        }
    }

    fn stage<R: CryptoRng>(&self, transaction: &mut Transaction<'_, R>) {
        match self {
            Self::Moved(record, stored) => transaction.replace_session(record, stored),
            Self::Begun { stored, leaving } => {
                for (record, stored) in leaving.leaving() {
                    transaction.delete_session(record, stored);
                }
                transaction.add_session(stored);
            }
        }
    }
}

/// The devices in a list but this one.
pub(super) fn targets_of(list: Option<&KnownList>, this: &IdentityKey, own: bool) -> Vec<Target> {
    let devices = list.map(|list| list.list().devices()).unwrap_or_default();
    let others = devices.iter().filter(|device| device.identity != *this);
    let targets = others.map(|device| Target {
        number: device.number,
        identity: device.identity,
        own,
    });
    targets.collect()
}

/// Refuses if no device got the content. A text that has to wait for a list is no refusal, because the devices are asked
/// for it, unless the message must be the content itself.
fn refuse_unreached<E>(
    sent: &Sent,
    letter: &Letter<'_>,
    name: &Name,
) -> core::result::Result<(), ClientError<E>> {
    let only_content = letter.single || letter.kind == ContentKind::FileKey;
    let mut reasons = sent.skipped.iter().map(|skipped| skipped.reason);
    let mut skipped = sent.skipped.iter();
    let awaits = skipped.any(|skipped| skipped.reason == SkipReason::AwaitsList);
    if awaits && !only_content && !sent.messages.is_empty() {
        return Ok(());
    }
    let refused = reasons.find_map(|reason| match reason {
        SkipReason::Refused(refusal) => Some(refusal),
        _ => None,
    });
    Err(match refused {
        Some(refusal) => refusal.into(),
        None if awaits => ClientError::AwaitsList(name.to_string()),
        None => ClientError::NoBundle(name.to_string()),
    })
}

/// A session that begins, with its place among those with the device.
struct Begun {
    session: Session,
    rank: u64,
    next_prekey: PrekeyId,
}

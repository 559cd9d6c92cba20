use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::fmt;

use sprag::records::AccountCore;
use sprag::{Error, IdentityKey, PrekeyId, Session};
use sprag_devices::{DeviceNumber, KnownList};
use sprag_primitives::rand_core::CryptoRng;
use sprag_wire::{ContentKind, Copied, encode_copy};
use sprag_x3dh::VerifiedBundle;

use super::contents::{Addressed, associated_data};
use super::sessions::Sessions;
use super::users::{LoadedPeer, Party};
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::limits::MAX_TEXT_LENGTH;
use crate::name::Name;
use crate::records::{Device, RecentMessages, StoredSession, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

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
}

/// A device that a message is for.
struct Target {
    number: DeviceNumber,
    identity: IdentityKey,
    own: bool,
}

/// The work on one letter.
struct Sending<'a> {
    letter: &'a Letter<'a>,
    associated_data: Vec<u8>,
    /// The payload of the copies for the other own devices.
    own: KnownList,
    /// The account, read once the first session begins.
    account: Option<AccountCore>,
    changes: Vec<SessionChange>,
    sent: Sent,
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
        self.send(name, &Letter::text(outgoing)?, false, rng)
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
        let mut sent = self.send(name, &Letter::text(outgoing)?, true, rng)?;
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
        let letter = Letter {
            kind: ContentKind::List,
            payload: &payload,
            associated_data: &[],
            room: usize::MAX,
        };
        self.send(name, &letter, false, rng)
    }

    /// Encrypts a content to all devices of a peer, and to the other devices of the own user; or, if it must be a `single`
    /// one, refuses if there are several.
    pub(super) fn send(
        &mut self,
        name: &str,
        letter: &Letter<'_>,
        single: bool,
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
        if single && targets.len() + copies.len() > 1 {
            return Err(ClientError::SeveralDevices(name.to_string()));
        }
        let mut sending = Sending {
            letter,
            associated_data: associated_data(letter.associated_data),
            own: own.own.list.clone(),
            account: None,
            changes: Vec::new(),
            sent: Sent {
                messages: Vec::new(),
                list_version,
                skipped: Vec::new(),
            },
        };
        // Encrypt to each device of the peer.
        let record = Some(record);
        let mut peer = Party::Peer(LoadedPeer { record, peer });
        let mut used_up = Vec::new();
        for target in &targets {
            let work = (&mut sending, &mut used_up);
            self.encrypt_to(&mut peer, (target, letter.payload), work, rng)?;
        }
        let sent = &sending.sent;
        let is_reached = sent.messages.iter().any(|sent| sent.kind == letter.kind);
        if !is_reached {
            refuse_unreached(sent, single || letter.kind == ContentKind::FileKey, &name)?;
        }
        // Encrypt a copy to each other own device, if there is something to copy.
        let mut own = Party::Own(own);
        let is_copied = is_reached && letter.kind != ContentKind::List;
        for target in copies.iter().filter(|_| is_copied) {
            let copied = Copied {
                user: *user.as_bytes(),
                payload: letter.payload,
            };
            let copy = encode_copy(&copied).map_err(Error::from)?;
            let payload = if letter.kind == ContentKind::Text {
                copy.expose()
            } else {
                letter.payload
            };
            let work = (&mut sending, &mut used_up);
            self.encrypt_to(&mut own, (target, payload), work, rng)?;
        }
        // Commit all of it at once.
        let Sending { changes, sent, .. } = sending;
        let mut transaction = Transaction::new(&self.vault, rng);
        peer.stage(&mut transaction);
        own.stage(&mut transaction);
        for identity in &used_up {
            transaction.delete_bundle(identity);
        }
        for change in &changes {
            change.stage(&mut transaction);
        }
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(sent)
    }

    /// Encrypts a payload to one device, or says why not.
    fn encrypt_to(
        &self,
        party: &mut Party,
        (target, payload): (&Target, &[u8]),
        (sending, used_up): (&mut Sending<'_>, &mut Vec<IdentityKey>),
        rng: &mut impl CryptoRng,
    ) -> Result<(), S> {
        let device = party.device::<S::Error>(&target.identity)?.clone();
        let is_text = sending.letter.kind != ContentKind::List;
        let is_asked = device.claim.is_some() && is_text;
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
        let sessions = self.sessions(&target.identity)?;
        let mut prepared = match self.prepare(&device, sessions, sending, rng)? {
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
        let kind = match (is_asked, target.own, sending.letter.kind) {
            (true, ..) => ContentKind::List,
            (false, true, ContentKind::Text) => ContentKind::Copy,
            (false, _, kind) => kind,
        };
        let is_list = kind == ContentKind::List && !is_asked;
        let content = Addressed {
            kind,
            own: &sending.own,
            peer: party.list(),
            attached: is_list
                || stored.session.is_unanswered()
                || device.knows < sending.own.list().version(),
            payload: if is_asked { &[] } else { payload },
        };
        let content = content.encode()?;
        let message =
            stored
                .session
                .encrypt_with_ad(content.expose(), &sending.associated_data, rng)?;
        stored.sent.add(&Receipt::of(&Incoming {
            message: &message,
            associated_data: sending.letter.associated_data,
        }));
        // The bundle is used up by a session that began.
        if matches!(prepared, SessionChange::Begun { .. }) {
            let device = party.device::<S::Error>(&target.identity)?;
            device.bundle = None;
            device.renew = false;
            used_up.push(target.identity);
        }
        sending.changes.push(prepared);
        sending.sent.messages.push(DeviceMessage {
            number: target.number,
            identity: target.identity,
            own: target.own,
            kind,
            message,
        });
        Ok(())
    }

    /// Takes the session with a device that there is, or begins one with its bundle.
    fn prepare(
        &self,
        device: &Device,
        mut sessions: Sessions,
        sending: &mut Sending<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<core::result::Result<SessionChange, SkipReason>, S> {
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
        let begun = self.initiate(account, &bundle, &sessions, rng)?;
        let Begun {
            session,
            rank,
            next_prekey,
        } = match begun {
            Ok(begun) => begun,
            Err(refusal) => return Ok(Err(SkipReason::Refused(refusal))),
        };
        let stored = StoredSession {
            begun: sessions.next_begun(),
            activity,
            rank,
            next_prekey,
            accepted: 0,
            settled: false,
            used: UsedKeys::of(bundle.curve(), bundle.kem_prekey()),
            sent: RecentMessages::default(),
            read: RecentMessages::default(),
            bare: false,
            session: Box::new(session),
        };
        Ok(Ok(SessionChange::Begun {
            stored: Box::new(stored),
            leaving: sessions,
        }))
    }

    /// Begins a session that ranks above those that there are with the same device.
    fn initiate(
        &self,
        account: &AccountCore,
        bundle: &VerifiedBundle,
        sessions: &Sessions,
        rng: &mut impl CryptoRng,
    ) -> Result<core::result::Result<Begun, Error>, S> {
        let remainder = self.forgotten(&bundle.curve().identity)?.remainder;
        let rank = sessions
            .highest_rank()
            .max(remainder.rank)
            .saturating_add(1);
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

impl<'a> Letter<'a> {
    fn text<E>(outgoing: Outgoing<'a>) -> core::result::Result<Self, ClientError<E>> {
        if outgoing.plaintext.len() > MAX_TEXT_LENGTH {
            return Err(Error::Wire(sprag_wire::Error::Oversized).into());
        }
        Ok(Self {
            kind: ContentKind::Text,
            payload: outgoing.plaintext,
            associated_data: outgoing.associated_data,
            room: usize::MAX,
        })
    }
}

impl Sending<'_> {
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
fn targets_of(list: Option<&KnownList>, this: &IdentityKey, own: bool) -> Vec<Target> {
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
    only_content: bool,
    name: &Name,
) -> core::result::Result<(), ClientError<E>> {
    let mut reasons = sent.skipped.iter().map(|skipped| skipped.reason);
    let awaits = sent.skipped.iter();
    let awaits = { awaits }.any(|skipped| skipped.reason == SkipReason::AwaitsList);
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

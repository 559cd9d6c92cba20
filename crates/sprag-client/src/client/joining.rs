//! The linking of this device to a user, and the user key that it is granted.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::records::AccountCore;
use sprag::{Error, Policy, SecretBuffer, Session, WireError};
use sprag_devices::{
    Device, DeviceList, KnownList, LinkCode, LinkDigits, Replacing, SecretBytes, UserKeyPair,
    link_digits,
};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::{
    Content, ContentKind, Welcome, content_associated_data, decode_invitation, decode_welcome,
    encode_acceptance, encode_content,
};
use sprag_x3dh::VerifiedBundle;

use super::contents::Header;
use super::decryption::Arrived;
use super::incoming::Effect;
use super::linking::NO_LIST;
use super::sessions::Sessions;
use super::users::Party;
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::records::{PendingLink, Signing, StoredSession, UsedKeys};
use crate::store::Store;
use crate::store_key::StoreKey;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// An invitation that a new device accepts.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Acceptance<'a> {
    /// The invitation.
    pub invitation: &'a [u8],
    /// The code that the inviting device shows.
    pub code: &'a LinkCode,
    /// A name by which the user tells the device from others, at most
    /// [`MAX_DEVICE_NAME_LENGTH`](sprag_wire::limits::MAX_DEVICE_NAME_LENGTH) bytes.
    pub name: &'a str,
    /// The time in seconds since 1970-01-01 UTC.
    pub now: u64,
}

/// The answer to an invitation.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Accepted {
    /// The message for the inviting device.
    pub message: Vec<u8>,
    /// The digits that the user types there.
    pub digits: LinkDigits,
}

/// The effect of a welcome.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Welcomed {
    /// The newest list of the user.
    pub list: DeviceList,
    /// The names of the peers that were handed over.
    pub peers: Vec<String>,
    /// The names of the peers that were not taken, because they contradict what is known here.
    pub left_out: Vec<String>,
    /// Set if the user key came, so that this device signs from then on. Its first list must reach the device that granted it.
    /// It is not set if the key came to a store that was put back to an older state, and nothing was signed.
    pub signs: bool,
}

impl<S: Store> Client<S> {
    /// Accepts an invitation with a new account in an empty store, which waits to be [welcomed](Self::accept_welcome).
    ///
    /// The invitation is compared with the code before anything in it is read. Account, session and acceptance are committed
    /// together.
    ///
    /// # Errors
    ///
    /// [`ClientError::OtherInvitation`] if the code is for another one; [`ClientError::InvitationExpired`];
    /// [`ClientError::AccountExists`] if the store is not empty; [`ClientError::List`] if its list is refused;
    /// [`ClientError::NotListed`] if the list does not list the device that wrote it;
    /// [`ClientError::Protocol`]; [`ClientError::Store`].
    pub fn accept_invitation(
        store: S,
        key: &StoreKey,
        acceptance: Acceptance<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Accepted), S> {
        // Verify the invitation.
        if !acceptance.code.names(acceptance.invitation) {
            return Err(ClientError::OtherInvitation);
        }
        let invitation = decode_invitation(acceptance.invitation).map_err(Error::from)?;
        if acceptance.now > invitation.expiry {
            return Err(ClientError::InvitationExpired);
        }
        let list = DeviceList::decode(invitation.list)?;
        let published = sprag_wire::decode_bundle(invitation.bundle).map_err(Error::from)?;
        let bundle = published.keys.verify(&Policy::default());
        let bundle = bundle.map_err(Error::from)?;
        // Its list stands in front of it.
        if !published.list.is_empty() {
            return Err(Error::Wire(WireError::Malformed).into());
        }
        let inviter = bundle.curve().identity;
        if list.identify(&inviter).is_none() {
            return Err(ClientError::NotListed(inviter));
        }
        // Make the account, which signs that it is a device of the user, and begin the session.
        let mut client = Self::new_in_empty_store(store, key)?;
        let account = AccountCore::generate_at(acceptance.now, rng);
        let number = list.next_number();
        let device = Device::sign(account.identity_pair(), list.user(), number, rng);
        let session = account.initiate_verified(&bundle, 1, rng)?;
        let parts = (&account, &device, list.version());
        let (session, message) = accepted_in(session, parts, &acceptance, rng)?;
        let stored = stored_session(session, (&account, &bundle), &message);
        let pending = PendingLink {
            inviter,
            list: KnownList::new(list),
            device,
            secret: acceptance.code.secret().duplicate(),
            session: *stored.session.id(),
            acceptance: message,
        };
        // Commit all of it at once.
        let mut transaction = Transaction::new(&client.vault, rng);
        client.add_account(&account, &mut transaction);
        transaction.add_session(&stored);
        transaction.create(client.pending_name(), pending.to_snapshot().expose());
        let batch = transaction.finish();
        client.commit(&batch)?;
        Ok((client, pending.accepted()))
    }

    /// The acceptance of a device that waits for its welcome, in case the program was interrupted before the file was safe.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoPendingLink`], [`ClientError::Damaged`], [`ClientError::Store`]
    pub fn acceptance_again(&self) -> Result<Accepted, S> {
        let (_, pending) = self.pending_link()?.ok_or(ClientError::NoPendingLink)?;
        Ok(pending.accepted())
    }

    /// Tells whether this is the invitation that the device has accepted, whose [answer](Self::acceptance_again) waits for a
    /// welcome. It is recognised by the inviting device and by the keys in its bundle, which are for one invitation. The
    /// invitation itself is not verified.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoPendingLink`] if the device waits for no welcome; [`ClientError::Protocol`] if the invitation cannot be
    /// read; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn has_accepted(&self, invitation: &[u8]) -> Result<bool, S> {
        let (_, pending) = self.pending_link()?.ok_or(ClientError::NoPendingLink)?;
        let invitation = decode_invitation(invitation).map_err(Error::from)?;
        let published = sprag_wire::decode_bundle(invitation.bundle).map_err(Error::from)?;
        let bundle = published.keys.verify(&Policy::default());
        let bundle = bundle.map_err(Error::from)?;
        let mut sessions = self.sessions(&pending.inviter)?;
        let (_, stored) = sessions
            .find_mut(&pending.session)
            .ok_or(ClientError::Damaged)?;
        let is_of_inviter = bundle.curve().identity == pending.inviter;
        Ok(is_of_inviter && stored.used == UsedKeys::of(bundle.curve(), bundle.kem_prekey()))
    }

    /// Reads the welcome to the user whose invitation this device has accepted, at `now` in seconds since 1970-01-01 UTC. If
    /// anything in it is refused, nothing changes.
    ///
    /// On a device that waits for none, the message can be the user key, by which another device of the user hands signing
    /// over. This device then signs the next list at once. If its store was put back to an older state, and nobody has said since
    /// that the list known here is the newest, it only keeps the key, and [signs](Self::signing) once that is known.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoPendingLink`] if the device waits for none and the message is no user key of its user;
    /// [`ClientError::NoWelcome`] if the message is not of the inviting device, or says something else;
    /// [`ClientError::NoDeviceList`] if no list came with it; [`ClientError::List`] if the list is of another user;
    /// [`ClientError::OldList`] if it is not newer than that of the invitation, or if the key comes with an older list than the
    /// newest one, because another device may sign by now; [`ClientError::SigningUnsure`] if the key
    /// comes in a session from before this store was put back to an older state; [`ClientError::Granted`] if this device has
    /// handed the key over itself and has not seen a list of the other device; [`ClientError::Equivocation`] if the two
    /// contradict each other; [`ClientError::NotListed`] if it does not list this device as it has signed itself, or the
    /// inviting device; [`ClientError::InvalidName`]; [`ClientError::Removed`]; [`ClientError::Protocol`];
    /// [`ClientError::Damaged`]; [`ClientError::Conflict`]; [`ClientError::Store`].
    pub fn accept_welcome(
        &mut self,
        welcome: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Welcomed, S> {
        match self.pending_link()? {
            Some(pending) => self.be_welcomed(welcome, pending, rng),
            None => self.be_granted(welcome, now, rng),
        }
    }

    /// Becomes a device of the user.
    fn be_welcomed(
        &mut self,
        message: &[u8],
        (record, pending): (Record, PendingLink),
        rng: &mut impl CryptoRng,
    ) -> Result<Welcomed, S> {
        // Decrypt it in the session with the inviting device.
        let incoming = Incoming::new(message);
        let receipt = Receipt::of(&incoming);
        let arrived = Arrived::new(incoming, receipt)?;
        let mut sessions = self.sessions(&pending.inviter)?;
        let (index, stored) = sessions
            .find_mut(&pending.session)
            .ok_or(ClientError::Damaged)?;
        let begun_at = stored.next_prekey;
        let opened = stored
            .session
            .decrypt_decoded(&arrived.message, &content_associated_data(&[]))
            .map_err(|_| ClientError::NoWelcome)?;
        let content = SecretBuffer::from(opened.plaintext);
        let header = Header::read(content.expose())?;
        if header.kind != ContentKind::LinkWelcome {
            return Err(ClientError::NoWelcome);
        }
        // The list must follow that of the invitation, and have both devices as they are.
        let list = pending.welcomed_by(header.list.as_ref().ok_or(ClientError::NoDeviceList)?)?;
        let (_, payload) = content.expose().split_at(header.payload);
        let welcome = decode_welcome(payload).map_err(Error::from)?;
        // Take the list, the peers and the key.
        let mut own = self.own_user_of(list.clone())?;
        if let Some(inviter) = own.devices.get_mut(&pending.inviter) {
            inviter.knows = header.known;
        }
        // A device that waits makes no prekeys, unless its store was put back to an older state. It may have been welcomed in
        // the state that is lost, and have sent in this session.
        let account = self.account()?;
        let next_prekey = account.core.next_prekey_id();
        if begun_at < next_prekey {
            let devices = own.devices.iter_mut();
            devices.for_each(|device| device.mark_restored(next_prekey));
        }
        let handed_over = self.take_handed_over(&welcome.peers, &list)?;
        let key = key_in(&welcome, &list)?;
        // Commit all of it at once.
        let activity = sessions.next_activity();
        let (session_record, mut stored) = sessions.take(index);
        stored.read.add(&receipt);
        let stored = StoredSession { activity, ..stored };
        let mut transaction = Transaction::new(&self.vault, rng);
        account.expect_unchanged(&mut transaction);
        transaction.delete(&record);
        transaction.replace_session(&session_record, &stored);
        transaction.add_own_user(&own);
        // The inviting device has the present bundle, or is told in the session that is to begin.
        transaction.tell_all_prekeys(&own, account.core.generation());
        handed_over.stage(&mut transaction);
        if let Some(key) = &key {
            transaction.keep_user_key(key);
        }
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Welcomed {
            list,
            peers: handed_over.names,
            left_out: handed_over.left_out,
            signs: key.is_some(),
        })
    }

    /// Takes the user key from another device of the user, and signs the next list.
    fn be_granted(
        &mut self,
        message: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Welcomed, S> {
        // Only a device of the user says this, in a session that there is.
        self.own_user().map_err(|fault| match fault {
            ClientError::NoUser => ClientError::NoPendingLink,
            fault => fault,
        })?;
        let incoming = Incoming::new(message);
        let opened = self.open_message(None, &[incoming], ContentKind::LinkWelcome)?;
        let (received, effect) = opened.into_parts();
        let mut progress = match effect {
            Effect::Read(progress) => progress,
            effect => return Err(self.refuse(effect, rng)?),
        };
        let Party::Own(loaded) = &mut progress.party else {
            return Err(ClientError::NoWelcome);
        };
        let welcome = decode_welcome(&received.0.opened.plaintext).map_err(Error::from)?;
        let own = &mut loaded.own;
        let key = key_in(&welcome, own.list.list())?.ok_or(ClientError::NoPendingLink)?;
        // To hand the key back, the other device must have had it, and have signed a list.
        if let Signing::Granted(identity) = own.signing {
            return Err(ClientError::Granted(identity));
        }
        // Sign the next list, so that the device that granted the key sees that this one has it. A store that was put back to an
        // older state may have signed it before, by the same message.
        let witnesses = self.witnesses_of_newest_list(own)?;
        let signs = witnesses.is_some();
        if signs {
            let list = own.list.list().renewed(&key, now)?;
            let Replacing::Newer(_) = own.list.replace(list)? else {
                return Err(ClientError::Damaged);
            };
            own.signing = Signing::Sure;
        }
        let list = own.list.list().clone();
        let mut transaction = Transaction::new(&self.vault, rng);
        let witnesses = witnesses.iter().flatten();
        witnesses.for_each(|peer| transaction.expect(peer));
        progress.stage(&received.0, &mut transaction);
        transaction.keep_user_key(&key);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Welcomed {
            list,
            peers: Vec::new(),
            left_out: Vec::new(),
            signs,
        })
    }

    /// Tells whether this device waits to be welcomed to the user of this list.
    pub(super) fn waits_to_join(&self, list: &DeviceList) -> Result<bool, S> {
        let pending = self.pending_link()?;
        Ok(pending.is_some_and(|(_, pending)| pending.list.user() == list.user()))
    }

    pub(super) fn pending_link(&self) -> Result<Option<(Record, PendingLink)>, S> {
        let Some(record) = self.read(self.pending_name())? else {
            return Ok(None);
        };
        let pending = PendingLink::from_snapshot(record.content.expose())?;
        Ok(Some((record, pending)))
    }

    pub(super) fn pending_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::PendingLink, &[])
    }
}

impl PendingLink {
    fn accepted(&self) -> Accepted {
        Accepted {
            message: self.acceptance.clone(),
            digits: link_digits(&self.session, &self.secret, &self.device.identity),
        }
    }

    /// The list of a welcome, if it follows that of the invitation and lists both devices.
    fn welcomed_by<E>(
        &self,
        list: &DeviceList,
    ) -> core::result::Result<DeviceList, ClientError<E>> {
        let mut known = self.list.clone();
        match known.replace(list.clone())? {
            Replacing::Newer(_) => {}
            Replacing::Same | Replacing::Old => return Err(ClientError::OldList(String::new())),
            Replacing::Evidence(_) => return Err(ClientError::Equivocation(String::new())),
        }
        // Somebody else could have been listed under the number, or this device under another one.
        if list.identify(&self.device.identity) != Some(&self.device) {
            return Err(ClientError::NotListed(self.device.identity));
        }
        if list.identify(&self.inviter).is_none() {
            return Err(ClientError::NotListed(self.inviter));
        }
        Ok(list.clone())
    }
}

impl<R: CryptoRng> Transaction<'_, R> {
    /// Keeps the key of the own user, for which the record of the own user stands.
    pub(super) fn keep_user_key(&mut self, key: &UserKeyPair) {
        let name = self.vault().name(RecordKind::UserKey, &[]);
        self.put_unread(name, key.to_snapshot().expose());
    }
}

/// The user key in a welcome, if there is one. It must be that of the list.
fn key_in<E>(
    welcome: &Welcome<'_>,
    list: &DeviceList,
) -> core::result::Result<Option<UserKeyPair>, ClientError<E>> {
    let Some(seed) = welcome.key else {
        return Ok(None);
    };
    let key = UserKeyPair::from_seed(&SecretBytes::copy_from(seed));
    if key.public() != list.user() {
        return Err(ClientError::List(sprag_devices::Error::OtherUser));
    }
    Ok(Some(key))
}

/// The session with the inviting device in which the acceptance was encrypted, and the acceptance.
fn accepted_in(
    mut session: Session,
    (account, device, known): (&AccountCore, &Device, u64),
    acceptance: &Acceptance<'_>,
    rng: &mut impl CryptoRng,
) -> core::result::Result<(Session, Vec<u8>), Error> {
    let payload = encode_acceptance(&sprag_wire::Acceptance {
        secret: acceptance.code.secret().expose(),
        number: device.number.to_u32(),
        signature: device.signature,
        bundle: &account.publish_reusable(&[])?,
        name: acceptance.name,
    })?;
    let content = encode_content(&Content {
        kind: ContentKind::LinkAcceptance,
        version: NO_LIST.version,
        hash: NO_LIST.hash,
        known,
        list: None,
        payload: payload.expose(),
    })?;
    let message = session.encrypt_with_ad(content.expose(), &content_associated_data(&[]), rng)?;
    Ok((session, message))
}

/// The session with the inviting device, the first that this device has.
fn stored_session(
    session: Session,
    (account, bundle): (&AccountCore, &VerifiedBundle),
    acceptance: &[u8],
) -> StoredSession {
    let next_prekey = account.next_prekey_id();
    let mut stored = Sessions::default().beginning(Box::new(session), 1, next_prekey);
    stored.used = UsedKeys::of(bundle.curve(), bundle.kem_prekey());
    stored.sent.add(&Receipt::of(&Incoming::new(acceptance)));
    stored
}

//! The linking of a new device, on the device of the user that invites it.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use sprag::{DecodedMessage, Error, IdentityKey, PrekeyId, SecretBuffer, Session};
use sprag_devices::{
    ChangeError, Device, DeviceList, DeviceNumber, LinkCode, LinkDigits, SecretBytes, link_digits,
};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::Snapshot;
use sprag_wire::{ContentKind, Kind, LIST_HASH_LENGTH, content_associated_data, decode_acceptance};

use super::account_records::{AccountChange, Reading};
use super::contents::{Addressed, Header};
use super::decryption::{Arrived, Decrypted, SessionChange};
use super::lists::ListChange;
use super::users::{LoadedOwn, Party};
use super::{Client, Incoming, Receipt, Result};
use crate::error::ClientError;
use crate::limits::MAX_WRONG_DIGITS;
use crate::records::{Claim, LinkedDevice, OpenInvitation, StoredSession, UsedKeys};
use crate::store::Store;
use crate::transaction::Transaction;
use crate::vault::{Record, RecordKind};

/// An invitation of a new device to the own user.
#[derive(Debug)]
#[non_exhaustive]
pub struct Invitation {
    /// The invitation, which holds no secret: a file for the new device.
    pub bytes: Vec<u8>,
    /// The code to be shown on the screen and nowhere else.
    pub code: LinkCode,
    /// The last second in which it can be accepted, in seconds since 1970-01-01 UTC.
    pub expiry: u64,
}

/// A device that asks to be linked. Nothing but the digits tells it from one that somebody else put in its place.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LinkRequest {
    /// The name that the device gave itself. It may hold any characters.
    pub name: String,
    /// The identity key of the device.
    pub identity: IdentityKey,
    /// The number that it is to have.
    pub number: DeviceNumber,
}

/// An acceptance that is to be answered.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Admission<'a> {
    /// The message of the new device.
    pub acceptance: &'a [u8],
    /// The digits that the new device shows, as the user has typed them.
    pub digits: &'a LinkDigits,
    /// The time in seconds since 1970-01-01 UTC.
    pub now: u64,
}

/// A device that was linked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Linked {
    /// The new list, which every peer learns with the next message.
    pub list: DeviceList,
    /// The device.
    pub device: Device,
    /// The message that makes the device one of the user's.
    pub welcome: Vec<u8>,
    /// The names of the peers that the welcome leaves out: those with evidence against them, those of which no list was seen,
    /// and what there is no room for.
    pub left_out: Vec<String>,
}

/// An acceptance that is genuine but for the digits, and what it brings.
struct Examined {
    request: LinkRequest,
    device: Device,
    bundle: Vec<u8>,
    /// The version of the own list that the device knows.
    known: u64,
    digits: LinkDigits,
    receipt: Receipt,
    account: Box<AccountChange>,
    newest_prekey: PrekeyId,
}

impl<S: Store> Client<S> {
    /// Invites a device to the own user, from `now`, in seconds since 1970-01-01 UTC, for so many `seconds`; ten minutes are
    /// enough. An invitation that was open before is void.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUserKey`]; [`ClientError::SigningUnsure`]; [`ClientError::Granted`]; [`ClientError::NoUser`];
    /// [`ClientError::NotListed`]; [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Conflict`];
    /// [`ClientError::Store`].
    pub fn invite(
        &mut self,
        now: u64,
        seconds: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Invitation, S> {
        let loaded = self.own_listed()?;
        let signer = self.signer(&loaded.own)?;
        let before = self.read(self.invitation_name())?;
        // Make a bundle for this one reader.
        let mut account = self.account()?;
        let (bundle, changes) = account.core.publish(&Reading(self), &[], rng)?;
        let one_time = changes.one_time_prekeys.iter().map(|key| key.pair.id());
        let one_time_kem = changes.one_time_kem_prekeys.iter();
        let newest_prekey = one_time.chain(one_time_kem.map(|key| key.pair.id())).max();
        let newest_prekey = newest_prekey.ok_or(ClientError::Damaged)?;
        let account = self.account_change(account, changes)?;
        // Write the invitation, and the code that names it.
        let expiry = now.saturating_add(seconds);
        let invitation = sprag_wire::Invitation {
            expiry,
            list: loaded.own.list.list().as_bytes(),
            bundle: &bundle,
        };
        let bytes = sprag_wire::encode_invitation(&invitation).map_err(Error::from)?;
        let code = LinkCode::generate(&bytes, rng);
        let open = OpenInvitation {
            secret: code.secret().duplicate(),
            expiry,
            newest_prekey,
            wrong_digits: 0,
        };
        let mut transaction = Transaction::new(&self.vault, rng);
        transaction.expect(&loaded.record);
        signer.expect(&mut transaction);
        transaction.change_account(&account);
        let content = open.to_snapshot();
        transaction.set(before.as_ref(), self.invitation_name(), content.expose());
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Invitation {
            bytes,
            code,
            expiry,
        })
    }

    /// Opens an acceptance at `now`, in seconds since 1970-01-01 UTC, and tells who asks. It changes nothing.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoInvitation`]; [`ClientError::InvitationExpired`]; [`ClientError::NotAnAcceptance`];
    /// [`ClientError::OtherInvitation`] if it answers another invitation; [`ClientError::WrongLinkCode`] if the device has not
    /// seen the code; [`ClientError::ForeignBundle`]; [`ClientError::List`] if its signature is not valid;
    /// [`ClientError::Change`] if its number is not the next one, because the list has changed since it was invited;
    /// [`ClientError::NoUser`]; [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn read_acceptance(&self, acceptance: &[u8], now: u64) -> Result<LinkRequest, S> {
        let loaded = self.own_listed()?;
        let (_, open) = self.open_invitation(now)?;
        let (examined, _) = self.examine(&loaded, &open, acceptance)?;
        Ok(examined.request)
    }

    /// Answers an acceptance: signs the device into the list of the own user and welcomes it with the peers of the user.
    /// The session, the list and the welcome are committed together, and the invitation is used up.
    ///
    /// Wrong digits are counted, because somebody else's device may stand in for the new one. The
    /// [third](MAX_WRONG_DIGITS) voids the invitation.
    ///
    /// # Errors
    ///
    /// Those of [`read_acceptance`](Self::read_acceptance); [`ClientError::WrongDigits`]; [`ClientError::NoUserKey`];
    /// [`ClientError::SigningUnsure`]; [`ClientError::Granted`]; [`ClientError::Change`] if the list cannot have the device, for
    /// example because it was revoked; [`ClientError::KnownAs`] if it is a peer's; [`ClientError::Conflict`].
    pub fn admit(
        &mut self,
        admission: Admission<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Linked, S> {
        let Admission {
            acceptance,
            digits,
            now,
        } = admission;
        // See that this device may sign, and who asks.
        let loaded = self.own_listed()?;
        let signer = self.signer(&loaded.own)?;
        let (record, open) = self.open_invitation(now)?;
        let (examined, session) = self.examine(&loaded, &open, acceptance)?;
        if examined.digits != *digits {
            return Err(self.count_wrong_digits(&record, open, rng)?);
        }
        // Sign the list with the device, and write the welcome in the session that the device began.
        let list = loaded
            .own
            .list
            .with_device(&signer.key, examined.device, now)?;
        let mut party = Party::Own(Box::new(loaded));
        let change = self.take_signed(&mut party, &list)?;
        let (payload, left_out) = self.peers_to_hand_over()?;
        let stored = self.place_session((&mut party, &change), &examined, session)?;
        let (stored, welcome) = welcomed_in(stored, &party, payload.expose(), rng)?;
        // Commit all of it at once.
        let mut transaction = Transaction::new(&self.vault, rng);
        signer.expect(&mut transaction);
        transaction.delete(&record);
        transaction.change_account(&examined.account);
        change.stage(&party, &mut transaction);
        transaction.add_session(&stored);
        let linked = LinkedDevice {
            version: list.version(),
            name: examined.request.name,
            bundle: examined.bundle,
        };
        let parts = [examined.device.identity.as_bytes().as_slice()];
        let name = self.vault.name(RecordKind::LinkedDevice, &parts);
        transaction.create(name, linked.to_snapshot().expose());
        let name = self.vault.name(RecordKind::Welcome, &parts);
        transaction.create(name, &welcome);
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(Linked {
            list,
            device: examined.device,
            welcome,
            left_out,
        })
    }

    /// The welcome of a device that was linked here and has not written since.
    ///
    /// # Errors
    ///
    /// [`ClientError::Change`] if the list has no such device; [`ClientError::ThisDevice`]; [`ClientError::NoWelcome`] if it was
    /// not linked here or has written; [`ClientError::NoUser`]; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn welcome_again(&self, number: DeviceNumber) -> Result<Vec<u8>, S> {
        let loaded = self.own_listed()?;
        let device = Self::other_own_device(&loaded, number)?;
        let parts = [device.identity.as_bytes().as_slice()];
        let record = self.read(self.vault.name(RecordKind::Welcome, &parts))?;
        let record = record.ok_or(ClientError::NoWelcome)?;
        Ok(record.content.expose().to_vec())
    }

    /// The device of the own user that this acceptance has linked, if it was admitted here and its session is kept.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoUser`]; [`ClientError::Protocol`]; [`ClientError::Damaged`]; [`ClientError::Store`].
    pub fn admitted(&self, acceptance: &[u8]) -> Result<Option<Device>, S> {
        let message = DecodedMessage::decode(acceptance)?;
        let Some(session) = message.session_id() else {
            return Ok(None);
        };
        let identity = self.peer_of_session(session)?;
        let own = self.own_listed()?.own;
        let device = identity.and_then(|identity| own.list.identify(&identity).copied());
        Ok(device)
    }

    /// The invitation that is open at `now`.
    fn open_invitation(&self, now: u64) -> Result<(Record, OpenInvitation), S> {
        let record = self.read(self.invitation_name())?;
        let record = record.ok_or(ClientError::NoInvitation)?;
        let open = OpenInvitation::from_snapshot(record.content.expose())?;
        if now > open.expiry {
            return Err(ClientError::InvitationExpired);
        }
        Ok((record, open))
    }

    /// Opens an acceptance of the open invitation, and checks all of it but the digits.
    fn examine(
        &self,
        loaded: &LoadedOwn,
        open: &OpenInvitation,
        acceptance: &[u8],
    ) -> Result<(Examined, Box<Session>), S> {
        // It must begin a session by the bundle of the invitation, which nobody else has.
        let incoming = Incoming::new(acceptance);
        let receipt = Receipt::of(&incoming);
        if sprag_wire::kind(acceptance).map_err(Error::from)? != Kind::PrekeyMessage {
            return Err(ClientError::NotAnAcceptance);
        }
        let arrived = Arrived::new(incoming, receipt)?;
        if arrived.message.newest_prekey() != Some(open.newest_prekey) {
            return Err(ClientError::OtherInvitation);
        }
        let Decrypted { opened, change, .. } = self.accept(&arrived)?;
        let SessionChange::Accepted {
            account,
            session,
            newest_prekey,
            ..
        } = change
        else {
            return Err(ClientError::NotAnAcceptance);
        };
        // The content must have the secret of the code.
        let plaintext = SecretBuffer::from(opened.plaintext);
        let header = Header::read(plaintext.expose())?;
        let says_nothing = header.list.is_none() && header.claim == NO_LIST;
        if header.kind != ContentKind::LinkAcceptance || !says_nothing {
            return Err(ClientError::NotAnAcceptance);
        }
        let (_, payload) = plaintext.expose().split_at(header.payload);
        let acceptance = decode_acceptance(payload).map_err(Error::from)?;
        if open.secret != SecretBytes::copy_from(acceptance.secret) {
            return Err(ClientError::WrongLinkCode);
        }
        // The device must say for itself that it is the user's, and hand over a bundle of its own.
        let device = Device {
            number: DeviceNumber::new(acceptance.number),
            identity: opened.sender,
            signature: acceptance.signature,
        };
        device.verify(loaded.own.list.user())?;
        let next = loaded.own.list.list().next_number();
        if device.number != next {
            return Err(ChangeError::OtherNumber(next).into());
        }
        self.check_bundle(acceptance.bundle, &opened.sender)?;
        let examined = Examined {
            request: LinkRequest {
                name: acceptance.name.to_owned(),
                identity: device.identity,
                number: device.number,
            },
            device,
            bundle: acceptance.bundle.to_vec(),
            known: header.known,
            digits: link_digits(session.id(), &open.secret, &device.identity),
            receipt,
            account,
            newest_prekey,
        };
        Ok((examined, session))
    }

    /// Verifies a bundle with an empty list and for any number of readers, which must be of the device with this identity.
    fn check_bundle(&self, bundle: &[u8], identity: &IdentityKey) -> Result<(), S> {
        let published = sprag_wire::decode_bundle(bundle).map_err(Error::from)?;
        let verified = published.keys.verify(&self.policy).map_err(Error::from)?;
        let of = verified.curve().identity;
        if of != *identity {
            return Err(ClientError::ForeignBundle(of));
        }
        // It is handed on to any number of peers, with the list that is to be.
        let one_time = UsedKeys::of(verified.curve(), verified.kem_prekey());
        if !published.list.is_empty() || one_time.are_some() {
            return Err(ClientError::NotAnAcceptance);
        }
        Ok(())
    }

    /// Counts wrong digits in a commit of its own, and returns the refusal.
    fn count_wrong_digits(
        &mut self,
        record: &Record,
        open: OpenInvitation,
        rng: &mut impl CryptoRng,
    ) -> Result<ClientError<S::Error>, S> {
        let wrong_digits = open.wrong_digits.saturating_add(1);
        let left = MAX_WRONG_DIGITS.saturating_sub(wrong_digits);
        let mut transaction = Transaction::new(&self.vault, rng);
        if left == 0 {
            transaction.delete(record);
        } else {
            let open = OpenInvitation {
                wrong_digits,
                ..open
            };
            transaction.replace(record, open.to_snapshot().expose());
        }
        let batch = transaction.finish();
        self.commit(&batch)?;
        Ok(ClientError::WrongDigits { left })
    }

    /// The session that a device began, placed like any other that a peer begins.
    fn place_session(
        &self,
        (party, change): (&mut Party, &ListChange),
        examined: &Examined,
        session: Box<Session>,
    ) -> Result<StoredSession, S> {
        let identity = examined.device.identity;
        let sessions = self.sessions(&identity)?;
        let forgotten = change.forgotten(&identity);
        let forgotten = forgotten.map_or(0, |forgotten| forgotten.remainder.rank);
        let highest = sessions.highest_rank().max(forgotten);
        let rank = sessions.rank_of(session.ordinal(), examined.newest_prekey, highest);
        let device = party.device::<S::Error>(&identity)?;
        device.began(session.status().suite);
        device.knows = examined.known;
        let next_prekey = examined.account.next_prekey_id();
        let mut stored = sessions.beginning(session, rank, next_prekey);
        stored.read.add(&examined.receipt);
        Ok(stored)
    }

    pub(super) fn invitation_name(&self) -> Vec<u8> {
        self.vault.name(RecordKind::Invitation, &[])
    }
}

/// A session with a new device in which the welcome was encrypted, and the welcome.
fn welcomed_in<E>(
    mut stored: StoredSession,
    party: &Party,
    payload: &[u8],
    rng: &mut impl CryptoRng,
) -> core::result::Result<(StoredSession, Vec<u8>), ClientError<E>> {
    let known = party.list().ok_or(ClientError::Damaged)?;
    let content = Addressed {
        kind: ContentKind::LinkWelcome,
        own: known.list(),
        claim: Claim::of(known.list()),
        peer: Some(known),
        attached: true,
        payload,
    };
    let content = content.encode()?;
    let (session, text) = (&mut stored.session, content.expose());
    let message = session.encrypt_with_ad(text, &content_associated_data(&[]), rng)?;
    stored.sent.add(&Receipt::of(&Incoming::new(&message)));
    Ok((stored, message))
}

/// The statement of a device that has no list yet.
pub(super) const NO_LIST: Claim = Claim {
    version: 0,
    hash: [0; LIST_HASH_LENGTH],
};

//! The acceptance of a session that a peer began.

use sprag_wire::Kind;
use sprag_x3dh::{
    IdentityKey, InitialMessage, KemPrekeyPair, OneTimePrekeyPair, Policy, PrekeyId, ResponderKeys,
    SessionId, SignedPrekeyPair, Slot,
};

use super::account_core::AccountCore;
use super::generations::{Age, Generation, room};
use crate::Error;
use crate::limits::MAX_REMEMBERED_SESSIONS;
use crate::message::DecodedMessage;
use crate::records::{
    Accepted, AccountRecords, Changes, Deleted, GenerationId, OneTime, OneTimeKind, Remembered,
};
use crate::session::{OneTimeKeys, Session};

/// The parameters of a session that is to be accepted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct Acceptance<'a> {
    /// The handshakes that are accepted.
    pub policy: Policy,
    /// A message with the handshake in front.
    pub message: &'a DecodedMessage<'a>,
    /// The associated data that the sender gave.
    pub associated_data: &'a [u8],
}

/// An account's keys for one session that it is asked for.
pub(crate) struct NamedKeys<'a> {
    pub(crate) curve: ResponderKeys<'a>,
    /// The KEM prekey. X3DH has none.
    pub(crate) kem_prekey: Option<&'a KemPrekeyPair>,
    /// Those of the keys that serve one session.
    pub(crate) one_time_keys: OneTimeKeys,
}

impl AccountCore {
    /// Accepts a session; see [`Account::accept_decoded`](crate::Account::accept_decoded). `is_known` is asked only when
    /// there is no room for a stranger.
    ///
    /// # Errors
    ///
    /// Those of the medium, of `is_known` and of [`Account::accept_decoded`](crate::Account::accept_decoded).
    pub fn accept<E: From<Error>>(
        &mut self,
        records: &impl AccountRecords<E>,
        acceptance: &Acceptance<'_>,
        is_known: impl FnOnce(&IdentityKey) -> Result<bool, E>,
    ) -> Result<Accepted, E> {
        let message = acceptance.message;
        let other_kind = Error::Wire(sprag_wire::Error::OtherKind(Kind::Message));
        let handshake = message.handshake.as_ref().ok_or(other_kind)?;
        let suite = handshake.message.suite();
        acceptance.policy.accept(suite).map_err(Error::Handshake)?;
        // Refuse a session that was accepted before.
        let one_time_keys = self.named_one_time_keys(&handshake.message);
        let generation = if one_time_keys.are_none() {
            Some(self.weakest_generation(&handshake.message)?.id())
        } else {
            None
        };
        if records.is_remembered(generation, &handshake.session_id)? {
            return Err(Error::RepeatOf(handshake.session_id).into());
        }
        // Find the keys that the message names.
        self.signed_prekey(&handshake.message)?;
        let read = |id| records.one_time_prekey(id);
        let ec = self.found(one_time_keys.ec, Slot::OneTimePrekey, read)?;
        let read = |id| records.one_time_kem_prekey(id);
        let kem = self.found(one_time_keys.kem, Slot::KemPrekey, read)?;
        let (ec, kem) = (ec.as_deref(), kem.as_deref());
        // Come to the session and decrypt the message in it.
        let keys = self.named_keys(&handshake.message, ec, kem)?;
        let mut session = Session::respond(&keys, handshake)?;
        let opened = session.decrypt_decoded(message, acceptance.associated_data)?;
        // The message is authentic, and its sender known. Refuse a session that could not be remembered.
        if let Some(generation) = generation {
            self.check_room(generation, || is_known(session.peer()))?;
        }
        // Delete the one-time prekeys, and remember the session.
        let used = [
            ec.map(|key| (OneTimeKind::Ec, key.pair.id(), key.place)),
            kem.map(|key| (OneTimeKind::Kem, key.pair.id(), key.place)),
        ];
        let mut changes = Changes::default();
        for (kind, id, place) in used.into_iter().flatten() {
            self.places_mut(kind).remove(place.published);
            changes.deleted.push(Deleted { kind, id, place });
        }
        changes.remembered = Some(self.remember(records, generation, *session.id())?);
        Ok(Accepted::new(session, opened, changes))
    }

    /// The one-time prekeys that `message` names: a KEM prekey is one if it is no last-resort prekey.
    fn named_one_time_keys(&self, message: &InitialMessage) -> OneTimeKeys {
        let kem = match message {
            InitialMessage::X3dh(_) => None,
            InitialMessage::Pqxdh(message) => Some(message.kem().prekey),
        };
        OneTimeKeys {
            ec: message.curve().one_time_prekey,
            kem: kem.filter(|id| self.generations.find_last_resort(*id).is_none()),
        }
    }

    /// The older generation of the signed and the last-resort prekey that `message` names. It is dropped first, and the
    /// handshake cannot be replayed without it.
    fn weakest_generation(&self, message: &InitialMessage) -> Result<&Generation, Error> {
        let (age, _) = self.signed_prekey(message)?;
        let last_resort = match message {
            InitialMessage::X3dh(_) => None,
            InitialMessage::Pqxdh(message) => {
                self.generations.find_last_resort(message.kem().prekey)
            }
        };
        let age = last_resort.map_or(age, |(other, _)| age.max(other));
        let generation = self.generations.at(age);
        generation.ok_or_else(|| self.missing(Slot::SignedPrekey, message.curve().signed_prekey))
    }

    /// Finds all keys that `message` names, of which the one-time prekeys were read.
    fn named_keys<'a>(
        &'a self,
        message: &InitialMessage,
        ec: Option<&'a OneTime<OneTimePrekeyPair>>,
        kem: Option<&'a OneTime<KemPrekeyPair>>,
    ) -> Result<NamedKeys<'a>, Error> {
        let (_, signed_prekey) = self.signed_prekey(message)?;
        let kem_prekey = match (kem, message) {
            (Some(key), _) => Some(&*key.pair),
            (None, InitialMessage::X3dh(_)) => None,
            (None, InitialMessage::Pqxdh(message)) => {
                let last_resort = self.generations.find_last_resort(message.kem().prekey);
                last_resort.map(|(_, key)| key)
            }
        };
        Ok(NamedKeys {
            curve: ResponderKeys {
                identity: &self.identity,
                signed_prekey,
                one_time_prekey: ec.map(|key| &*key.pair),
            },
            kem_prekey,
            one_time_keys: OneTimeKeys {
                ec: ec.map(|key| key.pair.id()),
                kem: kem.map(|key| key.pair.id()),
            },
        })
    }

    fn signed_prekey(&self, message: &InitialMessage) -> Result<(Age, &SignedPrekeyPair), Error> {
        let id = message.curve().signed_prekey;
        self.generations
            .find_signed(message.suite(), id)
            .ok_or_else(|| self.missing(Slot::SignedPrekey, id))
    }

    /// Reads the one-time prekey of this number, if the message names one.
    fn found<T, E: From<Error>>(
        &self,
        id: Option<PrekeyId>,
        slot: Slot,
        read: impl FnOnce(PrekeyId) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let Some(id) = id else {
            return Ok(None);
        };
        let found = read(id)?.ok_or_else(|| self.missing(slot, id))?;
        Ok(Some(found))
    }

    /// The refusal of a message that names a prekey which is not there.
    fn missing(&self, slot: Slot, id: PrekeyId) -> Error {
        // A prekey that is there, for another suite or use, is not gone: the message was altered.
        if self.ids.have_given(id) && !self.generations.contain(id) {
            Error::PrekeyGone(slot, id)
        } else {
            Error::UnknownPrekey(slot, id)
        }
    }

    /// Refuses a further session of the generation if there is no room. The last places are for identities that are known.
    fn check_room<E: From<Error>>(
        &self,
        generation: GenerationId,
        is_known: impl FnOnce() -> Result<bool, E>,
    ) -> Result<(), E> {
        let reusable = self.generations.reusable(generation);
        if reusable < room(false) || reusable < room(true) && is_known()? {
            Ok(())
        } else {
            Err(Error::TooManyReusableSessions.into())
        }
    }

    /// Counts a session that was accepted, and says how it is remembered.
    fn remember<E>(
        &mut self,
        records: &impl AccountRecords<E>,
        generation: Option<GenerationId>,
        id: SessionId,
    ) -> Result<Remembered, E> {
        if let Some(generation) = generation {
            self.generations.count_reusable(generation);
            return Ok(Remembered::WithGeneration { generation, id });
        }
        let slot = self.accepted % MAX_REMEMBERED_SESSIONS;
        let forgotten = if self.accepted < MAX_REMEMBERED_SESSIONS {
            None
        } else {
            records.session_at(slot)?
        };
        self.accepted = self.accepted.saturating_add(1);
        Ok(Remembered::WithOneTimePrekey {
            slot,
            id,
            forgotten,
        })
    }
}

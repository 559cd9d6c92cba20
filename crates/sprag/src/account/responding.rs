//! How an account finds the keys that an initial message names, and comes to its secret.

use sprag_primitives::x25519::KeyPair;
use sprag_x3dh::{
    Agreement, InitialMessage, KemPrekeyPair, OneTimePrekeyPair, PrekeyId, SignedPrekeyPair, Slot,
    Suite, pqxdh, x3dh,
};

use super::Account;
use crate::Error;
use crate::generations::Age;
use crate::origin::OneTimeKeys;

/// What the responder comes to, before the first message has authenticated.
pub(crate) struct Response<'a> {
    pub(crate) agreement: Agreement,
    /// The responder's first ratchet key (Double Ratchet §7.1).
    pub(crate) ratchet_key: &'a KeyPair,
    pub(crate) one_time_keys: OneTimeKeys,
    /// The age of the oldest of the keys used that serve many sessions: it is dropped first, and the
    /// handshake cannot be replayed without it.
    pub(super) weakest: Age,
}

impl Account {
    pub(super) fn respond(&self, handshake: &InitialMessage) -> Result<Response<'_>, Error> {
        match handshake {
            InitialMessage::X3dh(message) => self.respond_x3dh(message),
            InitialMessage::Pqxdh(message) => self.respond_pqxdh(message),
        }
    }

    fn respond_x3dh(&self, message: &x3dh::InitialMessage) -> Result<Response<'_>, Error> {
        let (age, signed_prekey) = self.signed_prekey(Suite::X3dh, message.signed_prekey)?;
        let one_time_keys = OneTimeKeys {
            ec: message.one_time_prekey,
            kem: None,
        };
        let one_time_prekey = self.find_one_time_prekey(message.one_time_prekey)?;
        self.check_room(one_time_keys, age)?;
        let keys = x3dh::ResponderKeys {
            identity: &self.identity,
            signed_prekey,
            one_time_prekey,
        };
        Ok(Response {
            agreement: x3dh::respond(&keys, message)?,
            ratchet_key: signed_prekey.key_pair(),
            one_time_keys,
            weakest: age,
        })
    }

    fn respond_pqxdh(&self, message: &pqxdh::InitialMessage) -> Result<Response<'_>, Error> {
        let (age, signed_prekey) = self.signed_prekey(Suite::Pqxdh, message.signed_prekey)?;
        let one_time_prekey = self.find_one_time_prekey(message.one_time_prekey)?;
        let (last_resort_age, kem_prekey) = self.kem_prekey(message.kem_prekey)?;
        let one_time_keys = OneTimeKeys {
            ec: message.one_time_prekey,
            kem: last_resort_age.is_none().then_some(message.kem_prekey),
        };
        let weakest = age.max(last_resort_age.unwrap_or(0));
        self.check_room(one_time_keys, weakest)?;
        let keys = pqxdh::ResponderKeys {
            identity: &self.identity,
            signed_prekey,
            one_time_prekey,
            kem_prekey,
        };
        Ok(Response {
            agreement: pqxdh::respond(&keys, message)?,
            ratchet_key: signed_prekey.key_pair(),
            one_time_keys,
            weakest,
        })
    }

    fn signed_prekey(&self, suite: Suite, id: PrekeyId) -> Result<(Age, &SignedPrekeyPair), Error> {
        self.generations
            .find_signed(suite, id)
            .ok_or(Error::UnknownPrekey(Slot::SignedPrekey, id))
    }

    fn find_one_time_prekey(
        &self,
        id: Option<PrekeyId>,
    ) -> Result<Option<&OneTimePrekeyPair>, Error> {
        id.map(|id| {
            self.one_time_prekeys
                .find(id)
                .ok_or(Error::UnknownPrekey(Slot::OneTimePrekey, id))
        })
        .transpose()
    }

    /// The KEM prekey, and its age if it is a last-resort prekey.
    fn kem_prekey(&self, id: PrekeyId) -> Result<(Option<Age>, &KemPrekeyPair), Error> {
        if let Some(prekey) = self.one_time_kem_prekeys.find(id) {
            return Ok((None, prekey));
        }
        self.generations
            .find_last_resort(id)
            .map(|(age, prekey)| (Some(age), prekey))
            .ok_or(Error::UnknownPrekey(Slot::KemPrekey, id))
    }

    /// Refuses a session without one-time prekeys that could not be remembered.
    fn check_room(&self, one_time_keys: OneTimeKeys, weakest: Age) -> Result<(), Error> {
        if one_time_keys.are_none() && !self.generations.has_room(weakest) {
            return Err(Error::TooManyReusableSessions);
        }
        Ok(())
    }
}

//! The private keys that an initial message names.

use sprag_x3dh::{
    InitialMessage, KemPrekeyPair, OneTimePrekeyPair, PrekeyId, ResponderKeys, SignedPrekeyPair,
    Slot, Suite,
};

use super::Account;
use super::generations::Age;
use crate::Error;
use crate::session::OneTimeKeys;

/// An account's keys for one session that it is asked for.
pub(crate) struct NamedKeys<'a> {
    pub(crate) curve: ResponderKeys<'a>,
    /// The KEM prekey. X3DH has none.
    pub(crate) kem_prekey: Option<&'a KemPrekeyPair>,
    /// Those of the keys that serve one session.
    pub(crate) one_time_keys: OneTimeKeys,
    /// The age of the oldest of the keys that serve many sessions. It is dropped first, and the handshake
    /// cannot be replayed without it.
    pub(super) weakest: Age,
}

impl Account {
    /// Finds the keys that `message` names.
    pub(super) fn named_keys(&self, message: &InitialMessage) -> Result<NamedKeys<'_>, Error> {
        // Find the keys on the curve.
        let curve = message.curve();
        let (age, signed_prekey) = self.signed_prekey(message.suite(), curve.signed_prekey)?;
        let one_time_prekey = curve
            .one_time_prekey
            .map(|id| self.one_time_prekey(id))
            .transpose()?;
        let mut named = NamedKeys {
            curve: ResponderKeys {
                identity: &self.identity,
                signed_prekey,
                one_time_prekey,
            },
            kem_prekey: None,
            one_time_keys: OneTimeKeys {
                ec: curve.one_time_prekey,
                kem: None,
            },
            weakest: age,
        };
        // Find the KEM prekey, which is a one-time or a last-resort prekey.
        if let InitialMessage::Pqxdh(message) = message {
            let id = message.kem().prekey;
            if let Some(prekey) = self.one_time_kem_prekeys.find(id) {
                named.kem_prekey = Some(prekey);
                named.one_time_keys.kem = Some(id);
            } else {
                let (age, prekey) = self.last_resort_kem_prekey(id)?;
                named.kem_prekey = Some(prekey);
                named.weakest = named.weakest.max(age);
            }
        }
        // Refuse a session without one-time prekeys that could not be remembered.
        if named.one_time_keys.are_none() && !self.generations.has_room(named.weakest) {
            return Err(Error::TooManyReusableSessions);
        }
        Ok(named)
    }

    fn signed_prekey(&self, suite: Suite, id: PrekeyId) -> Result<(Age, &SignedPrekeyPair), Error> {
        self.generations
            .find_signed(suite, id)
            .ok_or(Error::UnknownPrekey(Slot::SignedPrekey, id))
    }

    fn one_time_prekey(&self, id: PrekeyId) -> Result<&OneTimePrekeyPair, Error> {
        self.one_time_prekeys
            .find(id)
            .ok_or(Error::UnknownPrekey(Slot::OneTimePrekey, id))
    }

    fn last_resort_kem_prekey(&self, id: PrekeyId) -> Result<(Age, &KemPrekeyPair), Error> {
        self.generations
            .find_last_resort(id)
            .ok_or(Error::UnknownPrekey(Slot::KemPrekey, id))
    }
}

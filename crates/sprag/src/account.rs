use alloc::vec::Vec;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::Reader;
use sprag_wire::snapshot::{self, Kind};
use sprag_wire::{decode_bundle, decode_prekey_message, encode_bundle};
use sprag_x3dh::{
    Bundle, IdentityKey, IdentityKeyPair, InitialMessage, OneTimePrekey, ResponderKeys,
    SignedPrekeyPair, SignedPrekeyTerms, Slot, Suite,
};

use crate::Error;
use crate::accepted::Accepted;
use crate::one_time_prekeys::OneTimePrekeys;
use crate::session::{Opened, Session};

/// An identity and the prekeys by which others begin sessions with it.
///
/// A value without I/O: what it holds is to be stored, as a [`snapshot`](Self::snapshot), after each
/// call that takes `&mut self`.
#[derive(Debug)]
pub struct Account {
    identity: IdentityKeyPair,
    signed_prekey: SignedPrekeyPair,
    one_time_prekeys: OneTimePrekeys,
    accepted: Accepted,
}

impl Account {
    /// A new account, with an identity of its own.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let identity = IdentityKeyPair::generate(rng);
        let terms = SignedPrekeyTerms {
            suite: Suite::X3dh,
            id: 1,
            created: 0,
        };
        Self {
            signed_prekey: SignedPrekeyPair::generate(terms, &identity, rng),
            identity,
            one_time_prekeys: OneTimePrekeys::new(),
            accepted: Accepted::default(),
        }
    }

    /// The public key by which others know this account.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        self.identity.public()
    }

    /// A bundle for one reader, with a one-time prekey that is in no other bundle. At most 184 bytes.
    ///
    /// After 2^32 − 2 bundles there is no further number for a one-time prekey, and the bundle is
    /// [reusable](Self::publish_reusable).
    pub fn publish(&mut self, rng: &mut impl CryptoRng) -> Vec<u8> {
        let one_time_prekey = self.one_time_prekeys.generate(rng);
        self.bundle(one_time_prekey)
    }

    /// A bundle for any number of readers, without a one-time prekey.
    ///
    /// A session that begins with it is weaker until this account has answered: a thief of the
    /// identity key and the signed prekey can read what was sent before (X3DH §4.6).
    #[must_use]
    pub fn publish_reusable(&self) -> Vec<u8> {
        self.bundle(None)
    }

    /// Begins a session with the publisher of `bundle`, who need not be online.
    ///
    /// That the bundle is from the person one means is for the caller to establish, by comparing
    /// [`Session::peer`] over another channel.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the bytes are no bundle; [`Error::Handshake`] if a signature is not valid,
    /// a key contributes nothing, or the bundle is this account's own.
    pub fn initiate(&self, bundle: &[u8], rng: &mut impl CryptoRng) -> Result<Session, Error> {
        let bundle = decode_bundle(bundle)?.verify()?;
        Session::initiate(&self.identity, &bundle, rng)
    }

    /// Begins the session that a message with a handshake asks for, and decrypts the message.
    ///
    /// Only once the message has authenticated is the session's one-time prekey deleted. Account and
    /// session must be stored together, or a crash between the two loses the session.
    ///
    /// # Errors
    ///
    /// [`Error::RepeatOf`] if the session was accepted before, which then decrypts the message;
    /// [`Error::UnknownPrekey`]; [`Error::TooManyReusableSessions`]; [`Error::Wire`];
    /// [`Error::Handshake`]; [`Error::Ratchet`].
    pub fn accept(&mut self, message: &[u8]) -> Result<(Session, Opened), Error> {
        self.accept_with_ad(message, &[])
    }

    /// [`accept`](Self::accept), with associated data that the sender gave too.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn accept_with_ad(
        &mut self,
        message: &[u8],
        associated_data: &[u8],
    ) -> Result<(Session, Opened), Error> {
        let handshake = decode_prekey_message(message)?.handshake;
        self.accepted.check(&handshake)?;
        let mut session = Session::respond(&self.responder_keys(&handshake)?, handshake)?;
        let opened = session.decrypt_with_ad(message, associated_data)?;
        self.accepted.remember(&handshake);
        if let Some(id) = handshake.one_time_prekey {
            self.one_time_prekeys.delete(id);
        }
        Ok((session, opened))
    }

    /// How many one-time prekeys were published and not used.
    #[must_use]
    pub fn one_time_prekeys(&self) -> usize {
        self.one_time_prekeys.len()
    }

    /// The whole account as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        let mut writer = snapshot::begin(Kind::Account);
        self.identity.write_snapshot(&mut writer);
        self.signed_prekey.write_snapshot(&mut writer);
        self.one_time_prekeys.write_snapshot(&mut writer);
        self.accepted.write_snapshot(&mut writer);
        writer.finish()
    }

    /// The account that [`snapshot`](Self::snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        snapshot::open(Kind::Account, bytes)
            .and_then(Self::read)
            .map_err(Error::Snapshot)
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, PrimitiveError> {
        let account = Self {
            identity: IdentityKeyPair::read_snapshot(&mut reader)?,
            signed_prekey: SignedPrekeyPair::read_snapshot(&mut reader)?,
            one_time_prekeys: OneTimePrekeys::read_snapshot(&mut reader)?,
            accepted: Accepted::read_snapshot(&mut reader)?,
        };
        reader.finish()?;
        Ok(account)
    }

    fn bundle(&self, one_time_prekey: Option<OneTimePrekey>) -> Vec<u8> {
        encode_bundle(&Bundle {
            identity: *self.identity.public(),
            signed_prekey: self.signed_prekey.public(),
            one_time_prekey,
        })
    }

    fn responder_keys(&self, handshake: &InitialMessage) -> Result<ResponderKeys<'_>, Error> {
        if handshake.signed_prekey != self.signed_prekey.id() {
            return Err(Error::UnknownPrekey(
                Slot::SignedPrekey,
                handshake.signed_prekey,
            ));
        }
        let one_time_prekey = handshake
            .one_time_prekey
            .map(|id| {
                self.one_time_prekeys
                    .find(id)
                    .ok_or(Error::UnknownPrekey(Slot::OneTimePrekey, id))
            })
            .transpose()?;
        Ok(ResponderKeys {
            identity: &self.identity,
            signed_prekey: &self.signed_prekey,
            one_time_prekey,
        })
    }
}

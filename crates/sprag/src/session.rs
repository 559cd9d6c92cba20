use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_ratchet::{Claim, DoubleRatchet, RootKey};
use sprag_wire::limits::MAX_MESSAGE_LENGTH;
use sprag_wire::{
    Kind, Message, decode_message, decode_prekey_message, encode_message, encode_prekey_message,
    snapshot,
};
use sprag_x3dh::{
    IdentityKey, IdentityKeyPair, InitialMessage, PrekeyId, ResponderKeys, SessionId, Suite,
    VerifiedBundle,
};

use crate::Error;
use crate::associated_data::SessionAssociatedData;

/// A conversation between two accounts: each message under a key of its own, in any order.
///
/// A value without I/O. Store a [`snapshot`](Self::snapshot) after each
/// [`encrypt`](Self::encrypt) and before the message leaves, and after each
/// [`decrypt`](Self::decrypt); never go back to an older one: it would encrypt again under keys that
/// were used.
pub struct Session {
    id: SessionId,
    role: Role,
    handshake: InitialMessage,
    responder: IdentityKey,
    associated_data: SessionAssociatedData,
    ratchet: DoubleRatchet,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    /// The initiator, whose messages carry the handshake until the responder has answered.
    Initiator {
        answered: bool,
    },
    Responder,
}

/// A message that was decrypted, and what the receiver learns with it.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Opened {
    /// What the sender encrypted.
    pub plaintext: Vec<u8>,
    /// Who sent it.
    pub sender: IdentityKey,
    /// The session it belongs to, the same on both sides.
    pub session_id: SessionId,
    /// The one-time keys with which the session began.
    pub one_time_keys: OneTimeKeys,
}

/// The one-time keys of the responder with which a session began. Without any, its first messages are
/// protected less well against a later theft of the responder's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OneTimeKeys {
    /// The curve one-time prekey.
    pub ec: Option<PrekeyId>,
}

/// The state of a session, without any secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// Messages encrypted.
    pub sent: u64,
    /// Messages decrypted.
    pub received: u64,
    /// DH ratchet steps taken, sending and receiving.
    pub dh_steps: u64,
    /// Keys held for messages that have not arrived, at most 2,000.
    pub skipped_keys: usize,
    /// A one-way hash of the current root key; the same on both sides when nothing is in flight.
    pub root_fingerprint: [u8; 8],
    /// The handshake that began the session.
    pub established_by: EstablishedBy,
}

/// A handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EstablishedBy {
    /// X3DH: secure as long as discrete logarithms on Curve25519 are hard.
    X3dh,
}

impl fmt::Display for EstablishedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X3dh => "x3dh",
        })
    }
}

impl Session {
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        bundle: &VerifiedBundle,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let initiated = sprag_x3dh::initiate(identity, bundle, rng)?;
        let root = RootKey::new(initiated.agreement.shared_secret.into_root());
        let ratchet = DoubleRatchet::initiator(&root, bundle.signed_prekey().key, rng)?;
        let role = Role::Initiator { answered: false };
        Ok(Self::new(
            role,
            initiated.message,
            *bundle.identity(),
            ratchet,
        ))
    }

    pub(crate) fn respond(
        keys: &ResponderKeys<'_>,
        handshake: InitialMessage,
    ) -> Result<Self, Error> {
        let agreement = sprag_x3dh::respond(keys, &handshake)?;
        let root = RootKey::new(agreement.shared_secret.into_root());
        let ratchet = DoubleRatchet::responder(root, keys.signed_prekey.key_pair());
        let responder = *keys.identity.public();
        Ok(Self::new(Role::Responder, handshake, responder, ratchet))
    }

    fn new(
        role: Role,
        handshake: InitialMessage,
        responder: IdentityKey,
        ratchet: DoubleRatchet,
    ) -> Self {
        let id = handshake.session_id();
        let associated_data = SessionAssociatedData::new(&handshake.identity, &responder, &id);
        Self {
            id,
            role,
            handshake,
            responder,
            associated_data,
            ratchet,
        }
    }

    /// Encrypts a message for the peer: `plaintext` and, for a message, 58 bytes more; 134 more at
    /// most while the handshake is in front.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the message would be longer than
    /// [`MAX_MESSAGE_LENGTH`](crate::limits::MAX_MESSAGE_LENGTH); [`Error::Ratchet`] after 2^32 − 1
    /// messages without an answer.
    pub fn encrypt(
        &mut self,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        self.encrypt_with_ad(plaintext, &[], rng)
    }

    /// [`encrypt`](Self::encrypt), with data that does not travel and that the receiver must give
    /// too.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt`](Self::encrypt).
    pub fn encrypt_with_ad(
        &mut self,
        plaintext: &[u8],
        associated_data: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        if plaintext.len() > MAX_MESSAGE_LENGTH - MAX_OVERHEAD {
            return Err(Error::Wire(sprag_wire::Error::Oversized));
        }
        let (kind, mut encoded) = if self.role == (Role::Initiator { answered: false }) {
            let encoded = encode_prekey_message(&self.handshake, plaintext);
            (Kind::PrekeyMessage, encoded)
        } else {
            (Kind::Message, encode_message(plaintext))
        };
        let associated_data = self.associated_data.of_message(kind, associated_data);
        let sealed = self
            .ratchet
            .encrypt(&associated_data, encoded.buffer(), rng)?;
        Ok(encoded.finish(&sealed.header, &sealed.tag))
    }

    /// Decrypts a message of this session, with or without the handshake in front.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the bytes are no message; [`Error::OtherSession`] if the handshake in front
    /// is another's; [`Error::Ratchet`] if the message is not authentic, a duplicate, or beyond the
    /// limits. A duplicate is named as such while its chain is known: a copy of a message of a chain
    /// that is forgotten is not authentic.
    pub fn decrypt(&mut self, message: &[u8]) -> Result<Opened, Error> {
        self.decrypt_with_ad(message, &[])
    }

    /// [`decrypt`](Self::decrypt), with the data that the sender gave.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt).
    pub fn decrypt_with_ad(
        &mut self,
        message: &[u8],
        associated_data: &[u8],
    ) -> Result<Opened, Error> {
        let kind = sprag_wire::kind(message)?;
        let Message {
            header,
            ciphertext,
            tag,
        } = match kind {
            Kind::PrekeyMessage => {
                let decoded = decode_prekey_message(message)?;
                if self.role != Role::Responder || decoded.handshake != self.handshake {
                    return Err(Error::OtherSession(decoded.handshake.session_id()));
                }
                decoded.message
            }
            _ => decode_message(message)?,
        };
        let mut plaintext = ciphertext.to_vec();
        self.ratchet.decrypt(
            &self.associated_data.of_message(kind, associated_data),
            sprag_ratchet::Message {
                header: &header,
                ciphertext: Ciphertext {
                    buffer: &mut plaintext,
                    tag,
                },
            },
        )?;
        if let Role::Initiator { answered } = &mut self.role {
            *answered = true;
        }
        Ok(Opened {
            plaintext,
            sender: *self.peer(),
            session_id: self.id,
            one_time_keys: self.one_time_keys(),
        })
    }

    /// Whether this party began the session with that one-time prekey of the peer's.
    pub(crate) fn began_with(&self, one_time_prekey: PrekeyId) -> bool {
        matches!(self.role, Role::Initiator { .. })
            && self.handshake.one_time_prekey == Some(one_time_prekey)
    }

    /// What a message would have to be in this session.
    pub(crate) fn claim(&self, message: &[u8]) -> Result<Claim, Error> {
        Ok(self.ratchet.claim(&decode_message(message)?.header))
    }

    /// The name of the session, the same on both sides.
    #[must_use]
    pub const fn id(&self) -> &SessionId {
        &self.id
    }

    /// The identity of the peer.
    #[must_use]
    pub const fn peer(&self) -> &IdentityKey {
        match self.role {
            Role::Initiator { .. } => &self.responder,
            Role::Responder => &self.handshake.identity,
        }
    }

    /// The one-time keys with which the session began.
    #[must_use]
    pub const fn one_time_keys(&self) -> OneTimeKeys {
        OneTimeKeys {
            ec: self.handshake.one_time_prekey,
        }
    }

    /// The state of the session.
    #[must_use]
    pub fn status(&self) -> Status {
        let counts = self.ratchet.counts();
        Status {
            sent: counts.sent,
            received: counts.received,
            dh_steps: counts.dh_steps,
            skipped_keys: self.ratchet.skipped_keys(),
            root_fingerprint: self.ratchet.root_fingerprint(),
            established_by: EstablishedBy::X3dh,
        }
    }

    /// The whole session as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        let mut writer = snapshot::begin(snapshot::Kind::Session);
        self.role.write_snapshot(&mut writer);
        writer.bytes(self.responder.as_bytes());
        write_handshake(&self.handshake, &mut writer);
        self.ratchet.write_snapshot(&mut writer);
        writer.finish()
    }

    /// The session that [`snapshot`](Self::snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = snapshot::open(snapshot::Kind::Session, bytes).map_err(Error::Snapshot)?;
        let (role, responder, handshake) = read_parties(&mut reader).map_err(Error::Snapshot)?;
        let ratchet = DoubleRatchet::read_snapshot(&mut reader)?;
        reader.finish().map_err(Error::Snapshot)?;
        Ok(Self::new(role, handshake, responder, ratchet))
    }

    /// A session that reads what this one sends, as far as this one's state allows.
    #[cfg(feature = "hazmat")]
    pub(crate) fn mirror_of_sending_chain(&self) -> Option<Self> {
        let ratchet = self.ratchet.mirror_of_sending_chain()?;
        let role = match self.role {
            Role::Initiator { .. } => Role::Responder,
            Role::Responder => Role::Initiator { answered: true },
        };
        Some(Self::new(role, self.handshake, self.responder, ratchet))
    }
}

impl Role {
    fn write_snapshot(self, writer: &mut Writer) {
        writer.u8(match self {
            Self::Initiator { answered: false } => 0,
            Self::Initiator { answered: true } => 1,
            Self::Responder => 2,
        });
    }

    fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.u8()? {
            0 => Ok(Self::Initiator { answered: false }),
            1 => Ok(Self::Initiator { answered: true }),
            2 => Ok(Self::Responder),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("peer", self.peer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("sender", &self.sender)
            .field("session_id", &self.session_id)
            .field("one_time_keys", &self.one_time_keys)
            .finish_non_exhaustive()
    }
}

fn write_handshake(handshake: &InitialMessage, writer: &mut Writer) {
    writer.u8(handshake.suite.to_byte());
    writer.bytes(handshake.identity.as_bytes());
    writer.bytes(handshake.ephemeral.as_bytes());
    writer.u32(handshake.signed_prekey);
    writer.option(handshake.one_time_prekey, Writer::u32);
}

fn read_parties(
    reader: &mut Reader<'_>,
) -> Result<(Role, IdentityKey, InitialMessage), PrimitiveError> {
    let role = Role::read_snapshot(reader)?;
    let responder = IdentityKey::from_bytes(reader.array()?)?;
    let handshake = InitialMessage {
        suite: Suite::from_byte(reader.u8()?).ok_or(PrimitiveError::SnapshotInvalid)?,
        identity: IdentityKey::from_bytes(reader.array()?)?,
        ephemeral: reader.public_key()?,
        signed_prekey: reader.u32()?,
        one_time_prekey: reader.option(|reader| reader.u32())?,
    };
    Ok((role, responder, handshake))
}

/// More bytes than any message of today has beside its ciphertext.
const MAX_OVERHEAD: usize = 256;

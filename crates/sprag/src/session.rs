use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::ops::Range;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::aead::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_ratchet::{DoubleRatchetHE, HeaderKey, RootKey, SharedSecrets};
use sprag_wire::{
    Kind, Message, decode_message, decode_prekey_message, encode_message, encode_prekey_message,
    snapshot,
};
use sprag_x3dh::{
    IdentityKey, IdentityKeyPair, InitialMessage, SessionId, SharedSecret, VerifiedBundle, pqxdh,
    x3dh,
};

use crate::account::Response;
use crate::associated_data::SessionAssociatedData;
use crate::origin::{EstablishedBy, OneTimeKeys, Origin};
use crate::{Error, padding, unanswered};

/// A conversation between two accounts: each message under a key of its own, in any order.
///
/// A value without I/O. Store a [`snapshot`](Self::snapshot) after each
/// [`encrypt`](Self::encrypt) and before the message leaves, and after each
/// [`decrypt`](Self::decrypt); never go back to an older one: it would encrypt again under keys that
/// were used.
pub struct Session {
    origin: Origin,
    role: Role,
    associated_data: SessionAssociatedData,
    /// Boxed, so that a session that moves leaves no copy of a key behind.
    ratchet: Box<DoubleRatchetHE>,
}

#[derive(Clone)]
enum Role {
    Initiator {
        /// What the messages carry in front until the responder has answered.
        unanswered: Option<Box<InitialMessage>>,
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
    /// The handshake that began the session.
    pub established_by: EstablishedBy,
    /// The one-time keys with which the session began.
    pub one_time_keys: OneTimeKeys,
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
    /// The one-time keys of the responder with which it began.
    pub one_time_keys: OneTimeKeys,
}

impl Session {
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        bundle: &VerifiedBundle,
        ordinal: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let (handshake, agreement) = match bundle {
            VerifiedBundle::X3dh(bundle) => {
                let mut initiated = x3dh::initiate(identity, bundle, rng)?;
                initiated.message.ordinal = ordinal;
                (InitialMessage::X3dh(initiated.message), initiated.agreement)
            }
            VerifiedBundle::Pqxdh(bundle) => {
                let mut initiated = pqxdh::initiate(identity, bundle, rng)?;
                initiated.message.ordinal = ordinal;
                (
                    InitialMessage::Pqxdh(initiated.message),
                    initiated.agreement,
                )
            }
        };
        let [ec, kem] = bundle.one_time_keys();
        let origin = Origin {
            id: handshake.session_id(),
            suite: handshake.suite(),
            initiator: *identity.public(),
            responder: *bundle.identity(),
            ordinal,
            one_time_keys: OneTimeKeys { ec, kem },
            kem_prekey_hash: agreement.kem_prekey_hash,
        };
        let secrets = shared_secrets(agreement.shared_secret);
        let ratchet = DoubleRatchetHE::initiator(secrets, bundle.signed_prekey().key, rng)?;
        let role = Role::Initiator {
            unanswered: Some(Box::new(handshake)),
        };
        Ok(Self::new(origin, role, ratchet))
    }

    /// The session that `handshake` asks `responder` for.
    pub(crate) fn respond(
        responder: &IdentityKey,
        handshake: &InitialMessage,
        response: Response<'_>,
    ) -> Self {
        let origin = Origin {
            id: handshake.session_id(),
            suite: handshake.suite(),
            initiator: *handshake.identity(),
            responder: *responder,
            ordinal: handshake.ordinal(),
            one_time_keys: response.one_time_keys,
            kem_prekey_hash: response.agreement.kem_prekey_hash,
        };
        let secrets = shared_secrets(response.agreement.shared_secret);
        let ratchet = DoubleRatchetHE::responder(secrets, response.ratchet_key);
        Self::new(origin, Role::Responder, ratchet)
    }

    fn new(origin: Origin, role: Role, ratchet: DoubleRatchetHE) -> Self {
        Self {
            associated_data: SessionAssociatedData::new(&origin),
            origin,
            role,
            ratchet: Box::new(ratchet),
        }
    }

    /// Encrypts a message for the peer. `plaintext` is padded: with its length of 4 bytes, to 32 bytes or to
    /// at most 12 % more than it has. A message has 98 bytes more than that, and 1,752 more at most while
    /// the handshake is in front.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if `plaintext` is longer than
    /// [`MAX_PLAINTEXT_LENGTH`](crate::limits::MAX_PLAINTEXT_LENGTH); [`Error::Ratchet`] after 2^32 − 1
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
        let padded = padding::pad(plaintext).ok_or(Error::Wire(sprag_wire::Error::Oversized))?;
        let (kind, mut encoded) = match &self.role {
            Role::Initiator {
                unanswered: Some(handshake),
            } => (
                Kind::PrekeyMessage,
                encode_prekey_message(handshake, padded.expose()),
            ),
            _ => (Kind::Message, encode_message(padded.expose())),
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
    /// is another's; [`Error::InvalidPadding`] if the peer padded otherwise than it must;
    /// [`Error::Ratchet`] if the message is not authentic, a duplicate, of a fork, or beyond the limits. A duplicate is named as such while its chain is known: a copy of a message of a chain
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
                let id = decoded.handshake.session_id();
                if !matches!(self.role, Role::Responder) || id != self.origin.id {
                    return Err(Error::OtherSession(id));
                }
                decoded.message
            }
            _ => decode_message(message)?,
        };
        let mut buffer = SecretBuffer::copy_from(ciphertext);
        let text = self.ratchet.decrypt_if(
            &self.associated_data.of_message(kind, associated_data),
            sprag_ratchet::Message {
                header: &header,
                ciphertext: Ciphertext {
                    buffer: buffer.expose_mut(),
                    tag,
                },
            },
            padding::text_in,
        )?;
        // From here on it is the caller's.
        let plaintext = cut(buffer.into_public(), text);
        if let Role::Initiator { unanswered } = &mut self.role {
            *unanswered = None;
        }
        Ok(Opened {
            plaintext,
            sender: *self.peer(),
            session_id: self.origin.id,
            established_by: self.origin.established_by(),
            one_time_keys: self.one_time_keys(),
        })
    }

    /// Whether this party began the session.
    pub(crate) const fn is_initiator(&self) -> bool {
        matches!(self.role, Role::Initiator { .. })
    }

    /// Whether this party began the session and the peer has answered in it.
    pub(crate) const fn is_answered(&self) -> bool {
        matches!(self.role, Role::Initiator { unanswered: None })
    }

    /// The name of the session, the same on both sides.
    #[must_use]
    pub const fn id(&self) -> &SessionId {
        &self.origin.id
    }

    /// The identity of the peer.
    #[must_use]
    pub const fn peer(&self) -> &IdentityKey {
        match self.role {
            Role::Initiator { .. } => &self.origin.responder,
            Role::Responder => &self.origin.initiator,
        }
    }

    /// Which session of the two parties this is, as its initiator counted.
    #[must_use]
    pub const fn ordinal(&self) -> u32 {
        self.origin.ordinal
    }

    /// Whether of these two sessions with one peer this is the one to send in: the one with the higher
    /// ordinal, and of two that were begun at once, the one with the smaller id. Both parties come to
    /// the same answer; the other session still reads.
    ///
    /// A session that the peer answered in goes before one that is only its own: it knows no better.
    #[must_use]
    pub fn is_preferred_to(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    /// What the session to send in has most of.
    pub(crate) const fn rank(&self) -> (u32, bool, Reverse<SessionId>) {
        let Origin { ordinal, id, .. } = self.origin;
        (ordinal, self.is_answered(), Reverse(id))
    }

    /// The one-time keys with which the session began.
    #[must_use]
    pub const fn one_time_keys(&self) -> OneTimeKeys {
        self.origin.one_time_keys
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
            established_by: self.origin.established_by(),
            one_time_keys: self.origin.one_time_keys,
        }
    }

    /// The whole session as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        let mut writer = snapshot::begin(snapshot::Kind::Session);
        self.origin.write_snapshot(&mut writer);
        self.role.write_snapshot(&mut writer);
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
        let origin = Origin::read_snapshot(&mut reader).map_err(Error::Snapshot)?;
        let role = Role::read_snapshot(&mut reader, &origin).map_err(Error::Snapshot)?;
        let ratchet = DoubleRatchetHE::read_snapshot(&mut reader)?;
        reader.finish().map_err(Error::Snapshot)?;
        Ok(Self::new(origin, role, ratchet))
    }

    /// The header of a message to this party, if a header key that is held opens it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn open_header(&self, message: &[u8]) -> Option<sprag_ratchet::Header> {
        let header = match sprag_wire::kind(message).ok()? {
            Kind::PrekeyMessage => decode_prekey_message(message).ok()?.message.header,
            _ => decode_message(message).ok()?.header,
        };
        self.ratchet.open_header(&header)
    }

    /// A session that reads what this one sends, as far as this one's state allows.
    #[cfg(feature = "hazmat")]
    pub(crate) fn mirror_of_sending_chain(&self) -> Self {
        let ratchet = self.ratchet.mirror_of_sending_chain();
        let role = match self.role {
            Role::Initiator { .. } => Role::Responder,
            Role::Responder => Role::Initiator { unanswered: None },
        };
        Self::new(self.origin, role, ratchet)
    }
}

fn shared_secrets(secret: SharedSecret) -> SharedSecrets {
    let keys = secret.into_keys();
    SharedSecrets {
        root: RootKey::new(keys.root),
        shared_hka: HeaderKey::new(keys.shared_hka),
        shared_nhkb: HeaderKey::new(keys.shared_nhkb),
    }
}

/// What `buffer` has in `range`, in the same memory, of which nothing else is left.
fn cut(mut buffer: Vec<u8>, range: Range<usize>) -> Vec<u8> {
    let length = range.len();
    buffer.copy_within(range, 0);
    buffer.iter_mut().skip(length).for_each(|byte| *byte = 0);
    buffer.truncate(length);
    buffer
}

impl Role {
    fn write_snapshot(&self, writer: &mut Writer) {
        match self {
            Self::Initiator {
                unanswered: Some(handshake),
            } => {
                writer.u8(0);
                unanswered::write(handshake, writer);
            }
            Self::Initiator { unanswered: None } => writer.u8(1),
            Self::Responder => writer.u8(2),
        }
    }

    fn read_snapshot(reader: &mut Reader<'_>, origin: &Origin) -> Result<Self, PrimitiveError> {
        match reader.u8()? {
            0 => Ok(Self::Initiator {
                unanswered: Some(Box::new(unanswered::read(reader, origin)?)),
            }),
            1 => Ok(Self::Initiator { unanswered: None }),
            2 => Ok(Self::Responder),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.origin.id)
            .field("peer", self.peer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("sender", &self.sender)
            .field("session_id", &self.session_id)
            .field("established_by", &self.established_by)
            .field("one_time_keys", &self.one_time_keys)
            .finish_non_exhaustive()
    }
}

mod associated_data;
mod handshake;
mod origin;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::ops::Range;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_ratchet::{DoubleRatchetHE, EncryptedHeader, HeaderAndTag, ReceivedMessage};
use sprag_wire::{Kind, MessageParts, Plaintext, encode_message, encode_prekey_message};
use sprag_x3dh::{IdentityKey, InitialMessage, SessionId, Suite};

use crate::Error;
use crate::frame::Frame;
use crate::limits::MAX_MESSAGE_LENGTH;
use crate::message::DecodedMessage;
use crate::padding::{Padding, text_in};
use associated_data::SessionAssociatedData;
use handshake::{get_unanswered, put_unanswered};
pub use origin::OneTimeKeys;
use origin::Origin;

/// A conversation between two accounts: each message under a key of its own, in any order.
///
/// A session is a value without I/O. Store a [`snapshot`](Self::snapshot) after each
/// [`encrypt`](Self::encrypt) and before the message leaves, and after each
/// [`decrypt`](Self::decrypt). Never go back to an older one, because it would encrypt again under keys that
/// were used.
#[cfg_attr(
    not(feature = "hazmat"),
    doc = "
Without the feature `hazmat` there is no view of its keys:

```compile_fail,E0599
# use sprag::Session;
fn look(session: &Session) {
    session.ratchet_view();
}
```"
)]
pub struct Session {
    origin: Origin,
    role: Role,
    associated_data: SessionAssociatedData,
    /// Boxed, because a session that moved would leave copies of its keys behind.
    ratchet: Box<DoubleRatchetHE>,
}

#[derive(Clone)]
enum Role {
    Initiator {
        /// The handshake, which is in front of each message until the responder has answered.
        unanswered: Option<Box<InitialMessage>>,
    },
    Responder,
}

/// A message that was decrypted, with what the receiver learns of it.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Opened {
    /// The text that the sender encrypted.
    pub plaintext: Vec<u8>,
    /// The identity of the sender.
    pub sender: IdentityKey,
    /// The session that the message belongs to, the same on both sides.
    pub session_id: SessionId,
    /// The suite, which names the handshake that began the session.
    pub suite: Suite,
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
    /// The suite, which names the handshake that began the session.
    pub suite: Suite,
    /// The one-time keys of the responder with which it began. An initiator does not know them until the responder has
    /// answered: the bundle says so, but a directory can put any key in the place of a curve one-time prekey.
    pub one_time_keys: Option<OneTimeKeys>,
}

impl Session {
    fn new(origin: Origin, role: Role, ratchet: DoubleRatchetHE) -> Self {
        Self {
            associated_data: SessionAssociatedData::new(&origin),
            origin,
            role,
            ratchet: Box::new(ratchet),
        }
    }

    /// Encrypts a message for the peer. `plaintext` is padded: with its length of 4 bytes, to 32 bytes or to
    /// at most 12 % more than it has. A message has 98 bytes more than that, and 1,767 more at most while
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
        // Lay out the padded text where it will travel, which is the only memory that a message takes.
        let padding = Padding::of(plaintext.len());
        let padding = padding.ok_or(Error::Wire(sprag_wire::Error::Oversized))?;
        let padded = Plaintext {
            prefix: &padding.prefix,
            text: plaintext,
            zeros: padding.zeros,
        };
        let (kind, mut encoded) = match &self.role {
            Role::Initiator {
                unanswered: Some(handshake),
            } => (
                Kind::PrekeyMessage,
                encode_prekey_message(handshake, padded),
            ),
            _ => (Kind::Message, encode_message(self.origin.suite, padded)),
        };
        // Encrypt it there.
        let associated_data = self.associated_data.of_message(kind, associated_data);
        let HeaderAndTag { header, tag } =
            self.ratchet
                .encrypt(associated_data.as_ref(), encoded.buffer(), rng)?;
        Ok(encoded.finish(header.as_bytes(), &tag))
    }

    /// Decrypts a message of this session, with or without the handshake in front.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`] if the bytes are no message; [`Error::OtherSession`] if the handshake in front
    /// is another's; [`Error::InvalidPadding`] if the peer padded otherwise than it must;
    /// [`Error::Ratchet`] if the message is not authentic, a duplicate, of a fork, or beyond the limits. A
    /// duplicate is named as such while its chain is known; later, it is not authentic.
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
        self.decrypt_decoded(&DecodedMessage::decode(message)?, associated_data)
    }

    /// [`decrypt_with_ad`](Self::decrypt_with_ad) for a message that was decoded before.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt).
    pub fn decrypt_decoded(
        &mut self,
        message: &DecodedMessage<'_>,
        associated_data: &[u8],
    ) -> Result<Opened, Error> {
        // A handshake in front of the message must be the one that this party accepted.
        if let Some(id) = message.session_id()
            && (!matches!(self.role, Role::Responder) || *id != self.origin.id)
        {
            return Err(Error::OtherSession(*id));
        }
        // A message of another version is another session's.
        let MessageParts {
            header,
            ciphertext,
            tag,
        } = message.message.parts(self.origin.suite)?;
        let header = header.try_into();
        let header = header.map_err(|_| Error::Wire(sprag_wire::Error::Truncated))?;
        let header = EncryptedHeader::from_bytes(header);
        // Decrypt a copy of the ciphertext, which is made if a header key opens the header, and wiped unless the
        // message is authentic and padded as it must be.
        let of_session = &self.associated_data;
        let (buffer, text) = self.ratchet.decrypt_copy(
            || of_session.of_message(message.kind, associated_data),
            ReceivedMessage {
                header: &header,
                ciphertext,
                tag,
            },
            text_in,
        )?;
        // From here on the plaintext is the caller's.
        let plaintext = cut(buffer.into_public(), text);
        // An authentic answer ends the repetition of the handshake.
        if let Role::Initiator { unanswered } = &mut self.role {
            *unanswered = None;
        }
        Ok(Opened {
            plaintext,
            sender: *self.peer(),
            session_id: self.origin.id,
            suite: self.origin.suite,
            one_time_keys: self.one_time_keys(),
        })
    }

    /// Tells whether this party began the session.
    #[must_use]
    pub const fn is_initiator(&self) -> bool {
        matches!(self.role, Role::Initiator { .. })
    }

    /// Tells whether the peer has shown that it has the session: an initiator has received in it, or a responder has
    /// received an answer to a message of its own.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        match self.role {
            Role::Initiator { .. } => !self.is_unanswered(),
            // The first receipt is one step and the own message another, so that an answer to it begins with a third.
            Role::Responder => self.ratchet.counts().dh_steps >= 3,
        }
    }

    /// Tells whether this party began the session and has received nothing in it. The peer may not have it.
    #[must_use]
    pub const fn is_unanswered(&self) -> bool {
        matches!(
            &self.role,
            Role::Initiator {
                unanswered: Some(_)
            }
        )
    }

    /// The number of messages that the peer has sent since this party's last one, with those that are missing; 0 if the peer has
    /// sent none. Only an answer brings new secrets into the session, so a long run of them heals neither party.
    #[must_use]
    pub fn messages_to_answer(&self) -> u32 {
        self.ratchet.messages_to_answer()
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

    /// The number of this session among those of the two parties, as its initiator counted.
    #[must_use]
    pub const fn ordinal(&self) -> u32 {
        self.origin.ordinal
    }

    /// Tells whether this session, and not `other` with the same peer, is the one to send in: the one with
    /// the higher ordinal, and of two that were begun at once, the one with the smaller id. Both parties come
    /// to the same answer; the other session still reads.
    ///
    /// The ordinal is the initiator's word, so an impostor can claim the highest. `sprag-client` ranks sessions by what
    /// this party knows, too.
    ///
    /// A session of this party that the peer has answered in goes before one that the peer began, because a
    /// peer that knew both would have answered in its own.
    #[must_use]
    pub fn is_preferred_to(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    /// Sorts sessions by preference: the greatest is the one to send in.
    const fn rank(&self) -> (u32, bool, Reverse<SessionId>) {
        let Origin { ordinal, id, .. } = self.origin;
        let is_answered = matches!(self.role, Role::Initiator { unanswered: None });
        (ordinal, is_answered, Reverse(id))
    }

    /// The one-time keys with which the session began.
    #[must_use]
    pub const fn one_time_keys(&self) -> OneTimeKeys {
        self.origin.one_time_keys
    }

    /// The DH ratchet steps taken, sending and receiving, as in [`Status::dh_steps`].
    ///
    /// A message that raises it is the first that arrived of a new sending chain of the peer. The peer wrote it after all
    /// messages of the session that had arrived before, because a party sends in its newest chain alone.
    #[must_use]
    pub const fn dh_steps(&self) -> u64 {
        self.ratchet.counts().dh_steps
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
            suite: self.origin.suite,
            one_time_keys: Some(self.origin.one_time_keys).filter(|_| !self.is_unanswered()),
        }
    }

    /// The whole session as bytes, to be stored where nobody else can read or write.
    #[must_use]
    pub fn snapshot(&self) -> SecretBuffer {
        self.to_snapshot()
    }

    /// The session that [`snapshot`](Self::snapshot) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`]
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, Error> {
        Snapshot::from_snapshot(bytes).map_err(Error::Snapshot)
    }

    /// The header of a message to this party, if a header key that is held opens it.
    #[cfg(feature = "hazmat")]
    pub(crate) fn open_header(&self, message: &[u8]) -> Option<sprag_ratchet::Header> {
        let message = DecodedMessage::decode(message).ok()?.message;
        let header = message.parts(self.origin.suite).ok()?.header;
        let header = header.try_into().ok()?;
        self.ratchet
            .open_header(&EncryptedHeader::from_bytes(header))
    }

    #[cfg(feature = "hazmat")]
    pub(crate) const fn ratchet(&self) -> &DoubleRatchetHE {
        &self.ratchet
    }

    /// The data that all messages of the session authenticate.
    #[cfg(feature = "hazmat")]
    pub(crate) fn associated_data(&self) -> &[u8] {
        self.associated_data.of_session()
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

/// The whole session. [`snapshot`](Session::snapshot) is this alone.
impl Snapshot for Session {
    fn put(&self, writer: &mut Writer) {
        Frame::Session.put(writer);
        writer.put(&self.origin);
        self.role.put(writer);
        writer.put(&self.ratchet);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Frame::Session.expect(reader)?;
        let origin: Origin = reader.get()?;
        let role = Role::get(reader, &origin)?;
        let associated_data = SessionAssociatedData::new(&origin);
        Ok(Self {
            origin,
            role,
            associated_data,
            ratchet: reader.get()?,
        })
    }
}

/// Sender, session, suite, one-time keys and plaintext, for a program that keeps what it received.
impl Snapshot for Opened {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.sender);
        writer.put(&self.session_id);
        writer.put(&self.suite);
        writer.put(&self.one_time_keys);
        writer.block(&self.plaintext);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            sender: reader.get()?,
            session_id: reader.get()?,
            suite: reader.get()?,
            one_time_keys: reader.get()?,
            plaintext: reader.block(MAX_MESSAGE_LENGTH)?.to_vec(),
        })
    }
}

/// Cuts `range` out of `buffer`, in the same memory, and wipes the rest.
fn cut(mut buffer: Vec<u8>, range: Range<usize>) -> Vec<u8> {
    let length = range.len();
    buffer.copy_within(range, 0);
    buffer.iter_mut().skip(length).for_each(|byte| *byte = 0);
    buffer.truncate(length);
    buffer
}

impl Role {
    fn put(&self, writer: &mut Writer) {
        match self {
            Self::Initiator {
                unanswered: Some(handshake),
            } => {
                writer.put(&UNANSWERED);
                put_unanswered(handshake, writer);
            }
            Self::Initiator { unanswered: None } => writer.put(&ANSWERED),
            Self::Responder => writer.put(&RESPONDER),
        }
    }

    fn get(reader: &mut Reader<'_>, origin: &Origin) -> Result<Self, PrimitiveError> {
        match reader.get()? {
            UNANSWERED => Ok(Self::Initiator {
                unanswered: Some(Box::new(get_unanswered(reader, origin)?)),
            }),
            ANSWERED => Ok(Self::Initiator { unanswered: None }),
            RESPONDER => Ok(Self::Responder),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

const UNANSWERED: u8 = 0;
const ANSWERED: u8 = 1;
const RESPONDER: u8 = 2;

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
            .field("suite", &self.suite)
            .field("one_time_keys", &self.one_time_keys)
            .finish_non_exhaustive()
    }
}

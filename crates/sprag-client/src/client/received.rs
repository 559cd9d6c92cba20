use alloc::string::String;
use core::mem;

use sprag::Opened;
use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::{Error as PrimitiveError, snapshot_fields};

use super::Incoming;
use crate::records::get_name;

/// A message that was decrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Received {
    /// The name of the sender.
    pub peer: String,
    /// The plaintext, and what else the receiver learns.
    pub opened: Opened,
    /// Set if the sender was not known, and became a peer by this message: worth telling the user, with the identity to
    /// compare. It stays set when the message is read again, until it is acknowledged.
    pub new_peer: bool,
    /// Set if the message began the session.
    pub new_session: bool,
    /// Set if the message began the session although there was one that worked: the peer was known to have the session to
    /// send in, and this party was about to begin none. The peer renewed the session or lost its state, or an attacker has
    /// its identity key: worth telling the user.
    ///
    /// The first session with a peer, and one that the peer begins while one of this party is unanswered or wanted, are no
    /// surprise. A bundle that this party gave out is no reason to expect a session, because it does not say who may use
    /// it. A session that is old from the start is told of by `old_session`.
    pub unexpected_session: bool,
    /// Set if the session was followed by one that both parties have used. The message was on its way for long, or an
    /// attacker has a copy of the old session: worth telling the user.
    pub old_session: bool,
    /// The receipt, which [`Client::acknowledge`](crate::Client::acknowledge) takes once the plaintext is safe.
    pub receipt: Receipt,
    /// The hash of the whole message, which a copy of it must have.
    pub(super) digest: Digest,
}

impl Snapshot for Received {
    fn put(&self, writer: &mut Writer) {
        writer.block(self.peer.as_bytes());
        writer.put(&self.receipt);
        writer.put(&self.digest);
        writer.put(&self.new_peer);
        writer.put(&self.new_session);
        writer.put(&self.unexpected_session);
        writer.put(&self.old_session);
        writer.put(&self.opened);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let peer = get_name(reader)?.into();
        let receipt = reader.get()?;
        let digest = reader.get()?;
        let new_peer = reader.get()?;
        let new_session = reader.get()?;
        let unexpected_session = reader.get()?;
        let old_session = reader.get()?;
        Ok(Self {
            peer,
            opened: reader.get()?,
            new_peer,
            new_session,
            unexpected_session,
            old_session,
            receipt,
            digest,
        })
    }
}

/// The name of a message that was decrypted and not yet acknowledged: a hash of its start, 32 bytes.
///
/// At the start are the handshake and the header, whose random nonce no two genuine messages share. The rest is left out,
/// because a message has a receipt before anything of it has authenticated, and must cost nothing by its length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipt([u8; SHA256_LENGTH]);

snapshot_fields!(Receipt(hash));

impl Receipt {
    /// The receipt of a message, whether it can be decrypted or not.
    pub(super) fn of(incoming: &Incoming<'_>) -> Self {
        let Incoming {
            message,
            associated_data,
        } = incoming;
        let length = (message.len() as u64).to_le_bytes();
        let (start, _) = message.split_at(START_LENGTH.min(message.len()));
        Self(sha256(&[&length, start, associated_data]))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; SHA256_LENGTH] {
        &self.0
    }

    /// The beginning of the receipt, which no two of a few messages share except by a great chance.
    pub(crate) const fn beginning(&self) -> [u8; RECEIPT_BEGINNING_LENGTH] {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        [a, b, c, d, e, f, g, h]
    }
}

/// A hash of a whole message, 32 bytes. Two messages of one receipt and two digests are one message and a damaged copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Digest([u8; SHA256_LENGTH]);

snapshot_fields!(Digest(hash));

impl Digest {
    pub(super) fn of(incoming: &Incoming<'_>) -> Self {
        Self(sha256(&[incoming.message]))
    }
}

/// A message that is not given out yet. Its plaintext, which may be the key of a file, is wiped unless it is
/// given out.
pub(super) struct Unreleased(pub(super) Received);

impl Unreleased {
    /// Gives the message out.
    pub(super) fn release(mut self) -> Received {
        let plaintext = mem::take(&mut self.0.opened.plaintext);
        let mut received = self.0.clone();
        received.opened.plaintext = plaintext;
        received
    }
}

impl Drop for Unreleased {
    fn drop(&mut self) {
        drop(SecretBuffer::from(mem::take(&mut self.0.opened.plaintext)));
    }
}

/// The length of the beginning of a receipt in bytes.
pub(crate) const RECEIPT_BEGINNING_LENGTH: usize = 8;

/// The bytes at the start of a message that its receipt covers: more than a handshake and a header have.
const START_LENGTH: usize = 2048;

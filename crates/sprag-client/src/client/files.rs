use alloc::string::String;
use alloc::vec::Vec;

use sprag::file::{COMMITMENT_LENGTH, FileKey};
use sprag::{Error, IdentityKey};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;

use super::{Client, Incoming, Outgoing, Receipt, Result, Sender};
use crate::error::ClientError;
use crate::store::Store;

/// A file to be encrypted: the bytes it begins with, and the key of the chunks that follow.
#[derive(Debug)]
#[non_exhaustive]
pub struct OutgoingFile {
    /// The key for a [`Sealer`](sprag::file::Sealer).
    pub key: FileKey,
    /// The header.
    pub header: Vec<u8>,
}

/// The header of a file to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct IncomingFile<'a> {
    /// The commitment to the file's key.
    pub commitment: &'a [u8; COMMITMENT_LENGTH],
    /// The message that carries the key.
    pub message: &'a [u8],
    /// The time in seconds since 1970-01-01 UTC, 0 if it is not known. A key that is not acknowledged is held for
    /// [`MAX_FILE_KEY_AGE`](crate::limits::MAX_FILE_KEY_AGE) from then on, or without a limit of time.
    pub now: u64,
}

/// A file to be decrypted.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// The name of the sender.
    pub peer: String,
    /// The identity of the sender.
    pub sender: IdentityKey,
    /// The key for an [`Opener`](sprag::file::Opener).
    pub key: FileKey,
    /// Set if the sender was not known before; see [`Received`](super::Received).
    pub new_peer: bool,
    /// Set if the message began the session; see [`Received`](super::Received).
    pub new_session: bool,
    /// Set if the message began the session although there was one that worked; see [`Received`](super::Received).
    pub unexpected_session: bool,
    /// Set if the session was followed by one that both parties have used; see [`Received`](super::Received).
    pub old_session: bool,
    /// The receipt, which [`Client::acknowledge`] takes once the last chunk has been opened and the content
    /// is safe. Until then the same header can be decrypted again.
    pub receipt: Receipt,
}

impl<S: Store> Client<S> {
    /// Begins a file for the peer `name`.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt`](Self::encrypt).
    pub fn encrypt_file(
        &mut self,
        name: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<OutgoingFile, S> {
        let key = FileKey::generate(rng);
        let commitment = key.commitment();
        let outgoing = Outgoing {
            plaintext: key.as_plaintext(),
            associated_data: &associated_data(&commitment),
        };
        let message = self.encrypt(name, outgoing, rng)?;
        let header =
            sprag_wire::encode_file_header(&commitment, &[message]).map_err(Error::from)?;
        Ok(OutgoingFile { key, header })
    }

    /// Decrypts the header of a file.
    ///
    /// Before that, and whether the message opens or not, the keys of files are forgotten that were held for
    /// [`MAX_FILE_KEY_AGE`](crate::limits::MAX_FILE_KEY_AGE). That is a commit of its own, so that no key is given out
    /// after its time. If [readings](Self::vouched_time) of the clock are remembered, the time is the one that they vouch
    /// for.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt); [`ClientError::NotAFile`] if the message carries another key.
    pub fn decrypt_file(
        &mut self,
        sender: Sender<'_>,
        file: IncomingFile<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<ReceivedFile, S> {
        let time = self.time_to_delete_by(file.now)?;
        self.forget_old_file_keys(time, rng)?;
        // The message must carry the key that the header commits to.
        let incoming = Incoming {
            message: file.message,
            associated_data: &associated_data(file.commitment),
        };
        let message = self.open_message(sender, incoming)?;
        let key = FileKey::from_plaintext(message.plaintext());
        let key = key.filter(|key| key.commitment() == *file.commitment);
        let key = key.ok_or(ClientError::NotAFile)?;
        let received = self.keep(message, file.now, rng)?;
        let sender = received.opened.sender;
        // The plaintext is the key itself, so it is wiped.
        drop(SecretBuffer::from(received.opened.plaintext));
        Ok(ReceivedFile {
            peer: received.peer,
            sender,
            key,
            new_peer: received.new_peer,
            new_session: received.new_session,
            unexpected_session: received.unexpected_session,
            old_session: received.old_session,
            receipt: received.receipt,
        })
    }
}

/// The associated data of a message that carries a file's key, so that it opens as nothing else and with no
/// other commitment.
fn associated_data(commitment: &[u8; COMMITMENT_LENGTH]) -> Vec<u8> {
    [b"sprag file".as_slice(), commitment].concat()
}

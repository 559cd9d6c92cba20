use alloc::string::String;
use alloc::vec::Vec;

use sprag::file::{COMMITMENT_LENGTH, FileKey};
use sprag::{Error, IdentityKey};
use sprag_devices::{Device, DeviceNumber, GoneDevice, UserId};
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_wire::limits::MAX_FILE_MESSAGES;
use sprag_wire::{ContentKind, file_associated_data};

use super::outgoing::Letter;
use super::received::SentBy;
use super::{Client, Incoming, Receipt, Result, Sender, Skipped};
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
    /// The devices that cannot read the file: worth telling the user.
    pub skipped: Vec<Skipped>,
}

/// The header of a file to be decrypted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct IncomingFile<'a> {
    /// The commitment to the file's key.
    pub commitment: &'a [u8; COMMITMENT_LENGTH],
    /// The messages that carry the key, each for one device.
    pub messages: &'a [&'a [u8]],
    /// The time in seconds since 1970-01-01 UTC, 0 if it is not known. A key that is not acknowledged is held for
    /// [`MAX_FILE_KEY_AGE`](crate::limits::MAX_FILE_KEY_AGE) from then on, or without a limit of time.
    pub now: u64,
}

/// A file to be decrypted.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// The name of the sender. Of a copy it is the name of the peer that the file was sent to, or its user id in hexadecimal
    /// digits if the peer has no name here.
    pub peer: String,
    /// The user id of that peer; see [`Received`](super::Received).
    pub user: Option<UserId>,
    /// The identity of the sender's device.
    pub sender: IdentityKey,
    /// The key for an [`Opener`](sprag::file::Opener).
    pub key: FileKey,
    /// Tells whether a peer sent the file or another device of the own user.
    pub sent_by: SentBy,
    /// The number of the sender's device; see [`Received`](super::Received).
    pub device: Option<DeviceNumber>,
    /// Set if the user has retired the device; see [`Received`](super::Received).
    pub retired_device: bool,
    /// Set if the sender was not known before; see [`Received`](super::Received).
    pub new_peer: bool,
    /// Set if the message began the session; see [`Received`](super::Received).
    pub new_session: bool,
    /// Set if the message began the session although there was one that worked; see [`Received`](super::Received).
    pub unexpected_session: bool,
    /// Set if the session was followed by one that both parties have used; see [`Received`](super::Received).
    pub old_session: bool,
    /// The devices that the sender's list added; see [`Received`](super::Received).
    pub new_devices: Vec<Device>,
    /// The devices that the sender's list took away; see [`Received`](super::Received).
    pub gone_devices: Vec<GoneDevice>,
    /// The receipt, which [`Client::acknowledge`] takes once the last chunk has been opened and the content
    /// is safe. Until then the same header can be decrypted again.
    pub receipt: Receipt,
}

impl<S: Store> Client<S> {
    /// Begins a file for all devices of the peer `name` and for the other devices of the own user. The messages that carry
    /// its key are in random order.
    ///
    /// # Errors
    ///
    /// Those of [`encrypt`](Self::encrypt), without [`ClientError::SeveralDevices`].
    pub fn encrypt_file(
        &mut self,
        name: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<OutgoingFile, S> {
        let key = FileKey::generate(rng);
        let commitment = key.commitment();
        let letter = Letter {
            kind: ContentKind::FileKey,
            payload: key.as_plaintext(),
            associated_data: &file_associated_data(&commitment),
            room: MAX_FILE_MESSAGES,
            single: false,
        };
        let sent = self.send(name, &letter, rng)?;
        let mut messages: Vec<_> = sent.messages.into_iter().map(|sent| sent.message).collect();
        shuffle(&mut messages, rng);
        let header = sprag_wire::encode_file_header(&commitment, &messages).map_err(Error::from)?;
        Ok(OutgoingFile {
            key,
            header,
            skipped: sent.skipped,
        })
    }

    /// Decrypts the header of a file: the one of its messages that is for this device. Those without a handshake are tried
    /// first, because the keys of their headers tell at little cost whose they are; then those whose handshakes name prekeys of this account.
    ///
    /// Before that, and whether a message opens or not, the keys of files are forgotten that were held for
    /// [`MAX_FILE_KEY_AGE`](crate::limits::MAX_FILE_KEY_AGE). That is a commit of its own, so that no key is given out
    /// after its time. If [readings](Self::vouched_time) of the clock are remembered, the time is the one that they vouch
    /// for.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt), of the message that came furthest; [`ClientError::NotAFile`] if the message
    /// carries another key.
    pub fn decrypt_file(
        &mut self,
        sender: Sender<'_>,
        file: IncomingFile<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<ReceivedFile, S> {
        let time = self.time_to_delete_by(file.now)?;
        self.forget_old_file_keys(time, rng)?;
        // The message must carry the key that the header commits to.
        let associated_data = file_associated_data(file.commitment);
        let messages: Vec<Incoming<'_>> = file
            .messages
            .iter()
            .take(MAX_FILE_MESSAGES)
            .map(|message| Incoming {
                message,
                associated_data: &associated_data,
            })
            .collect();
        let message = self.open_or_note((sender, ContentKind::FileKey), &messages, rng)?;
        let key = match message.plaintext() {
            Some(plaintext) => {
                let key = FileKey::from_plaintext(plaintext);
                let key = key.filter(|key| key.commitment() == *file.commitment);
                Some(key.ok_or(ClientError::NotAFile)?)
            }
            None => None,
        };
        let received = self.keep(message, file.now, rng)?;
        let sender = received.opened.sender;
        // The plaintext is the key itself, so it is wiped.
        drop(SecretBuffer::from(received.opened.plaintext));
        Ok(ReceivedFile {
            peer: received.peer,
            user: received.user,
            sender,
            key: key.ok_or(ClientError::NotAFile)?,
            sent_by: received.sent_by,
            device: received.device,
            retired_device: received.retired_device,
            new_peer: received.new_peer,
            new_session: received.new_session,
            unexpected_session: received.unexpected_session,
            old_session: received.old_session,
            new_devices: received.new_devices,
            gone_devices: received.gone_devices,
            receipt: received.receipt,
        })
    }
}

/// Brings the messages into random order (Fisher and Yates), so that their places do not tell whose they are.
fn shuffle(messages: &mut [Vec<u8>], rng: &mut impl CryptoRng) {
    for place in (1..messages.len()).rev() {
        let mut drawn = [0; 8];
        rng.fill_bytes(&mut drawn);
        // The bias of 64 random bits is far below what anybody could see.
        let other = u64::from_le_bytes(drawn) % (place as u64 + 1);
        messages.swap(place, usize::try_from(other).unwrap_or(place));
    }
}

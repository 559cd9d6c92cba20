//! Records in the form that a store sees: values sealed, names hashed.

use alloc::vec::Vec;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, TAG_LENGTH, XChaCha20Poly1305};
use sprag_primitives::hmac::HmacKey;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;

use crate::store_key::StoreKey;

/// Seals the values and hashes the names of one client's records.
#[derive(Debug)]
pub(crate) struct Vault {
    sealing: SecretBytes<32>,
    naming: HmacKey,
}

/// The kind of a record: the first byte of its name, which a store sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RecordKind {
    Account,
    /// A peer, by its name.
    Peer,
    /// The name of a peer, by the identity of each of its devices. The devices of the own user have an empty one.
    PeerName,
    /// A session, by the peer's identity and the session id.
    Session,
    /// The description of a message that was decrypted and not acknowledged, by its receipt.
    Unacknowledged,
    /// The plaintext of such a message, by its receipt.
    Plaintext,
    /// The remainder of a device that was forgotten with its peer, by identity.
    Forgotten,
    /// The totals of all messages that were decrypted and not acknowledged.
    Totals,
    /// The identity of the peer that began a session, by the session id. A first message that comes again names its
    /// session and nobody else.
    SessionPeer,
    /// The private half of a curve one-time prekey, by its number.
    OneTimePrekey,
    /// The private half of a KEM one-time prekey, by its number.
    OneTimeKemPrekey,
    /// The number of the one-time prekey at a place, by kind and place.
    PrekeyPlace,
    /// A session that was accepted without a one-time prekey, by generation and session id: nothing but its name.
    GenerationSession,
    /// A session that was accepted with a one-time prekey, by its id: nothing but its name.
    OneTimeSession,
    /// The id of such a session, by its slot. The oldest leaves for the newest.
    OneTimeSessionSlot,
    /// The readings of the clock by which time is vouched for.
    Clock,
    /// The number of the store's format.
    Format,
    /// The user that this account is a device of, with the other devices.
    OwnUser,
    /// The private key of that user, where this device has it.
    UserKey,
    /// The bundle of a device that no session began with yet, by identity.
    Bundle,
    /// The name of a peer, by user id.
    UserName,
    /// The remainder of the device list of a user that was forgotten, by user id.
    ForgottenUser,
    /// Two device lists of a user that contradict each other, by user id.
    Evidence,
    /// The invitation that is open.
    Invitation,
    /// The invitation that this device has accepted and was not welcomed by yet.
    PendingLink,
    /// A device that was linked to the own user here, by identity.
    LinkedDevice,
    /// The welcome for such a device, by identity, until the device has written.
    Welcome,
    /// The list by which the own user has removed this device. Nothing but the store's format stands beside it.
    Removed,
    /// The generation of this account's prekeys that another device of the own user was told of, by identity.
    ToldPrekeys,
    /// The notice for a device that was removed here, by identity.
    Notice,
}

/// A record as it was read: its content, and the sealed value that the store must still hold when it is
/// replaced.
pub(crate) struct Record {
    pub(crate) name: Vec<u8>,
    pub(crate) content: SecretBuffer,
    pub(crate) sealed: Vec<u8>,
}

impl Vault {
    pub(crate) fn new(key: &StoreKey) -> Self {
        Self {
            sealing: key.derive(b"sprag-v1 store sealing"),
            naming: HmacKey::new(key.derive(b"sprag-v1 store naming").expose()),
        }
    }

    /// The name of a record: its kind, and 16 bytes for each part.
    pub(crate) fn name(&self, kind: RecordKind, parts: &[&[u8]]) -> Vec<u8> {
        let kind = kind.to_byte();
        let mut name = Vec::with_capacity(1 + PART_LENGTH * parts.len());
        name.push(kind);
        for (place, part) in (0_u8..).zip(parts) {
            let input = [&[kind, place], *part].concat();
            let hash = self.naming.authenticate(&input);
            name.extend_from_slice(&hash.expose()[..PART_LENGTH]);
        }
        name
    }

    /// Seals a value: `nonce ‖ ciphertext ‖ tag`, with the record's name as associated data.
    pub(crate) fn seal(&self, name: &[u8], content: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill_bytes(&mut nonce);
        let mut sealed = Vec::with_capacity(NONCE_LENGTH + content.len() + TAG_LENGTH);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let tag = XChaCha20Poly1305::seal(&self.sealing, &nonce, name, &mut sealed[NONCE_LENGTH..])
            .expect("records are far shorter than the cipher's limit");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens the value that [`seal`](Self::seal) sealed under this name; `None` if it is not authentic.
    pub(crate) fn open(&self, name: Vec<u8>, sealed: Vec<u8>) -> Option<Record> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>()?;
        let mut content = SecretBuffer::copy_from(ciphertext);
        let ciphertext = Ciphertext {
            buffer: content.expose_mut(),
            tag,
        };
        XChaCha20Poly1305::open(&self.sealing, nonce, &name, ciphertext).ok()?;
        Some(Record {
            name,
            content,
            sealed,
        })
    }
}

impl RecordKind {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Peer => 2,
            Self::PeerName => 3,
            Self::Session => 4,
            Self::Unacknowledged => 5,
            Self::Plaintext => 6,
            Self::Forgotten => 7,
            Self::Totals => 8,
            Self::SessionPeer => 9,
            Self::OneTimePrekey => 10,
            Self::OneTimeKemPrekey => 11,
            Self::PrekeyPlace => 12,
            Self::GenerationSession => 13,
            Self::OneTimeSession => 14,
            Self::OneTimeSessionSlot => 15,
            Self::Clock => 16,
            Self::Format => 17,
            Self::OwnUser => 18,
            Self::UserKey => 19,
            Self::Bundle => 20,
            Self::UserName => 21,
            Self::ForgottenUser => 22,
            Self::Evidence => 23,
            Self::Invitation => 24,
            Self::PendingLink => 25,
            Self::LinkedDevice => 26,
            Self::Welcome => 27,
            Self::Removed => 28,
            Self::ToldPrekeys => 29,
            Self::Notice => 30,
        }
    }
}

const NONCE_LENGTH: usize = XChaCha20Poly1305::NONCE_LENGTH;
const PART_LENGTH: usize = 16;

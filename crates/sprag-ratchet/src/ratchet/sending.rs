//! The sending side of the ratchet.
//!
//! What holds keys is boxed. An enum that held them in place would take along whatever lay on the stack in the room
//! for them.

use alloc::boxed::Box;
use core::mem;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::x25519::KeyPair;

use crate::Error;
use crate::header::Header;
use crate::headers::HeaderSecret;
use crate::keys::ChainKey;

/// The ratchet key pair and the chain that a party can send with.
#[derive(Debug)]
pub(crate) enum Sending<K> {
    /// A responder before its first receipt: a key pair and no chain.
    Awaiting(Box<KeyPair>),
    /// A chain under a key pair of its own.
    Active(Box<SendingChain<K>>),
    /// The peer's ratchet key is newer than anything of ours: the next send generates a key pair.
    Deferred,
}

/// The ratchet key pair, the chain that belongs to it, and the key of its headers: `DHs`, `CKs`, `Ns`,
/// `HKs`.
#[derive(Debug)]
pub(crate) struct SendingChain<K> {
    pub(crate) pair: KeyPair,
    pub(crate) key: ChainKey,
    pub(crate) next: u32,
    pub(crate) header_key: K,
}

impl<K: HeaderSecret> Sending<K> {
    /// A responder's state before its first receipt.
    pub(crate) fn awaiting(pair: &KeyPair) -> Self {
        Self::Awaiting(Box::new(pair.duplicate()))
    }

    /// The ratchet key pair that the peer may answer, `DHs`.
    pub(crate) fn key_pair(&self) -> Option<&KeyPair> {
        match self {
            Self::Awaiting(pair) => Some(pair),
            Self::Active(chain) => Some(&chain.pair),
            Self::Deferred => None,
        }
    }

    /// The number of messages sent in the chain.
    pub(crate) fn length(&self) -> u32 {
        self.chain().map_or(0, |chain| chain.next)
    }

    /// The chain, if there is one.
    pub(crate) fn chain(&self) -> Option<&SendingChain<K>> {
        match self {
            Self::Active(chain) => Some(chain),
            Self::Awaiting(_) | Self::Deferred => None,
        }
    }

    /// Commits one step of the chain: the key after it, which is exchanged for the one before, and the number of
    /// the next message.
    pub(crate) fn advance(&mut self, key: &mut ChainKey, next: u32) {
        if let Self::Active(chain) = self {
            mem::swap(&mut chain.key, key);
            chain.next = next;
        }
    }
}

impl<K: HeaderSecret> SendingChain<K> {
    /// The header of the next message (Double Ratchet §3.1, `HEADER`).
    pub(crate) const fn header(&self, previous_length: u32) -> Header {
        Header {
            ratchet_key: *self.pair.public(),
            previous_length,
            number: self.next,
        }
    }

    /// The number of the message after the next one.
    pub(crate) fn number_after_next(&self) -> Result<u32, Error> {
        self.next.checked_add(1).ok_or(Error::CounterExhausted)
    }
}

impl<K: HeaderSecret> Snapshot for Sending<K> {
    fn put(&self, writer: &mut Writer) {
        match self {
            Self::Awaiting(pair) => {
                writer.put(&AWAITING);
                writer.put(pair);
            }
            Self::Active(chain) => {
                writer.put(&ACTIVE);
                writer.put(chain);
            }
            Self::Deferred => writer.put(&DEFERRED),
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get()? {
            AWAITING => reader.get().map(Self::Awaiting),
            ACTIVE => reader.get().map(Self::Active),
            DEFERRED => Ok(Self::Deferred),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

impl<K: HeaderSecret> Snapshot for SendingChain<K> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.pair);
        writer.put(&self.key);
        writer.put(&self.next);
        writer.put(&self.header_key);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            pair: reader.get()?,
            key: reader.get()?,
            next: reader.get()?,
            header_key: reader.get()?,
        })
    }
}

const AWAITING: u8 = 0;
const ACTIVE: u8 = 1;
const DEFERRED: u8 = 2;

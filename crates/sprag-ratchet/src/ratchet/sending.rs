//! The sending side of the ratchet.
//!
//! The sending chain is boxed, and its box is wiped and used again where there is no chain. An enum that held
//! the chain in place would take along whatever lay on the stack in the room for it.

use alloc::boxed::Box;
use core::mem;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::x25519::KeyPair;

use crate::Error;
use crate::header::Header;
use crate::headers::HeaderSecret;
use crate::keys::{ChainKey, MessageKey};

/// The ratchet key pair and the chain that a party can send with.
#[derive(Debug)]
pub(crate) enum Sending<K> {
    /// A responder before its first receipt: a key pair and no chain.
    Awaiting(Box<KeyPair>),
    /// A chain under a key pair of its own.
    Active(Box<SendingChain<K>>),
    /// The peer's ratchet key is newer than anything of ours: the next send generates a key pair. The
    /// chain before it is wiped.
    Deferred(Option<Box<SendingChain<K>>>),
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

/// One step of a sending chain, staged.
pub(crate) struct SendingStep {
    key: ChainKey,
    next: u32,
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
            Self::Deferred(_) => None,
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
            Self::Awaiting(_) | Self::Deferred(_) => None,
        }
    }

    /// Commits one step of the chain.
    pub(crate) fn advance(&mut self, step: SendingStep) {
        if let Self::Active(chain) = self {
            chain.key = step.key;
            chain.next = step.next;
        }
    }

    /// Begins `chain`.
    pub(crate) fn begin(&mut self, chain: SendingChain<K>) {
        *self = Self::Active(match mem::replace(self, Self::Deferred(None)) {
            Self::Active(mut place) | Self::Deferred(Some(mut place)) => {
                *place = chain;
                place
            }
            Self::Awaiting(_) | Self::Deferred(None) => Box::new(chain),
        });
    }

    /// Wipes key pair and chain, until the next send begins another.
    pub(crate) fn defer(&mut self) {
        *self = Self::Deferred(match mem::replace(self, Self::Deferred(None)) {
            Self::Awaiting(_) => None,
            Self::Deferred(place) => place,
            Self::Active(mut chain) => {
                chain.wipe();
                Some(chain)
            }
        });
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

    /// The key of the next message, and the chain after it.
    pub(crate) fn step(&self) -> Result<(SendingStep, MessageKey), Error> {
        let next = self.next.checked_add(1).ok_or(Error::CounterExhausted)?;
        let (key, message_key) = self.key.step();
        Ok((SendingStep { key, next }, message_key))
    }

    fn wipe(&mut self) {
        self.pair.wipe();
        self.key.wipe();
        self.header_key.wipe();
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
            Self::Deferred(_) => writer.put(&DEFERRED),
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.get()? {
            AWAITING => reader.get().map(Self::Awaiting),
            ACTIVE => reader.get().map(Self::Active),
            DEFERRED => Ok(Self::Deferred(None)),
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

#[cfg(test)]
mod tests;

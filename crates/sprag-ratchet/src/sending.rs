//! The sending side of the ratchet.
//!
//! What a party sends with lies in a box of its own, which is wiped and used again where there is nothing
//! to send with. An enum that held it in place would have room for what happened to lie on the stack.

use alloc::boxed::Box;
use core::mem;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::KeyPair;

use crate::Error;
use crate::header::Header;
use crate::keys::{ChainKey, MessageKey};
use crate::variant::StoredSecret;

/// What a party can send with.
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

impl<K: StoredSecret> Sending<K> {
    pub(crate) fn awaiting(pair: &KeyPair) -> Self {
        Self::Awaiting(Box::new(pair.duplicate()))
    }

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

    pub(crate) fn chain(&self) -> Option<&SendingChain<K>> {
        match self {
            Self::Active(chain) => Some(chain),
            Self::Awaiting(_) | Self::Deferred(_) => None,
        }
    }

    pub(crate) fn advance(&mut self, step: SendingStep) {
        if let Self::Active(chain) = self {
            chain.key = step.key;
            chain.next = step.next;
        }
    }

    /// From now on in `chain`.
    pub(crate) fn begin(&mut self, chain: SendingChain<K>) {
        *self = Self::Active(match mem::replace(self, Self::Deferred(None)) {
            Self::Active(mut place) | Self::Deferred(Some(mut place)) => {
                *place = chain;
                place
            }
            Self::Awaiting(_) | Self::Deferred(None) => Box::new(chain),
        });
    }

    /// Wipes what there is to send with.
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

    pub(crate) fn write_snapshot(&self, writer: &mut Writer) {
        match self {
            Self::Awaiting(pair) => {
                writer.u8(AWAITING);
                writer.bytes(pair.secret().expose());
            }
            Self::Active(chain) => {
                writer.u8(ACTIVE);
                writer.bytes(chain.pair.secret().expose());
                chain.key.write_snapshot(writer);
                writer.u32(chain.next);
                chain.header_key.write_snapshot(writer);
            }
            Self::Deferred(_) => writer.u8(DEFERRED),
        }
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.u8()? {
            AWAITING => reader.key_pair().map(Box::new).map(Self::Awaiting),
            ACTIVE => Ok(Self::Active(Box::new(SendingChain {
                pair: reader.key_pair()?,
                key: ChainKey::read_snapshot(reader)?,
                next: reader.u32()?,
                header_key: K::read_snapshot(reader)?,
            }))),
            DEFERRED => Ok(Self::Deferred(None)),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

impl<K: StoredSecret> SendingChain<K> {
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

const AWAITING: u8 = 0;
const ACTIVE: u8 = 1;
const DEFERRED: u8 = 2;

#[cfg(test)]
mod tests;

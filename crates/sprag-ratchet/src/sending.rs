//! The sending side of the ratchet.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::Error;
use crate::header::Header;
use crate::keys::{ChainKey, MessageKey, RootKey};

/// What a party can send with.
#[derive(Debug)]
pub(crate) enum Sending {
    /// A responder before its first receipt: a key pair and no chain.
    Awaiting(KeyPair),
    /// A chain under a key pair of its own.
    Active(SendingChain),
    /// The peer's ratchet key is newer than anything of ours: the next send generates a key pair.
    Deferred,
}

/// The ratchet key pair and the chain that belongs to it: `DHs`, `CKs`, `Ns`.
#[derive(Debug)]
pub(crate) struct SendingChain {
    pair: KeyPair,
    key: ChainKey,
    next: u32,
}

/// One step of a sending chain, staged.
pub(crate) struct SendingStep {
    key: ChainKey,
    next: u32,
}

impl Sending {
    pub(crate) const fn key_pair(&self) -> Option<&KeyPair> {
        match self {
            Self::Awaiting(pair) => Some(pair),
            Self::Active(chain) => Some(&chain.pair),
            Self::Deferred => None,
        }
    }

    /// The number of messages sent in the chain.
    pub(crate) const fn length(&self) -> u32 {
        match self {
            Self::Active(chain) => chain.next,
            Self::Awaiting(_) | Self::Deferred => 0,
        }
    }

    pub(crate) fn advance(&mut self, step: SendingStep) {
        if let Self::Active(chain) = self {
            chain.key = step.key;
            chain.next = step.next;
        }
    }

    pub(crate) const fn chain(&self) -> Option<&SendingChain> {
        match self {
            Self::Active(chain) => Some(chain),
            Self::Awaiting(_) | Self::Deferred => None,
        }
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
            }
            Self::Deferred => writer.u8(DEFERRED),
        }
    }

    pub(crate) fn read_snapshot(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        match reader.u8()? {
            AWAITING => reader.key_pair().map(Self::Awaiting),
            ACTIVE => Ok(Self::Active(SendingChain {
                pair: reader.key_pair()?,
                key: ChainKey::read_snapshot(reader)?,
                next: reader.u32()?,
            })),
            DEFERRED => Ok(Self::Deferred),
            _ => Err(PrimitiveError::SnapshotInvalid),
        }
    }
}

impl SendingChain {
    /// Generates a key pair and takes the root step to its chain.
    pub(crate) fn begin(
        root: &RootKey,
        remote: &PublicKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(RootKey, Self), Error> {
        let pair = KeyPair::generate(rng);
        let (root, key) = root.step(&pair, remote)?;
        Ok((root, Self { pair, key, next: 0 }))
    }

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

    #[cfg(feature = "hazmat")]
    pub(crate) const fn key_pair(&self) -> &KeyPair {
        &self.pair
    }

    #[cfg(feature = "hazmat")]
    pub(crate) fn mirror(&self) -> crate::receiving::ReceivingChains<PublicKey> {
        crate::receiving::ReceivingChains::only(
            *self.pair.public(),
            self.key.duplicate(),
            self.next,
        )
    }
}

const AWAITING: u8 = 0;
const ACTIVE: u8 = 1;
const DEFERRED: u8 = 2;

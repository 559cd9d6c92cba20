use core::fmt;

use sprag_primitives::Error as PrimitiveError;

/// The reason for which the ratchet refused. Its state is then as it was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The message is not authentic: forged, damaged, of another session or of a chain that is forgotten,
    /// or with other associated data. After a party was put back to an older state, an answer to a ratchet
    /// key that it lost is not authentic to it either.
    NotAuthentic,
    /// A message with this number was received in this chain before.
    Duplicate,
    /// The key of this message was given up, or was used before that: the two cases can no longer be told apart. A key
    /// is given up to keep newer ones, or when it is [too old](crate::limits::MAX_SKIPPED_KEY_AGE); and it was never
    /// derived if the lost end of its chain was [too long](crate::limits::MAX_SKIP). Once no key of its chain is kept,
    /// such a message is [`NotAuthentic`](Self::NotAuthentic).
    KeyGivenUp,
    /// The message claims a gap of more than [`MAX_SKIP`](crate::limits::MAX_SKIP) messages before it in its chain. If
    /// it is genuine, the peer's messages can be read again after its next turn, provided that one of this chain was
    /// read before, or in a new session.
    TooManySkipped,
    /// The header is genuine but does not fit what this party knows: one of the two was put back to an
    /// older state, and the session has forked. The parties need a new session. With clear headers,
    /// which are not authenticated before the body, such a message is [`NotAuthentic`](Self::NotAuthentic).
    Forked,
    /// A message number is at its limit. The next message of the peer begins a new chain and so a new
    /// count.
    CounterExhausted,
    /// The responder cannot send before its first receipt (Double Ratchet §3.3).
    NoSendingChain,
    /// The header's ratchet key is not canonical, is of small order, or contributed nothing.
    InvalidRatchetKey(PrimitiveError),
    /// The plaintext is longer than the AEAD can process.
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAuthentic => f.write_str("message is not authentic"),
            Self::Duplicate => {
                f.write_str("message has the number of one that was received before")
            }
            Self::KeyGivenUp => {
                f.write_str("message is older than the keys kept, or was received before")
            }
            Self::TooManySkipped => {
                f.write_str("too many messages are missing: the session must be renewed")
            }
            Self::Forked => {
                f.write_str("a party was put back to an older state: the session must be renewed")
            }
            Self::CounterExhausted => f.write_str("message number is at its limit"),
            Self::NoSendingChain => {
                f.write_str("responder cannot send before it has received a message")
            }
            Self::InvalidRatchetKey(fault) => write!(f, "ratchet key: {fault}"),
            Self::TooLong => f.write_str("plaintext is too long"),
        }
    }
}

impl core::error::Error for Error {}

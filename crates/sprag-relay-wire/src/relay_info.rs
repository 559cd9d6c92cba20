use alloc::vec::Vec;

use crate::bytes::{Output as _, Reader};
use crate::limits::{MAX_MESSAGE_LENGTH, MAX_RELAY_INFO_LENGTH, MIN_MESSAGE_LENGTH};
use crate::{Epoch, Error};

/// The version of the requests and replies.
pub const VERSION: u16 = 1;

/// The size of the encoding in bytes.
const RELAY_INFO_LENGTH: usize = 2 + 16 + 4 + 4 + 1 + 3 * 4;

/// The offer of a relay: the reply to [`Request::Relay`](crate::Request::Relay).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct RelayInfo {
    /// The epoch.
    pub epoch: Epoch,
    /// The most bytes of a wrapped message, [`MIN_MESSAGE_LENGTH`] to [`MAX_MESSAGE_LENGTH`].
    pub longest_message: u32,
    /// The days for which a message is kept.
    pub days_kept: u32,
    /// The way to a mailbox.
    pub registration: Registration,
    /// The rates beyond which the relay answers [`Refusal::SlowDown`](crate::Refusal::SlowDown).
    pub rates: Rates,
}

/// The way to a mailbox at a relay.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Registration {
    /// Anybody may make one, 0.
    Open,
    /// An [`Invitation`](crate::Invitation) is needed, 1.
    Invitation,
}

/// The rates that a relay allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Rates {
    /// The messages a minute to one address, for long.
    pub messages: u32,
    /// The messages to one address at once, after a pause.
    pub messages_at_once: u32,
    /// The requests a minute from one source: an IPv4 address, or an IPv6 network of 64 bits.
    pub requests: u32,
}

/// Encodes what a relay offers, in 39 bytes:
/// `u16 version ‖ 16 bytes epoch ‖ u32 longest message ‖ u32 days kept ‖ u8 registration ‖ u32 messages a minute ‖
/// u32 messages at once ‖ u32 requests a minute`.
#[must_use]
pub fn encode_relay_info(info: &RelayInfo) -> Vec<u8> {
    let RelayInfo {
        epoch,
        longest_message,
        days_kept,
        registration,
        rates,
    } = *info;
    let mut output = Vec::with_capacity(RELAY_INFO_LENGTH);
    output.put(&VERSION.to_le_bytes());
    output.put(epoch.as_bytes());
    output.put(&longest_message.to_le_bytes());
    output.put(&days_kept.to_le_bytes());
    output.put(&[match registration {
        Registration::Open => 0,
        Registration::Invitation => 1,
    }]);
    for rate in [rates.messages, rates.messages_at_once, rates.requests] {
        output.put(&rate.to_le_bytes());
    }
    output
}

/// Reads what a relay offers.
///
/// # Errors
///
/// [`Error::UnknownVersion`], whatever follows it, because a later version may have another form; [`Error::Truncated`],
/// [`Error::Trailing`]; [`Error::Malformed`] if the registration is not known; [`Error::Undersized`] and
/// [`Error::Oversized`] if the longest message is shorter or longer than any relay may say.
pub fn decode_relay_info(bytes: &[u8]) -> Result<RelayInfo, Error> {
    let mut reader = Reader::new(bytes, MAX_RELAY_INFO_LENGTH)?;
    let version = reader.u16()?;
    if version != VERSION {
        return Err(Error::UnknownVersion(version));
    }
    let epoch = Epoch::from_bytes(*reader.array()?);
    let longest_message = reader.u32()?;
    // A u32 does not fit into a usize everywhere; what does not fit is too large anyway.
    let longest = usize::try_from(longest_message).map_err(|_| Error::Oversized)?;
    if longest < MIN_MESSAGE_LENGTH {
        return Err(Error::Undersized);
    }
    if longest > MAX_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    let info = RelayInfo {
        epoch,
        longest_message,
        days_kept: reader.u32()?,
        registration: match reader.u8()? {
            0 => Registration::Open,
            1 => Registration::Invitation,
            _ => return Err(Error::Malformed),
        },
        rates: Rates {
            messages: reader.u32()?,
            messages_at_once: reader.u32()?,
            requests: reader.u32()?,
        },
    };
    reader.end()?;
    Ok(info)
}

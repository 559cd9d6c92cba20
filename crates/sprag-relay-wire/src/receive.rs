//! The request for messages and the reply with them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::bytes::{Output as _, Reader, check_ascending};
use crate::limits::{
    MAX_KEM_PREKEYS, MAX_MESSAGE_LENGTH, MAX_ONE_TIME_PREKEYS, MAX_RECEIVE_LENGTH,
    MAX_RECEIVED_LENGTH, MAX_RECEIVED_MESSAGES, MAX_RECEIVED_REPLY_LENGTH, MAX_SAFE_MESSAGES,
    MAX_WAIT_SECONDS, MIN_MESSAGE_LENGTH,
};
use crate::message::check_length;
use crate::{AddressId, Epoch, Error, MessageId};

/// A request that names messages which are safe, and waits for others: the body of
/// [`Request::Receive`](crate::Request::Receive).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct ReceiveRequest {
    /// The seconds to wait if there is no message, at most [`MAX_WAIT_SECONDS`].
    pub wait_seconds: u16,
    /// The sequence number behind which to begin: that of the last message of the reply before on the same connection, and 0
    /// on a new one.
    pub after: u64,
    /// The messages that are safe at the receiver, at most [`MAX_SAFE_MESSAGES`]. The relay deletes them before it answers.
    /// Naming one again, or one that it does not have, is no error.
    pub safe: BTreeSet<MessageId>,
}

/// Messages of a mailbox: the reply to [`Request::Receive`](crate::Request::Receive).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Received<'a> {
    /// The epoch.
    pub epoch: Epoch,
    /// True if there are further messages behind the last of these: the next request returns at once.
    pub more: bool,
    /// The prekeys that are left, `None` if no address of the mailbox has a fixed part.
    pub left: Option<PrekeysLeft>,
    /// The messages in ascending order of their sequence numbers, at most [`MAX_RECEIVED_MESSAGES`]. If there is more than one,
    /// they have at most [`MAX_RECEIVED_LENGTH`] bytes together.
    pub messages: Vec<StoredMessage<'a>>,
}

/// The one-time prekeys that are left at the address of a mailbox that has the fewest: the fewest of each kind among the
/// addresses that have a fixed part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct PrekeysLeft {
    /// On the curve, at most [`MAX_ONE_TIME_PREKEYS`].
    pub one_time: u16,
    /// Of the KEM, at most [`MAX_KEM_PREKEYS`].
    pub kem: u16,
}

/// A wrapped message as the relay keeps it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct StoredMessage<'a> {
    /// Its place in the mailbox. Later messages have greater numbers, until the relay is restored from a backup.
    pub sequence: u64,
    /// The address that it came to.
    pub address: AddressId,
    /// The time of its arrival by the relay's clock, in seconds since 1970-01-01 UTC.
    pub arrived: u64,
    /// The wrapped message, [`MIN_MESSAGE_LENGTH`] to [`MAX_MESSAGE_LENGTH`] bytes.
    pub bytes: &'a [u8],
}

/// Encodes a request for messages: `u16 seconds to wait ‖ u64 after ‖ u16 n ‖ n × 16 bytes id`, the ids in ascending order of
/// their bytes.
///
/// # Errors
///
/// [`Error::Oversized`] if the wait or the number of ids is above its limit.
pub fn encode_receive_request(request: &ReceiveRequest) -> Result<Vec<u8>, Error> {
    let ReceiveRequest {
        wait_seconds,
        after,
        safe,
    } = request;
    check_wait(*wait_seconds)?;
    let mut output = Vec::new();
    output.put(&wait_seconds.to_le_bytes());
    output.put(&after.to_le_bytes());
    output.put_count(safe.len(), MAX_SAFE_MESSAGES)?;
    for id in safe {
        output.put(id.as_bytes());
    }
    Ok(output)
}

/// Reads a request for messages.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`]; [`Error::Oversized`] if the wait or the number of ids is above its limit;
/// [`Error::NotCanonical`] if the ids do not ascend.
pub fn decode_receive_request(bytes: &[u8]) -> Result<ReceiveRequest, Error> {
    let mut reader = Reader::new(bytes, MAX_RECEIVE_LENGTH)?;
    let wait_seconds = reader.u16()?;
    check_wait(wait_seconds)?;
    let after = reader.u64()?;
    let count = reader.count(MAX_SAFE_MESSAGES, 16)?;
    let mut safe = BTreeSet::new();
    for _ in 0..count {
        let id = MessageId::from_bytes(*reader.array()?);
        check_ascending(safe.last(), &id)?;
        safe.insert(id);
    }
    reader.end()?;
    Ok(ReceiveRequest {
        wait_seconds,
        after,
        safe,
    })
}

/// Encodes a reply with messages: `16 bytes epoch ‖ u8 more ‖ option(u16 one-time left ‖ u16 KEM left) ‖ u16 n ‖
/// n × (u64 sequence ‖ 32 bytes address id ‖ u64 arrival ‖ u32 length ‖ message)`.
///
/// # Errors
///
/// [`Error::Oversized`], [`Error::Undersized`] if something is beyond what the fields of [`Received`] say;
/// [`Error::NotCanonical`] if the sequence numbers do not ascend.
pub fn encode_received(received: &Received<'_>) -> Result<Vec<u8>, Error> {
    let Received {
        epoch,
        more,
        left,
        messages,
    } = received;
    check_left(*left)?;
    // Reserve the memory at once, because a reply may be long.
    let lengths = messages.iter().map(|message| message.bytes.len());
    let total = check_lengths(lengths)?;
    let mut output = Vec::with_capacity(AROUND + messages.len() * BEFORE_MESSAGE + total);
    output.put(epoch.as_bytes());
    output.put(&[u8::from(*more), u8::from(left.is_some())]);
    if let Some(PrekeysLeft { one_time, kem }) = left {
        output.put(&one_time.to_le_bytes());
        output.put(&kem.to_le_bytes());
    }
    // Append the messages.
    output.put_count(messages.len(), MAX_RECEIVED_MESSAGES)?;
    let mut last = None;
    for message in messages {
        check_ascending(last, &message.sequence)?;
        last = Some(&message.sequence);
        let length = u32::try_from(message.bytes.len()).map_err(|_| Error::Oversized)?;
        output.put(&message.sequence.to_le_bytes());
        output.put(message.address.as_bytes());
        output.put(&message.arrived.to_le_bytes());
        output.put(&length.to_le_bytes());
        output.put(message.bytes);
    }
    Ok(output)
}

/// Reads a reply with messages, which are borrowed.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`]; [`Error::Oversized`], [`Error::Undersized`] if something is beyond what the
/// fields of [`Received`] say; [`Error::Malformed`] if a marker is neither 0 nor 1; [`Error::NotCanonical`] if the
/// sequence numbers do not ascend.
pub fn decode_received(bytes: &[u8]) -> Result<Received<'_>, Error> {
    let mut reader = Reader::new(bytes, MAX_RECEIVED_REPLY_LENGTH)?;
    let epoch = Epoch::from_bytes(*reader.array()?);
    let more = reader.flag()?;
    let left = if reader.flag()? {
        let one_time = reader.u16()?;
        let kem = reader.u16()?;
        Some(PrekeysLeft { one_time, kem })
    } else {
        None
    };
    check_left(left)?;
    // Read the messages. A shorter one is refused, so that many there must be bytes for.
    let count = reader.count(MAX_RECEIVED_MESSAGES, BEFORE_MESSAGE + MIN_MESSAGE_LENGTH)?;
    let mut messages: Vec<StoredMessage<'_>> = Vec::with_capacity(count);
    for _ in 0..count {
        let message = read_message(&mut reader)?;
        check_ascending(
            messages.last().map(|last| &last.sequence),
            &message.sequence,
        )?;
        messages.push(message);
    }
    check_lengths(messages.iter().map(|message| message.bytes.len()))?;
    reader.end()?;
    Ok(Received {
        epoch,
        more,
        left,
        messages,
    })
}

fn read_message<'a>(reader: &mut Reader<'a>) -> Result<StoredMessage<'a>, Error> {
    let sequence = reader.u64()?;
    let address = AddressId::from_bytes(*reader.array()?);
    let arrived = reader.u64()?;
    let length = usize::try_from(reader.u32()?).map_err(|_| Error::Oversized)?;
    check_length(length, MAX_MESSAGE_LENGTH)?;
    Ok(StoredMessage {
        sequence,
        address,
        arrived,
        bytes: reader.take(length)?,
    })
}

const fn check_wait(seconds: u16) -> Result<(), Error> {
    if seconds > MAX_WAIT_SECONDS {
        return Err(Error::Oversized);
    }
    Ok(())
}

fn check_left(left: Option<PrekeysLeft>) -> Result<(), Error> {
    let within = |PrekeysLeft { one_time, kem }| {
        usize::from(one_time) <= MAX_ONE_TIME_PREKEYS && usize::from(kem) <= MAX_KEM_PREKEYS
    };
    if left.is_none_or(within) {
        Ok(())
    } else {
        Err(Error::Oversized)
    }
}

/// Checks the lengths of the messages in a reply, and returns their sum.
fn check_lengths(lengths: impl ExactSizeIterator<Item = usize>) -> Result<usize, Error> {
    let count = lengths.len();
    let mut total: usize = 0;
    for length in lengths {
        check_length(length, MAX_MESSAGE_LENGTH)?;
        total = total.saturating_add(length);
    }
    if count > 1 && total > MAX_RECEIVED_LENGTH {
        return Err(Error::Oversized);
    }
    Ok(total)
}

/// The bytes of a reply in front of its messages, at most.
const AROUND: usize = 16 + 1 + (1 + 2 + 2) + 2;

/// The bytes in front of each message.
const BEFORE_MESSAGE: usize = 8 + 32 + 8 + 4;

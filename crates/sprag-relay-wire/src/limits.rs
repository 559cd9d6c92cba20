//! The bounds on requests, replies and addresses.
//!
//! They bound the decoders, whatever a peer claims. Limits that an operator sets, such as the size of a mailbox and the
//! rates, are the server's; those that a client has to know stand in [`RelayInfo`](crate::RelayInfo).

use crate::registration::INVITATION_LENGTH;
use crate::{EPOCH_LENGTH, MESSAGE_ID_LENGTH, SECRET_LENGTH};

/// The fewest bytes that a wrapped message has: 3,072. A shorter one would show that it begins no session, because a first
/// message with a device list and an address has nearly as many.
pub const MIN_MESSAGE_LENGTH: usize = 3_072;

/// The most bytes that a wrapped message may have unless the operator says otherwise: 1 MiB.
pub const DEFAULT_MESSAGE_LENGTH: usize = 1024 * 1024;

/// The most bytes that any operator may allow a wrapped message: 16 MiB.
pub const MAX_MESSAGE_LENGTH: usize = 16 * 1024 * 1024;

/// The most addresses that a mailbox may have, and the most changes of them in one request.
pub const MAX_ADDRESSES: usize = 1_000;

/// The most one-time prekeys on the curve that an address may have at the relay.
pub const MAX_ONE_TIME_PREKEYS: usize = 200;

/// The most one-time KEM prekeys that an address may have at the relay: fewer, because each has 1.7 kB.
pub const MAX_KEM_PREKEYS: usize = 50;

/// The most one-time prekeys of both kinds together.
pub const MAX_PREKEYS: usize = MAX_ONE_TIME_PREKEYS + MAX_KEM_PREKEYS;

/// The fewest bytes of anything sealed: a nonce of 24 bytes and a tag of 16.
pub const MIN_SEALED_LENGTH: usize = 24 + 16;

/// The most bytes of a sealed one-time prekey on the curve: 77, of which 5 are its number and 32 its key.
pub const MAX_SEALED_ONE_TIME_LENGTH: usize = MIN_SEALED_LENGTH + 5 + 32;

/// The most bytes of a sealed one-time KEM prekey: 1,678, of which 1 says that it is a one-time prekey, 5 are its number, 64 the
/// signature and 1,568 its key.
pub const MAX_SEALED_KEM_LENGTH: usize = MIN_SEALED_LENGTH + 1 + 5 + 64 + 1_568;

/// The most bytes of the sealed fixed part of an address's prekeys: 16 KiB, with room for a device list and an address for
/// each device.
pub const MAX_FIXED_LENGTH: usize = 16 * 1024;

/// The most seconds that a request may be held until a message comes.
pub const MAX_WAIT_SECONDS: u16 = 60;

/// The most messages that one request may name as safe.
pub const MAX_SAFE_MESSAGES: usize = 1_000;

/// The most messages in one reply.
pub const MAX_RECEIVED_MESSAGES: usize = 64;

/// The most bytes of all messages in one reply together, if there is more than one: 1 MiB.
pub const MAX_RECEIVED_LENGTH: usize = 1024 * 1024;

/// The most bytes of a host in an address, as of a name in the DNS.
pub const MAX_HOST_LENGTH: usize = 253;

/// The most bytes of the binary form of an address: a fingerprint, a port, a host with its length, and two secrets.
pub const MAX_ADDRESS_LENGTH: usize = 32 + 2 + 1 + MAX_HOST_LENGTH + 2 * SECRET_LENGTH;

/// The most characters of the text of an address.
pub const MAX_ADDRESS_TEXT_LENGTH: usize = "sprag://".len() + 43 + 1 + MAX_HOST_LENGTH + 6 + 1 + 92;

/// The most bytes in the body of a refusal: a word.
pub const MAX_REFUSAL_LENGTH: usize = 16;

/// The most bytes in the reply of a relay that says what it offers, more than it has in this version: a client has to read the
/// version of a longer one.
pub(crate) const MAX_RELAY_INFO_LENGTH: usize = 1_024;

/// The most bytes in the body of a registration.
pub(crate) const MAX_REGISTRATION_LENGTH: usize = 1 + INVITATION_LENGTH;

/// The most bytes in the body of a change of addresses.
pub(crate) const MAX_ADDRESSES_LENGTH: usize = 2 + MAX_ADDRESSES * (1 + SECRET_LENGTH);

/// The most bytes in the body of an upload of prekeys.
pub(crate) const MAX_PREKEYS_LENGTH: usize = SECRET_LENGTH
    + 1
    + (2 + MAX_PREKEYS * 4)
    + (1 + 2 + MAX_FIXED_LENGTH)
    + 2
    + MAX_ONE_TIME_PREKEYS * (1 + 4 + 2 + MAX_SEALED_ONE_TIME_LENGTH)
    + MAX_KEM_PREKEYS * (1 + 4 + 2 + MAX_SEALED_KEM_LENGTH);

/// The most bytes of a stock.
pub(crate) const MAX_STOCK_LENGTH: usize = 1 + 4 + 2 + MAX_PREKEYS * (1 + 4);

/// The most bytes of a sealed bundle.
pub(crate) const MAX_BUNDLE_LENGTH: usize = (2 + MAX_FIXED_LENGTH)
    + (1 + 4 + 2 + MAX_SEALED_ONE_TIME_LENGTH)
    + (1 + 4 + 2 + MAX_SEALED_KEM_LENGTH);

/// The most bytes in the body of a request for messages.
pub(crate) const MAX_RECEIVE_LENGTH: usize = 2 + 8 + 2 + MAX_SAFE_MESSAGES * MESSAGE_ID_LENGTH;

/// The most bytes in a reply with messages.
pub(crate) const MAX_RECEIVED_REPLY_LENGTH: usize = EPOCH_LENGTH
    + 1
    + (1 + 2 + 2)
    + 2
    + MAX_RECEIVED_MESSAGES * (8 + 32 + 8 + 4)
    + MAX_MESSAGE_LENGTH;

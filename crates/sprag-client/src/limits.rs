//! The bounds on what a client keeps.

/// The most sessions that a client keeps with one peer. The one that was not used for the longest time leaves.
/// The number is small because a message that no session knows is tried with each.
pub const MAX_SESSIONS_PER_PEER: usize = 5;

/// The most by which an initiator can rank its session above those that are known with the peer. An initiator that
/// claims more, for example an impostor, cannot keep later sessions from being ranked higher. A party that was put back to an
/// older state ranks its first session as high.
pub const MAX_RANK_STEP: u64 = 1_000;

/// The number of messages accepted in a confirmed session after which older sessions with the peer are deleted. Until
/// then they read what was on its way.
pub const MESSAGES_BEFORE_OLD_SESSIONS_END: u32 = 1_000;

/// The number of messages, of those sent and of those read, by which a session tells a copy from a message that it cannot
/// read. Of an older one, nothing tells the two apart.
pub const REMEMBERED_MESSAGES: usize = 32;

/// The number of messages of a peer in a row, without one of this party in between, after which an answer is due. Only an
/// answer brings new secrets into the session.
pub const MESSAGES_BEFORE_ANSWER_IS_DUE: u32 = 100;

/// The number of unreadable messages in a row to which they are counted. Anybody can send more, and they change nothing.
pub const MAX_UNREADABLE: u8 = 3;

/// The most requests of a device for a new session that are granted between two texts of it. A thief of a session could
/// otherwise use up prekeys of both parties.
pub const MAX_REQUESTS: u8 = 8;

/// The messages of a device that could not be read and that the next renewal names, at most. Further ones are not named.
pub const MAX_UNREAD_MESSAGES: usize = sprag_wire::limits::MAX_UNREAD_MESSAGES;

/// The time in seconds for which replaced prekeys are kept when a bundle is offered for repair: 30 days. First messages that
/// are on their way can still be read.
pub const KEEP_PREKEYS_AFTER_OFFER: u64 = 30 * 24 * 60 * 60;

/// The most messages that a client holds decrypted and not acknowledged. Beyond this number, or beyond
/// [`MAX_UNACKNOWLEDGED_BYTES`], the oldest message of the peer that has most leaves.
pub const MAX_UNACKNOWLEDGED: usize = 256;

/// The most bytes of plaintext that a client holds decrypted and not acknowledged, beside the latest
/// message: 64 MiB.
pub const MAX_UNACKNOWLEDGED_BYTES: u64 = 64 * 1024 * 1024;

/// The time in seconds that a client holds the key of a file whose content was not read to its end: 30 days. Until
/// then an undamaged copy of the file can still be read; for as long, an attacker who steals the store and its key can
/// read the file too.
pub const MAX_FILE_KEY_AGE: u64 = 30 * 24 * 60 * 60;

/// The time in seconds between two readings of a clock that vouch for the earlier one: 2 days.
pub const TIME_BETWEEN_READINGS: u64 = 2 * 24 * 60 * 60;

/// The longest name of a peer in bytes, in the form in which names are [compared](crate::Client::add).
pub const MAX_NAME_LENGTH: usize = 128;

/// The number of times that wrong digits can be given before an invitation is void.
pub const MAX_WRONG_DIGITS: u8 = 3;

/// The messages of a user that are read after the user has retired a device before the sessions with that device end. Until
/// then they read what was on its way.
pub const MESSAGES_BEFORE_RETIRED_SESSIONS_END: u16 = 256;

/// The longest text of a message in bytes. It leaves room for the header of a content and for a device list beside it.
pub const MAX_TEXT_LENGTH: usize = sprag::limits::MAX_PLAINTEXT_LENGTH - 16 * 1024;

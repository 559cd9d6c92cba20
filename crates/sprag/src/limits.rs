//! The bounds on what an account keeps, with those of the ratchet and of the wire.

pub use sprag_ratchet::limits::{
    MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEY_AGE, MAX_SKIPPED_KEYS,
};
pub use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH, MAX_UPLOAD_LENGTH, MAX_UPLOAD_PREKEYS,
};

/// The longest plaintext of a message in bytes. With its padding and a handshake in front it is no longer than
/// [`MAX_MESSAGE_LENGTH`].
pub const MAX_PLAINTEXT_LENGTH: usize = MAX_MESSAGE_LENGTH - 256 * 1024 - 4;

/// The number of one-time prekeys of each kind at a directory after an upload.
pub const BATCH_OF_ONE_TIME_PREKEYS: usize = 100;

/// The most one-time prekeys of each kind in uploads that an account keeps, about 730 kB for both kinds. The oldest
/// leaves for the 5,000th after it, and a session that begins with it later is refused.
pub const MAX_UPLOADED_ONE_TIME_PREKEYS: u32 = 5_000;

/// The most one-time prekeys of each kind in bundles that an account keeps, about 150 kB for both kinds. The oldest
/// leaves for the 1,000th after it. These have places of their own, so that no upload takes that of a key whose
/// bundle was handed to a reader.
pub const MAX_BUNDLE_ONE_TIME_PREKEYS: u32 = 1_000;

/// The most signed and last-resort prekeys that an account keeps beside the current ones. There is no further
/// rotation until the time of the oldest is up, unless it keeps none.
pub const MAX_PREVIOUS_PREKEYS: usize = 8;

/// The most sessions begun with a one-time prekey that an account remembers, to name a repeat as one. A repeat
/// of an older one is refused all the same, because its one-time prekey is gone.
pub const MAX_REMEMBERED_SESSIONS: u32 = 1_000;

/// The most sessions begun without a one-time prekey that an account accepts from strangers under one signed or
/// last-resort prekey. Each must be remembered, because it could be replayed otherwise. So at this limit none is
/// forgotten, and further ones are refused until these prekeys are replaced.
pub const MAX_REUSABLE_SESSIONS: u32 = 10_000;

/// The further sessions begun without a one-time prekey that an account accepts from identities that are known, when
/// there is no room for strangers. So strangers cannot keep friends out.
pub const MAX_REUSABLE_SESSIONS_OF_KNOWN: u32 = 1_000;

// An upload takes no place twice.
const _: () = assert!(MAX_UPLOAD_PREKEYS <= MAX_UPLOADED_ONE_TIME_PREKEYS as usize);

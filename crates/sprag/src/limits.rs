//! The bounds on what an account keeps, beside those of the ratchet and of the wire.

pub use sprag_ratchet::limits::{MAX_FINISHED_CHAINS, MAX_SKIP, MAX_SKIPPED_KEYS};
pub use sprag_wire::limits::{
    MAX_BUNDLE_LENGTH, MAX_MESSAGE_LENGTH, MAX_UPLOAD_LENGTH, MAX_UPLOAD_PREKEYS,
};

/// The longest plaintext of a message in bytes, which with its padding and a handshake in front is no
/// longer than [`MAX_MESSAGE_LENGTH`].
pub const MAX_PLAINTEXT_LENGTH: usize = MAX_MESSAGE_LENGTH - 256 * 1024 - 4;

/// How many one-time prekeys of each kind wait at a directory after an upload.
pub const BATCH_OF_ONE_TIME_PREKEYS: usize = 100;

/// The most one-time prekeys of each kind that an account keeps; the oldest leave for the newest, and
/// whoever uses one of those later is refused. About 700 kB for both.
pub const MAX_ONE_TIME_PREKEYS: usize = 5_000;

/// The most signed and last-resort prekeys that an account keeps beside the current ones; the oldest
/// leave.
pub const MAX_PREVIOUS_PREKEYS: usize = 8;

/// The most sessions begun with a one-time prekey that an account recognises a repeat of. Beyond it
/// a repeat is refused all the same, since its one-time prekey is gone, but without a name.
pub const MAX_REMEMBERED_SESSIONS: usize = 1_000;

/// The most sessions begun without a one-time prekey that an account accepts under one signed or
/// last-resort prekey. Each must be remembered, or it could be replayed; so at this limit further ones
/// are refused, not forgotten, until these prekeys are replaced. About 320 kB.
pub const MAX_REUSABLE_SESSIONS: usize = 10_000;

/// The most sessions that a client keeps with one peer; the one that was quiet longest leaves. A
/// message that no session knows is tried with each.
pub const MAX_SESSIONS_PER_PEER: usize = 5;

/// The most messages that a client holds decrypted and not acknowledged. Beyond it, or beyond
/// [`MAX_UNACKNOWLEDGED_BYTES`], the oldest of the peer that has most leaves.
pub const MAX_UNACKNOWLEDGED: usize = 256;

/// The most bytes of plaintext that a client holds decrypted and not acknowledged, beside the latest
/// message: 64 MiB.
pub const MAX_UNACKNOWLEDGED_BYTES: u64 = 64 * 1024 * 1024;

/// The longest name of a peer in bytes.
pub const MAX_NAME_LENGTH: usize = 128;

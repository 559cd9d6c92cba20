//! The bounds on the input of the decoders.

/// The most bytes that a bundle may have. Today's have at most 1,840.
pub const MAX_BUNDLE_LENGTH: usize = 8 * 1024;

/// The most one-time prekeys of each kind that an upload may have.
pub const MAX_UPLOAD_PREKEYS: usize = 1_000;

/// The most bytes that an upload may have: 2 MiB, enough for [`MAX_UPLOAD_PREKEYS`] of each kind.
pub const MAX_UPLOAD_LENGTH: usize = 2 * 1024 * 1024;

/// The most bytes that a message may have, of either kind: 16 MiB. Larger contents travel as files, in
/// pieces.
pub const MAX_MESSAGE_LENGTH: usize = 16 * 1024 * 1024;

/// The most bytes that a message may have that carries a file's key.
pub const MAX_FILE_MESSAGE_LENGTH: usize = 4 * 1024;

//! The bounds on the input of the decoders.

/// The most bytes that the device list may have in a bundle, an upload or a content: 8 KiB. A list of as many devices as
/// a user may have is much shorter.
pub const MAX_LIST_LENGTH: usize = 8 * 1024;

/// The most bytes that a bundle may have: 16 KiB. Today's have at most 10,034, of which 8,194 are the largest device list
/// with its length.
pub const MAX_BUNDLE_LENGTH: usize = 16 * 1024;

/// The most one-time prekeys of each kind that an upload may have.
pub const MAX_UPLOAD_PREKEYS: usize = 1_000;

/// The most bytes that an upload may have: 2 MiB, enough for [`MAX_UPLOAD_PREKEYS`] of each kind and the largest
/// device list. Today's have at most 1,685,000.
pub const MAX_UPLOAD_LENGTH: usize = 2 * 1024 * 1024;

/// The most bytes that a message may have, of either kind: 16 MiB. Larger contents travel as files, in
/// pieces.
pub const MAX_MESSAGE_LENGTH: usize = 16 * 1024 * 1024;

/// The most bytes that each message may have that carries a file's key.
pub const MAX_FILE_MESSAGE_LENGTH: usize = 4 * 1024;

/// The most messages that a file's header may have, each with the file's key for one device: the devices of the receiver,
/// and the other devices of the sender.
pub const MAX_FILE_MESSAGES: usize = 24;

/// The most messages that a content of renewal may name as unread.
pub const MAX_UNREAD_MESSAGES: usize = 32;

/// The most bundles that a list content may have.
pub const MAX_CONTENT_BUNDLES: usize = 16;

/// The most bytes that an invitation may have: 32 KiB, more than the largest list and the largest bundle.
pub const MAX_INVITATION_LENGTH: usize = 32 * 1024;

/// The most bytes that a recovery file may have: 16 KiB, more than the largest list and what is around it.
pub const MAX_RECOVERY_LENGTH: usize = 16 * 1024;

/// The most bytes of UTF-8 that the name of a new device may have.
pub const MAX_DEVICE_NAME_LENGTH: usize = 64;

/// The most bytes of UTF-8 that the name of a peer in a welcome may have.
pub const MAX_PEER_NAME_LENGTH: usize = 128;

/// The most peers that a welcome may have.
pub const MAX_WELCOME_PEERS: usize = 10_000;

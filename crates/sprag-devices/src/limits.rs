//! The bounds on device lists.

/// The most bytes that a device list may have. The largest that keeps the other bounds has about 2,200.
pub const MAX_LIST_LENGTH: usize = 8 * 1024;

/// The most devices that a list may have.
pub const MAX_DEVICES: usize = 16;

/// The most devices that lists made here have. It is below [`MAX_DEVICES`], because every message is encrypted for each
/// device of the peer, and lists of others may grow later without being refused.
pub const MAX_OWN_DEVICES: usize = 8;

/// The most revoked devices that a list names. When there are more, the oldest are left out.
pub const MAX_REVOKED: usize = 64;

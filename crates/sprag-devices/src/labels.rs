//! The strings that separate one use of a hash or of the user key from another.

/// The beginning of the hash that names a user.
pub(crate) const USER: &[u8] = b"sprag user";

/// The beginning of the signed message of a device list.
pub(crate) const DEVICE_LIST: &[u8] = b"sprag device list";

/// The beginning of the first hash of a safety number.
pub(crate) const SAFETY_NUMBER: &[u8] = b"sprag safety number";

/// The beginning of the hash that the digits of a link come from.
pub(crate) const LINK_DIGITS: &[u8] = b"sprag link digits";

use sprag_primitives::hash::SHA256_LENGTH;
use sprag_primitives::snapshot_fields;

/// The remainder of the device list of a user that was forgotten, so that an older list does not pass as a new one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UserRemainder {
    pub(crate) version: u64,
    pub(crate) hash: [u8; SHA256_LENGTH],
}

snapshot_fields!(UserRemainder { version, hash });

use sprag_primitives::hash::sha256;
use sprag_primitives::snapshot_fields;

use super::LIST_HASH_LENGTH;
use crate::user::{UserId, UserKey};

/// The hashes by which others name a list and its user.
///
/// They are computed once, when a list is read from outside or made, and are stored with it. Every message says the hash
/// of a list and is of a user, so without that each would cost the hashing of a whole list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Digests {
    /// The hash of the encoding.
    pub(super) list: [u8; LIST_HASH_LENGTH],
    /// The id of the user key.
    pub(super) user: UserId,
}

snapshot_fields!(Digests { list, user });

impl Digests {
    pub(super) fn compute(bytes: &[u8], user: &UserKey) -> Self {
        Self {
            list: sha256(&[bytes]),
            user: user.id(),
        }
    }
}

use core::fmt;

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::x25519::PublicKey;

use crate::encode::encode_ec;
use crate::identity::IdentityKey;
use crate::labels;
use crate::prekey::PrekeyId;
use crate::suite::{PROTOCOL_VERSION, Suite};

/// The size of a session id in bytes.
pub const SESSION_ID_LENGTH: usize = SHA256_LENGTH;

/// The name of a session, the same on both sides, 32 bytes; not secret.
///
/// SHA-256 of all that an initial message has: `"sprag session" ‖ version ‖ suite ‖ EncodeEC(IK_A) ‖
/// EncodeEC(EK_A) ‖ ordinal ‖ id of the signed prekey ‖ (0, or 1 ‖ id of the one-time prekey)` and, in
/// PQXDH, `‖ id of the KEM prekey ‖ KEM ciphertext`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId([u8; SESSION_ID_LENGTH]);

impl SessionId {
    /// A session id that was written down before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SESSION_ID_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, 32.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SESSION_ID_LENGTH] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The fields that the initial messages of both handshakes have.
pub(crate) struct CommonFields<'a> {
    pub(crate) suite: Suite,
    pub(crate) identity: &'a IdentityKey,
    pub(crate) ephemeral: &'a PublicKey,
    pub(crate) ordinal: u32,
    pub(crate) signed_prekey: PrekeyId,
    pub(crate) one_time_prekey: Option<PrekeyId>,
}

impl CommonFields<'_> {
    /// The id, with the fields that only one handshake has.
    pub(crate) fn session_id(&self, further: [&[u8]; 2]) -> SessionId {
        let one_time_prekey = self.one_time_prekey.map(PrekeyId::to_le_bytes);
        let [first, second] = further;
        SessionId(sha256(&[
            labels::SESSION_ID,
            &[PROTOCOL_VERSION, self.suite.to_byte()],
            &self.identity.encode(),
            &encode_ec(self.ephemeral),
            &self.ordinal.to_le_bytes(),
            &self.signed_prekey.to_le_bytes(),
            &[one_time_prekey.is_some().into()],
            one_time_prekey.as_ref().map_or(&[], |id| id.as_slice()),
            first,
            second,
        ]))
    }
}

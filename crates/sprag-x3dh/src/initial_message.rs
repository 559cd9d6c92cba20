use core::fmt;

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::x25519::PublicKey;

use crate::encode::encode_ec;
use crate::identity::IdentityKey;
use crate::labels;
use crate::prekey::PrekeyId;
use crate::suite::{PROTOCOL_VERSION, Suite};

/// What the initiator sends so that the responder comes to the same secret (X3DH §3.3).
///
/// It is repeated in front of each message until the responder has answered. It is not
/// authenticated by itself: the session id, a hash of all its fields, is part of the associated data
/// of every message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct InitialMessage {
    /// The suite.
    pub suite: Suite,
    /// The initiator's identity key (`IK_A`).
    pub identity: IdentityKey,
    /// The initiator's ephemeral key (`EK_A`).
    pub ephemeral: PublicKey,
    /// The number of the signed prekey used.
    pub signed_prekey: PrekeyId,
    /// The number of the one-time prekey used, if there was one.
    pub one_time_prekey: Option<PrekeyId>,
}

impl InitialMessage {
    /// The id of the session that this message begins: SHA-256 of
    /// `"sprag session" ‖ version ‖ suite ‖ EncodeEC(IK_A) ‖ EncodeEC(EK_A) ‖ id of the signed prekey
    /// ‖ (0, or 1 ‖ id of the one-time prekey)`.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        let one_time_prekey = self.one_time_prekey.map(PrekeyId::to_le_bytes);
        SessionId(sha256(&[
            labels::SESSION_ID,
            &[PROTOCOL_VERSION, self.suite.to_byte()],
            &self.identity.encode(),
            &encode_ec(&self.ephemeral),
            &self.signed_prekey.to_le_bytes(),
            &[one_time_prekey.is_some().into()],
            one_time_prekey.as_ref().map_or(&[], |id| id.as_slice()),
        ]))
    }
}

/// The size of a session id in bytes.
pub const SESSION_ID_LENGTH: usize = SHA256_LENGTH;

/// The name of a session, the same on both sides, 32 bytes; not secret.
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

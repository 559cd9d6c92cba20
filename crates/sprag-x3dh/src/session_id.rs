use core::fmt;

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::hex::Hex;
use sprag_primitives::snapshot_fields;

use crate::curve::CurveMessage;
use crate::encode::encode_ec;
use crate::labels;
use crate::prekey::PrekeyId;
use crate::suite::Suite;

/// The size of a session id in bytes.
pub const SESSION_ID_LENGTH: usize = SHA256_LENGTH;

/// The name of a session, the same on both sides, 32 bytes; not secret.
///
/// It is SHA-256 of all fields of the initial message: `"sprag session" ‖ version ‖ suite ‖
/// EncodeEC(EK_A) ‖ id of the signed prekey ‖ (0, or 1 ‖ id of the one-time prekey)`, in PQXDH `‖ id of the KEM
/// prekey ‖ KEM ciphertext`, and `‖ sealed initiator`. So a repeat of an initial message is recognised without
/// any private key.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId([u8; SESSION_ID_LENGTH]);

snapshot_fields!(SessionId(bytes));

impl SessionId {
    /// The id of the session that an initial message begins. `further` are the fields after those of every suite.
    pub(crate) fn of(suite: Suite, message: &CurveMessage, further: [&[u8]; 3]) -> Self {
        let one_time_prekey = message.one_time_prekey.map(PrekeyId::to_le_bytes);
        let [first, second, third] = further;
        Self::from_bytes(sha256(&[
            labels::SESSION_ID,
            &[suite.version(), suite.to_byte()],
            &encode_ec(&message.ephemeral),
            &message.signed_prekey.to_le_bytes(),
            &[one_time_prekey.is_some().into()],
            one_time_prekey.as_ref().map_or(&[], |id| id.as_slice()),
            first,
            second,
            third,
        ]))
    }

    /// The session id that these bytes are.
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
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

use sprag_primitives::snapshot_fields;
use sprag_x3dh::{IdentityKey, KemPrekeyHash, PrekeyId, SessionId, Suite};

/// The beginning of a session: nothing secret, and the same on both sides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) id: SessionId,
    pub(crate) suite: Suite,
    pub(crate) initiator: IdentityKey,
    pub(crate) responder: IdentityKey,
    pub(crate) ordinal: u32,
    pub(crate) one_time_keys: OneTimeKeys,
    /// The hash of the KEM prekey, from each party's own records; X3DH has none.
    pub(crate) kem_prekey_hash: Option<KemPrekeyHash>,
}

snapshot_fields!(Origin {
    id,
    suite,
    initiator,
    responder,
    ordinal,
    one_time_keys,
    kem_prekey_hash,
});

/// The one-time keys of the responder with which a session began. Without any, its first messages are less
/// well protected against a later theft of the responder's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OneTimeKeys {
    /// The curve one-time prekey.
    pub ec: Option<PrekeyId>,
    /// The KEM one-time prekey.
    pub kem: Option<PrekeyId>,
}

snapshot_fields!(OneTimeKeys { ec, kem });

impl OneTimeKeys {
    /// Tells whether the session began with nothing but keys that serve many sessions.
    #[must_use]
    pub const fn are_none(self) -> bool {
        self.ec.is_none() && self.kem.is_none()
    }
}

//! The one-time prekeys of a peer that a session began with. A bundle that was used is recognised by them.

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::snapshot_fields;
use sprag_x3dh::{CurveBundle, KemPrekey, KemPrekeyUse};

/// The keys by their hashes, because their numbers come again when a peer is put back to an older state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct UsedKeys {
    ec: Option<Hash>,
    kem: Option<Hash>,
}

snapshot_fields!(UsedKeys { ec, kem });

type Hash = [u8; SHA256_LENGTH];

impl UsedKeys {
    /// The one-time prekeys of a bundle.
    pub(crate) fn of(curve: &CurveBundle, kem_prekey: Option<&KemPrekey>) -> Self {
        let one_time = |prekey: &&KemPrekey| prekey.usage == KemPrekeyUse::OneTime;
        let ec = curve.one_time_prekey.as_ref();
        Self {
            ec: ec.map(|prekey| sha256(&[prekey.key.as_bytes()])),
            kem: kem_prekey.filter(one_time).map(KemPrekey::hash),
        }
    }

    /// Tells whether the two have a key in common.
    pub(crate) fn meet(&self, other: &Self) -> bool {
        let same = |own: Option<Hash>, other| own.is_some() && own == other;
        same(self.ec, other.ec) || same(self.kem, other.kem)
    }

    /// Tells whether the two have one key in common and differ in the other. A peer gives out each key once, so one of
    /// the two bundles was altered.
    pub(crate) fn contradict(&self, other: &Self) -> bool {
        let differ = |own: Option<Hash>, other: Option<Hash>| {
            own.is_some() && other.is_some() && own != other
        };
        self.meet(other) && (differ(self.ec, other.ec) || differ(self.kem, other.kem))
    }
}

//! The one-time prekeys of a peer that a session began with. A bundle that was used is recognised by them.

use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::snapshot_fields;
use sprag_x3dh::{CurveBundle, KemPrekey, KemPrekeyUse, PrekeyId};

/// The keys by their hashes, because their numbers come again when a peer is put back to an older state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct UsedKeys {
    ec: Option<Hash>,
    /// The number of the curve one-time prekey. Nobody signs it, so it can be altered and the key not.
    ec_number: Option<PrekeyId>,
    kem: Option<Hash>,
    /// The signed prekey that was with them in the bundle, by the hash of its number and key.
    signed_prekey: Hash,
}

snapshot_fields!(UsedKeys {
    ec,
    ec_number,
    kem,
    signed_prekey
});

type Hash = [u8; SHA256_LENGTH];

impl UsedKeys {
    /// The one-time prekeys of a bundle.
    pub(crate) fn of(curve: &CurveBundle, kem_prekey: Option<&KemPrekey>) -> Self {
        let one_time = |prekey: &&KemPrekey| prekey.usage == KemPrekeyUse::OneTime;
        let ec = curve.one_time_prekey.as_ref();
        let signed_prekey = &curve.signed_prekey;
        let number = signed_prekey.terms.id.to_le_bytes();
        Self {
            ec: ec.map(|prekey| sha256(&[prekey.key.as_bytes()])),
            ec_number: ec.map(|prekey| prekey.id),
            kem: kem_prekey.filter(one_time).map(KemPrekey::hash),
            signed_prekey: sha256(&[&number, signed_prekey.key.as_bytes()]),
        }
    }

    /// Tells whether there is a key, so that the bundle is for one reader.
    pub(crate) const fn are_some(&self) -> bool {
        self.ec.is_some() || self.kem.is_some()
    }

    /// Tells whether the two have a key in common.
    pub(crate) fn meet(&self, other: &Self) -> bool {
        let same = |own: Option<Hash>, other| own.is_some() && own == other;
        same(self.ec, other.ec) || same(self.kem, other.kem)
    }

    /// Tells whether the two have one key in common and contradict each other in the rest. A peer gives out each key
    /// once, so one of the two bundles was altered. A bundle that only lacks a key contradicts nothing.
    pub(crate) fn contradict(&self, other: &Self) -> bool {
        self.meet(other)
            && (differ(self.ec, other.ec)
                || differ(self.ec_number, other.ec_number)
                || differ(self.kem, other.kem)
                || self.signed_prekey != other.signed_prekey)
    }
}

/// Tells whether both are there and are not the same.
fn differ<T: PartialEq>(own: Option<T>, other: Option<T>) -> bool {
    own.is_some() && other.is_some() && own != other
}

//! The one-time prekeys of a peer that a session began with, by which a bundle that was used is known.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::hash::{SHA256_LENGTH, sha256};
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{Bundle, KemPrekey, KemPrekeyUse, OneTimePrekey};

/// The keys by their hashes: numbers come again where a peer was put back to an older state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct UsedKeys {
    ec: Option<Hash>,
    kem: Option<Hash>,
}

type Hash = [u8; SHA256_LENGTH];

impl UsedKeys {
    /// The one-time prekeys of a bundle.
    pub(super) fn of(bundle: &Bundle) -> Self {
        let (ec, kem) = match bundle {
            Bundle::X3dh(bundle) => (bundle.one_time_prekey.as_ref(), None),
            Bundle::Pqxdh(bundle) => {
                let one_time = bundle.kem_prekey.usage == KemPrekeyUse::OneTime;
                let kem_prekey = Some(&bundle.kem_prekey).filter(|_| one_time);
                (bundle.one_time_prekey.as_ref(), kem_prekey)
            }
        };
        Self {
            ec: ec.map(|OneTimePrekey { key, .. }| sha256(&[key.as_bytes()])),
            kem: kem.map(KemPrekey::hash),
        }
    }

    /// Whether a key of the one is a key of the other.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let same = |own: Option<Hash>, other| own.is_some() && own == other;
        same(self.ec, other.ec) || same(self.kem, other.kem)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        for hash in [&self.ec, &self.kem] {
            writer.option(hash.as_ref(), |writer, hash| writer.bytes(hash));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            ec: reader.option(|reader| reader.array().copied())?,
            kem: reader.option(|reader| reader.array().copied())?,
        })
    }
}

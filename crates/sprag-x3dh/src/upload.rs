use alloc::vec::Vec;

use crate::curve::CurveBundle;
use crate::identity::IdentityKey;
use crate::kem_prekey::{KemPrekey, KemPrekeyUse};
use crate::one_time_prekey::OneTimePrekey;
use crate::prekey::{PrekeyId, check_distinct};
use crate::signed_prekey::SignedPrekey;
use crate::suite::Suite;
use crate::{Error, pqxdh};

/// The prekeys that a party sends to a directory, which composes a bundle from them for each reader that asks
/// (PQXDH §3.2).
///
/// An upload replaces the signed and the last-resort prekey of the last upload and adds one-time prekeys.
/// No signature covers it as a whole, so its owner must send it over a channel that the directory trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Upload {
    /// The identity key of the publisher, as claimed.
    pub identity: IdentityKey,
    /// The signed prekey, for the suite PQXDH.
    pub signed_prekey: SignedPrekey,
    /// The last-resort KEM prekey.
    pub last_resort_kem_prekey: KemPrekey,
    /// Curve one-time prekeys.
    pub one_time_prekeys: Vec<OneTimePrekey>,
    /// KEM one-time prekeys.
    pub one_time_kem_prekeys: Vec<KemPrekey>,
}

impl Upload {
    /// Verifies every signature, and that no two prekeys have the same number.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]; [`Error::OtherUse`] if a prekey is for something else;
    /// [`Error::DuplicateId`].
    pub fn verify(self) -> Result<VerifiedUpload, Error> {
        // Verify the keys that serve many sessions.
        let signer = self.identity.verifying_key();
        self.signed_prekey.verify(&signer, Suite::Pqxdh)?;
        let last_resort = &self.last_resort_kem_prekey;
        if last_resort.usage == KemPrekeyUse::OneTime {
            return Err(Error::OtherUse(last_resort.slot()));
        }
        last_resort.verify(&signer, &self.signed_prekey)?;
        // Verify the one-time KEM prekeys. Those on the curve are not signed.
        for prekey in &self.one_time_kem_prekeys {
            if prekey.usage != KemPrekeyUse::OneTime {
                return Err(Error::OtherUse(prekey.slot()));
            }
            prekey.verify(&signer, &self.signed_prekey)?;
        }
        // No two prekeys may have the same number.
        check_distinct(self.ids())?;
        Ok(VerifiedUpload(self))
    }

    /// The numbers of all prekeys.
    fn ids(&self) -> impl Iterator<Item = PrekeyId> {
        let lasting = [self.signed_prekey.terms.id, self.last_resort_kem_prekey.id];
        lasting.into_iter().chain(self.one_time_ids())
    }

    /// The numbers of the one-time prekeys.
    fn one_time_ids(&self) -> impl Iterator<Item = PrekeyId> {
        let ec = self.one_time_prekeys.iter().map(|prekey| prekey.id);
        let kem = self.one_time_kem_prekeys.iter().map(|prekey| prekey.id);
        ec.chain(kem)
    }
}

/// An upload whose signatures are valid, from which bundles are composed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedUpload(Upload);

impl VerifiedUpload {
    /// Adds a later upload of the same account to what is left of this one: the signed and the last-resort
    /// prekey are replaced, and the one-time prekeys are added after those that are left.
    ///
    /// A one-time prekey must be given out once. So a directory must merge an upload once only, although its
    /// owner may send it again, for example because the answer was lost.
    ///
    /// # Errors
    ///
    /// [`Error::OtherOwner`] if the upload is another account's; [`Error::OlderUpload`] if its signed prekey was made
    /// before the present one; [`Error::DuplicateId`] if it has the number of a prekey that is left, as an upload
    /// that was merged before. Nothing has changed then.
    pub fn merge(&mut self, later: Self) -> Result<(), Error> {
        let (present, later) = (&mut self.0, later.0);
        // Check everything first.
        if later.identity != present.identity {
            return Err(Error::OtherOwner);
        }
        let created = later.signed_prekey.terms.created;
        if created != 0 && created < present.signed_prekey.terms.created {
            return Err(Error::OlderUpload);
        }
        check_distinct(present.one_time_ids().chain(later.ids()))?;
        // Take over the new keys.
        present.signed_prekey = later.signed_prekey;
        present.last_resort_kem_prekey = later.last_resort_kem_prekey;
        present.one_time_prekeys.extend(later.one_time_prekeys);
        present
            .one_time_kem_prekeys
            .extend(later.one_time_kem_prekeys);
        Ok(())
    }

    /// The prekeys that were verified and are left.
    #[must_use]
    pub const fn upload(&self) -> &Upload {
        &self.0
    }

    /// Takes out the first prekey of each kind and composes a bundle for one reader. If no KEM one-time prekey
    /// is left, the last-resort prekey takes its place (PQXDH §3.3).
    ///
    /// A directory must store the remainder before it answers, because a one-time prekey is given out once.
    pub fn next_bundle(&mut self) -> pqxdh::Bundle {
        let upload = &mut self.0;
        pqxdh::Bundle {
            curve: CurveBundle {
                identity: upload.identity,
                signed_prekey: upload.signed_prekey,
                one_time_prekey: take_first(&mut upload.one_time_prekeys),
            },
            kem_prekey: take_first(&mut upload.one_time_kem_prekeys)
                .unwrap_or_else(|| upload.last_resort_kem_prekey.clone()),
        }
    }
}

fn take_first<T>(prekeys: &mut Vec<T>) -> Option<T> {
    (!prekeys.is_empty()).then(|| prekeys.remove(0))
}

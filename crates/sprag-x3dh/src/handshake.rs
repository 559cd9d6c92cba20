//! Bundles and initial messages of either handshake, as they come from outside.

use crate::identity::IdentityKey;
use crate::kem_prekey::KemPrekeyUse;
use crate::policy::Policy;
use crate::session_id::SessionId;
use crate::signed_prekey::SignedPrekey;
use crate::suite::Suite;
use crate::{Error, PrekeyId, Slot, pqxdh, x3dh};

/// A bundle for one of the handshakes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is one for each suite")]
pub enum Bundle {
    /// For X3DH.
    X3dh(x3dh::Bundle),
    /// For PQXDH.
    Pqxdh(pqxdh::Bundle),
}

impl Bundle {
    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self {
            Self::X3dh(_) => Suite::X3dh,
            Self::Pqxdh(_) => Suite::Pqxdh,
        }
    }

    /// Verifies that `policy` accepts the bundle, and all its signatures.
    ///
    /// # Errors
    ///
    /// [`Error::NotAccepted`], [`Error::Stale`]; those of [`x3dh::Bundle::verify`] and
    /// [`pqxdh::Bundle::verify`].
    pub fn verify(self, policy: &Policy) -> Result<VerifiedBundle, Error> {
        policy.accept(self.suite())?;
        let verified = match self {
            Self::X3dh(bundle) => VerifiedBundle::X3dh(bundle.verify()?),
            Self::Pqxdh(bundle) => VerifiedBundle::Pqxdh(bundle.verify()?),
        };
        policy.check_age(Slot::SignedPrekey, verified.signed_prekey().terms.created)?;
        if let VerifiedBundle::Pqxdh(verified) = &verified {
            let prekey = &verified.bundle().kem_prekey;
            if let KemPrekeyUse::LastResort { created } = prekey.usage {
                policy.check_age(prekey.slot(), created)?;
            }
        }
        Ok(verified)
    }
}

/// A bundle that a policy accepted, with valid signatures.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is one for each suite")]
pub enum VerifiedBundle {
    /// For X3DH.
    X3dh(x3dh::VerifiedBundle),
    /// For PQXDH.
    Pqxdh(pqxdh::VerifiedBundle),
}

impl VerifiedBundle {
    /// The identity key of the publisher.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        match self {
            Self::X3dh(verified) => &verified.bundle().identity,
            Self::Pqxdh(verified) => &verified.bundle().identity,
        }
    }

    /// The signed prekey, which is also the responder's first ratchet key (Double Ratchet §7.1).
    #[must_use]
    pub const fn signed_prekey(&self) -> &SignedPrekey {
        match self {
            Self::X3dh(verified) => &verified.bundle().signed_prekey,
            Self::Pqxdh(verified) => &verified.bundle().signed_prekey,
        }
    }

    /// The numbers of the one-time prekeys, curve and KEM.
    #[must_use]
    pub fn one_time_keys(&self) -> [Option<PrekeyId>; 2] {
        match self {
            Self::X3dh(verified) => [verified.bundle().one_time_prekey.map(|key| key.id), None],
            Self::Pqxdh(verified) => {
                let pqxdh::Bundle {
                    one_time_prekey,
                    kem_prekey,
                    ..
                } = verified.bundle();
                let one_time = kem_prekey.usage == KemPrekeyUse::OneTime;
                [
                    one_time_prekey.map(|prekey| prekey.id),
                    one_time.then_some(kem_prekey.id),
                ]
            }
        }
    }
}

/// The initial message of one of the handshakes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is one for each suite")]
pub enum InitialMessage {
    /// Of X3DH.
    X3dh(x3dh::InitialMessage),
    /// Of PQXDH.
    Pqxdh(pqxdh::InitialMessage),
}

impl InitialMessage {
    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self {
            Self::X3dh(_) => Suite::X3dh,
            Self::Pqxdh(_) => Suite::Pqxdh,
        }
    }

    /// The initiator's identity key, as claimed.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        match self {
            Self::X3dh(message) => &message.identity,
            Self::Pqxdh(message) => &message.identity,
        }
    }

    /// Which session of the two parties this is, as the initiator counts.
    #[must_use]
    pub const fn ordinal(&self) -> u32 {
        match self {
            Self::X3dh(message) => message.ordinal,
            Self::Pqxdh(message) => message.ordinal,
        }
    }

    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        match self {
            Self::X3dh(message) => message.session_id(),
            Self::Pqxdh(message) => message.session_id(),
        }
    }
}

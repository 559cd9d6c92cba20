//! Bundles and initial messages of either handshake, for the places where they come from outside.

use alloc::vec::Vec;

use crate::curve::{CurveBundle, CurveMessage};
use crate::kem_prekey::{KemPrekey, KemPrekeyUse};
use crate::policy::Policy;
use crate::sealed_initiator::SealedInitiator;
use crate::session_id::SessionId;
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

    /// The curve keys, whose signatures are not verified yet.
    #[must_use]
    pub const fn curve(&self) -> &CurveBundle {
        match self {
            Self::X3dh(bundle) => &bundle.curve,
            Self::Pqxdh(bundle) => &bundle.curve,
        }
    }

    /// The KEM prekey, whose signature is not verified yet; X3DH has none.
    #[must_use]
    pub const fn kem_prekey(&self) -> Option<&KemPrekey> {
        match self {
            Self::X3dh(_) => None,
            Self::Pqxdh(bundle) => Some(&bundle.kem_prekey),
        }
    }

    /// Demands that `policy` accepts the bundle, and verifies all its signatures.
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
        let signed_prekey = &verified.curve().signed_prekey;
        policy.check_age(Slot::SignedPrekey, signed_prekey.terms.created)?;
        if let Some(prekey) = verified.kem_prekey()
            && let KemPrekeyUse::LastResort { created } = prekey.usage
        {
            policy.check_age(prekey.slot(), created)?;
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
    /// The curve keys. The signed prekey among them is also the responder's first ratchet key (Double
    /// Ratchet §7.1).
    #[must_use]
    pub const fn curve(&self) -> &CurveBundle {
        match self {
            Self::X3dh(verified) => &verified.bundle().curve,
            Self::Pqxdh(verified) => &verified.bundle().curve,
        }
    }

    /// The KEM prekey; X3DH has none.
    #[must_use]
    pub const fn kem_prekey(&self) -> Option<&KemPrekey> {
        match self {
            Self::X3dh(_) => None,
            Self::Pqxdh(verified) => Some(&verified.bundle().kem_prekey),
        }
    }

    /// The numbers of the one-time prekeys, curve and KEM.
    #[must_use]
    pub fn one_time_keys(&self) -> [Option<PrekeyId>; 2] {
        let one_time = |prekey: &&KemPrekey| prekey.usage == KemPrekeyUse::OneTime;
        let curve = self.curve().one_time_prekey;
        [
            curve.map(|prekey| prekey.id),
            self.kem_prekey().filter(one_time).map(|prekey| prekey.id),
        ]
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

    /// The curve keys and numbers.
    #[must_use]
    pub const fn curve(&self) -> &CurveMessage {
        match self {
            Self::X3dh(message) => message.curve(),
            Self::Pqxdh(message) => message.curve(),
        }
    }

    /// The initiator, which only the responder can read.
    #[must_use]
    pub const fn sealed_initiator(&self) -> &SealedInitiator {
        match self {
            Self::X3dh(message) => message.sealed_initiator(),
            Self::Pqxdh(message) => message.sealed_initiator(),
        }
    }

    /// The bytes from the envelope to the sealed initiator, at most 1,619, as they travel in front of it.
    #[must_use]
    pub fn clear_part(&self) -> Vec<u8> {
        match self {
            Self::X3dh(message) => message.clear_part(),
            Self::Pqxdh(message) => message.clear_part(),
        }
    }

    /// Appends the bytes that [`clear_part`](Self::clear_part) returns.
    pub fn write_clear_part(&self, output: &mut Vec<u8>) {
        match self {
            Self::X3dh(message) => message.write_clear_part(output),
            Self::Pqxdh(message) => message.write_clear_part(output),
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

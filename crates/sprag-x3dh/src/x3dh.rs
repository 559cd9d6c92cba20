//! X3DH, "The X3DH Key Agreement Protocol", revision 1.
//!
//! It is secure as long as discrete logarithms on Curve25519 are hard. [`pqxdh`](crate::pqxdh) is its
//! successor.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_x3dh::x3dh::{Bundle, initiate, respond};
//! use sprag_x3dh::{CurveBundle, IdentityKeyPair, OneTimePrekeyPair, ResponderKeys};
//! use sprag_x3dh::{SignedPrekeyPair, SignedPrekeyTerms, Suite};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let bob = IdentityKeyPair::generate(&mut rng);
//! let terms = SignedPrekeyTerms { suite: Suite::X3dh, id: 1, created: 1_767_225_600 };
//! let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
//! let one_time_prekey = OneTimePrekeyPair::generate(2, &mut rng);
//! let curve = CurveBundle {
//!     identity: *bob.public(),
//!     signed_prekey: signed_prekey.public(),
//!     one_time_prekey: Some(one_time_prekey.public()),
//! };
//! let bundle = Bundle { curve };
//!
//! let alice = IdentityKeyPair::generate(&mut rng);
//! let initiated = initiate(&alice, &bundle.verify()?, 1, &mut rng)?;
//!
//! let keys = ResponderKeys {
//!     identity: &bob,
//!     signed_prekey: &signed_prekey,
//!     one_time_prekey: Some(&one_time_prekey),
//! };
//! let responded = respond(&keys, &initiated.message)?;
//! assert_eq!(responded.agreement, initiated.agreement);
//! assert_eq!(responded.initiator.identity, *alice.public());
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```

use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::KeyPair;

use crate::agreement::{Agreement, HandshakeSecrets, Initiated, Responded};
use crate::curve::{CurveBundle, CurveMessage, ResponderKeys};
use crate::dh::{Dh1, EphemeralOutputs};
use crate::identity::IdentityKeyPair;
use crate::prekey::check_distinct;
use crate::sealed_initiator::{Initiator, SealKey, SealedInitiator};
use crate::session_id::SessionId;
use crate::suite::Suite;
use crate::{Error, clear_part, labels};

/// The prekey bundle: the keys that a party publishes so that others can begin a session while it is
/// offline (X3DH §3.2).
///
/// Nothing in it is verified: only [`verify`](Self::verify) leads on to a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Bundle {
    /// All keys; the signed prekey is for the suite X3DH.
    pub curve: CurveBundle,
}

impl Bundle {
    /// Verifies that the identity key signed the prekey, for this handshake (X3DH §3.3).
    ///
    /// Whether the identity key belongs to the person that is meant is for the caller to establish
    /// (X3DH §4.1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]; [`Error::OtherUse`] if the prekey is for another suite;
    /// [`Error::DuplicateId`].
    pub fn verify(self) -> Result<VerifiedBundle, Error> {
        let CurveBundle {
            identity,
            signed_prekey,
            ..
        } = &self.curve;
        signed_prekey.verify(&identity.verifying_key(), Suite::X3dh)?;
        check_distinct(self.curve.ids())?;
        Ok(VerifiedBundle(self))
    }
}

/// A bundle whose signature is valid; the only kind that a session begins with.
///
/// Only [`Bundle::verify`] makes one:
///
/// ```compile_fail,E0423
/// # use sprag_x3dh::x3dh::{Bundle, VerifiedBundle};
/// fn trust(bundle: Bundle) -> VerifiedBundle {
///     VerifiedBundle(bundle)
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifiedBundle(Bundle);

impl VerifiedBundle {
    /// The bundle that was verified.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.0
    }
}

/// The initial message, by which the responder comes to the initiator's secret (X3DH §3.3).
///
/// It is repeated in front of each message until the responder has answered. The initiator is authenticated by the
/// messages, whose associated data has the session id, a hash of all fields here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InitialMessage {
    curve: CurveMessage,
    sealed: SealedInitiator,
}

impl InitialMessage {
    /// The message of these fields, as they were received.
    #[must_use]
    pub const fn from_parts(curve: CurveMessage, sealed: SealedInitiator) -> Self {
        Self { curve, sealed }
    }

    /// The keys and numbers that everybody can read.
    #[must_use]
    pub const fn curve(&self) -> &CurveMessage {
        &self.curve
    }

    /// The initiator, which only the responder can read.
    #[must_use]
    pub const fn sealed_initiator(&self) -> &SealedInitiator {
        &self.sealed
    }

    /// The bytes from the envelope to the sealed initiator, at most 46, as they travel in front of it.
    #[must_use]
    pub fn clear_part(&self) -> Vec<u8> {
        clear_part(&self.curve)
    }

    pub(crate) fn write_clear_part(&self, output: &mut Vec<u8>) {
        clear_part::write(Suite::X3dh, &self.curve, output);
    }

    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        SessionId::of(Suite::X3dh, &self.curve, [&[], &[], self.sealed.as_bytes()])
    }
}

/// Agrees on a secret with the publisher of `bundle`. Draws 32 bytes, the ephemeral key.
///
/// `ordinal` is the number of the session among those of the two parties, 1 for the first. It travels sealed, and the
/// handshake does not use it.
///
/// A bundle that was not verified is of another type and does not compile here:
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, x3dh::{Bundle, initiate}};
/// fn begin(identity: &IdentityKeyPair, bundle: &Bundle, rng: &mut impl CryptoRng) {
///     _ = initiate(identity, bundle, 1, rng);
/// }
/// ```
///
/// # Errors
///
/// [`Error::OwnBundle`] if the bundle is `identity`'s own; [`Error::InvalidKey`] if a key of the
/// bundle contributes nothing.
///
/// # Specification
///
/// X3DH §3.3:
///
/// ```text
/// DH1 = DH(IK_A, SPK_B)
/// DH2 = DH(EK_A, IK_B)
/// DH3 = DH(EK_A, SPK_B)
/// DH4 = DH(EK_A, OPK_B)                       if the bundle has a one-time prekey
/// SK = KDF(DH1 || DH2 || DH3 [|| DH4])
/// AD = Encode(IK_A) || Encode(IK_B)
/// ```
pub fn initiate(
    identity: &IdentityKeyPair,
    bundle: &VerifiedBundle,
    ordinal: u32,
    rng: &mut impl CryptoRng,
) -> Result<Initiated<InitialMessage>, Error> {
    let initiated = initiate_observed(identity, bundle, ordinal, (rng, |_| ()));
    initiated.map(|(initiated, ())| initiated)
}

/// [`initiate`] before the eyes of `observe`, whose answer comes back with the result.
pub(crate) fn initiate_observed<T>(
    identity: &IdentityKeyPair,
    bundle: &VerifiedBundle,
    ordinal: u32,
    (rng, observe): (&mut impl CryptoRng, impl FnOnce(&HandshakeSecrets<'_>) -> T),
) -> Result<(Initiated<InitialMessage>, T), Error> {
    let bundle = &bundle.bundle().curve;
    bundle.check_foreign(identity)?;
    // Agree with a fresh ephemeral key.
    let ephemeral = KeyPair::generate(rng);
    let dh1 = Dh1::initiate(identity, bundle)?;
    let ephemeral_outputs = EphemeralOutputs::initiate(&ephemeral, bundle)?;
    // Seal the own identity under the agreements without it.
    let curve = CurveMessage::new(&ephemeral, bundle);
    let initiator = Initiator {
        identity: *identity.public(),
        ordinal,
    };
    let seal_key = SealKey::derive(&ephemeral_outputs, None, labels::X3DH_SEAL_KEY);
    let sealed = seal_key.seal(&clear_part(&curve), &initiator);
    let secrets = secrets(&dh1, &ephemeral_outputs);
    let initiated = Initiated {
        message: InitialMessage { curve, sealed },
        agreement: agreement(&secrets),
    };
    Ok((initiated, observe(&secrets)))
}

/// Opens the seal and comes to the initiator's secret.
///
/// Only when the first message authenticates under the result is it known to be the initiator's. Then the
/// one-time prekey must be deleted, and not before (X3DH §3.4).
///
/// # Errors
///
/// [`Error::OtherPrekey`] if `keys` are not those that `message` names; [`Error::OtherUse`] if the
/// signed prekey is for another suite; [`Error::NotAuthentic`] if the seal does not open; [`Error::OwnMessage`] if
/// the message claims to be from the responder; [`Error::InvalidKey`] if a key of the message contributes nothing.
///
/// # Specification
///
/// X3DH §3.4: the same four DHs as the initiator's, each with the other party's halves.
pub fn respond(keys: &ResponderKeys<'_>, message: &InitialMessage) -> Result<Responded, Error> {
    respond_observed(keys, message, |_| ()).map(|(responded, ())| responded)
}

/// [`respond`] before the eyes of `observe`, whose answer comes back with the result.
pub(crate) fn respond_observed<T>(
    keys: &ResponderKeys<'_>,
    message: &InitialMessage,
    observe: impl FnOnce(&HandshakeSecrets<'_>) -> T,
) -> Result<(Responded, T), Error> {
    keys.check(Suite::X3dh, &message.curve)?;
    // Open the seal, for which the initiator's identity is not needed.
    let ephemeral_outputs = EphemeralOutputs::respond(keys, &message.curve)?;
    let seal_key = SealKey::derive(&ephemeral_outputs, None, labels::X3DH_SEAL_KEY);
    let initiator = seal_key.open(&message.clear_part(), &message.sealed)?;
    keys.check_foreign(&initiator)?;
    // Agree with the initiator's identity key too.
    let dh1 = Dh1::respond(keys, &initiator.identity)?;
    let secrets = secrets(&dh1, &ephemeral_outputs);
    let responded = Responded {
        initiator,
        agreement: agreement(&secrets),
    };
    Ok((responded, observe(&secrets)))
}

const fn secrets<'a>(dh1: &'a Dh1, others: &'a EphemeralOutputs) -> HandshakeSecrets<'a> {
    HandshakeSecrets {
        suite: Suite::X3dh,
        dh1,
        others,
        kem_secret: None,
    }
}

/// The agreement of either role.
fn agreement(secrets: &HandshakeSecrets<'_>) -> Agreement {
    Agreement {
        shared_secret: secrets.shared_secret(),
        kem_prekey_hash: None,
    }
}

/// The bytes in front of the sealed initiator.
fn clear_part(curve: &CurveMessage) -> Vec<u8> {
    let mut output = Vec::new();
    clear_part::write(Suite::X3dh, curve, &mut output);
    output
}

//! PQXDH, "The PQXDH Key Agreement Protocol", revision 3, with ML-KEM-1024.
//!
//! Messages that are recorded today cannot be read with a quantum computer of tomorrow, because the
//! secret also comes from a KEM. The identities of the parties are still authenticated by discrete
//! logarithms alone (PQXDH §4.1).
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_x3dh::pqxdh::{Bundle, initiate, respond};
//! use sprag_x3dh::{CurveBundle, IdentityKeyPair, KemPrekeyPair, OneTimePrekeyPair};
//! use sprag_x3dh::{ResponderKeys, SignedPrekeyPair, SignedPrekeyTerms, Suite};
//!
//! let mut rng = UnwrapErr(SysRng);
//! // Bob publishes a bundle and goes offline.
//! let bob = IdentityKeyPair::generate(&mut rng);
//! let terms = SignedPrekeyTerms { suite: Suite::Pqxdh, id: 1, created: 1_767_225_600 };
//! let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
//! let one_time_prekey = OneTimePrekeyPair::generate(2, &mut rng);
//! let (kem_pair, kem_prekey) = KemPrekeyPair::generate_one_time(3, &bob, &mut rng);
//! let curve = CurveBundle {
//!     identity: *bob.public(),
//!     signed_prekey: signed_prekey.public(),
//!     one_time_prekey: Some(one_time_prekey.public()),
//! };
//! let bundle = Bundle { curve, kem_prekey };
//!
//! // Alice verifies it and agrees on a secret alone.
//! let alice = IdentityKeyPair::generate(&mut rng);
//! let initiated = initiate(&alice, &bundle.verify()?, 1, &mut rng)?;
//!
//! // Bob comes to the same from her message.
//! let keys = ResponderKeys {
//!     identity: &bob,
//!     signed_prekey: &signed_prekey,
//!     one_time_prekey: Some(&one_time_prekey),
//! };
//! let responded = respond(&keys, &kem_pair, &initiated.message)?;
//! assert_eq!(responded.agreement, initiated.agreement);
//! assert_eq!(responded.initiator.identity, *alice.public());
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```

use alloc::vec::Vec;

use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::KeyPair;

use crate::agreement::{Agreement, HandshakeSecrets, Initiated, Responded};
use crate::curve::{CurveBundle, CurveMessage, ResponderKeys};
use crate::dh::{Dh1, EphemeralOutputs};
use crate::identity::IdentityKeyPair;
use crate::kem_prekey::{KemPrekey, KemPrekeyPair};
use crate::prekey::{PrekeyId, check_distinct};
use crate::sealed_initiator::{Initiator, SealKey, SealedInitiator};
use crate::session_id::SessionId;
use crate::suite::Suite;
use crate::{Error, Slot, clear_part, labels};

/// The prekey bundle: the keys that a party publishes so that others can begin a session while it is
/// offline (PQXDH §3.2).
///
/// Nothing in it is verified: only [`verify`](Self::verify) leads on to a session.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Bundle {
    /// The curve keys; the signed prekey is for the suite PQXDH.
    pub curve: CurveBundle,
    /// A KEM one-time prekey or, where there was none left, the last-resort prekey.
    pub kem_prekey: KemPrekey,
}

impl Bundle {
    /// Verifies that the identity key signed both prekeys, for this handshake and this use (PQXDH §3.3), and a
    /// last-resort prekey for use with this signed prekey.
    ///
    /// Whether the identity key belongs to the person that is meant is for the caller to establish
    /// (PQXDH §4.1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]; [`Error::OtherUse`] if the signed prekey is for another suite;
    /// [`Error::DuplicateId`].
    pub fn verify(self) -> Result<VerifiedBundle, Error> {
        let CurveBundle {
            identity,
            signed_prekey,
            ..
        } = &self.curve;
        let signer = identity.verifying_key();
        signed_prekey.verify(&signer, Suite::Pqxdh)?;
        self.kem_prekey.verify(&signer, signed_prekey)?;
        check_distinct(self.curve.ids().chain([self.kem_prekey.id]))?;
        Ok(VerifiedBundle(self))
    }
}

/// A bundle whose signatures are valid; the only kind that a session begins with.
///
/// Only [`Bundle::verify`] makes one:
///
/// ```compile_fail,E0423
/// # use sprag_x3dh::pqxdh::{Bundle, VerifiedBundle};
/// fn trust(bundle: Bundle) -> VerifiedBundle {
///     VerifiedBundle(bundle)
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedBundle(Bundle);

impl VerifiedBundle {
    /// The bundle that was verified.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.0
    }
}

/// The initial message, by which the responder comes to the initiator's secret (PQXDH §3.3).
///
/// It is repeated in front of each message until the responder has answered. The initiator is authenticated by the
/// messages, whose associated data has the session id, a hash of all fields here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InitialMessage {
    curve: CurveMessage,
    kem: KemPart,
    sealed: SealedInitiator,
}

/// The fields of an initial message that the KEM adds.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct KemPart {
    /// The number of the KEM prekey used.
    pub prekey: PrekeyId,
    /// The KEM ciphertext (`CT`).
    pub ciphertext: Ciphertext,
}

impl InitialMessage {
    /// The message of these fields, as they were received.
    #[must_use]
    pub const fn from_parts(curve: CurveMessage, kem: KemPart, sealed: SealedInitiator) -> Self {
        Self { curve, kem, sealed }
    }

    /// The keys and numbers on the curve that everybody can read.
    #[must_use]
    pub const fn curve(&self) -> &CurveMessage {
        &self.curve
    }

    /// The number of the KEM prekey, and the KEM ciphertext.
    #[must_use]
    pub const fn kem(&self) -> &KemPart {
        &self.kem
    }

    /// The initiator, which only the responder can read.
    #[must_use]
    pub const fn sealed_initiator(&self) -> &SealedInitiator {
        &self.sealed
    }

    /// The bytes from the envelope to the sealed initiator, at most 1,619, as they travel in front of it.
    #[must_use]
    pub fn clear_part(&self) -> Vec<u8> {
        clear_part(&self.curve, &self.kem)
    }

    pub(crate) fn write_clear_part(&self, output: &mut Vec<u8>) {
        write_clear_part(&self.curve, &self.kem, output);
    }

    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        let kem_prekey = self.kem.prekey.to_le_bytes();
        let further = [
            kem_prekey.as_slice(),
            self.kem.ciphertext.as_bytes(),
            self.sealed.as_bytes(),
        ];
        SessionId::of(Suite::Pqxdh, &self.curve, further)
    }
}

/// Agrees on a secret with the publisher of `bundle`. Draws 64 bytes: the ephemeral key, then the
/// encapsulation's.
///
/// `ordinal` is the number of the session among those of the two parties, 1 for the first. It travels sealed, and the
/// handshake does not use it.
///
/// A bundle that was not verified is of another type and does not compile here, and a bundle for X3DH does
/// not compile either:
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, pqxdh::{Bundle, initiate}};
/// fn begin(identity: &IdentityKeyPair, bundle: &Bundle, rng: &mut impl CryptoRng) {
///     _ = initiate(identity, bundle, 1, rng);
/// }
/// ```
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, pqxdh, x3dh};
/// fn begin(identity: &IdentityKeyPair, bundle: &x3dh::VerifiedBundle, rng: &mut impl CryptoRng) {
///     _ = pqxdh::initiate(identity, bundle, 1, rng);
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
/// PQXDH §3.3:
///
/// ```text
/// (CT, SS) = PQKEM-ENC(PQPK_B)
/// DH1 = DH(IK_A, SPK_B)
/// DH2 = DH(EK_A, IK_B)
/// DH3 = DH(EK_A, SPK_B)
/// DH4 = DH(EK_A, OPK_B)                       if the bundle has a one-time prekey
/// SK = KDF(DH1 || DH2 || DH3 [|| DH4] || SS)
/// AD = EncodeEC(IK_A) || EncodeEC(IK_B)       and a hash of EncodeKEM(PQPK_B)
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
    let Bundle {
        curve: bundle,
        kem_prekey,
    } = bundle.bundle();
    bundle.check_foreign(identity)?;
    // Agree with a fresh ephemeral key, and encapsulate a secret.
    let ephemeral = KeyPair::generate(rng);
    let (ciphertext, kem_secret) = kem_prekey.key.encapsulate(rng);
    let dh1 = Dh1::initiate(identity, bundle)?;
    let ephemeral_outputs = EphemeralOutputs::initiate(&ephemeral, bundle)?;
    // Seal the own identity under the secrets without it.
    let curve = CurveMessage::new(&ephemeral, bundle);
    let kem = KemPart {
        prekey: kem_prekey.id,
        ciphertext,
    };
    let initiator = Initiator {
        identity: *identity.public(),
        ordinal,
    };
    let seal_key = seal_key(&ephemeral_outputs, &kem_secret);
    let sealed = seal_key.seal(&clear_part(&curve, &kem), &initiator);
    let secrets = secrets(&dh1, &ephemeral_outputs, &kem_secret);
    let initiated = Initiated {
        message: InitialMessage { curve, kem, sealed },
        agreement: Agreement {
            shared_secret: secrets.shared_secret(),
            kem_prekey_hash: Some(kem_prekey.hash()),
        },
    };
    Ok((initiated, observe(&secrets)))
}

/// Opens the seal and comes to the initiator's secret, with the one-time or last-resort KEM prekey that `message`
/// names.
///
/// Only when the first message authenticates under the result is it known to be the initiator's. Then the one-time
/// prekeys must be deleted, and not before (PQXDH §3.4).
///
/// # Errors
///
/// [`Error::OtherPrekey`] if the private keys are not those that `message` names; [`Error::OtherUse`] if the
/// signed prekey is for another suite; [`Error::NotAuthentic`] if the seal does not open, for example because the KEM
/// ciphertext is damaged; [`Error::OwnMessage`] if the message claims to be from the responder;
/// [`Error::InvalidKey`] if a key of the message contributes nothing.
///
/// # Specification
///
/// PQXDH §3.4: `SS = PQKEM-DEC(PQPK_B, CT)` and the same DHs as the initiator's, each with the other
/// party's halves.
pub fn respond(
    keys: &ResponderKeys<'_>,
    kem_prekey: &KemPrekeyPair,
    message: &InitialMessage,
) -> Result<Responded, Error> {
    respond_observed(keys, kem_prekey, (message, |_| ())).map(|(responded, ())| responded)
}

/// [`respond`] before the eyes of `observe`, whose answer comes back with the result.
pub(crate) fn respond_observed<T>(
    keys: &ResponderKeys<'_>,
    kem_prekey: &KemPrekeyPair,
    (message, observe): (&InitialMessage, impl FnOnce(&HandshakeSecrets<'_>) -> T),
) -> Result<(Responded, T), Error> {
    let InitialMessage { curve, kem, sealed } = message;
    keys.check(Suite::Pqxdh, curve)?;
    if kem_prekey.id() != kem.prekey {
        return Err(Error::OtherPrekey(Slot::KemPrekey));
    }
    // Open the seal, for which the initiator's identity is not needed.
    let ephemeral_outputs = EphemeralOutputs::respond(keys, curve)?;
    let kem_secret = kem_prekey.key().decapsulate(&kem.ciphertext);
    let seal_key = seal_key(&ephemeral_outputs, &kem_secret);
    let initiator = seal_key.open(&clear_part(curve, kem), sealed)?;
    keys.check_foreign(&initiator)?;
    // Agree with the initiator's identity key too.
    let dh1 = Dh1::respond(keys, &initiator.identity)?;
    let secrets = secrets(&dh1, &ephemeral_outputs, &kem_secret);
    let responded = Responded {
        initiator,
        agreement: Agreement {
            shared_secret: secrets.shared_secret(),
            kem_prekey_hash: Some(*kem_prekey.hash()),
        },
    };
    Ok((responded, observe(&secrets)))
}

const fn secrets<'a>(
    dh1: &'a Dh1,
    others: &'a EphemeralOutputs,
    kem_secret: &'a SecretBytes<32>,
) -> HandshakeSecrets<'a> {
    HandshakeSecrets {
        suite: Suite::Pqxdh,
        dh1,
        others,
        kem_secret: Some(kem_secret),
    }
}

fn seal_key(outputs: &EphemeralOutputs, kem_secret: &SecretBytes<32>) -> SealKey {
    SealKey::derive(outputs, Some(kem_secret), labels::PQXDH_SEAL_KEY)
}

/// The bytes in front of the sealed initiator.
fn clear_part(curve: &CurveMessage, kem: &KemPart) -> Vec<u8> {
    let mut output = Vec::new();
    write_clear_part(curve, kem, &mut output);
    output
}

fn write_clear_part(curve: &CurveMessage, kem: &KemPart, output: &mut Vec<u8>) {
    clear_part::write(Suite::Pqxdh, curve, output);
    clear_part::write_varint(kem.prekey, output);
    output.extend_from_slice(kem.ciphertext.as_bytes());
}

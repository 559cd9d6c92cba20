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
//! let initiated = initiate(&alice, &bundle.verify()?, &mut rng)?;
//!
//! // Bob comes to the same from her message.
//! let keys = ResponderKeys {
//!     identity: &bob,
//!     signed_prekey: &signed_prekey,
//!     one_time_prekey: Some(&one_time_prekey),
//! };
//! assert_eq!(respond(&keys, &kem_pair, &initiated.message)?, initiated.agreement);
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```

use sprag_primitives::SecretBytes;
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::KeyPair;

use crate::agreement::{Agreement, Initiated};
use crate::curve::{CurveBundle, CurveMessage, ResponderKeys};
use crate::dh::DhOutputs;
use crate::identity::IdentityKeyPair;
use crate::kem_prekey::{KemPrekey, KemPrekeyHash, KemPrekeyPair};
use crate::prekey::{PrekeyId, check_distinct};
use crate::session_id::SessionId;
use crate::shared_secret::SharedSecret;
use crate::suite::Suite;
use crate::{Error, Slot, labels};

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
    /// Verifies that the identity key signed both prekeys, for this handshake and this use
    /// (PQXDH §3.3).
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
        signed_prekey.verify(identity, Suite::Pqxdh)?;
        self.kem_prekey.verify(identity)?;
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
/// It is repeated in front of each message until the responder has answered. It is not
/// authenticated by itself: the session id, a hash of all its fields, is part of the associated data
/// of every message.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct InitialMessage {
    /// The curve keys and numbers.
    pub curve: CurveMessage,
    /// The number of the KEM prekey used.
    pub kem_prekey: PrekeyId,
    /// The KEM ciphertext (`CT`).
    pub ciphertext: Ciphertext,
}

impl InitialMessage {
    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        let kem_prekey = self.kem_prekey.to_le_bytes();
        let further = [kem_prekey.as_slice(), self.ciphertext.as_bytes()];
        SessionId::of(Suite::Pqxdh, &self.curve, further)
    }
}

/// Agrees on a secret with the publisher of `bundle`. Draws 64 bytes: the ephemeral key, then the
/// encapsulation's.
///
/// A bundle that was not verified is of another type and does not compile here, and a bundle for X3DH does
/// not compile either:
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, pqxdh::{Bundle, initiate}};
/// fn begin(identity: &IdentityKeyPair, bundle: &Bundle, rng: &mut impl CryptoRng) {
///     _ = initiate(identity, bundle, rng);
/// }
/// ```
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, pqxdh, x3dh};
/// fn begin(identity: &IdentityKeyPair, bundle: &x3dh::VerifiedBundle, rng: &mut impl CryptoRng) {
///     _ = pqxdh::initiate(identity, bundle, rng);
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
    rng: &mut impl CryptoRng,
) -> Result<Initiated<InitialMessage>, Error> {
    let Bundle { curve, kem_prekey } = bundle.bundle();
    curve.check_foreign(identity)?;
    let ephemeral = KeyPair::generate(rng);
    let (ciphertext, kem_secret) = kem_prekey.key.encapsulate(rng);
    let dh = DhOutputs::initiate(identity, &ephemeral, curve)?;
    Ok(Initiated {
        message: InitialMessage {
            curve: CurveMessage::new(identity, &ephemeral, curve),
            kem_prekey: kem_prekey.id,
            ciphertext,
        },
        agreement: agreement(&dh, &kem_secret, kem_prekey.hash()),
    })
}

/// Comes to the initiator's secret, with the one-time or last-resort KEM prekey that `message` names.
///
/// Only when the first message authenticates under the result is it known to be the initiator's, because a
/// damaged KEM ciphertext yields another secret and no error. Then the one-time prekeys must be deleted,
/// and not before (PQXDH §3.4).
///
/// # Errors
///
/// [`Error::OtherPrekey`] if the private keys are not those that `message` names; [`Error::OtherUse`] if the
/// signed prekey is for another suite; [`Error::OwnMessage`] if the message claims to be from the
/// responder; [`Error::InvalidKey`] if a key of the message contributes nothing.
///
/// # Specification
///
/// PQXDH §3.4: `SS = PQKEM-DEC(PQPK_B, CT)` and the same DHs as the initiator's, each with the other
/// party's halves.
pub fn respond(
    keys: &ResponderKeys<'_>,
    kem_prekey: &KemPrekeyPair,
    message: &InitialMessage,
) -> Result<Agreement, Error> {
    keys.check(Suite::Pqxdh, &message.curve)?;
    if kem_prekey.id() != message.kem_prekey {
        return Err(Error::OtherPrekey(Slot::KemPrekey));
    }
    let dh = DhOutputs::respond(keys, &message.curve)?;
    let kem_secret = kem_prekey.key().decapsulate(&message.ciphertext);
    Ok(agreement(&dh, &kem_secret, *kem_prekey.hash()))
}

/// The agreement of either role, each with the hash of its own records.
fn agreement(dh: &DhOutputs, kem_secret: &SecretBytes<32>, hash: KemPrekeyHash) -> Agreement {
    let key_material = dh.key_material();
    Agreement {
        shared_secret: SharedSecret::kdf(key_material, Some(kem_secret), labels::PQXDH_INFO),
        kem_prekey_hash: Some(hash),
    }
}

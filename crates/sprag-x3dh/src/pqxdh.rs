//! PQXDH, "The PQXDH Key Agreement Protocol", revision 3, with ML-KEM-1024: who records the messages of
//! today cannot read them with a quantum computer of tomorrow. Who the parties are is still
//! authenticated by discrete logarithms alone (PQXDH §4.1).
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_x3dh::pqxdh::{Bundle, ResponderKeys, initiate, respond};
//! use sprag_x3dh::{IdentityKeyPair, KemPrekeyPair, OneTimePrekeyPair};
//! use sprag_x3dh::{SignedPrekeyPair, SignedPrekeyTerms, Suite};
//!
//! let mut rng = UnwrapErr(SysRng);
//! // Bob publishes a bundle and goes offline.
//! let bob = IdentityKeyPair::generate(&mut rng);
//! let terms = SignedPrekeyTerms { suite: Suite::Pqxdh, id: 1, created: 1_767_225_600 };
//! let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
//! let one_time_prekey = OneTimePrekeyPair::generate(2, &mut rng);
//! let (kem_pair, kem_prekey) = KemPrekeyPair::generate_one_time(3, &bob, &mut rng);
//! let bundle = Bundle {
//!     identity: *bob.public(),
//!     signed_prekey: signed_prekey.public(),
//!     one_time_prekey: Some(one_time_prekey.public()),
//!     kem_prekey,
//! };
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
//!     kem_prekey: &kem_pair,
//! };
//! assert_eq!(respond(&keys, &initiated.message)?, initiated.agreement);
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```

use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::agreement::{Agreement, Agreements, Initiated, OwnKeys, RemoteKeys, associated_data};
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::kem_prekey::{KemPrekey, KemPrekeyPair};
use crate::one_time_prekey::{OneTimePrekey, OneTimePrekeyPair};
use crate::prekey::{PrekeyId, check_distinct};
use crate::session_id::{CommonFields, SessionId};
use crate::shared_secret::SharedSecret;
use crate::signed_prekey::{SignedPrekey, SignedPrekeyPair};
use crate::suite::Suite;
use crate::{Error, Slot, labels};

/// What a party publishes so that others can begin a session while it is offline (PQXDH §3.2).
///
/// Nothing in it is verified: only [`verify`](Self::verify) leads on to a session.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Bundle {
    /// The identity key of the publisher, as claimed.
    pub identity: IdentityKey,
    /// The signed prekey, for the suite PQXDH.
    pub signed_prekey: SignedPrekey,
    /// A curve one-time prekey, where there was one left.
    pub one_time_prekey: Option<OneTimePrekey>,
    /// A KEM one-time prekey or, where there was none left, the last-resort prekey.
    pub kem_prekey: KemPrekey,
}

impl Bundle {
    /// Verifies that the identity key signed both prekeys, for this handshake and this use
    /// (PQXDH §3.3).
    ///
    /// That the identity key belongs to the person one means is for the caller to establish
    /// (PQXDH §4.1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]; [`Error::OtherUse`] if the signed prekey is for another suite;
    /// [`Error::DuplicateId`].
    pub fn verify(self) -> Result<VerifiedBundle, Error> {
        self.signed_prekey.verify(&self.identity, Suite::Pqxdh)?;
        self.kem_prekey.verify(&self.identity)?;
        let one_time_prekey = self.one_time_prekey.map(|prekey| prekey.id);
        check_distinct(
            [self.signed_prekey.terms.id, self.kem_prekey.id]
                .into_iter()
                .chain(one_time_prekey),
        )?;
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
    /// What was verified.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.0
    }
}

/// What the initiator sends so that the responder comes to the same secret (PQXDH §3.3).
///
/// It is repeated in front of each message until the responder has answered. It is not
/// authenticated by itself: the session id, a hash of all its fields, is part of the associated data
/// of every message.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct InitialMessage {
    /// The initiator's identity key (`IK_A`).
    pub identity: IdentityKey,
    /// The initiator's ephemeral key (`EK_A`).
    pub ephemeral: PublicKey,
    /// Which session of the two parties this is, as the initiator counts. The handshake makes no use of
    /// it: [`initiate`] says 1, and who keeps several sessions with one peer says more before
    /// sending.
    pub ordinal: u32,
    /// The number of the signed prekey used.
    pub signed_prekey: PrekeyId,
    /// The number of the curve one-time prekey used, if there was one.
    pub one_time_prekey: Option<PrekeyId>,
    /// The number of the KEM prekey used.
    pub kem_prekey: PrekeyId,
    /// The KEM ciphertext (`CT`).
    pub ciphertext: Ciphertext,
}

impl InitialMessage {
    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        let fields = CommonFields {
            suite: Suite::Pqxdh,
            identity: &self.identity,
            ephemeral: &self.ephemeral,
            ordinal: self.ordinal,
            signed_prekey: self.signed_prekey,
            one_time_prekey: self.one_time_prekey,
        };
        fields.session_id([&self.kem_prekey.to_le_bytes(), self.ciphertext.as_bytes()])
    }
}

/// Agrees on a secret with the publisher of `bundle`. Draws 64 bytes: the ephemeral key, then the
/// encapsulation's.
///
/// A bundle that was not verified is of another type and does not compile here, and neither is one
/// for X3DH:
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
    let Bundle {
        identity: responder,
        signed_prekey,
        one_time_prekey,
        kem_prekey,
    } = bundle.bundle();
    if identity.public() == responder {
        return Err(Error::OwnBundle);
    }
    let ephemeral = KeyPair::generate(rng);
    let (ciphertext, kem_secret) = kem_prekey.key.encapsulate(rng);
    let remote = RemoteKeys {
        identity: responder,
        signed_prekey: &signed_prekey.key,
        one_time_prekey: one_time_prekey.as_ref().map(|prekey| &prekey.key),
    };
    let agreements = Agreements::initiate(identity, &ephemeral, &remote)?;
    Ok(Initiated {
        message: InitialMessage {
            identity: *identity.public(),
            ephemeral: *ephemeral.public(),
            ordinal: 1,
            signed_prekey: signed_prekey.terms.id,
            one_time_prekey: one_time_prekey.map(|prekey| prekey.id),
            kem_prekey: kem_prekey.id,
            ciphertext,
        },
        agreement: Agreement {
            shared_secret: SharedSecret::kdf(&agreements, Some(&kem_secret), labels::PQXDH_INFO),
            associated_data: associated_data(identity.public(), responder),
            kem_prekey_hash: Some(kem_prekey.hash()),
        },
    })
}

/// The private keys of the responder that an initial message names.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct ResponderKeys<'a> {
    /// The identity key pair.
    pub identity: &'a IdentityKeyPair,
    /// The signed prekey.
    pub signed_prekey: &'a SignedPrekeyPair,
    /// The curve one-time prekey, if the message names one.
    pub one_time_prekey: Option<&'a OneTimePrekeyPair>,
    /// The KEM prekey, one-time or last-resort.
    pub kem_prekey: &'a KemPrekeyPair,
}

/// Comes to the initiator's secret.
///
/// That the result is the initiator's shows only when the first message authenticates under it: a
/// KEM ciphertext that was damaged yields another secret, not an error. Only then may the one-time
/// prekeys be deleted, and then they must be (PQXDH §3.4).
///
/// # Errors
///
/// [`Error::OtherPrekey`] if `keys` are not those that `message` names; [`Error::OtherUse`] if the
/// signed prekey is for another suite; [`Error::OwnMessage`] if the message claims to be from the
/// responder; [`Error::InvalidKey`] if a key of the message contributes nothing.
///
/// # Specification
///
/// PQXDH §3.4: `SS = PQKEM-DEC(PQPK_B, CT)` and the same DHs as the initiator's, each with the other
/// party's halves.
pub fn respond(keys: &ResponderKeys<'_>, message: &InitialMessage) -> Result<Agreement, Error> {
    let own = OwnKeys {
        identity: keys.identity,
        signed_prekey: keys.signed_prekey,
        one_time_prekey: keys.one_time_prekey,
    };
    own.check_named(Suite::Pqxdh, message.signed_prekey, message.one_time_prekey)?;
    if keys.kem_prekey.id() != message.kem_prekey {
        return Err(Error::OtherPrekey(Slot::KemPrekey));
    }
    let agreements = Agreements::respond(&own, &message.identity, &message.ephemeral)?;
    let kem_secret = keys.kem_prekey.key().decapsulate(&message.ciphertext);
    Ok(Agreement {
        shared_secret: SharedSecret::kdf(&agreements, Some(&kem_secret), labels::PQXDH_INFO),
        associated_data: associated_data(&message.identity, keys.identity.public()),
        kem_prekey_hash: Some(*keys.kem_prekey.hash()),
    })
}

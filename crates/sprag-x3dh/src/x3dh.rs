//! X3DH, "The X3DH Key Agreement Protocol", revision 1: secure as long as discrete logarithms on
//! Curve25519 are hard. [`pqxdh`](crate::pqxdh) is its successor.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_x3dh::x3dh::{Bundle, ResponderKeys, initiate, respond};
//! use sprag_x3dh::{IdentityKeyPair, OneTimePrekeyPair, SignedPrekeyPair, SignedPrekeyTerms, Suite};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let bob = IdentityKeyPair::generate(&mut rng);
//! let terms = SignedPrekeyTerms { suite: Suite::X3dh, id: 1, created: 1_767_225_600 };
//! let signed_prekey = SignedPrekeyPair::generate(terms, &bob, &mut rng);
//! let one_time_prekey = OneTimePrekeyPair::generate(2, &mut rng);
//! let bundle = Bundle {
//!     identity: *bob.public(),
//!     signed_prekey: signed_prekey.public(),
//!     one_time_prekey: Some(one_time_prekey.public()),
//! };
//!
//! let alice = IdentityKeyPair::generate(&mut rng);
//! let initiated = initiate(&alice, &bundle.verify()?, &mut rng)?;
//!
//! let keys = ResponderKeys {
//!     identity: &bob,
//!     signed_prekey: &signed_prekey,
//!     one_time_prekey: Some(&one_time_prekey),
//! };
//! assert_eq!(respond(&keys, &initiated.message)?, initiated.agreement);
//! # Ok::<(), sprag_x3dh::Error>(())
//! ```

use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::agreement::{Agreement, Agreements, Initiated, OwnKeys, RemoteKeys, associated_data};
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::one_time_prekey::{OneTimePrekey, OneTimePrekeyPair};
use crate::prekey::{PrekeyId, check_distinct};
use crate::session_id::{CommonFields, SessionId};
use crate::shared_secret::SharedSecret;
use crate::signed_prekey::{SignedPrekey, SignedPrekeyPair};
use crate::suite::Suite;
use crate::{Error, labels};

/// What a party publishes so that others can begin a session while it is offline (X3DH §3.2).
///
/// Nothing in it is verified: only [`verify`](Self::verify) leads on to a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Bundle {
    /// The identity key of the publisher, as claimed.
    pub identity: IdentityKey,
    /// The signed prekey, for the suite X3DH.
    pub signed_prekey: SignedPrekey,
    /// A one-time prekey, where there was one left.
    pub one_time_prekey: Option<OneTimePrekey>,
}

impl Bundle {
    /// Verifies that the identity key signed the prekey, for this handshake (X3DH §3.3).
    ///
    /// That the identity key belongs to the person one means is for the caller to establish
    /// (X3DH §4.1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]; [`Error::OtherUse`] if the prekey is for another suite;
    /// [`Error::DuplicateId`].
    pub fn verify(self) -> Result<VerifiedBundle, Error> {
        self.signed_prekey.verify(&self.identity, Suite::X3dh)?;
        let one_time_prekey = self.one_time_prekey.map(|prekey| prekey.id);
        check_distinct(
            [self.signed_prekey.terms.id]
                .into_iter()
                .chain(one_time_prekey),
        )?;
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
    /// What was verified.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.0
    }
}

/// What the initiator sends so that the responder comes to the same secret (X3DH §3.3).
///
/// It is repeated in front of each message until the responder has answered. It is not
/// authenticated by itself: the session id, a hash of all its fields, is part of the associated data
/// of every message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    /// The number of the one-time prekey used, if there was one.
    pub one_time_prekey: Option<PrekeyId>,
}

impl InitialMessage {
    /// The id of the session that this message begins.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        let fields = CommonFields {
            suite: Suite::X3dh,
            identity: &self.identity,
            ephemeral: &self.ephemeral,
            ordinal: self.ordinal,
            signed_prekey: self.signed_prekey,
            one_time_prekey: self.one_time_prekey,
        };
        fields.session_id([&[], &[]])
    }
}

/// Agrees on a secret with the publisher of `bundle`.
///
/// A bundle that was not verified is of another type and does not compile here:
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{IdentityKeyPair, x3dh::{Bundle, initiate}};
/// fn begin(identity: &IdentityKeyPair, bundle: &Bundle, rng: &mut impl CryptoRng) {
///     _ = initiate(identity, bundle, rng);
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
    rng: &mut impl CryptoRng,
) -> Result<Initiated<InitialMessage>, Error> {
    let Bundle {
        identity: responder,
        signed_prekey,
        one_time_prekey,
    } = bundle.bundle();
    if identity.public() == responder {
        return Err(Error::OwnBundle);
    }
    let ephemeral = KeyPair::generate(rng);
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
        },
        agreement: Agreement {
            shared_secret: SharedSecret::kdf(&agreements, None, labels::X3DH_INFO),
            associated_data: associated_data(identity.public(), responder),
            kem_prekey_hash: None,
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
    /// The one-time prekey, if the message names one.
    pub one_time_prekey: Option<&'a OneTimePrekeyPair>,
}

/// Comes to the initiator's secret.
///
/// That the result is the initiator's shows only when the first message authenticates under it. Only
/// then may the one-time prekey be deleted, and then it must be (X3DH §3.4).
///
/// # Errors
///
/// [`Error::OtherPrekey`] if `keys` are not those that `message` names; [`Error::OtherUse`] if the
/// signed prekey is for another suite; [`Error::OwnMessage`] if the message claims to be from the
/// responder; [`Error::InvalidKey`] if a key of the message contributes nothing.
///
/// # Specification
///
/// X3DH §3.4: the same four DHs as the initiator's, each with the other party's halves.
pub fn respond(keys: &ResponderKeys<'_>, message: &InitialMessage) -> Result<Agreement, Error> {
    let own = OwnKeys {
        identity: keys.identity,
        signed_prekey: keys.signed_prekey,
        one_time_prekey: keys.one_time_prekey,
    };
    own.check_named(Suite::X3dh, message.signed_prekey, message.one_time_prekey)?;
    let agreements = Agreements::respond(&own, &message.identity, &message.ephemeral)?;
    Ok(Agreement {
        shared_secret: SharedSecret::kdf(&agreements, None, labels::X3DH_INFO),
        associated_data: associated_data(&message.identity, keys.identity.public()),
        kem_prekey_hash: None,
    })
}

//! Views of bundles, handshakes and sessions.

use alloc::vec::Vec;

use sprag_primitives::rand_core::CryptoRng;
use sprag_ratchet::hazmat::{FINGERPRINT_LENGTH, RatchetView, public_fingerprint};
use sprag_wire::decode_bundle;
use sprag_x3dh::hazmat::{SecretView, initiate_pqxdh, initiate_x3dh};
use sprag_x3dh::{
    IdentityKeyPair, InitialMessage, PrekeyId, Suite, VerifiedBundle, encode_ec, encode_kem,
};

use crate::{Account, Error, Initiation, Session};

/// A public key as a drawing shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PublicKeyView {
    /// The name in the specification, such as `SPK_B`.
    pub name: &'static str,
    /// The use of the key.
    pub usage: KeyUse,
    /// The number of a prekey.
    pub id: Option<PrekeyId>,
    /// The fingerprint of the encoded key, 8 bytes.
    pub fingerprint: [u8; FINGERPRINT_LENGTH],
}

/// The use of a public key in a handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyUse {
    /// An identity key, which signs the prekeys.
    Identity,
    /// The signed prekey.
    SignedPrekey,
    /// The curve one-time prekey, which is not signed.
    OneTimePrekey,
    /// The signed KEM prekey, for one session or for many.
    KemPrekey,
    /// The initiator's key for this handshake alone.
    Ephemeral,
}

/// The secrets of the handshake of a session, and the public keys in front of its messages.
#[derive(Debug)]
#[non_exhaustive]
pub struct HandshakeView {
    /// The suite.
    pub suite: Suite,
    /// The outputs of the agreements: `DH1` to `DH4`, and in PQXDH `SS`.
    pub agreements: Vec<SecretView>,
    /// The secrets that are derived from them: `SK`, the first root key `RK`, the header keys `HKA` and `NHKB` of the first
    /// chains, and `KS`, which seals the initiator's identity.
    pub derived: Vec<SecretView>,
    /// The initiator's keys, `IK_A` and `EK_A`.
    pub public: Vec<PublicKeyView>,
    /// The fingerprint of the data that all messages of the session authenticate, 8 bytes.
    pub associated_data: [u8; FINGERPRINT_LENGTH],
}

/// The keys of a bundle, whose signatures are not verified here.
///
/// # Errors
///
/// [`Error::Wire`] if the bytes are no bundle.
pub fn view_bundle(bundle: &[u8]) -> Result<Vec<PublicKeyView>, Error> {
    let bundle = decode_bundle(bundle)?.keys;
    let curve = bundle.curve();
    let signed = &curve.signed_prekey;
    let identity = curve.identity.encode();
    let mut keys = Vec::from([
        view("IK_B", KeyUse::Identity, None, &identity),
        view(
            "SPK_B",
            KeyUse::SignedPrekey,
            Some(signed.terms.id),
            &encode_ec(&signed.key),
        ),
    ]);
    if let Some(prekey) = &curve.one_time_prekey {
        let (id, key) = (Some(prekey.id), encode_ec(&prekey.key));
        keys.push(view("OPK_B", KeyUse::OneTimePrekey, id, &key));
    }
    if let Some(prekey) = bundle.kem_prekey() {
        let (id, key) = (Some(prekey.id), encode_kem(&prekey.key));
        keys.push(view("PQPK_B", KeyUse::KemPrekey, id, &key));
    }
    Ok(keys)
}

/// [`Account::initiate_with`], with a view of the handshake. It draws the same bytes from `rng`.
///
/// # Errors
///
/// Those of [`Account::initiate_with`].
pub fn initiate(
    account: &Account,
    bundle: &[u8],
    initiation: &Initiation,
    rng: &mut impl CryptoRng,
) -> Result<(Session, HandshakeView), Error> {
    let bundle = decode_bundle(bundle)?.keys.verify(&initiation.policy)?;
    let (identity, ordinal) = (account.identity_pair(), initiation.ordinal);
    // Agree on a secret, and look at it.
    let (handshake, agreement, secrets) = match &bundle {
        VerifiedBundle::X3dh(bundle) => {
            let (initiated, secrets) = initiate_x3dh(identity, bundle, ordinal, rng)?;
            let handshake = InitialMessage::X3dh(initiated.message);
            (handshake, initiated.agreement, secrets)
        }
        VerifiedBundle::Pqxdh(bundle) => {
            let (initiated, secrets) = initiate_pqxdh(identity, bundle, ordinal, rng)?;
            let handshake = InitialMessage::Pqxdh(initiated.message);
            (handshake, initiated.agreement, secrets)
        }
    };
    let public = initiators_keys(identity, &handshake);
    // Begin the session with it.
    let session = Session::begin((identity, &bundle, ordinal), handshake, agreement, rng)?;
    let view = HandshakeView {
        suite: secrets.suite,
        agreements: secrets.agreements,
        derived: secrets.derived,
        public,
        associated_data: public_fingerprint(session.associated_data()),
    };
    Ok((session, view))
}

impl Session {
    /// A view of the keys that the session's ratchet holds, by fingerprints.
    #[must_use]
    pub const fn ratchet_view(&self) -> RatchetView<'_> {
        self.ratchet().view()
    }

    /// The fingerprint of the data that all messages of the session authenticate, 8 bytes.
    #[must_use]
    pub fn associated_data_fingerprint(&self) -> [u8; FINGERPRINT_LENGTH] {
        public_fingerprint(self.associated_data())
    }
}

fn initiators_keys(identity: &IdentityKeyPair, handshake: &InitialMessage) -> Vec<PublicKeyView> {
    let identity = identity.public().encode();
    let ephemeral = encode_ec(&handshake.curve().ephemeral);
    Vec::from([
        view("IK_A", KeyUse::Identity, None, &identity),
        view("EK_A", KeyUse::Ephemeral, None, &ephemeral),
    ])
}

fn view(name: &'static str, usage: KeyUse, id: Option<PrekeyId>, encoded: &[u8]) -> PublicKeyView {
    PublicKeyView {
        name,
        usage,
        id,
        fingerprint: public_fingerprint(encoded),
    }
}

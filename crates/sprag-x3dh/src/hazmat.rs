//! Views of the secrets of a handshake, for programs that draw which key feeds what. Programs that exchange messages
//! need none of this.
//!
//! A view shows secrets by their fingerprints; with the feature `show-keys` it shows the secrets, too.

use alloc::vec::Vec;

use sprag_primitives::SecretBytes;
pub use sprag_primitives::key_view::{FINGERPRINT_LENGTH, KeyView, public_fingerprint};
use sprag_primitives::rand_core::CryptoRng;

use crate::agreement::HandshakeSecrets;
use crate::sealed_initiator::SealKey;
use crate::shared_secret::SessionKeys;
use crate::{
    Error, IdentityKeyPair, Initiated, KemPrekeyPair, Responded, ResponderKeys, Suite, labels,
    pqxdh, x3dh,
};

/// The secrets of a handshake: what the agreements yield, and what is derived from that.
#[derive(Debug)]
#[non_exhaustive]
pub struct HandshakeView {
    /// The suite.
    pub suite: Suite,
    /// `DH1` to `DH4`, of which the last is missing if the bundle had no one-time prekey, and in PQXDH `SS`.
    pub agreements: Vec<SecretView>,
    /// `SK`, the keys that a session begins with, and the key that seals the initiator.
    pub derived: Vec<SecretView>,
}

/// A secret with the names of what it is made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct SecretView {
    /// The name in the specification, such as `DH1`, or in sprag's document of the protocol.
    pub name: &'static str,
    /// The names of the keys or secrets that it comes from, in their order.
    pub of: Vec<&'static str>,
    /// The secret.
    pub key: KeyView,
}

/// [`x3dh::initiate`], with a view of its secrets.
///
/// # Errors
///
/// Those of [`x3dh::initiate`].
pub fn initiate_x3dh(
    identity: &IdentityKeyPair,
    bundle: &x3dh::VerifiedBundle,
    ordinal: u32,
    rng: &mut impl CryptoRng,
) -> Result<(Initiated<x3dh::InitialMessage>, HandshakeView), Error> {
    x3dh::initiate_observed(identity, bundle, ordinal, (rng, view))
}

/// [`x3dh::respond`], with a view of its secrets.
///
/// # Errors
///
/// Those of [`x3dh::respond`].
pub fn respond_x3dh(
    keys: &ResponderKeys<'_>,
    message: &x3dh::InitialMessage,
) -> Result<(Responded, HandshakeView), Error> {
    x3dh::respond_observed(keys, message, view)
}

/// [`pqxdh::initiate`], with a view of its secrets.
///
/// # Errors
///
/// Those of [`pqxdh::initiate`].
pub fn initiate_pqxdh(
    identity: &IdentityKeyPair,
    bundle: &pqxdh::VerifiedBundle,
    ordinal: u32,
    rng: &mut impl CryptoRng,
) -> Result<(Initiated<pqxdh::InitialMessage>, HandshakeView), Error> {
    pqxdh::initiate_observed(identity, bundle, ordinal, (rng, view))
}

/// [`pqxdh::respond`], with a view of its secrets.
///
/// # Errors
///
/// Those of [`pqxdh::respond`].
pub fn respond_pqxdh(
    keys: &ResponderKeys<'_>,
    kem_prekey: &KemPrekeyPair,
    message: &pqxdh::InitialMessage,
) -> Result<(Responded, HandshakeView), Error> {
    pqxdh::respond_observed(keys, kem_prekey, (message, view))
}

/// The secrets while they are all there.
fn view(secrets: &HandshakeSecrets<'_>) -> HandshakeView {
    // The outputs of the agreements, as far as there are that many.
    let [dh1, dh2, dh3, dh4] = secrets.dh1.key_material(secrets.others);
    let ss = secrets
        .kem_secret
        .map_or([].as_slice(), |secret| secret.expose());
    let agreements: Vec<SecretView> = AGREEMENTS
        .into_iter()
        .zip([dh1, dh2, dh3, dh4, ss])
        .filter_map(|((name, of), output)| {
            let output: &[u8; 32] = output.try_into().ok()?;
            let key = KeyView::of(&SecretBytes::copy_from(output), labels::KEY_FINGERPRINT);
            Some(SecretView {
                name,
                of: of.to_vec(),
                key,
            })
        })
        .collect();
    // The secrets that are derived from them.
    let names: Vec<&'static str> = agreements.iter().map(|secret| secret.name).collect();
    let without_dh1 = names.iter().copied().skip(1).collect();
    let shared_secret = secrets.shared_secret();
    let secret = |name, of, key: &SecretBytes<32>| SecretView {
        name,
        of,
        key: KeyView::of(key, labels::KEY_FINGERPRINT),
    };
    let sk = secret("SK", names, shared_secret.as_secret());
    let seal_key = SealKey::derive(secrets.others, secrets.kem_secret, secrets.seal_label());
    let seal_key = secret("KS", without_dh1, seal_key.secret());
    let SessionKeys {
        root,
        shared_hka,
        shared_nhkb,
    } = shared_secret.into_keys(secrets.suite);
    let root = SecretView {
        name: "RK",
        of: Vec::from(["SK"]),
        key: KeyView::of(&root, labels::ROOT_FINGERPRINT),
    };
    let shared_hka = secret("HKA", Vec::from(["SK"]), &shared_hka);
    let shared_nhkb = secret("NHKB", Vec::from(["SK"]), &shared_nhkb);
    HandshakeView {
        suite: secrets.suite,
        agreements,
        derived: Vec::from([sk, root, shared_hka, shared_nhkb, seal_key]),
    }
}

/// The agreements and the keys on either side of them, the initiator's first (X3DH §3.3, PQXDH §3.3).
const AGREEMENTS: [(&str, &[&str]); 5] = [
    ("DH1", &["IK_A", "SPK_B"]),
    ("DH2", &["EK_A", "IK_B"]),
    ("DH3", &["EK_A", "SPK_B"]),
    ("DH4", &["EK_A", "OPK_B"]),
    ("SS", &["PQPK_B"]),
];

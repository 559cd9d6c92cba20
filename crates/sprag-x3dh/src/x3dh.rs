use sprag_primitives::SecretBytes;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::bundle::VerifiedBundle;
use crate::encode::ENCODED_KEY_LENGTH;
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::initial_message::InitialMessage;
use crate::prekey::{OneTimePrekeyPair, SignedPrekeyPair};
use crate::shared_secret::SharedSecret;
use crate::{Error, Slot};

/// The size of a handshake's associated data in bytes.
pub const ASSOCIATED_DATA_LENGTH: usize = 2 * ENCODED_KEY_LENGTH;

/// What both parties come to.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Agreement {
    /// The shared secret, SK.
    pub shared_secret: SharedSecret,
    /// `EncodeEC(IK_A) ‖ EncodeEC(IK_B)`, the initiator first on both sides, 66 bytes.
    pub associated_data: [u8; ASSOCIATED_DATA_LENGTH],
}

/// What the initiator comes to, and what it sends.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Initiated {
    /// What to send, in front of the first messages.
    pub message: InitialMessage,
    /// The shared secret and the associated data.
    pub agreement: Agreement,
}

/// Agrees on a secret with the publisher of `bundle`.
///
/// A bundle that was not verified is of another type and does not compile here:
///
/// ```compile_fail,E0308
/// # use sprag_primitives::rand_core::CryptoRng;
/// # use sprag_x3dh::{Bundle, IdentityKeyPair, initiate};
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
) -> Result<Initiated, Error> {
    if identity.public() == bundle.identity() {
        return Err(Error::OwnBundle);
    }
    let ephemeral = KeyPair::generate(rng);
    let signed_prekey = bundle.signed_prekey();
    let dh1 = dh(identity.pair(), &signed_prekey.key, Slot::SignedPrekey)?;
    let dh2 = dh(&ephemeral, bundle.identity().public_key(), Slot::Identity)?;
    let dh3 = dh(&ephemeral, &signed_prekey.key, Slot::SignedPrekey)?;
    let dh4 = bundle
        .one_time_prekey()
        .map(|one_time| dh(&ephemeral, &one_time.key, Slot::OneTimePrekey))
        .transpose()?;
    Ok(Initiated {
        message: InitialMessage {
            suite: bundle.suite(),
            identity: *identity.public(),
            ephemeral: *ephemeral.public(),
            signed_prekey: signed_prekey.terms.id,
            one_time_prekey: bundle.one_time_prekey().map(|key| key.id),
        },
        agreement: Agreement {
            shared_secret: SharedSecret::kdf(&[dh1, dh2, dh3], dh4.as_ref()),
            associated_data: associated_data(identity.public(), bundle.identity()),
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
/// [`Error::OtherPrekey`] if `keys` are not those that `message` names; [`Error::InvalidKey`] if a
/// key of the message contributes nothing.
///
/// # Specification
///
/// X3DH §3.4: the same four DHs as the initiator's, each with the other party's halves.
pub fn respond(keys: &ResponderKeys<'_>, message: &InitialMessage) -> Result<Agreement, Error> {
    if keys.signed_prekey.id() != message.signed_prekey
        || keys.signed_prekey.public().terms.suite != message.suite
    {
        return Err(Error::OtherPrekey(Slot::SignedPrekey));
    }
    if keys.one_time_prekey.map(OneTimePrekeyPair::id) != message.one_time_prekey {
        return Err(Error::OtherPrekey(Slot::OneTimePrekey));
    }
    let signed_prekey = keys.signed_prekey.key_pair();
    let dh1 = dh(signed_prekey, message.identity.public_key(), Slot::Identity)?;
    let dh2 = dh(keys.identity.pair(), &message.ephemeral, Slot::Ephemeral)?;
    let dh3 = dh(signed_prekey, &message.ephemeral, Slot::Ephemeral)?;
    let dh4 = keys
        .one_time_prekey
        .map(|one_time| dh(one_time.pair(), &message.ephemeral, Slot::Ephemeral))
        .transpose()?;
    Ok(Agreement {
        shared_secret: SharedSecret::kdf(&[dh1, dh2, dh3], dh4.as_ref()),
        associated_data: associated_data(&message.identity, keys.identity.public()),
    })
}

fn dh(own: &KeyPair, remote: &PublicKey, slot: Slot) -> Result<SecretBytes<32>, Error> {
    own.diffie_hellman(remote)
        .map_err(|fault| Error::InvalidKey(slot, fault))
}

fn associated_data(
    initiator: &IdentityKey,
    responder: &IdentityKey,
) -> [u8; ASSOCIATED_DATA_LENGTH] {
    let mut associated_data = [0; ASSOCIATED_DATA_LENGTH];
    let (first, second) = associated_data.split_at_mut(ENCODED_KEY_LENGTH);
    first.copy_from_slice(&initiator.encode());
    second.copy_from_slice(&responder.encode());
    associated_data
}

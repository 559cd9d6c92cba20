//! The handshake of both roles: a session from a bundle, and the same session from its initial message.

use alloc::boxed::Box;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_ratchet::{DoubleRatchetHE, HeaderKey, RootKey, SharedSecrets};
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{
    Agreement, CurveMessage, IdentityKeyPair, InitialMessage, Responded, SharedSecret, Slot, Suite,
    VerifiedBundle, pqxdh, x3dh,
};

use super::origin::{OneTimeKeys, Origin};
use super::{Role, Session};
use crate::Error;
use crate::account::NamedKeys;
use crate::message::ReceivedHandshake;

impl Session {
    /// Begins a session with the publisher of `bundle`.
    ///
    /// # Specification
    ///
    /// X3DH §3.3 or PQXDH §3.3, then Double Ratchet §4.4 with the signed prekey as the responder's first
    /// ratchet key (§7.1).
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        bundle: &VerifiedBundle,
        ordinal: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        // Agree on a secret.
        let (handshake, agreement) = match bundle {
            VerifiedBundle::X3dh(bundle) => {
                let initiated = x3dh::initiate(identity, bundle, ordinal, rng)?;
                let handshake = InitialMessage::X3dh(initiated.message);
                (handshake, initiated.agreement)
            }
            VerifiedBundle::Pqxdh(bundle) => {
                let initiated = pqxdh::initiate(identity, bundle, ordinal, rng)?;
                let handshake = InitialMessage::Pqxdh(initiated.message);
                (handshake, initiated.agreement)
            }
        };
        Self::begin((identity, bundle, ordinal), handshake, agreement, rng)
    }

    /// Begins the initiator's session after the agreement.
    pub(crate) fn begin(
        (identity, bundle, ordinal): (&IdentityKeyPair, &VerifiedBundle, u32),
        handshake: InitialMessage,
        agreement: Agreement,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        // Begin the ratchet with the secret.
        let secrets = shared_secrets(agreement.shared_secret, handshake.suite());
        let remote = bundle.curve().signed_prekey.key;
        let ratchet = DoubleRatchetHE::initiator(secrets, remote, rng)?;
        // Record how the session began.
        let [ec, kem] = bundle.one_time_keys();
        let origin = Origin {
            id: handshake.session_id(),
            suite: handshake.suite(),
            initiator: *identity.public(),
            responder: bundle.curve().identity,
            ordinal,
            one_time_keys: OneTimeKeys { ec, kem },
            kem_prekey_hash: agreement.kem_prekey_hash,
        };
        let unanswered = Some(Box::new(handshake));
        Ok(Self::new(origin, Role::Initiator { unanswered }, ratchet))
    }

    /// Begins the session that an initial message asks for.
    ///
    /// # Specification
    ///
    /// X3DH §3.4 or PQXDH §3.4, then Double Ratchet §4.4.
    pub(crate) fn respond(
        keys: &NamedKeys<'_>,
        handshake: &ReceivedHandshake,
    ) -> Result<Self, Error> {
        let ReceivedHandshake {
            session_id,
            message: handshake,
        } = handshake;
        // Open the seal, and come to the initiator's secret.
        let Responded {
            initiator,
            agreement,
        } = match handshake {
            InitialMessage::X3dh(message) => x3dh::respond(&keys.curve, message)?,
            InitialMessage::Pqxdh(message) => {
                let unknown = Error::UnknownPrekey(Slot::KemPrekey, message.kem().prekey);
                let kem_prekey = keys.kem_prekey.ok_or(unknown)?;
                pqxdh::respond(&keys.curve, kem_prekey, message)?
            }
        };
        // Begin the ratchet with it.
        let secrets = shared_secrets(agreement.shared_secret, handshake.suite());
        let ratchet = DoubleRatchetHE::responder(secrets, keys.curve.signed_prekey.key_pair());
        // Record how the session began.
        let origin = Origin {
            id: *session_id,
            suite: handshake.suite(),
            initiator: initiator.identity,
            responder: *keys.curve.identity.public(),
            ordinal: initiator.ordinal,
            one_time_keys: keys.one_time_keys,
            kem_prekey_hash: agreement.kem_prekey_hash,
        };
        Ok(Self::new(origin, Role::Responder, ratchet))
    }
}

/// The secrets that the ratchet of the suite begins with, as its own types.
fn shared_secrets(secret: SharedSecret, suite: Suite) -> SharedSecrets {
    let keys = secret.into_keys(suite);
    SharedSecrets {
        root: RootKey::new(keys.root),
        shared_hka: HeaderKey::new(keys.shared_hka),
        shared_nhkb: HeaderKey::new(keys.shared_nhkb),
    }
}

/// Puts the fields of an unanswered handshake that the origin of its session does not have.
pub(super) fn put_unanswered(handshake: &InitialMessage, writer: &mut Writer) {
    let curve = handshake.curve();
    writer.put(&curve.ephemeral);
    writer.put(&curve.signed_prekey);
    writer.put(&curve.one_time_prekey);
    if let InitialMessage::Pqxdh(message) = handshake {
        writer.put(&message.kem().prekey);
        writer.put(&message.kem().ciphertext);
    }
    writer.put(handshake.sealed_initiator());
}

/// Gets the handshake that [`put_unanswered`] wrote. It must be the one that the session began with.
pub(super) fn get_unanswered(
    reader: &mut Reader<'_>,
    origin: &Origin,
) -> Result<InitialMessage, PrimitiveError> {
    let curve = CurveMessage {
        ephemeral: reader.get()?,
        signed_prekey: reader.get()?,
        one_time_prekey: reader.get()?,
    };
    let handshake = match origin.suite {
        Suite::X3dh => {
            let message = x3dh::InitialMessage::from_parts(curve, reader.get()?);
            InitialMessage::X3dh(message)
        }
        Suite::Pqxdh => {
            let kem = KemPart {
                prekey: reader.get()?,
                ciphertext: reader.get()?,
            };
            let message = pqxdh::InitialMessage::from_parts(curve, kem, reader.get()?);
            InitialMessage::Pqxdh(message)
        }
    };
    if handshake.session_id() == origin.id {
        Ok(handshake)
    } else {
        Err(PrimitiveError::SnapshotInvalid)
    }
}

//! DH1 to DH4, the Diffie-Hellman agreements that X3DH and PQXDH have in common.

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey, SecretKey};

use crate::curve::{CurveBundle, CurveMessage, ResponderKeys};
use crate::identity::IdentityKeyPair;
use crate::{Error, Slot};

/// The outputs of the agreements.
pub(crate) struct DhOutputs {
    dh1: SecretBytes<32>,
    dh2: SecretBytes<32>,
    dh3: SecretBytes<32>,
    /// There is none without a one-time prekey.
    dh4: Option<SecretBytes<32>>,
}

impl DhOutputs {
    /// The initiator's agreements (X3DH §3.3 and PQXDH §3.3).
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        ephemeral: &KeyPair,
        bundle: &CurveBundle,
    ) -> Result<Self, Error> {
        let (identity, ephemeral) = (identity.key(), ephemeral.secret_key());
        let signed_prekey = &bundle.signed_prekey.key;
        Ok(Self {
            dh1: agree(identity, signed_prekey, Slot::SignedPrekey)?,
            dh2: agree(ephemeral, bundle.identity.public_key(), Slot::Identity)?,
            dh3: agree(ephemeral, signed_prekey, Slot::SignedPrekey)?,
            dh4: bundle
                .one_time_prekey
                .as_ref()
                .map(|one_time| agree(ephemeral, &one_time.key, Slot::OneTimePrekey))
                .transpose()?,
        })
    }

    /// The responder's agreements, each with the other halves (X3DH §3.4 and PQXDH §3.4).
    pub(crate) fn respond(keys: &ResponderKeys<'_>, message: &CurveMessage) -> Result<Self, Error> {
        let (identity, ephemeral) = (message.identity.public_key(), &message.ephemeral);
        let signed_prekey = keys.signed_prekey.key_pair().secret_key();
        Ok(Self {
            dh1: agree(signed_prekey, identity, Slot::Identity)?,
            dh2: agree(keys.identity.key(), ephemeral, Slot::Ephemeral)?,
            dh3: agree(signed_prekey, ephemeral, Slot::Ephemeral)?,
            dh4: keys
                .one_time_prekey
                .map(|one_time| agree(one_time.key(), ephemeral, Slot::Ephemeral))
                .transpose()?,
        })
    }

    /// `DH1 ‖ DH2 ‖ DH3 [‖ DH4]`: the part of `KM` that comes from the curve, empty where there is no DH4.
    pub(crate) fn key_material(&self) -> [&[u8]; 4] {
        let dh4 = self.dh4.as_ref();
        [
            self.dh1.expose(),
            self.dh2.expose(),
            self.dh3.expose(),
            dh4.map_or(&[], |dh4| dh4.expose()),
        ]
    }
}

/// `DH(own, remote)`; an error names the place that the remote key came from.
fn agree(own: &SecretKey, remote: &PublicKey, slot: Slot) -> Result<SecretBytes<32>, Error> {
    own.diffie_hellman(remote)
        .map_err(|fault| Error::InvalidKey(slot, fault))
}

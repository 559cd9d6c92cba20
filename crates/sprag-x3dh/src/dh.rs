//! DH1 to DH4, the Diffie-Hellman agreements that X3DH and PQXDH have in common.

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey, SecretKey};

use crate::curve::{CurveBundle, CurveMessage, ResponderKeys};
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::{Error, Slot};

/// `F` of the specifications: it precedes the outputs in the key material, so that these can never begin like a
/// key of XEdDSA (X3DH §2.2 and PQXDH §2.2).
pub(crate) const F: [u8; 32] = [0xff; 32];

/// The output of DH1, the only agreement of both identities: it authenticates the initiator.
pub(crate) struct Dh1(SecretBytes<32>);

/// The outputs of DH2, DH3 and DH4. The responder can compute them before it knows the initiator's identity, so
/// they seal it.
pub(crate) struct EphemeralOutputs {
    dh2: SecretBytes<32>,
    dh3: SecretBytes<32>,
    /// There is none without a one-time prekey.
    dh4: Option<SecretBytes<32>>,
}

impl Dh1 {
    /// The initiator's agreement (X3DH §3.3 and PQXDH §3.3).
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        bundle: &CurveBundle,
    ) -> Result<Self, Error> {
        let signed_prekey = &bundle.signed_prekey.key;
        agree(identity.key(), signed_prekey, Slot::SignedPrekey).map(Self)
    }

    /// The responder's agreement, with the other halves (X3DH §3.4 and PQXDH §3.4).
    pub(crate) fn respond(
        keys: &ResponderKeys<'_>,
        initiator: &IdentityKey,
    ) -> Result<Self, Error> {
        let signed_prekey = keys.signed_prekey.key_pair().secret_key();
        agree(signed_prekey, initiator.public_key(), Slot::Identity).map(Self)
    }

    /// `DH1 ‖ DH2 ‖ DH3 [‖ DH4]`: the part of `KM` that comes from the curve, empty where there is no DH4.
    pub(crate) fn key_material<'a>(&'a self, others: &'a EphemeralOutputs) -> [&'a [u8]; 4] {
        let [dh2, dh3, dh4] = others.key_material();
        [self.0.expose(), dh2, dh3, dh4]
    }
}

impl EphemeralOutputs {
    /// The initiator's agreements (X3DH §3.3 and PQXDH §3.3).
    pub(crate) fn initiate(ephemeral: &KeyPair, bundle: &CurveBundle) -> Result<Self, Error> {
        let ephemeral = ephemeral.secret_key();
        let one_time_prekey = bundle.one_time_prekey.as_ref();
        Ok(Self {
            dh2: agree(ephemeral, bundle.identity.public_key(), Slot::Identity)?,
            dh3: agree(ephemeral, &bundle.signed_prekey.key, Slot::SignedPrekey)?,
            dh4: one_time_prekey
                .map(|one_time| agree(ephemeral, &one_time.key, Slot::OneTimePrekey))
                .transpose()?,
        })
    }

    /// The responder's agreements, each with the other halves (X3DH §3.4 and PQXDH §3.4).
    pub(crate) fn respond(keys: &ResponderKeys<'_>, message: &CurveMessage) -> Result<Self, Error> {
        let ephemeral = &message.ephemeral;
        let signed_prekey = keys.signed_prekey.key_pair().secret_key();
        Ok(Self {
            dh2: agree(keys.identity.key(), ephemeral, Slot::Ephemeral)?,
            dh3: agree(signed_prekey, ephemeral, Slot::Ephemeral)?,
            dh4: keys
                .one_time_prekey
                .map(|one_time| agree(one_time.key(), ephemeral, Slot::Ephemeral))
                .transpose()?,
        })
    }

    /// `DH2 ‖ DH3 [‖ DH4]`, empty where there is no DH4.
    pub(crate) fn key_material(&self) -> [&[u8]; 3] {
        let dh4 = self.dh4.as_ref();
        [
            self.dh2.expose(),
            self.dh3.expose(),
            dh4.map_or(&[], |dh4| dh4.expose()),
        ]
    }
}

#[cfg(test)]
impl EphemeralOutputs {
    /// DH2, DH3 and DH4 of a check value.
    pub(crate) fn of_check_values([dh2, dh3, dh4]: [SecretBytes<32>; 3]) -> Self {
        let dh4 = Some(dh4);
        Self { dh2, dh3, dh4 }
    }
}

/// `DH(own, remote)`; an error names the place that the remote key came from.
fn agree(own: &SecretKey, remote: &PublicKey, slot: Slot) -> Result<SecretBytes<32>, Error> {
    own.diffie_hellman(remote)
        .map_err(|fault| Error::InvalidKey(slot, fault))
}

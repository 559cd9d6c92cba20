//! Initial messages for a responder whose seal holds any content. Anybody can make such, because the seal says nothing
//! about who made it.

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::ChaCha20Poly1305;
use sprag_x3dh::pqxdh::KemPart;
use sprag_x3dh::{CurveMessage, SealedInitiator, SignedPrekeyPair, pqxdh, x3dh};

use crate::support::{Responder, decapsulation_key, kdf, key_pair, one_time_key_pair, public_key};

pub(crate) const X3DH_LABEL: &str = "sprag-v1 sealed initiator, CURVE25519_SHA-256";
pub(crate) const PQXDH_LABEL: &str = "sprag-v1 sealed initiator, CURVE25519_SHA-256_ML-KEM-1024";

/// Returns the content of a seal: the identity key of this secret, and the ordinal.
pub(crate) fn content(secret: [u8; 32], ordinal: u32) -> [u8; 36] {
    content_of(public_key(secret).as_bytes(), ordinal)
}

/// Returns the content of a seal, with any bytes for the identity key.
pub(crate) fn content_of(identity: &[u8; 32], ordinal: u32) -> [u8; 36] {
    let mut content = [0; 36];
    content[..32].copy_from_slice(identity);
    content[32..].copy_from_slice(&ordinal.to_le_bytes());
    content
}

/// Seals `content` under `key`, bound to these bytes in front of it.
pub(crate) fn seal(
    key: &SecretBytes<32>,
    clear_part: &[u8],
    content: &[u8; 36],
) -> SealedInitiator {
    let associated_data = [b"sprag sealed initiator", clear_part].concat();
    let mut sealed = [0; 52];
    sealed[..36].copy_from_slice(content);
    let tag = ChaCha20Poly1305::seal(key, &[0; 12], &associated_data, &mut sealed[..36])
        .expect("it is short");
    sealed[36..].copy_from_slice(&tag);
    SealedInitiator::from_bytes(sealed)
}

impl Responder {
    /// Returns a message with these fields, whose seal opens for this party.
    pub(crate) fn sealed_x3dh(
        &self,
        curve: CurveMessage,
        content: &[u8; 36],
    ) -> x3dh::InitialMessage {
        let unsealed = SealedInitiator::from_bytes([0; 52]);
        let clear_part = x3dh::InitialMessage::from_parts(curve, unsealed).clear_part();
        let key = kdf(&self.x3dh_outputs(&curve), X3DH_LABEL);
        x3dh::InitialMessage::from_parts(curve, seal(&key, &clear_part, content))
    }

    /// Returns a message with these fields, whose seal opens for this party.
    pub(crate) fn sealed_pqxdh(
        &self,
        curve: CurveMessage,
        kem: KemPart,
        content: &[u8; 36],
    ) -> pqxdh::InitialMessage {
        let unsealed = SealedInitiator::from_bytes([0; 52]);
        let unsealed = pqxdh::InitialMessage::from_parts(curve, kem.clone(), unsealed);
        let key = kdf(&self.pqxdh_outputs(&unsealed), PQXDH_LABEL);
        let sealed = seal(&key, &unsealed.clear_part(), content);
        pqxdh::InitialMessage::from_parts(curve, kem, sealed)
    }

    /// Computes DH2, DH3 and, with a one-time prekey, DH4.
    pub(crate) fn x3dh_outputs(&self, curve: &CurveMessage) -> Vec<SecretBytes<32>> {
        self.outputs(&self.x3dh_signed_prekey, curve)
    }

    /// Computes DH2, DH3, with a one-time prekey DH4, and SS.
    pub(crate) fn pqxdh_outputs(&self, message: &pqxdh::InitialMessage) -> Vec<SecretBytes<32>> {
        let mut outputs = self.outputs(&self.pqxdh_signed_prekey, message.curve());
        let kem_pair = decapsulation_key(self.kem_pair(message));
        outputs.push(kem_pair.decapsulate(&message.kem().ciphertext));
        outputs
    }

    fn outputs(
        &self,
        signed_prekey: &SignedPrekeyPair,
        curve: &CurveMessage,
    ) -> Vec<SecretBytes<32>> {
        let one_time_prekey = one_time_key_pair(&self.one_time_prekey);
        let own = [
            Some(&key_pair(self.secret)),
            Some(signed_prekey.key_pair()),
            curve.one_time_prekey.map(|_| &one_time_prekey),
        ];
        let agree = |own: &sprag_primitives::x25519::KeyPair| {
            own.diffie_hellman(&curve.ephemeral)
                .expect("the key is of large order")
        };
        own.into_iter().flatten().map(agree).collect()
    }
}

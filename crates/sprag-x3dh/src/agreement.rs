//! The results of the handshake, the same for X3DH and PQXDH.

use sprag_primitives::SecretBytes;

use crate::dh::{Dh1, EphemeralOutputs};
use crate::kem_prekey::KemPrekeyHash;
use crate::labels;
use crate::sealed_initiator::Initiator;
use crate::shared_secret::SharedSecret;
use crate::suite::Suite;

/// The result of both parties.
///
/// The associated data of the specifications, `AD = EncodeEC(IK_A) ‖ EncodeEC(IK_B)` (X3DH §3.3,
/// PQXDH §3.3), is not part of it, because each party knows both
/// [encoded](crate::IdentityKey::encode) identity keys. The protocol that protects the messages
/// that follow must authenticate them, the initiator's first on both sides, and `kem_prekey_hash`.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Agreement {
    /// The shared secret, SK.
    pub shared_secret: SharedSecret,
    /// The hash of the KEM prekey, 32 bytes, which each party takes from its own records (PQXDH §4.12).
    /// X3DH has none.
    pub kem_prekey_hash: Option<KemPrekeyHash>,
}

/// The initiator's result, and the message `M` that brings the responder to the same agreement.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Initiated<M> {
    /// The initial message, to be sent in front of the first messages.
    pub message: M,
    /// The agreement.
    pub agreement: Agreement,
}

/// The responder's result.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Responded {
    /// The initiator, as claimed: anybody can seal a key that is public. Only the first message that
    /// authenticates under the agreement shows that its sender has the private half.
    pub initiator: Initiator,
    /// The agreement.
    pub agreement: Agreement,
}

/// The outputs of all agreements of a handshake, while they are there.
pub(crate) struct HandshakeSecrets<'a> {
    pub(crate) suite: Suite,
    pub(crate) dh1: &'a Dh1,
    pub(crate) others: &'a EphemeralOutputs,
    /// The KEM's secret. X3DH has none.
    pub(crate) kem_secret: Option<&'a SecretBytes<32>>,
}

impl HandshakeSecrets<'_> {
    /// `SK` (X3DH §3.3, PQXDH §3.3).
    pub(crate) fn shared_secret(&self) -> SharedSecret {
        let info = match self.suite {
            Suite::X3dh => labels::X3DH_INFO,
            Suite::Pqxdh => labels::PQXDH_INFO,
        };
        SharedSecret::kdf(self.dh1.key_material(self.others), self.kem_secret, info)
    }

    /// The label of the key that seals the initiator.
    #[cfg(feature = "hazmat")]
    pub(crate) const fn seal_label(&self) -> &'static [u8] {
        match self.suite {
            Suite::X3dh => labels::X3DH_SEAL_KEY,
            Suite::Pqxdh => labels::PQXDH_SEAL_KEY,
        }
    }
}

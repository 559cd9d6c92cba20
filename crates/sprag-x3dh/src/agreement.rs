//! What both handshakes have in common: four Diffie-Hellman agreements and their result.

use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey, SecretKey};

use crate::encode::ENCODED_KEY_LENGTH;
use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::kem_prekey::KemPrekeyHash;
use crate::one_time_prekey::OneTimePrekeyPair;
use crate::prekey::PrekeyId;
use crate::shared_secret::SharedSecret;
use crate::signed_prekey::SignedPrekeyPair;
use crate::suite::Suite;
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
    /// The hash of the KEM prekey, from each party's own records, to be appended to the associated
    /// data (PQXDH §4.12); X3DH has none.
    pub kem_prekey_hash: Option<KemPrekeyHash>,
}

/// What the initiator comes to, and what it sends.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Initiated<M> {
    /// What to send, in front of the first messages.
    pub message: M,
    /// The shared secret and the associated data.
    pub agreement: Agreement,
}

/// DH1 ‖ DH2 ‖ DH3 [‖ DH4], the outputs of the agreements.
pub(crate) struct Agreements {
    pub(crate) dh: [SecretBytes<32>; 3],
    pub(crate) dh4: Option<SecretBytes<32>>,
}

/// The curve keys of a bundle.
pub(crate) struct RemoteKeys<'a> {
    pub(crate) identity: &'a IdentityKey,
    pub(crate) signed_prekey: &'a PublicKey,
    pub(crate) one_time_prekey: Option<&'a PublicKey>,
}

impl Agreements {
    /// As the initiator: X3DH §3.3 and PQXDH §3.3.
    pub(crate) fn initiate(
        identity: &IdentityKeyPair,
        ephemeral: &KeyPair,
        remote: &RemoteKeys<'_>,
    ) -> Result<Self, Error> {
        let ephemeral = ephemeral.secret_key();
        Ok(Self {
            dh: [
                dh(identity.key(), remote.signed_prekey, Slot::SignedPrekey)?,
                dh(ephemeral, remote.identity.public_key(), Slot::Identity)?,
                dh(ephemeral, remote.signed_prekey, Slot::SignedPrekey)?,
            ],
            dh4: remote
                .one_time_prekey
                .map(|one_time| dh(ephemeral, one_time, Slot::OneTimePrekey))
                .transpose()?,
        })
    }

    /// As the responder: X3DH §3.4 and PQXDH §3.4, each agreement with the other halves.
    pub(crate) fn respond(
        keys: &OwnKeys<'_>,
        identity: &IdentityKey,
        ephemeral: &PublicKey,
    ) -> Result<Self, Error> {
        if identity == keys.identity.public() {
            return Err(Error::OwnMessage);
        }
        let signed_prekey = keys.signed_prekey.key_pair().secret_key();
        Ok(Self {
            dh: [
                dh(signed_prekey, identity.public_key(), Slot::Identity)?,
                dh(keys.identity.key(), ephemeral, Slot::Ephemeral)?,
                dh(signed_prekey, ephemeral, Slot::Ephemeral)?,
            ],
            dh4: keys
                .one_time_prekey
                .map(|one_time| dh(one_time.key(), ephemeral, Slot::Ephemeral))
                .transpose()?,
        })
    }
}

/// The curve keys of the responder.
pub(crate) struct OwnKeys<'a> {
    pub(crate) identity: &'a IdentityKeyPair,
    pub(crate) signed_prekey: &'a SignedPrekeyPair,
    pub(crate) one_time_prekey: Option<&'a OneTimePrekeyPair>,
}

impl OwnKeys<'_> {
    /// Demands that these are the keys that a message names, and for its suite.
    pub(crate) fn check_named(
        &self,
        suite: Suite,
        signed_prekey: PrekeyId,
        one_time_prekey: Option<PrekeyId>,
    ) -> Result<(), Error> {
        if self.signed_prekey.id() != signed_prekey {
            return Err(Error::OtherPrekey(Slot::SignedPrekey));
        }
        if self.signed_prekey.suite() != suite {
            return Err(Error::OtherUse(Slot::SignedPrekey));
        }
        if self.one_time_prekey.map(OneTimePrekeyPair::id) != one_time_prekey {
            return Err(Error::OtherPrekey(Slot::OneTimePrekey));
        }
        Ok(())
    }
}

fn dh(own: &SecretKey, remote: &PublicKey, slot: Slot) -> Result<SecretBytes<32>, Error> {
    own.diffie_hellman(remote)
        .map_err(|fault| Error::InvalidKey(slot, fault))
}

pub(crate) fn associated_data(
    initiator: &IdentityKey,
    responder: &IdentityKey,
) -> [u8; ASSOCIATED_DATA_LENGTH] {
    let mut associated_data = [0; ASSOCIATED_DATA_LENGTH];
    let (first, second) = associated_data.split_at_mut(ENCODED_KEY_LENGTH);
    first.copy_from_slice(&initiator.encode());
    second.copy_from_slice(&responder.encode());
    associated_data
}

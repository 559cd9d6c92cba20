//! The secrets of a mailbox and of its addresses, and what is computed from them.

use data_encoding::BASE64URL_NOPAD;
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;
use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::zeroize::Zeroizing;

use crate::{AddressId, Error, MailboxId, labels};

/// The size in bytes of each secret of a mailbox or an address.
pub const SECRET_LENGTH: usize = 32;

/// The beginning of the value of the header `Authorization`.
const BEARER: &[u8; 7] = b"Bearer ";

/// The characters of a secret in base64url without padding.
const CHARACTERS: usize = 43;

/// Defines a secret of 32 bytes: wiped on drop, compared in constant time, never printed.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Eq, PartialEq)]
        pub struct $name(SecretBytes<SECRET_LENGTH>);

        impl $name {
            /// The secret of these bytes; the caller wipes the original.
            #[must_use]
            pub fn from_bytes(bytes: &[u8; SECRET_LENGTH]) -> Self {
                Self(SecretBytes::copy_from(bytes))
            }

            /// The bytes themselves.
            #[must_use]
            pub const fn expose(&self) -> &[u8; SECRET_LENGTH] {
                self.0.expose()
            }

            /// A second copy of this secret, wiped on its own drop.
            #[must_use]
            pub fn duplicate(&self) -> Self {
                Self(self.0.duplicate())
            }
        }
    };
}

/// Defines how a capability travels, and the id that a relay keeps of it.
macro_rules! capability {
    ($name:ident, $id:ident) => {
        impl $name {
            /// The name under which the relay keeps it: `H("sprag-v1 relay id", capability)`.
            #[must_use]
            pub fn id(&self) -> $id {
                $id::from_bytes(sha256(&[labels::ID, self.expose()]))
            }

            /// The value of the header `Authorization`, 50 characters of ASCII: `"Bearer " ‖ base64url(capability)`, without
            /// padding.
            #[must_use]
            pub fn authorization(&self) -> SecretBuffer {
                authorization(&self.0)
            }

            /// Reads the value of the header `Authorization`.
            ///
            /// # Errors
            ///
            /// [`Error::Malformed`] if it is not what [`authorization`](Self::authorization) writes, to the character.
            pub fn from_authorization(value: &[u8]) -> Result<Self, Error> {
                bearer(value).map(Self)
            }
        }
    };
}

secret! {
    /// The secret from which the owner of a mailbox derives all that the relay knows it by, 32 random bytes. The owner alone
    /// has it. With the same seed a mailbox is made again after its relay lost everything, and its addresses stay valid.
    MailboxSeed
}

secret! {
    /// The right to a mailbox: to receive, to change addresses and prekeys, to delete it. The owner has it, and the relay
    /// while a request lasts.
    OwnerCapability
}

secret! {
    /// The proof that an address is the owner's own. The relay sees it when the address is added. Whoever knows only the
    /// address cannot add it to another mailbox, even at a relay that has lost everything.
    AddressProof
}

secret! {
    /// The right to send to an address and to fetch its prekeys. Everybody has it who has the address, and the relay while a
    /// request lasts.
    SendCapability
}

secret! {
    /// The secret of an address, under which its prekeys are sealed and its messages are wrapped. Everybody has it who has the
    /// address. The relay never has it.
    AddressSecret
}

capability!(OwnerCapability, MailboxId);
capability!(SendCapability, AddressId);

impl MailboxSeed {
    /// A new seed from `rng`.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::random(rng))
    }

    /// The owner's capability: `Expand(seed, "sprag-v1 relay owner", 32)`.
    #[must_use]
    pub fn owner(&self) -> OwnerCapability {
        OwnerCapability(expanded(&self.0, labels::OWNER))
    }

    /// The proof of the address of this number: `Expand(seed, "sprag-v1 relay proof" ‖ u32 number, 32)`.
    #[must_use]
    pub fn proof(&self, number: u32) -> AddressProof {
        let mut info = [0; labels::PROOF.len() + 4];
        let (label, last) = info.split_at_mut(labels::PROOF.len());
        label.copy_from_slice(labels::PROOF);
        last.copy_from_slice(&number.to_le_bytes());
        AddressProof(expanded(&self.0, &info))
    }
}

impl AddressProof {
    /// The send capability of the address: `H("sprag-v1 relay capability", proof)`. The relay computes it when the address is
    /// added, so that nobody can add an address who does not have its proof.
    #[must_use]
    pub fn capability(&self) -> SendCapability {
        SendCapability(hashed(&[labels::CAPABILITY, self.expose()]))
    }
}

impl AddressSecret {
    /// The secret of an address for one contact: 32 bytes of `rng`.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::random(rng))
    }

    /// The secret of a public address: `H("sprag-v1 relay address", user id ‖ salt)`. It commits to the user: the salt is in
    /// the sealed prekeys, and a reader compares, so that the prekeys are authenticated by the way on which the address came.
    #[must_use]
    pub fn for_user(user_id: &[u8; 32], salt: &[u8; 32]) -> Self {
        Self(hashed(&[labels::ADDRESS, user_id, salt]))
    }

    /// The key that the address's prekeys are sealed under: `Expand(secret, "sprag-v1 relay prekeys", 32)`.
    #[must_use]
    pub fn prekey_key(&self) -> SecretBytes<32> {
        expanded(&self.0, labels::PREKEYS)
    }

    /// The key that messages to the address are wrapped under: `Expand(secret, "sprag-v1 relay messages", 32)`.
    #[must_use]
    pub fn message_key(&self) -> SecretBytes<32> {
        expanded(&self.0, labels::MESSAGES)
    }
}

fn expanded(secret: &SecretBytes<SECRET_LENGTH>, info: &[u8]) -> SecretBytes<32> {
    Hkdf::from_pseudorandom_key(secret).expand(info)
}

/// A hash that is a secret itself.
fn hashed(parts: &[&[u8]]) -> SecretBytes<32> {
    SecretBytes::copy_from(&Zeroizing::new(sha256(parts)))
}

fn authorization(secret: &SecretBytes<SECRET_LENGTH>) -> SecretBuffer {
    let mut value = SecretBuffer::zeroed(BEARER.len() + CHARACTERS);
    let (scheme, characters) = value.expose_mut().split_at_mut(BEARER.len());
    scheme.copy_from_slice(BEARER);
    BASE64URL_NOPAD.encode_mut(secret.expose(), characters);
    value
}

fn bearer(value: &[u8]) -> Result<SecretBytes<SECRET_LENGTH>, Error> {
    let characters = value.strip_prefix(BEARER).ok_or(Error::Malformed)?;
    from_base64url(characters).ok_or(Error::Malformed)
}

/// The `N` bytes that these characters of base64url stand for. Returns `None` if they are more or fewer, one is no character
/// of base64url, or the last has bits that belong to no byte.
pub(crate) fn from_base64url<const N: usize>(characters: &[u8]) -> Option<SecretBytes<N>> {
    // The length is compared first, because decoding demands that the bytes fit.
    if characters.len() != BASE64URL_NOPAD.encode_len(N) {
        return None;
    }
    let mut bytes = SecretBytes::zeroed();
    let length = BASE64URL_NOPAD.decode_mut(characters, bytes.expose_mut());
    (length == Ok(N)).then_some(bytes)
}

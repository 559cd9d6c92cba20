//! ML-KEM-1024, the key-encapsulation mechanism of FIPS 203.
//!
//! A decapsulation key is kept as its seed `d ‖ z`, 64 bytes, from which FIPS 203 §7.1 generates the
//! rest whenever the key is used. An encapsulation key from outside passes the checks of FIPS 203 §7.2.
//! An operation needs 80 KiB of stack in optimised builds, with the wiping of it, and 700 KiB in builds
//! that do not optimise the dependencies.
//!
//! A ciphertext cannot be checked: a damaged one decapsulates to another secret (implicit rejection,
//! FIPS 203 §6.3). The difference shows only when something is authenticated under the secret.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag_primitives::ml_kem_1024::{DecapsulationKey, EncapsulationKey};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let key = DecapsulationKey::generate(&mut rng);
//! let received = EncapsulationKey::from_bytes(key.encapsulation_key().as_bytes())?;
//! let (ciphertext, secret) = received.encapsulate(&mut rng);
//! assert_eq!(key.decapsulate(&ciphertext), secret);
//! # Ok::<(), sprag_primitives::Error>(())
//! ```

use alloc::boxed::Box;
use core::fmt;

use libcrux_ml_kem::mlkem1024::{self, MlKem1024Ciphertext, MlKem1024KeyPair, MlKem1024PublicKey};
use rand_core::CryptoRng;

use crate::hex::Hex;
use crate::snapshot::{Reader, Snapshot, Writer};
use crate::stack::wiped;
use crate::{Error, SecretBytes};

/// The size of an encapsulation key in bytes.
pub const ENCAPSULATION_KEY_LENGTH: usize = 1568;

/// The size of a ciphertext in bytes.
pub const CIPHERTEXT_LENGTH: usize = 1568;

/// The size of a decapsulation key's seed, `d ‖ z`, in bytes.
pub const SEED_LENGTH: usize = 64;

/// The size of a shared secret in bytes.
pub const SHARED_SECRET_LENGTH: usize = 32;

/// A public key that passed the modulus check, 1568 bytes.
#[derive(Clone)]
pub struct EncapsulationKey(Box<MlKem1024PublicKey>);

impl EncapsulationKey {
    /// Reads an encapsulation key that came from outside.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEncapsulationKey`] if a coefficient is not below q = 3329 (FIPS 203 §7.2, the
    /// modulus check).
    pub fn from_bytes(bytes: &[u8; ENCAPSULATION_KEY_LENGTH]) -> Result<Self, Error> {
        let key = Box::new(MlKem1024PublicKey::from(bytes));
        if mlkem1024::validate_public_key(&key) {
            Ok(Self(key))
        } else {
            Err(Error::InvalidEncapsulationKey)
        }
    }

    /// The encoding, 1568 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; ENCAPSULATION_KEY_LENGTH] {
        self.0.as_slice()
    }

    /// A fresh secret for the owner of the key, from 32 bytes of `rng`, and the ciphertext that
    /// carries it (FIPS 203 §7.2, `ML-KEM.Encaps`).
    #[must_use]
    pub fn encapsulate(
        &self,
        rng: &mut impl CryptoRng,
    ) -> (Ciphertext, SecretBytes<SHARED_SECRET_LENGTH>) {
        count!(encapsulation);
        let randomness = SecretBytes::random(rng);
        let mut secret = SecretBytes::zeroed();
        let ciphertext = wiped::<STACK, _>(|| {
            let (ciphertext, shared) = mlkem1024::encapsulate(&self.0, *randomness.expose());
            *secret.expose_mut() = shared;
            Ciphertext(Box::new(ciphertext))
        });
        (ciphertext, secret.duplicate())
    }
}

impl PartialEq for EncapsulationKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for EncapsulationKey {}

impl fmt::Debug for EncapsulationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        abbreviated(f, "EncapsulationKey", self.as_bytes())
    }
}

/// A ciphertext, which carries a secret to the owner of an encapsulation key, 1568 bytes; not secret.
#[derive(Clone)]
pub struct Ciphertext(Box<MlKem1024Ciphertext>);

impl Ciphertext {
    /// A ciphertext that came from outside. Any bytes are accepted.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; CIPHERTEXT_LENGTH]) -> Self {
        Self(Box::new(MlKem1024Ciphertext::from(bytes)))
    }

    /// The bytes, 1568.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; CIPHERTEXT_LENGTH] {
        self.0.as_slice()
    }
}

impl PartialEq for Ciphertext {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Ciphertext {}

/// The 1568 bytes.
impl Snapshot for Ciphertext {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(Self::from_bytes)
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        abbreviated(f, "Ciphertext", self.as_bytes())
    }
}

/// A private key, kept as its seed `d ‖ z` of 64 bytes.
pub struct DecapsulationKey(SecretBytes<SEED_LENGTH>);

impl DecapsulationKey {
    /// A new key from 64 bytes of `rng`: `d`, then `z` (FIPS 203 §7.1, `ML-KEM.KeyGen`).
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::random(rng))
    }

    /// The key of this seed.
    #[must_use]
    pub const fn from_seed(seed: SecretBytes<SEED_LENGTH>) -> Self {
        Self(seed)
    }

    /// The seed, 64 bytes.
    #[must_use]
    pub const fn seed(&self) -> &SecretBytes<SEED_LENGTH> {
        &self.0
    }

    /// The public half, generated from the seed.
    #[must_use]
    pub fn encapsulation_key(&self) -> EncapsulationKey {
        count!(kem_key_generation);
        wiped::<STACK, _>(|| {
            let key = MlKem1024PublicKey::from(self.key_pair().pk());
            EncapsulationKey(Box::new(key))
        })
    }

    /// The secret that `ciphertext` carries (FIPS 203 §7.3, `ML-KEM.Decaps`). If the ciphertext is not for
    /// this key, the result is a secret that nobody knows.
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &Ciphertext) -> SecretBytes<SHARED_SECRET_LENGTH> {
        count!(kem_key_generation);
        count!(decapsulation);
        let mut secret = SecretBytes::zeroed();
        wiped::<STACK, _>(|| {
            let pair = self.key_pair();
            *secret.expose_mut() = mlkem1024::decapsulate(pair.private_key(), &ciphertext.0);
        });
        secret.duplicate()
    }

    fn key_pair(&self) -> MlKem1024KeyPair {
        mlkem1024::generate_key_pair(*self.0.expose())
    }
}

/// The seed, 64 bytes.
impl Snapshot for DecapsulationKey {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.0);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.get().map(Self)
    }
}

impl fmt::Debug for DecapsulationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecapsulationKey").finish_non_exhaustive()
    }
}

/// The bytes of stack that are wiped after each operation. Optimised builds were measured to use less: 47 kB
/// for speed and 55 kB for size. The library's own types do not wipe themselves, so they live there only.
const STACK: usize = 64 * 1024;

/// Prints the first eight bytes of a key or ciphertext, which are enough to tell two of them apart.
fn abbreviated(f: &mut fmt::Formatter<'_>, name: &str, bytes: &[u8]) -> fmt::Result {
    let (start, _) = bytes.split_at(8.min(bytes.len()));
    write!(f, "{name}({}..)", Hex(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_stack_is_wiped_than_optimised_builds_were_measured_to_use() {
        const { assert!(STACK > 55_000) };
    }
}

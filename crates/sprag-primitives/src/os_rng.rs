//! The randomness of the operating system.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// The operating system's random number generator, which has no state here. In a browser or in Node.js it is the
/// one of Web Cryptography.
///
/// # Panics
///
/// If the system cannot give randomness, because nothing that follows would be secret. Systems can once they have
/// started.
///
/// ```
/// use sprag_primitives::{OsRng, SecretBytes};
///
/// let secret: SecretBytes<32> = SecretBytes::random(&mut OsRng);
/// # assert_ne!(secret, SecretBytes::zeroed());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no state")]
pub struct OsRng;

impl TryRng for OsRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(bytes).expect("the operating system gives randomness");
        Ok(())
    }
}

impl TryCryptoRng for OsRng {}

//! A random number generator whose output is easy to compute in any language.

use core::convert::Infallible;

use sprag_primitives::hash::sha256;
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};

/// The stream of bytes SHA-256(seed ‖ 0) ‖ SHA-256(seed ‖ 1) ‖ …, with a counter of 8 bytes, little-endian.
pub(crate) struct HashStream {
    seed: String,
    counter: u64,
    unused: Vec<u8>,
}

impl HashStream {
    pub(crate) fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            counter: 0,
            unused: Vec::new(),
        }
    }

    /// The next 32 bytes.
    pub(crate) fn next_block(&mut self) -> [u8; 32] {
        let mut block = [0; 32];
        let Ok(()) = self.try_fill_bytes(&mut block);
        block
    }
}

impl TryRng for HashStream {
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

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        while self.unused.len() < destination.len() {
            let block = sha256(&[self.seed.as_bytes(), &self.counter.to_le_bytes()]);
            self.unused.extend_from_slice(&block);
            self.counter += 1;
        }
        let rest = self.unused.split_off(destination.len());
        destination.copy_from_slice(&self.unused);
        self.unused = rest;
        Ok(())
    }
}

impl TryCryptoRng for HashStream {}

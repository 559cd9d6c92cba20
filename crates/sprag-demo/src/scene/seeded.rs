use core::convert::Infallible;

use sprag::hazmat::{FINGERPRINT_LENGTH, public_fingerprint};
use sprag::rand_core::{TryCryptoRng, TryRng};

/// The randomness of a scene: hashes of a seed and a counter. It is made here, and not by a library, so that a seed gives
/// the same keys for as long as this crate does not change.
///
/// Whoever knows the seed knows every key. It is for play alone.
pub(crate) struct SeededRng {
    seed: u64,
    drawn: u64,
}

impl SeededRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    fn draw(&mut self) -> [u8; FINGERPRINT_LENGTH] {
        let mut input = [0; 16];
        let (seed, drawn) = input.split_at_mut(8);
        seed.copy_from_slice(&self.seed.to_le_bytes());
        drawn.copy_from_slice(&self.drawn.to_le_bytes());
        self.drawn = self.drawn.wrapping_add(1);
        public_fingerprint(&input)
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [first, second, third, fourth, ..] = self.draw();
        Ok(u32::from_le_bytes([first, second, third, fourth]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.draw()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(FINGERPRINT_LENGTH) {
            for (byte, drawn) in chunk.iter_mut().zip(self.draw()) {
                *byte = drawn;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

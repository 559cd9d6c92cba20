//! Requests to memcheck. Secret bytes are marked undefined, so that memcheck names every branch and every
//! address that depends on one.

use core::convert::Infallible;

use crabgrind::memcheck::{MemState, mark_memory};
use sprag_primitives::hash::sha256;
use sprag_primitives::rand_core::{TryCryptoRng, TryRng};
use sprag_primitives::{SecretBytes, secret::SecretBuffer};

/// Tells whether the program runs under valgrind.
pub(crate) fn is_watching() -> bool {
    !crabgrind::valgrind::running_mode().is_native()
}

/// Makes `value` public, so that memcheck takes it as defined. It must own nothing on the heap.
pub(crate) fn public<T: Copy>(value: T) -> T {
    let mut value = [value];
    mark(&mut value, MemState::Defined);
    value[0]
}

/// Makes `bytes` public.
pub(crate) fn public_bytes(mut bytes: Vec<u8>) -> Vec<u8> {
    mark(&mut bytes, MemState::Defined);
    bytes
}

/// Makes `bytes` public where they lie.
pub(crate) fn publish(bytes: &mut [u8]) {
    mark(bytes, MemState::Defined);
}

/// Makes the part of `bytes` public that equals `known`.
pub(crate) fn publish_within(bytes: &mut [u8], known: &[u8; 32]) {
    mark(within(bytes, known), MemState::Defined);
}

/// Makes the part of `bytes` secret that equals `known`.
pub(crate) fn conceal_within(bytes: &mut [u8], known: &[u8; 32]) {
    mark(within(bytes, known), MemState::Undefined);
}

fn within<'a>(bytes: &'a mut [u8], known: &[u8; 32]) -> &'a mut [u8] {
    let known = public(*known);
    let copy = public_bytes(bytes.to_vec());
    let place = copy.windows(32).position(|window| window == known);
    let place = place.expect("the bytes are there");
    &mut bytes[place..place + 32]
}

/// Marks `values`. Never inlined, because the optimiser must read the values from memory again after the
/// request.
#[inline(never)]
fn mark<T>(values: &mut [T], state: MemState) {
    let size = size_of_val(values);
    mark_memory(values.as_mut_ptr().cast(), size, state).expect("valgrind is running");
}

/// Secret bytes, different in each call.
pub(crate) fn secret<const N: usize>(rng: &mut Random) -> SecretBytes<N> {
    SecretBytes::random(rng)
}

/// A secret of `length` bytes.
pub(crate) fn secret_buffer(rng: &mut Random, length: usize) -> SecretBuffer {
    let mut bytes = vec![0; length];
    rng.fill(&mut bytes);
    bytes.into()
}

/// A generator whose bytes are secret. It yields the same sequence in every run.
#[derive(Default)]
pub(crate) struct Random(u64);

impl Random {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            let block = sha256(&[b"constant-time", &self.0.to_le_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        mark(bytes, MemState::Undefined);
    }
}

impl TryRng for Random {
    type Error = Infallible;

    /// A public number. An account draws one, the number at which its prekeys begin, and bundles carry it.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(public(u32::from_le_bytes(bytes)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

//! Types that hold secrets.

use alloc::vec;
use alloc::vec::Vec;
use core::{fmt, mem};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing, optimization_barrier};

use crate::Error;
use crate::snapshot::{Reader, Snapshot, Writer};

/// `N` secret bytes: wiped on drop, compared in constant time, never printed.
///
/// There is no `Clone`, so that each copy of a secret shows in the code as a call of
/// [`duplicate`](Self::duplicate).
pub struct SecretBytes<const N: usize>([u8; N]);

impl<const N: usize> SecretBytes<N> {
    /// A secret of `N` zero bytes, to be written through [`expose_mut`](Self::expose_mut).
    #[must_use]
    pub const fn zeroed() -> Self {
        Self([0; N])
    }

    /// A secret of `N` bytes from `rng`.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self::zeroed();
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// A copy of `bytes`; the caller wipes the original.
    #[must_use]
    pub fn copy_from(bytes: &[u8; N]) -> Self {
        let mut secret = Self::zeroed();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// A second copy of this secret, wiped on its own drop.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::copy_from(&self.0)
    }

    /// The bytes themselves.
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes themselves, to be written in place.
    #[must_use]
    pub const fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Zeroize for SecretBytes<N> {
    fn zeroize(&mut self) {
        wipe(&mut self.0, [0; N]);
    }
}

impl<const N: usize> Drop for SecretBytes<N> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for SecretBytes<N> {}

impl<const N: usize> PartialEq for SecretBytes<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for SecretBytes<N> {}

/// The `N` bytes as they are.
impl<const N: usize> Snapshot for SecretBytes<N> {
    fn put(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }

    #[inline]
    fn get(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.array().map(Self::copy_from)
    }
}

impl<const N: usize> fmt::Debug for SecretBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBytes").finish_non_exhaustive()
    }
}

/// Overwrites `secret` with zeros in few wide writes, which the barrier keeps the compiler from leaving out. Volatile
/// writes are of one element each, which takes longer than a short message.
#[inline]
pub(crate) fn wipe<T>(secret: &mut T, zeros: T) {
    *secret = zeros;
    optimization_barrier(secret);
}

/// A growing buffer of secret bytes: wiped on drop, never printed.
///
/// When the buffer grows beyond its allocation, the old block is wiped before it is freed.
#[derive(Default)]
pub struct SecretBuffer(Zeroizing<Vec<u8>>);

impl SecretBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of `bytes`; the caller wipes the original.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        count_bytes!(buffered, bytes.len());
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// `length` zero bytes, to be written through [`expose_mut`](Self::expose_mut).
    #[must_use]
    pub fn zeroed(length: usize) -> Self {
        count_bytes!(buffered, length);
        Self(Zeroizing::new(vec![0; length]))
    }

    /// Appends `bytes`.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            count_bytes!(buffered, self.0.len());
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        count_bytes!(buffered, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes themselves, to be changed in place.
    #[must_use]
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The bytes in the same memory, when they are not secret any more: for example, because a plaintext was
    /// encrypted in place.
    #[must_use]
    pub fn into_public(mut self) -> Vec<u8> {
        mem::take(&mut *self.0)
    }
}

impl From<Vec<u8>> for SecretBuffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SecretBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBuffer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let secret = SecretBytes::copy_from(&[0x5a; 32]);
        assert_eq!(format!("{secret:?}"), "SecretBytes { .. }");
        let mut buffer = SecretBuffer::new();
        buffer.extend_from_slice(&[0x5a; 3]);
        assert_eq!(format!("{buffer:?}"), "SecretBuffer { .. }");
    }

    #[test]
    fn equality_sees_every_byte() {
        let secret = SecretBytes::copy_from(&[7; 32]);
        assert_eq!(secret, secret.duplicate());
        for position in 0..32 {
            let mut other = [7; 32];
            other[position] ^= 1;
            assert_ne!(secret, SecretBytes::copy_from(&other), "byte {position}");
        }
    }

    #[test]
    fn wiping_clears_every_byte() {
        let mut secret = SecretBytes::copy_from(&[7; 32]);
        secret.zeroize();
        assert_eq!(secret.expose(), &[0; 32]);
    }

    #[test]
    fn buffer_keeps_its_content_when_it_grows() {
        let mut buffer = SecretBuffer::new();
        for byte in 0..=255 {
            buffer.extend_from_slice(&[byte]);
        }
        assert!(buffer.expose().iter().copied().eq(0..=255));
    }

    #[test]
    fn growing_is_never_left_to_the_vector_which_would_not_wipe_the_old_block() {
        let mut buffer = SecretBuffer::new();
        for length in 1..=256_usize {
            buffer.extend_from_slice(&[7]);
            assert_eq!(buffer.0.capacity(), length.next_power_of_two());
        }
    }

    #[test]
    fn what_fits_into_a_buffer_moves_nothing() {
        let mut buffer = SecretBuffer::new();
        buffer.extend_from_slice(&[7; 5]);
        let place = buffer.expose().as_ptr();
        for _ in buffer.0.len()..buffer.0.capacity() {
            buffer.extend_from_slice(&[7]);
        }
        assert_eq!(buffer.expose(), &[7; 8]);
        assert_eq!(buffer.expose().as_ptr(), place);
    }
}

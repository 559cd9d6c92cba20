//! The operations that the current thread ran: counts of operations and of bytes, for tests that bound work
//! instead of time, and the key and nonce of every encryption, for tests that none is used twice.

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use std::thread_local;

use crate::hash::sha256;

/// The number of times that each operation ran.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record for tests")]
pub struct Counts {
    /// X25519 agreements.
    pub diffie_hellman: u64,
    /// Multiplications of the base point, in key generation and signing.
    pub base_point_multiplication: u64,
    /// Signature verifications.
    pub signature_verification: u64,
    /// ML-KEM key generations, each use of a seed included.
    pub kem_key_generation: u64,
    /// ML-KEM encapsulations.
    pub encapsulation: u64,
    /// ML-KEM decapsulations.
    pub decapsulation: u64,
    /// HMAC outputs.
    pub hmac: u64,
    /// HKDF extractions, or keys taken as extracted.
    pub hkdf: u64,
    /// AEAD encryptions.
    pub seal: u64,
    /// AEAD decryptions, whether they succeed or not.
    pub open: u64,
}

/// Runs `work` and returns its result with the operations that it ran on this thread.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Counts) {
    let before = COUNTS.get();
    let result = work();
    (result, COUNTS.get().since(before))
}

/// Runs `work` and returns its result with the number of SHA-256 digests that it computed on this thread.
pub fn hashes<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = HASHES.get();
    let result = work();
    (result, HASHES.get() - before)
}

/// Runs `work` and returns its result with the number of HMAC keys whose two padded blocks were hashed on this thread,
/// two compressions each. An output is two more.
pub fn hmac_keys<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = HMAC_KEYS.get();
    let result = work();
    (result, HMAC_KEYS.get() - before)
}

/// The number of bytes that the work by length went over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record for tests")]
pub struct Bytes {
    /// Bytes that came into secret buffers, copied or set to zero; most of them are wiped later.
    pub buffered: u64,
    /// Bytes that SHA-256, SHA-512 or HMAC took in.
    pub hashed: u64,
    /// Bytes that an AEAD encrypted.
    pub sealed: u64,
    /// Bytes that an AEAD decrypted, or refused to.
    pub opened: u64,
}

impl Bytes {
    /// The bytes when nothing ran.
    pub const NONE: Self = Self {
        buffered: 0,
        hashed: 0,
        sealed: 0,
        opened: 0,
    };

    /// The sum of all.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.buffered + self.hashed + self.sealed + self.opened
    }

    /// The bytes that were counted after `before`.
    const fn since(self, before: Self) -> Self {
        Self {
            buffered: self.buffered - before.buffered,
            hashed: self.hashed - before.hashed,
            sealed: self.sealed - before.sealed,
            opened: self.opened - before.opened,
        }
    }
}

/// Runs `work` and returns its result with the bytes that it went over on this thread.
pub fn bytes<T>(work: impl FnOnce() -> T) -> (T, Bytes) {
    let before = BYTES.get();
    let result = work();
    (result, BYTES.get().since(before))
}

/// A hash of the key and the nonce of one encryption, 32 bytes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct KeyAndNonce([u8; 32]);

/// Runs `work` and returns its result with the keys and nonces that it encrypted under on this thread.
pub fn seals<T>(work: impl FnOnce() -> T) -> (T, Vec<KeyAndNonce>) {
    let outer = SEALS.replace(Some(Vec::new()));
    let result = work();
    let seals = SEALS.replace(None).unwrap_or_default();
    SEALS.set(outer.map(|mut outer| {
        outer.extend(&seals);
        outer
    }));
    (result, seals)
}

pub(crate) fn record_hash() {
    HASHES.set(HASHES.get() + 1);
}

pub(crate) fn record_hmac_key() {
    HMAC_KEYS.set(HMAC_KEYS.get() + 1);
}

pub(crate) fn record_seal(key: &[u8], nonce: &[u8]) {
    SEALS.with_borrow_mut(|seals| {
        if let Some(seals) = seals {
            seals.push(KeyAndNonce(sha256(&[key, nonce])));
        }
    });
}

impl Counts {
    /// The counts when nothing ran.
    pub const NONE: Self = Self {
        diffie_hellman: 0,
        base_point_multiplication: 0,
        signature_verification: 0,
        kem_key_generation: 0,
        encapsulation: 0,
        decapsulation: 0,
        hmac: 0,
        hkdf: 0,
        seal: 0,
        open: 0,
    };

    /// The operations that were counted after `before`.
    const fn since(self, before: Self) -> Self {
        Self {
            diffie_hellman: self.diffie_hellman - before.diffie_hellman,
            base_point_multiplication: self.base_point_multiplication
                - before.base_point_multiplication,
            signature_verification: self.signature_verification - before.signature_verification,
            kem_key_generation: self.kem_key_generation - before.kem_key_generation,
            encapsulation: self.encapsulation - before.encapsulation,
            decapsulation: self.decapsulation - before.decapsulation,
            hmac: self.hmac - before.hmac,
            hkdf: self.hkdf - before.hkdf,
            seal: self.seal - before.seal,
            open: self.open - before.open,
        }
    }
}

pub(crate) fn record(count: impl FnOnce(&mut Counts)) {
    let mut counts = COUNTS.get();
    count(&mut counts);
    COUNTS.set(counts);
}

pub(crate) fn record_bytes(count: impl FnOnce(&mut Bytes) -> &mut u64, length: usize) {
    let mut bytes = BYTES.get();
    *count(&mut bytes) += length as u64;
    BYTES.set(bytes);
}

thread_local! {
    static SEALS: RefCell<Option<Vec<KeyAndNonce>>> = const { RefCell::new(None) };
    static HASHES: Cell<u64> = const { Cell::new(0) };
    static HMAC_KEYS: Cell<u64> = const { Cell::new(0) };
    static COUNTS: Cell<Counts> = const { Cell::new(Counts::NONE) };
    static BYTES: Cell<Bytes> = const { Cell::new(Bytes::NONE) };
}

//! Store keys wrapped under a passphrase. A key is unwrapped only if it asks for little memory or is refused
//! for its form alone, because the others would take too long.

use std::sync::LazyLock;

use sprag_client::{StoreKey, UnwrapError};
use sprag_primitives::aead::XChaCha20Poly1305;
use sprag_primitives::argon2::{Parameters, SALT_LENGTH, argon2id};

use crate::input::Input;

const PASSPHRASE: &[u8] = b"correct horse";
const MAGIC: &[u8; 9] = b"sprag-k\x01\n";
const NONCE: [u8; XChaCha20Poly1305::NONCE_LENGTH] = [3; 24];
const SALT: [u8; SALT_LENGTH] = [2; SALT_LENGTH];
const CHEAP: Parameters = Parameters {
    memory: 8,
    passes: 1,
};

/// A key wrapped with the least memory that Argon2 takes.
pub(crate) static WRAPPED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut wrapped = MAGIC.to_vec();
    wrapped.extend(CHEAP.memory.to_le_bytes());
    wrapped.extend(CHEAP.passes.to_le_bytes());
    wrapped.extend(SALT);
    let key = argon2id(PASSPHRASE, &SALT, CHEAP).expect("the parameters are allowed");
    let mut sealed = [1; 32];
    let tag = XChaCha20Poly1305::seal(&key, &NONCE, &wrapped, &mut sealed);
    wrapped.extend(NONCE);
    wrapped.extend(sealed);
    wrapped.extend(tag.expect("it is short"));
    wrapped
});

pub(crate) fn check(input: Input<'_>) {
    let wrapped = input.rest();
    if !is_cheap(wrapped) {
        return;
    }
    let refused = StoreKey::unwrap(wrapped, PASSPHRASE).err();
    assert_eq!(refused.is_none(), wrapped == *WRAPPED);
    if refused != Some(UnwrapError::NotAKey) {
        let other = StoreKey::unwrap(wrapped, b"wrong horse").err();
        assert_eq!(other, Some(UnwrapError::WrongPassphrase));
    }
}

/// Tells whether unwrapping takes little work, because the parameters are small, or beyond the limits and
/// refused.
fn is_cheap(wrapped: &[u8]) -> bool {
    let number = |at: usize| {
        let bytes = wrapped.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let Some((memory, passes)) = number(MAGIC.len()).zip(number(MAGIC.len() + 4)) else {
        return true;
    };
    let small = memory <= 64 && passes <= 2;
    small || memory > MAX_MEMORY || passes > MAX_PASSES
}

const MAX_MEMORY: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;

//! Both AEADs for short messages, composed of `chacha20` and a Poly1305 that needs no preparation. That of
//! `chacha20poly1305` is prepared for long messages, which takes longer than a short message does.

use chacha20::cipher::StreamCipher;
use subtle::ConstantTimeEq;

use crate::SecretBytes;
use crate::aead::{Ciphertext, TAG_LENGTH, Tag};

/// Tells whether a message is short enough for this module.
pub(super) const fn is_short(associated_data: &[u8], buffer: &[u8]) -> bool {
    associated_data.len() <= LONGEST_ASSOCIATED_DATA && buffer.len() <= LONGEST_MESSAGE
}

/// Encrypts `buffer` in place with a cipher of which no byte was used (RFC 8439 §2.8).
pub(super) fn seal(
    mut cipher: impl StreamCipher,
    associated_data: &[u8],
    buffer: &mut [u8],
) -> Tag {
    let (head, tail) = buffer.split_at_mut(buffer.len().min(HEAD));
    let mut first = SecretBytes::zeroed();
    apply_first(&mut cipher, head, &mut first);
    head.copy_from_slice(&first.expose()[BLOCK..][..head.len()]);
    cipher.apply_keystream(tail);
    authenticate(&first, associated_data, buffer)
}

/// Decrypts in place with a cipher of which no byte was used, if the tag is right.
pub(super) fn open(
    mut cipher: impl StreamCipher,
    associated_data: &[u8],
    ciphertext: Ciphertext<'_>,
) -> bool {
    let Ciphertext { buffer, tag } = ciphertext;
    let (head, _) = buffer.split_at(buffer.len().min(HEAD));
    let mut first = SecretBytes::zeroed();
    apply_first(&mut cipher, head, &mut first);
    let expected = authenticate(&first, associated_data, buffer);
    if !bool::from(expected.ct_eq(tag)) {
        return false;
    }
    let (head, tail) = buffer.split_at_mut(buffer.len().min(HEAD));
    head.copy_from_slice(&first.expose()[BLOCK..][..head.len()]);
    cipher.apply_keystream(tail);
    true
}

/// The first blocks of the cipher: the one that yields the key of Poly1305, and those that are applied to the head of
/// the message. `chacha20` computes four at once, in about the time of one.
type First = SecretBytes<{ BLOCK + HEAD }>;

fn apply_first(cipher: &mut impl StreamCipher, head: &[u8], first: &mut First) {
    first.expose_mut()[BLOCK..][..head.len()].copy_from_slice(head);
    cipher.apply_keystream(first.expose_mut());
}

/// The tag of a ciphertext: Poly1305 of the associated data and the ciphertext, each padded with zeros to a multiple of
/// 16, and the two lengths.
fn authenticate(first: &First, associated_data: &[u8], ciphertext: &[u8]) -> Tag {
    // Lay out the input.
    let mut input = [0; LONGEST_INPUT];
    input[..associated_data.len()].copy_from_slice(associated_data);
    let start = associated_data.len().next_multiple_of(16);
    input[start..][..ciphertext.len()].copy_from_slice(ciphertext);
    let end = start + ciphertext.len().next_multiple_of(16);
    input[end..][..8].copy_from_slice(&(associated_data.len() as u64).to_le_bytes());
    input[end + 8..][..8].copy_from_slice(&(ciphertext.len() as u64).to_le_bytes());
    // Authenticate it under the first half of the first block.
    let key = first
        .expose()
        .first_chunk()
        .expect("a block is longer than a key");
    let mut tag = [0; TAG_LENGTH];
    libcrux_poly1305::mac(key, &input[..end + 16], &mut tag)
        .unwrap_or_else(|_| unreachable!("the input is short"));
    tag
}

/// The size of a block of the cipher in bytes.
const BLOCK: usize = 64;

/// The part of a message that shares the first pass over blocks, in bytes: three of the four blocks.
const HEAD: usize = 3 * BLOCK;

/// The longest message of this module in bytes. From about 2,600 bytes on, `chacha20poly1305` was
/// measured to be faster.
const LONGEST_MESSAGE: usize = 2048;

/// The longest associated data in bytes. A message of a session has less.
const LONGEST_ASSOCIATED_DATA: usize = 512;

/// The longest input of Poly1305 in bytes.
const LONGEST_INPUT: usize = LONGEST_ASSOCIATED_DATA + LONGEST_MESSAGE + 16;

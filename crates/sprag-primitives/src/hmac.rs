//! HMAC-SHA-256 (RFC 2104).
//!
//! It is written here and not taken from a library because it is most of the work of a short message: a chain step is
//! six compressions of 43 ns, for which the crate `hmac` takes 440 ns and this module 300.

use core::fmt;

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::SecretBytes;
use crate::hash::sha256;
use crate::secret::wipe;

/// The size of an HMAC-SHA-256 output in bytes.
pub const OUTPUT_LENGTH: usize = 32;

/// HMAC-SHA-256 under one key, whose two padded blocks are hashed once for any number of outputs.
pub struct HmacKey {
    inner: State,
    outer: State,
}

impl HmacKey {
    /// The HMAC of `key`, of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        #[cfg(feature = "operation-counts")]
        crate::operations::record_hmac_key();
        // Pad the key to a block, after hashing it if it is longer than one.
        let mut block = SecretBytes::zeroed();
        if key.len() <= BLOCK_LENGTH {
            write(block.expose_mut(), 0, key);
        } else {
            // The digest is as good as the key.
            write(block.expose_mut(), 0, &*Zeroizing::new(sha256(&[key])));
        }
        // Hash both blocks.
        let mut states = [(); 2].map(|()| State(INITIAL));
        for (state, pad) in states.iter_mut().zip([INNER_PAD, INNER_PAD ^ OUTER_PAD]) {
            block.expose_mut().iter_mut().for_each(|byte| *byte ^= pad);
            state.compress(&block);
        }
        let [inner, outer] = states;
        Self { inner, outer }
    }

    /// The output for `message`, 32 bytes.
    #[must_use]
    pub fn authenticate(&self, message: &[u8]) -> SecretBytes<OUTPUT_LENGTH> {
        count!(hmac);
        count_bytes!(hashed, message.len());
        let mut digest = SecretBytes::zeroed();
        self.inner.digest(message, &mut digest);
        let mut output = SecretBytes::zeroed();
        self.outer.digest(digest.expose(), &mut output);
        output
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").finish_non_exhaustive()
    }
}

/// The state of SHA-256 after a number of whole blocks, wiped on drop.
struct State([u32; 8]);

type Block = SecretBytes<BLOCK_LENGTH>;

impl State {
    fn compress(&mut self, block: &Block) {
        compress256(&mut self.0, core::slice::from_ref(block.expose()));
    }

    /// Writes SHA-256 of the block that led to this state and of `message` behind it (FIPS 180-4 §5.1.1 and §6.2).
    fn digest(&self, message: &[u8], output: &mut SecretBytes<OUTPUT_LENGTH>) {
        let mut state = Self(self.0);
        let (blocks, rest) = message.as_chunks::<BLOCK_LENGTH>();
        compress256(&mut state.0, blocks);
        // Pad with a one, zeros, and the length in bits at the end of a block.
        let mut block = Block::zeroed();
        write(block.expose_mut(), 0, rest);
        write(block.expose_mut(), rest.len(), &[0x80]);
        if rest.len() >= LENGTH_START {
            state.compress(&block);
            block = Block::zeroed();
        }
        let bits = 8 * (BLOCK_LENGTH as u64 + message.len() as u64);
        write(block.expose_mut(), LENGTH_START, &bits.to_be_bytes());
        state.compress(&block);
        let (words, _) = output.expose_mut().as_chunks_mut();
        for (bytes, word) in words.iter_mut().zip(state.0) {
            *bytes = word.to_be_bytes();
        }
    }
}

impl Zeroize for State {
    fn zeroize(&mut self) {
        wipe(&mut self.0, [0; 8]);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for State {}

/// Overwrites the bytes of `block` from `start` on.
fn write(block: &mut [u8; BLOCK_LENGTH], start: usize, bytes: &[u8]) {
    let (_, place) = block.split_at_mut(start);
    let (place, _) = place.split_at_mut(bytes.len());
    place.copy_from_slice(bytes);
}

/// The size of a block of SHA-256 in bytes.
const BLOCK_LENGTH: usize = 64;

/// The place of a message's length in its last block.
const LENGTH_START: usize = BLOCK_LENGTH - 8;

/// `ipad` and `opad` (RFC 2104 §2).
const INNER_PAD: u8 = 0x36;
const OUTER_PAD: u8 = 0x5c;

/// The state of SHA-256 before its first block (FIPS 180-4 §5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

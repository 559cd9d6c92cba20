//! Files of any size: a key of their own travels in a message, the content follows in chunks.
//!
//! Nothing here reads or writes; a program encrypts and decrypts chunk by chunk as it does. Each chunk
//! but the last has [`CHUNK_LENGTH`] bytes of content; the last has fewer or as many, and none only if
//! the file is empty. Truncated, extended, reordered and mixed chunks are refused (the STREAM
//! construction of Hoang, Reyhanitabar, Rogaway and Vizár, with a counter and a final flag).
//!
//! The header commits to the file's key: nobody can make a file that opens differently under two keys.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag::file::{FileKey, Opener, Sealer};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let key = FileKey::generate(&mut rng);
//! let mut chunk = b"the whole file".to_vec();
//! Sealer::new(&key).seal_last(&mut chunk)?;
//! Opener::new(&key).open_last(&mut chunk)?;
//! assert_eq!(chunk, b"the whole file");
//! # Ok::<(), sprag::file::ChunkError>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{ChaCha20Poly1305, Ciphertext, TAG_LENGTH};
use sprag_primitives::hkdf::Hkdf;
use sprag_primitives::rand_core::CryptoRng;

/// The size of the content of a chunk in bytes; the last may be shorter.
pub const CHUNK_LENGTH: usize = 64 * 1024;

/// The size of an encrypted chunk in bytes; the last may be shorter.
pub const SEALED_CHUNK_LENGTH: usize = CHUNK_LENGTH + TAG_LENGTH;

/// The size of a file key in bytes.
pub const FILE_KEY_LENGTH: usize = 32;

/// The size of a commitment in bytes.
pub const COMMITMENT_LENGTH: usize = 32;

/// The key of one file, 32 bytes, fresh for each.
#[derive(Debug)]
pub struct FileKey(SecretBytes<FILE_KEY_LENGTH>);

impl FileKey {
    /// A new key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::random(rng))
    }

    /// The key that a message carried; `None` if it is not [`FILE_KEY_LENGTH`] bytes long.
    #[must_use]
    pub fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        plaintext
            .try_into()
            .ok()
            .map(SecretBytes::copy_from)
            .map(Self)
    }

    /// What the message that carries the key encrypts.
    #[must_use]
    pub const fn as_plaintext(&self) -> &[u8] {
        self.0.expose()
    }

    /// What the file's header says of the key: no two keys have the same.
    #[must_use]
    pub fn commitment(&self) -> [u8; COMMITMENT_LENGTH] {
        *self.derive(b"sprag-v1 file commitment").expose()
    }

    fn derive(&self, label: &[u8]) -> SecretBytes<32> {
        Hkdf::from_pseudorandom_key(&self.0).expand(label)
    }
}

/// Why a chunk was refused. All that was released before it was genuine; the file is not whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChunkError {
    /// The chunk is damaged, or not the one that belongs here.
    NotAuthentic,
    /// A chunk that is not the last has another length than it must, or the last is empty though it
    /// is not the only one.
    WrongLength,
    /// The file has more chunks than can be counted.
    TooLong,
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAuthentic => "file is damaged, truncated or extended",
            Self::WrongLength => "file is cut at the wrong place",
            Self::TooLong => "file is too long",
        })
    }
}

impl core::error::Error for ChunkError {}

/// Encrypts the chunks of a file in order.
#[derive(Debug)]
pub struct Sealer(Chunks);

impl Sealer {
    /// Begins a file.
    #[must_use]
    pub fn new(key: &FileKey) -> Self {
        Self(Chunks::new(key))
    }

    /// Encrypts a chunk that others follow: [`CHUNK_LENGTH`] bytes, to which the tag is appended.
    ///
    /// # Errors
    ///
    /// [`ChunkError::WrongLength`], [`ChunkError::TooLong`]
    pub fn seal(&mut self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        if chunk.len() != CHUNK_LENGTH {
            return Err(ChunkError::WrongLength);
        }
        let nonce = self.0.nonce(false);
        self.0.advance()?;
        self.0.seal(&nonce, chunk)
    }

    /// Encrypts the last chunk.
    ///
    /// # Errors
    ///
    /// [`ChunkError::WrongLength`]
    pub fn seal_last(self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        self.0.check_last(chunk.len())?;
        self.0.seal(&self.0.nonce(true), chunk)
    }
}

/// Decrypts the chunks of a file in order.
#[derive(Debug)]
pub struct Opener(Chunks);

impl Opener {
    /// Begins a file.
    #[must_use]
    pub fn new(key: &FileKey) -> Self {
        Self(Chunks::new(key))
    }

    /// Decrypts a chunk that others follow, and cuts the tag off.
    ///
    /// # Errors
    ///
    /// [`ChunkError`]; the chunk is then unchanged.
    pub fn open(&mut self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        if chunk.len() != SEALED_CHUNK_LENGTH {
            return Err(ChunkError::WrongLength);
        }
        let nonce = self.0.nonce(false);
        self.0.open(&nonce, chunk)?;
        self.0.advance()
    }

    /// Decrypts the last chunk, and cuts the tag off.
    ///
    /// # Errors
    ///
    /// [`ChunkError`]; the chunk is then unchanged.
    pub fn open_last(self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        let length = chunk
            .len()
            .checked_sub(TAG_LENGTH)
            .ok_or(ChunkError::NotAuthentic)?;
        self.0.check_last(length)?;
        self.0.open(&self.0.nonce(true), chunk)
    }
}

#[derive(Debug)]
struct Chunks {
    key: SecretBytes<32>,
    number: u64,
}

impl Chunks {
    fn new(key: &FileKey) -> Self {
        Self {
            key: key.derive(b"sprag-v1 file content"),
            number: 0,
        }
    }

    /// `u64 number ‖ 3 zero bytes ‖ final flag`.
    fn nonce(&self, last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LENGTH];
        nonce[..8].copy_from_slice(&self.number.to_le_bytes());
        nonce[NONCE_LENGTH - 1] = last.into();
        nonce
    }

    fn advance(&mut self) -> Result<(), ChunkError> {
        self.number = self.number.checked_add(1).ok_or(ChunkError::TooLong)?;
        Ok(())
    }

    const fn check_last(&self, length: usize) -> Result<(), ChunkError> {
        if length > CHUNK_LENGTH || (length == 0 && self.number > 0) {
            return Err(ChunkError::WrongLength);
        }
        Ok(())
    }

    fn seal(&self, nonce: &Nonce, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        let tag = ChaCha20Poly1305::seal(&self.key, nonce, &[], chunk)
            .map_err(|_| ChunkError::TooLong)?;
        chunk.extend_from_slice(&tag);
        Ok(())
    }

    fn open(&self, nonce: &Nonce, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        let (buffer, tag) = chunk
            .split_last_chunk_mut::<TAG_LENGTH>()
            .ok_or(ChunkError::NotAuthentic)?;
        let tag = *tag;
        let ciphertext = Ciphertext { buffer, tag: &tag };
        ChaCha20Poly1305::open(&self.key, nonce, &[], ciphertext)
            .map_err(|_| ChunkError::NotAuthentic)?;
        chunk.truncate(chunk.len() - TAG_LENGTH);
        Ok(())
    }
}

type Nonce = [u8; NONCE_LENGTH];
const NONCE_LENGTH: usize = ChaCha20Poly1305::NONCE_LENGTH;

//! Files of any size: a key of their own travels in a message, the content follows in chunks.
//!
//! This module does no I/O: a program encrypts and decrypts chunk by chunk as it reads and writes. Each chunk
//! holds a piece of the content, [`PIECE_LENGTH`] bytes, and the last piece may be shorter. After the last
//! piece comes padding, which may be whole chunks, so that a file shows its length as roughly as a message
//! does. Truncated, extended, reordered and mixed chunks are refused (the STREAM construction of Hoang,
//! Reyhanitabar, Rogaway and Vizár, with a counter and a final flag).
//!
//! The header commits to the file's key, so that nobody can make a file that opens differently under two
//! keys.
//!
//! Chunks do not depend on each other, so a program with several cores can have them worked on side by side: a
//! [`Sealer`] and an [`Opener`] split off parts, which are independent values.
//!
//! ```
//! use rand::{rngs::SysRng, rand_core::UnwrapErr};
//! use sprag::file::{FileKey, Opener, Sealer};
//!
//! let mut rng = UnwrapErr(SysRng);
//! let key = FileKey::generate(&mut rng);
//! let mut chunk = b"the whole file".to_vec();
//! let padding = Sealer::new(&key).seal_last(&mut chunk)?;
//! assert_eq!(padding.count(), 0);
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

use crate::padding::{all_zero, padded};

mod part;

pub use part::{OpenerPart, SealerPart};

/// The size of the piece of content in a chunk in bytes; the last may be shorter.
pub const PIECE_LENGTH: usize = CHUNK_LENGTH - FRAME_LENGTH;

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

    /// The plaintext of the message that carries the key.
    #[must_use]
    pub const fn as_plaintext(&self) -> &[u8] {
        self.0.expose()
    }

    /// The commitment to the key in the file's header. No two keys have the same.
    #[must_use]
    pub fn commitment(&self) -> [u8; COMMITMENT_LENGTH] {
        *self.derive(b"sprag-v1 file commitment").expose()
    }

    fn derive(&self, label: &[u8]) -> SecretBytes<32> {
        Hkdf::from_pseudorandom_key(&self.0).expand(label)
    }
}

/// The reason for which a chunk was refused. All pieces released before it were genuine, but the file is not
/// whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChunkError {
    /// The chunk is damaged, or not the one that belongs here.
    NotAuthentic,
    /// A chunk or a piece that is not the last has the wrong length, or the last piece is empty though it is
    /// not the only one.
    WrongLength,
    /// The chunk is genuine, but not padded as it must be.
    InvalidPadding,
    /// The file has more chunks than can be counted.
    TooLong,
    /// The caller mixed up the parts of a file: one got more chunks than were split off, or was not joined in its turn
    /// with all of them.
    OutOfOrder,
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAuthentic => "file is damaged, truncated or extended",
            Self::WrongLength => "file is cut at the wrong place",
            Self::InvalidPadding => "file is padded otherwise than it must be",
            Self::TooLong => "file is too long",
            Self::OutOfOrder => "the parts of the file are out of order",
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

    /// Makes a chunk of a piece that others follow, [`PIECE_LENGTH`] bytes, and encrypts it.
    ///
    /// # Errors
    ///
    /// [`ChunkError::WrongLength`], [`ChunkError::TooLong`]
    pub fn seal(&mut self, piece: &mut Vec<u8>) -> Result<(), ChunkError> {
        self.0.seal_whole(piece)
    }

    /// Makes a chunk of the last piece and encrypts it, and yields the chunks of padding that follow, if any.
    ///
    /// # Errors
    ///
    /// [`ChunkError::WrongLength`], [`ChunkError::TooLong`]
    pub fn seal_last(mut self, piece: &mut Vec<u8>) -> Result<Padding, ChunkError> {
        if piece.len() > PIECE_LENGTH || (piece.is_empty() && self.0.number > 0) {
            return Err(ChunkError::WrongLength);
        }
        let left = padded_length(self.0.number, piece.len())
            .and_then(|length| length.checked_sub(self.0.length()?))
            .ok_or(ChunkError::TooLong)?;
        let (length, left) = next_chunk(left);
        let nonce = self.0.nonce(left == 0);
        self.0.advance()?;
        frame(piece, length);
        self.0.seal(&nonce, piece)?;
        let chunks = self.0;
        Ok(Padding { chunks, left })
    }
}

/// The chunks after the one that holds the last piece.
#[derive(Debug)]
#[must_use = "the file is not whole without them"]
pub struct Padding {
    chunks: Chunks,
    left: u64,
}

impl Iterator for Padding {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.left == 0 {
            return None;
        }
        let (length, left) = next_chunk(self.left);
        self.left = left;
        let nonce = self.chunks.nonce(left == 0);
        let mut chunk = Vec::with_capacity(length + TAG_LENGTH);
        frame(&mut chunk, length);
        let sealed = self.chunks.advance();
        let sealed = sealed.and_then(|()| self.chunks.seal(&nonce, &mut chunk));
        sealed.expect("their number is that of a length in 64 bits, and each is short");
        Some(chunk)
    }
}

/// Decrypts the chunks of a file in order.
#[derive(Debug)]
pub struct Opener {
    chunks: Chunks,
    /// The number of chunks whose pieces were taken. It lags behind while parts are split off.
    taken: u64,
    /// The number of whole pieces before the one that ended the content, and the length of that one.
    pieces: u64,
    last: Option<usize>,
}

impl Opener {
    /// Begins a file.
    #[must_use]
    pub fn new(key: &FileKey) -> Self {
        Self {
            chunks: Chunks::new(key),
            taken: 0,
            pieces: 0,
            last: None,
        }
    }

    /// Decrypts a chunk that others follow and cuts it down to its piece, which is empty if the chunk is
    /// padding.
    ///
    /// # Errors
    ///
    /// [`ChunkError`]; the chunk is then of no use, and after [`ChunkError::InvalidPadding`] the opener is of no
    /// use either.
    pub fn open(&mut self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        self.expect_no_part()?;
        let length = self.chunks.open_whole(chunk)?;
        self.take_piece(length)
    }

    /// Decrypts the last chunk and cuts it down to its piece, which is empty if the chunk is padding.
    ///
    /// # Errors
    ///
    /// [`ChunkError`]; the chunk is then of no use.
    pub fn open_last(mut self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        if chunk.len() > SEALED_CHUNK_LENGTH {
            return Err(ChunkError::WrongLength);
        }
        self.expect_no_part()?;
        self.chunks.open(&self.chunks.nonce(true), chunk)?;
        let length = self.chunks.length();
        let length = length.and_then(|length| length.checked_add(chunk.len() as u64));
        self.take_piece(cut(chunk)?)?;
        // A last piece that is whole is followed by nothing, or by padding.
        let (pieces, last) = match self.last {
            Some(last) => (self.pieces, last),
            None => (self.pieces.saturating_sub(1), PIECE_LENGTH),
        };
        if length.is_none() || length != padded_length(pieces, last) {
            return Err(ChunkError::InvalidPadding);
        }
        Ok(())
    }

    /// Demands that each part that was split off has been joined.
    const fn expect_no_part(&self) -> Result<(), ChunkError> {
        if self.taken == self.chunks.number {
            Ok(())
        } else {
            Err(ChunkError::OutOfOrder)
        }
    }

    /// Takes the piece of the next chunk, which has this length.
    fn take_piece(&mut self, length: usize) -> Result<(), ChunkError> {
        match (self.last, length) {
            (None, PIECE_LENGTH) => self.pieces += 1,
            // Padding that begins with a chunk of its own ends a content of whole pieces.
            (None, 0) if self.pieces > 0 => {
                self.pieces -= 1;
                self.last = Some(PIECE_LENGTH);
            }
            (None, _) => self.last = Some(length),
            (Some(_), 0) => {}
            (Some(_), _) => return Err(ChunkError::InvalidPadding),
        }
        self.taken += 1;
        Ok(())
    }
}

/// The length of all chunks without their tags, for a content of `pieces` whole pieces and a last one of
/// `last` bytes.
fn padded_length(pieces: u64, last: usize) -> Option<u64> {
    let whole = pieces.checked_mul(CHUNK_LENGTH as u64)?;
    padded(whole.checked_add((last + FRAME_LENGTH) as u64)?)
}

/// The length of the next chunk when `left` bytes are left, and the bytes that are left after it.
fn next_chunk(left: u64) -> (usize, u64) {
    let length = usize::try_from(left).map_or(CHUNK_LENGTH, |left| left.min(CHUNK_LENGTH));
    (length, left - length as u64)
}

/// Makes a piece a chunk of `length` bytes: `piece ‖ zeros ‖ u32 length of the piece`.
fn frame(piece: &mut Vec<u8>, length: usize) {
    let piece_length = u32::try_from(piece.len()).expect("a piece is shorter than a chunk");
    piece.resize(length - FRAME_LENGTH, 0);
    piece.extend_from_slice(&piece_length.to_le_bytes());
}

/// The length of the piece in a chunk, if there are only zeros between the piece and its length.
fn unframe(chunk: &[u8]) -> Option<usize> {
    let (content, length) = chunk.split_last_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let padding = content.get(length..)?;
    all_zero(padding).then_some(length)
}

/// Cuts a chunk down to its piece, and returns the piece's length.
fn cut(chunk: &mut Vec<u8>) -> Result<usize, ChunkError> {
    let length = unframe(chunk).ok_or(ChunkError::InvalidPadding)?;
    chunk.truncate(length);
    Ok(length)
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

    /// The length of the chunks so far, without their tags.
    fn length(&self) -> Option<u64> {
        self.number.checked_mul(CHUNK_LENGTH as u64)
    }

    /// Makes a chunk of a piece that others follow, and encrypts it.
    fn seal_whole(&mut self, piece: &mut Vec<u8>) -> Result<(), ChunkError> {
        if piece.len() != PIECE_LENGTH {
            return Err(ChunkError::WrongLength);
        }
        let nonce = self.nonce(false);
        self.advance()?;
        frame(piece, CHUNK_LENGTH);
        self.seal(&nonce, piece)
    }

    /// Decrypts a chunk that others follow, cuts it down to its piece, and returns the piece's length.
    fn open_whole(&mut self, chunk: &mut Vec<u8>) -> Result<usize, ChunkError> {
        if chunk.len() != SEALED_CHUNK_LENGTH {
            return Err(ChunkError::WrongLength);
        }
        let nonce = self.nonce(false);
        self.open(&nonce, chunk)?;
        self.advance()?;
        cut(chunk)
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

const CHUNK_LENGTH: usize = 64 * 1024;

/// The size of the length of a piece in its chunk in bytes.
const FRAME_LENGTH: usize = 4;

type Nonce = [u8; NONCE_LENGTH];
const NONCE_LENGTH: usize = ChaCha20Poly1305::NONCE_LENGTH;

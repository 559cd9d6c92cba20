use alloc::vec::Vec;

use super::{ChunkError, Chunks, Opener, Sealer};

/// Encrypts some pieces of a file in order. A [`Sealer`] split it off.
#[derive(Debug)]
pub struct SealerPart(Part);

/// Decrypts some chunks of a file in order. An [`Opener`] split it off, and takes it back.
#[derive(Debug)]
pub struct OpenerPart {
    part: Part,
    /// The lengths of the pieces so far.
    lengths: Vec<usize>,
}

/// Some chunks of a file, none of which is the last.
#[derive(Debug)]
struct Part {
    chunks: Chunks,
    /// The number of the first of them, and of the chunk behind them.
    first: u64,
    end: u64,
}

impl Sealer {
    /// Splits off the next `pieces` pieces, which others follow, so that they can be encrypted elsewhere, for example on
    /// another core. This sealer goes on behind them, and never encrypts them itself.
    ///
    /// # Errors
    ///
    /// [`ChunkError::TooLong`]
    pub fn split_off(&mut self, pieces: u64) -> Result<SealerPart, ChunkError> {
        self.0.split_off(pieces).map(SealerPart)
    }
}

impl SealerPart {
    /// Makes a chunk of the next piece and encrypts it, as [`Sealer::seal`] does.
    ///
    /// # Errors
    ///
    /// [`ChunkError::WrongLength`]; [`ChunkError::OutOfOrder`] after as many pieces as were split off
    pub fn seal(&mut self, piece: &mut Vec<u8>) -> Result<(), ChunkError> {
        self.0.next()?.seal_whole(piece)
    }
}

impl Opener {
    /// Splits off the next `chunks` chunks, which others follow, so that they can be decrypted elsewhere, for example on
    /// another core. This opener goes on behind them, but only once the part is [joined](Self::join).
    ///
    /// # Errors
    ///
    /// [`ChunkError::TooLong`]
    pub fn split_off(&mut self, chunks: u64) -> Result<OpenerPart, ChunkError> {
        Ok(OpenerPart {
            part: self.chunks.split_off(chunks)?,
            lengths: Vec::new(),
        })
    }

    /// Takes back a part. Its pieces may be released then, and no sooner, because only the chunks before it show whether
    /// it is padded as it must be. If it has chunks left, this opener opens no more.
    ///
    /// # Errors
    ///
    /// [`ChunkError::InvalidPadding`]; [`ChunkError::OutOfOrder`] if another part comes before this one. The opener is
    /// then of no use.
    pub fn join(&mut self, part: OpenerPart) -> Result<(), ChunkError> {
        if part.part.first != self.taken {
            return Err(ChunkError::OutOfOrder);
        }
        let mut lengths = part.lengths.into_iter();
        lengths.try_for_each(|length| self.take_piece(length))
    }
}

impl OpenerPart {
    /// Decrypts the next chunk and cuts it down to its piece, as [`Opener::open`] does. The piece may be released once
    /// the part is [joined](Opener::join).
    ///
    /// # Errors
    ///
    /// [`ChunkError`], where [`ChunkError::OutOfOrder`] comes after as many chunks as were split off; the chunk is then of
    /// no use, and after [`ChunkError::InvalidPadding`] the part is of no use either.
    pub fn open(&mut self, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        let length = self.part.next()?.open_whole(chunk)?;
        self.lengths.push(length);
        Ok(())
    }
}

impl Part {
    /// The chunks, if there is one left.
    const fn next(&mut self) -> Result<&mut Chunks, ChunkError> {
        if self.chunks.number < self.end {
            Ok(&mut self.chunks)
        } else {
            Err(ChunkError::OutOfOrder)
        }
    }
}

impl Chunks {
    /// Splits off the next `count` chunks, and goes on behind them.
    fn split_off(&mut self, count: u64) -> Result<Part, ChunkError> {
        let end = self.number.checked_add(count).ok_or(ChunkError::TooLong)?;
        let first = core::mem::replace(&mut self.number, end);
        let chunks = Self {
            key: self.key.duplicate(),
            number: first,
        };
        Ok(Part { chunks, first, end })
    }
}

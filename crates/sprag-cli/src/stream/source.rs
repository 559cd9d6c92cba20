use core::mem::swap;
use std::io::IoSliceMut;

use sprag::file::SEALED_CHUNK_LENGTH;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input::Input;

/// A piece or a chunk, wiped at the end. It is processed where it was read, and never grows.
pub(super) type Buffer = Zeroizing<Vec<u8>>;

fn buffer() -> Buffer {
    Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_LENGTH))
}

/// Chunks that follow each other, to be processed at once. Its memory is used again and again.
pub(super) struct Batch {
    /// The place among all batches, from 0.
    pub(super) number: u64,
    buffers: Vec<Buffer>,
    /// The number of buffers in use.
    chunks: usize,
    is_last: bool,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            number: 0,
            buffers: (0..=BATCH).map(|_| buffer()).collect(),
            chunks: 0,
            is_last: false,
        }
    }

    /// The chunks that others follow.
    pub(super) fn followed(&mut self) -> &mut [Buffer] {
        let count = self.chunks - usize::from(self.is_last);
        &mut self.buffers[..count]
    }

    /// The last chunk of the input, if it is in this batch.
    pub(super) fn last(&mut self) -> Option<&mut Buffer> {
        let used = &mut self.buffers[..self.chunks];
        used.last_mut().filter(|_| self.is_last)
    }
}

/// The input, divided into chunks.
///
/// A chunk is handed out once a byte behind it was read, because the last one has to be known as the last when it is
/// processed. It does not wait for more than that: a slow input is processed as it comes.
pub(super) struct Source {
    input: Input,
    /// The length of all chunks but the last.
    length: usize,
    /// The chunk that was read ahead, and the number of its bytes that are there.
    ahead: Buffer,
    ahead_length: usize,
    /// Set if the input ended with that chunk. A terminal would have to be told again.
    is_read: bool,
    /// The number of batches so far.
    batches: u64,
    has_ended: bool,
}

impl Source {
    /// Reads the first chunk at once.
    pub(super) fn new(mut input: Input, length: usize) -> Result<Self, Failure> {
        let mut ahead = buffer();
        ahead.resize(length, 0);
        let ahead_length = input.fill(&mut ahead)?;
        Ok(Self {
            input,
            length,
            ahead,
            ahead_length,
            is_read: ahead_length < length,
            batches: 0,
            has_ended: false,
        })
    }

    pub(super) const fn input(&self) -> &Input {
        &self.input
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// Tells whether the input is a file on disk which more than one batch is left of.
    pub(super) fn is_long_file(&self) -> bool {
        let batch = (BATCH * self.length) as u64;
        self.input.length().is_some_and(|length| length > batch)
    }

    /// Reads the next batch. Returns whether there is one. After a failure there is none.
    pub(super) fn next(&mut self, batch: &mut Batch) -> Result<bool, Failure> {
        if self.has_ended {
            return Ok(false);
        }
        batch.number = self.batches;
        self.batches += 1;
        // Only a success finds that the input goes on.
        self.has_ended = true;
        self.has_ended = self.fill(batch)?;
        Ok(true)
    }

    /// Reads a batch. Returns whether it is the last.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, Failure> {
        let length = self.length;
        // Begin with the chunk that was read ahead.
        for buffer in &mut batch.buffers {
            buffer.resize(length, 0);
        }
        swap(&mut batch.buffers[0], &mut self.ahead);
        let mut filled = self.ahead_length;
        // Read until a chunk is whole and has a byte behind it.
        batch.is_last = self.is_read;
        while filled <= length && !batch.is_last {
            let read = self.input.read_vectored(&mut rest(batch, filled))?;
            filled += read;
            batch.is_last = read == 0;
        }
        // The buffer in which the input ends for now is the last chunk, or is read ahead.
        batch.chunks = filled.saturating_sub(1) / length;
        self.ahead_length = filled - batch.chunks * length;
        if batch.is_last {
            batch.buffers[batch.chunks].truncate(self.ahead_length);
            batch.chunks += 1;
        } else {
            swap(&mut batch.buffers[batch.chunks], &mut self.ahead);
        }
        Ok(batch.is_last)
    }
}

/// The room of a batch behind the first `filled` bytes.
fn rest(batch: &mut Batch, filled: usize) -> Vec<IoSliceMut<'_>> {
    let mut filled = filled;
    let buffers = batch.buffers.iter_mut();
    let rooms = buffers.filter_map(|buffer| {
        let used = filled.min(buffer.len());
        filled -= used;
        let room = &mut buffer[used..];
        (!room.is_empty()).then(|| IoSliceMut::new(room))
    });
    rooms.collect()
}

/// The number of chunks in a batch of a file on disk: enough that handing it over costs little, and so few that it stays
/// in a core's cache from reading to writing.
const BATCH: usize = 8;

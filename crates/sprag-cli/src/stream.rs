//! The content of a file, which is encrypted and decrypted chunk by chunk in two buffers.

use sprag::file::{FileKey, Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use crate::progress::Progress;

/// The pieces or chunks of an input. The next one is always read ahead, because the last one has to be known
/// as the last when it is processed.
pub(crate) struct Chunks {
    input: Input,
    length: usize,
    current: Vec<u8>,
    next: Vec<u8>,
}

impl Chunks {
    /// The pieces of a plaintext. The first is read at once, so that an input that cannot be read fails
    /// early.
    pub(crate) fn of_plaintext(input: Input) -> Result<Self, Failure> {
        Self::new(input, PIECE_LENGTH)
    }

    /// The encrypted chunks of a file. The first is read at once.
    pub(crate) fn of_ciphertext(input: Input) -> Result<Self, Failure> {
        Self::new(input, SEALED_CHUNK_LENGTH)
    }

    fn new(input: Input, length: usize) -> Result<Self, Failure> {
        let mut chunks = Self {
            input,
            length,
            current: Vec::with_capacity(SEALED_CHUNK_LENGTH),
            next: Vec::with_capacity(SEALED_CHUNK_LENGTH),
        };
        chunks.read_next()?;
        Ok(chunks)
    }

    /// Encrypts the whole input.
    pub(crate) fn seal(mut self, key: &FileKey, output: &mut Output) -> Result<(), Failure> {
        let mut sealer = Sealer::new(key);
        let mut progress = self.progress(output);
        let refused = |error| Failure::refused(format!("the input is refused: {error}: split it"));
        // Encrypt the pieces. The last one is marked as the last, and padding follows it.
        while !self.advance()? {
            sealer.seal(&mut self.current).map_err(refused)?;
            output.write(&self.current)?;
            progress.advance(self.length);
        }
        let mut padding = sealer.seal_last(&mut self.current).map_err(refused)?;
        output.write(&self.current)?;
        padding.try_for_each(|chunk| output.write(&chunk))
    }

    /// Decrypts the whole input. Each piece is written as soon as it is known to be genuine.
    pub(crate) fn open(mut self, key: &FileKey, output: &mut Output) -> Result<(), Failure> {
        let mut opener = Opener::new(key);
        let mut progress = self.progress(output);
        // Decrypt the chunks. Only the last chunk shows that the file was not cut short.
        while !self.advance()? {
            let opened = opener.open(&mut self.current);
            opened.map_err(|_| damaged(&self.input, output))?;
            output.write(&self.current)?;
            progress.advance(self.length);
        }
        let opened = opener.open_last(&mut self.current);
        opened.map_err(|_| damaged(&self.input, output))?;
        output.write(&self.current)
    }

    pub(crate) const fn input(&self) -> &Input {
        &self.input
    }

    /// Goes to the next chunk. Returns whether it is the last.
    fn advance(&mut self) -> Result<bool, Failure> {
        core::mem::swap(&mut self.current, &mut self.next);
        let full = self.current.len() == self.length;
        if full {
            self.read_next()?;
        }
        Ok(!full || self.next.is_empty())
    }

    /// Reads a chunk ahead.
    fn read_next(&mut self) -> Result<(), Failure> {
        self.next.resize(self.length, 0);
        let length = self.input.fill(&mut self.next)?;
        self.next.truncate(length);
        Ok(())
    }

    fn progress(&self, output: &Output) -> Progress {
        Progress::new(self.input.length(), output.is_terminal())
    }
}

/// The refusal of a content that is not as it was encrypted. It tells what the output holds: a file appears at the end
/// only, a stream has a part.
fn damaged(input: &Input, output: &Output) -> Failure {
    let left = if output.is_file() {
        "nothing is written"
    } else {
        "what was written is genuine, but not all"
    };
    let line = format!(
        "{input} is damaged, cut short or extended: {left}: get it again, it can still be decrypted"
    );
    input.damaged(Failure::refused(line).with(Exit::Damaged))
}

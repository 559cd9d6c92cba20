//! The content of a file, which is encrypted and decrypted in batches of chunks, on several cores if there are some.

mod source;
mod workers;

use sprag::file::{ChunkError, FileKey, Opener, PIECE_LENGTH, SEALED_CHUNK_LENGTH, Sealer};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use source::Source;
use workers::{Cipher, Stop, work_through, workers};

/// The pieces or chunks of an input.
pub(crate) struct Chunks(Source);

impl Chunks {
    /// The pieces of a plaintext. The first is read at once, so that an input that cannot be read fails
    /// early.
    pub(crate) fn of_plaintext(input: Input) -> Result<Self, Failure> {
        Source::new(input, PIECE_LENGTH).map(Self)
    }

    /// The encrypted chunks of a file. The first is read at once.
    pub(crate) fn of_ciphertext(input: Input) -> Result<Self, Failure> {
        Source::new(input, SEALED_CHUNK_LENGTH).map(Self)
    }

    /// Encrypts the whole input.
    pub(crate) fn seal(self, key: &FileKey, output: &mut Output) -> Result<(), Failure> {
        self.process(Sealer::new(key), output, |_, error| {
            Failure::refused(format!("the input is refused: {error}: split it"))
        })
    }

    /// Decrypts the whole input. Each piece is written as soon as it is known to be genuine.
    pub(crate) fn open(self, key: &FileKey, output: &mut Output) -> Result<(), Failure> {
        let is_file = output.is_file();
        self.process(Opener::new(key), output, |input, _| damaged(input, is_file))
    }

    /// Works through the whole input. The first failure counts, in the order of the chunks.
    fn process(
        self,
        cipher: impl Cipher,
        output: &mut Output,
        refused: impl FnOnce(&Input, ChunkError) -> Failure,
    ) -> Result<(), Failure> {
        let workers = workers(&self.0);
        let (source, done) = work_through(self.0, cipher, output, workers);
        done.map_err(|stop| match stop {
            Stop::Chunk(error) => refused(source.input(), error),
            Stop::Failed(failure) => failure,
        })
    }

    pub(crate) const fn input(&self) -> &Input {
        self.0.input()
    }
}

/// The refusal of a content that is not as it was encrypted. It tells what the output holds: a file appears at the end
/// only, a stream has a part.
fn damaged(input: &Input, output_is_file: bool) -> Failure {
    let left = if output_is_file {
        "nothing is written"
    } else {
        "what was written is genuine, but not all"
    };
    let line = format!(
        "{input} is damaged, cut short or extended: {left}: get it again, it can still be decrypted"
    );
    input.damaged(Failure::refused(line).with(Exit::Damaged))
}

#[cfg(test)]
mod tests;

//! Workers that process a file side by side, one on each core.
//!
//! Each worker reads a batch, encrypts or decrypts it, and writes it when all batches before it are written. So reading
//! and writing have an order, and what takes long has none. With one worker this is a loop in one thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use sprag::file::{ChunkError, Opener, OpenerPart, Padding, Sealer, SealerPart};

use super::source::{Batch, Source};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;

/// A [`Sealer`] or an [`Opener`].
pub(super) trait Cipher: Send {
    type Part: Send;

    /// Splits off the work on the next `count` chunks, which others follow.
    fn split_off(&mut self, count: u64) -> Result<Self::Part, ChunkError>;

    fn process(part: &mut Self::Part, chunk: &mut Vec<u8>) -> Result<(), ChunkError>;

    /// Takes the work back in order.
    fn join(&mut self, part: Self::Part) -> Result<(), ChunkError>;

    /// Processes the last chunk. Returns what is to be written behind it.
    fn process_last(self, chunk: &mut Vec<u8>) -> Result<Option<Padding>, ChunkError>;
}

impl Cipher for Sealer {
    type Part = SealerPart;

    fn split_off(&mut self, count: u64) -> Result<SealerPart, ChunkError> {
        self.split_off(count)
    }

    fn process(part: &mut SealerPart, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        part.seal(chunk)
    }

    fn join(&mut self, _: SealerPart) -> Result<(), ChunkError> {
        Ok(())
    }

    fn process_last(self, chunk: &mut Vec<u8>) -> Result<Option<Padding>, ChunkError> {
        self.seal_last(chunk).map(Some)
    }
}

impl Cipher for Opener {
    type Part = OpenerPart;

    fn split_off(&mut self, count: u64) -> Result<OpenerPart, ChunkError> {
        self.split_off(count)
    }

    fn process(part: &mut OpenerPart, chunk: &mut Vec<u8>) -> Result<(), ChunkError> {
        part.open(chunk)
    }

    fn join(&mut self, part: OpenerPart) -> Result<(), ChunkError> {
        self.join(part)
    }

    fn process_last(self, chunk: &mut Vec<u8>) -> Result<Option<Padding>, ChunkError> {
        self.open_last(chunk).map(|()| None)
    }
}

/// The reason for which the work ended early.
pub(super) enum Stop {
    Chunk(ChunkError),
    Failed(Failure),
}

impl From<ChunkError> for Stop {
    fn from(error: ChunkError) -> Self {
        Self::Chunk(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Processes the whole input. If it fails, then by the first failure in the order of the chunks, and all before that is
/// written; or all before its batch, if a chunk is genuine and padded otherwise than it must be.
pub(super) fn work_through(
    source: Source,
    cipher: impl Cipher,
    output: &mut Output,
    workers: usize,
) -> (Source, Result<(), Stop>) {
    let progress = Progress::new(source.input().length(), output.is_terminal());
    let shared = Shared {
        length: source.length(),
        source: Mutex::new(source),
        cipher: Mutex::new(Some(cipher)),
        sink: Mutex::new(Sink {
            output,
            progress,
            next: 0,
            end: None,
        }),
        turn: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            // Fewer workers do the same work.
            let worker = thread::Builder::new().name("worker".to_owned());
            drop(worker.spawn_scoped(scope, || shared.work()));
        }
        shared.work();
    });
    let end = into_inner(shared.sink).end;
    let missing = || Err(Failure::defect("a file has no last chunk").into());
    (into_inner(shared.source), end.unwrap_or_else(missing))
}

/// The number of workers for a source.
///
/// A pipe has a program at its other end, for which the other core is. Also, a worker that waits for more there would keep
/// the others from ending at a failure.
pub(super) fn workers(source: &Source) -> usize {
    if !source.is_long_file() {
        return 1;
    }
    let cores = thread::available_parallelism();
    cores.map_or(1, core::num::NonZero::get).min(MAX_WORKERS)
}

/// All that the workers share. A worker that holds the lock of the source or of the sink may take that of the cipher, and
/// no other.
struct Shared<'a, C> {
    /// The length of all chunks but the last, as they are read.
    length: usize,
    source: Mutex<Source>,
    /// The cipher, until the last chunk takes it.
    cipher: Mutex<Option<C>>,
    sink: Mutex<Sink<'a>>,
    /// Notified when [`Sink::next`] or [`Sink::end`] changes.
    turn: Condvar,
}

struct Sink<'a> {
    output: &'a mut Output,
    progress: Progress,
    /// The number of the batch to be written next.
    next: u64,
    /// The result of the whole work, once there is nothing more to do.
    end: Option<Result<(), Stop>>,
}

impl<C: Cipher> Shared<'_, C> {
    /// Works until there is nothing more to do.
    fn work(&self) {
        let ends_others = EndAtPanic(self);
        let mut batch = Batch::new();
        let mut goes_on = true;
        while goes_on && let Some(part) = self.read(&mut batch).transpose() {
            let done = part.map(|part| process::<C>(part, &mut batch));
            goes_on = self.write(&mut batch, done);
        }
        drop(ends_others);
    }

    /// Reads the next batch, and splits off the work on it. Returns `None` at the end of the input.
    fn read(&self, batch: &mut Batch) -> Result<Option<C::Part>, Stop> {
        let mut source = lock(&self.source);
        if !source.next(batch)? {
            return Ok(None);
        }
        // The lock of the source is still held, because parts have the order of batches.
        let mut cipher = lock(&self.cipher);
        let cipher = cipher.as_mut().ok_or_else(no_cipher)?;
        let part = cipher.split_off(batch.followed().len() as u64)?;
        Ok(Some(part))
    }

    /// Writes a batch when its turn has come. Returns whether there may be more to do.
    fn write(&self, batch: &mut Batch, done: Result<Processed<C>, Stop>) -> bool {
        let sink = lock(&self.sink);
        let not_yet = |sink: &mut Sink<'_>| sink.end.is_none() && sink.next != batch.number;
        let turn = self.turn.wait_while(sink, not_yet);
        let mut sink = turn.unwrap_or_else(PoisonError::into_inner);
        // A failure of a batch before ends all.
        if sink.end.is_some() {
            return false;
        }
        let written = done.and_then(|done| self.write_to(&mut sink, batch, done));
        sink.next += 1;
        sink.end = match written {
            Ok(false) => None,
            Ok(true) => Some(Ok(())),
            Err(stop) => Some(Err(stop)),
        };
        self.turn.notify_all();
        sink.end.is_none()
    }

    /// Writes a batch. Returns whether it was the last.
    fn write_to(
        &self,
        sink: &mut Sink<'_>,
        batch: &mut Batch,
        done: Processed<C>,
    ) -> Result<bool, Stop> {
        let mut cipher = lock(&self.cipher);
        cipher.as_mut().ok_or_else(no_cipher)?.join(done.part)?;
        // Others read on meanwhile.
        drop(cipher);
        // What comes before a failure is written, because it is genuine.
        sink.output.write_all(&batch.followed()[..done.chunks])?;
        sink.progress.advance(done.chunks * self.length);
        if let Some(error) = done.error {
            return Err(error.into());
        }
        let Some(last) = batch.last() else {
            return Ok(false);
        };
        // The last chunk is marked as the last, and padding may follow it.
        let cipher = lock(&self.cipher).take().ok_or_else(no_cipher)?;
        let padding = cipher.process_last(last)?;
        sink.output.write(last)?;
        for chunk in padding.into_iter().flatten() {
            sink.output.write(&chunk)?;
        }
        Ok(true)
    }
}

/// The work on a batch.
struct Processed<C: Cipher> {
    part: C::Part,
    /// The number of chunks that were processed.
    chunks: usize,
    /// The reason for which the next one was not.
    error: Option<ChunkError>,
}

/// Processes the chunks of a batch that others follow.
fn process<C: Cipher>(mut part: C::Part, batch: &mut Batch) -> Processed<C> {
    let mut chunks = 0;
    let mut error = None;
    for chunk in batch.followed() {
        error = C::process(&mut part, chunk).err();
        if error.is_some() {
            break;
        }
        chunks += 1;
    }
    Processed {
        part,
        chunks,
        error,
    }
}

/// Ends the other workers if one panics, because they would wait for its turn for ever.
struct EndAtPanic<'a, 'b, C>(&'a Shared<'b, C>);

impl<C> Drop for EndAtPanic<'_, '_, C> {
    fn drop(&mut self) {
        if thread::panicking() {
            let end = &mut lock(&self.0.sink).end;
            *end = Some(Err(Failure::defect("a worker panicked").into()));
            self.0.turn.notify_all();
        }
    }
}

fn no_cipher() -> Stop {
    Failure::defect("chunks follow the last").into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The most workers. Reading and writing have an order, so that more would wait for each other.
const MAX_WORKERS: usize = 4;

use core::time::Duration;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use sprag::file::Padding;

use super::source::Batch;
use super::*;
use crate::new_file::Readers;

fn key() -> FileKey {
    FileKey::from_plaintext(&[7; 32]).unwrap()
}

fn content(length: usize) -> Vec<u8> {
    let mut content = vec![0; length];
    StdRng::seed_from_u64(length as u64).fill_bytes(&mut content);
    content
}

/// The chunks of a content, as one sealer makes them.
fn sealed(content: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(&key());
    let mut pieces: Vec<Vec<u8>> = content.chunks(PIECE_LENGTH).map(<[u8]>::to_vec).collect();
    let mut last = pieces.pop().unwrap_or_default();
    for piece in &mut pieces {
        sealer.seal(piece).unwrap();
    }
    let padding = sealer.seal_last(&mut last).unwrap();
    let chunks = pieces.into_iter().chain([last]).chain(padding);
    chunks.flatten().collect()
}

/// A reader of bytes, so many at a time. It fails or panics behind them if it is to.
struct Slow {
    bytes: io::Cursor<Vec<u8>>,
    step: usize,
    behind: fn() -> io::Result<usize>,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.step);
        match self.bytes.read(&mut buffer[..length])? {
            0 => (self.behind)(),
            read => Ok(read),
        }
    }
}

fn slow(bytes: Vec<u8>, step: usize) -> Slow {
    Slow {
        bytes: io::Cursor::new(bytes),
        step,
        behind: || Ok(0),
    }
}

/// Processes an input to the file at `path`, with so many workers.
fn process(
    (input, length): (Input, usize),
    cipher: impl Cipher,
    path: &Path,
    workers: usize,
) -> Result<(), Failure> {
    let source = Source::new(input, length)?;
    let mut output = Output::prepare(Some(path), None, Readers::Owner)?;
    let (source, done) = work_through(source, cipher, &mut output, workers);
    done.map_err(|stop| match stop {
        Stop::Chunk(_) => damaged(source.input(), output.is_file()),
        Stop::Failed(failure) => failure,
    })?;
    output.finish()
}

#[test]
fn any_number_of_workers_makes_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    for (pieces, more) in [
        (0, 0),
        (0, 1),
        (1, -1),
        (1, 0),
        (1, 1),
        (8, -1),
        (8, 0),
        (8, 1),
        (9, 0),
        (9, 1),
        (17, 0),
        (40, 1),
        (64, 1),
    ] {
        let content = content((pieces * PIECE_LENGTH).checked_add_signed(more).unwrap());
        let sealed = sealed(&content);
        for (workers, step) in [
            (1, usize::MAX),
            (2, usize::MAX),
            (4, usize::MAX),
            (3, 10_007),
        ] {
            let input = Input::of(slow(content.clone(), step));
            process((input, PIECE_LENGTH), Sealer::new(&key()), &path, workers).unwrap();
            assert!(
                fs::read(&path).unwrap() == sealed,
                "{pieces} {more} {workers}"
            );
            let input = Input::of(slow(sealed.clone(), step));
            process(
                (input, SEALED_CHUNK_LENGTH),
                Opener::new(&key()),
                &path,
                workers,
            )
            .unwrap();
            assert!(
                fs::read(&path).unwrap() == content,
                "{pieces} {more} {workers}"
            );
        }
    }
}

#[test]
fn an_input_that_fails_leaves_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let content = content(30 * PIECE_LENGTH);
    for length in [PIECE_LENGTH, 8 * PIECE_LENGTH, 20 * PIECE_LENGTH + 9] {
        for workers in [1, 2, 4] {
            let input = Input::of(Slow {
                behind: || Err(io::Error::other("it broke")),
                ..slow(content[..length].to_vec(), usize::MAX)
            });
            let failed = process((input, PIECE_LENGTH), Sealer::new(&key()), &path, workers);
            assert_eq!(
                failed,
                Err(Failure::refused(
                    "input cannot be read: it broke: put that right and try again"
                )
                .with(Exit::File))
            );
            assert!(!path.exists());
        }
    }
}

#[test]
fn the_first_failure_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output");
    let sealed = sealed(&content(30 * PIECE_LENGTH));
    // A chunk is damaged, and the input fails later.
    for chunk in [0, 1, 8, 15, 19] {
        for workers in [1, 2, 4] {
            let mut bytes = sealed[..21 * SEALED_CHUNK_LENGTH].to_vec();
            bytes[chunk * SEALED_CHUNK_LENGTH] ^= 1;
            let input = Input::of(Slow {
                behind: || Err(io::Error::other("it broke")),
                ..slow(bytes, usize::MAX)
            });
            let failed = process(
                (input, SEALED_CHUNK_LENGTH),
                Opener::new(&key()),
                &path,
                workers,
            );
            let Err(Failure::Refused(Exit::Damaged, line)) = failed else {
                panic!("{failed:?}");
            };
            assert!(line.contains("extended: nothing is written"), "{line}");
            assert!(!path.exists());
        }
    }
}

#[test]
fn a_chunk_waits_for_one_byte_behind_it() {
    let starving = |length: usize| {
        let input = Input::of(Slow {
            behind: || panic!("it reads on"),
            ..slow(content(length), PIECE_LENGTH)
        });
        Source::new(input, PIECE_LENGTH).unwrap()
    };
    for pieces in [1, 2, 9, 20] {
        let mut source = starving(pieces * PIECE_LENGTH + 1);
        let mut batch = Batch::new();
        let mut handed_out = 0;
        while handed_out < pieces {
            assert_eq!(source.next(&mut batch), Ok(true));
            handed_out += batch.followed().len();
            assert!(batch.last().is_none());
        }
        assert_eq!(handed_out, pieces);
    }
}

#[test]
fn an_input_that_has_ended_is_not_read_again() {
    let input = Input::of(Slow {
        bytes: io::Cursor::new(content(10)),
        step: 10,
        behind: {
            use core::sync::atomic::{AtomicBool, Ordering};
            static HAS_ENDED: AtomicBool = AtomicBool::new(false);
            || {
                assert!(!HAS_ENDED.swap(true, Ordering::Relaxed));
                Ok(0)
            }
        },
    });
    let mut source = Source::new(input, PIECE_LENGTH).unwrap();
    let mut batch = Batch::new();
    assert_eq!(source.next(&mut batch), Ok(true));
    assert_eq!(batch.last().map(|last| last.len()), Some(10));
    assert_eq!(source.next(&mut batch), Ok(false));
}

/// A cipher that panics in the second batch, as a defect would have it.
struct Defective(u64);

impl Cipher for Defective {
    type Part = u64;

    fn split_off(&mut self, count: u64) -> Result<u64, ChunkError> {
        let first = self.0;
        self.0 += count;
        Ok(first)
    }

    fn process(first: &mut u64, _: &mut Vec<u8>) -> Result<(), ChunkError> {
        assert!(*first != 8);
        Ok(())
    }

    fn join(&mut self, _: u64) -> Result<(), ChunkError> {
        Ok(())
    }

    fn process_last(self, _: &mut Vec<u8>) -> Result<Option<Padding>, ChunkError> {
        Ok(None)
    }
}

#[test]
fn a_panic_ends_all_workers() {
    for workers in [1, 2, 4] {
        let folder = tempfile::tempdir().unwrap();
        let (ended, end) = channel();
        let work = std::thread::spawn(move || {
            // Dropped by the panic as well.
            let _ended: Sender<()> = ended;
            let path = folder.path().join("output");
            let input = Input::of(slow(content(80 * PIECE_LENGTH), usize::MAX));
            process((input, PIECE_LENGTH), Defective(0), &path, workers)
        });
        let timeout = end.recv_timeout(Duration::from_secs(60));
        assert_eq!(timeout, Err(RecvTimeoutError::Disconnected));
        work.join().unwrap_err();
    }
}

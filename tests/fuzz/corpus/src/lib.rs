//! The corpora of the fuzz targets. Each is one file beside this package's manifest, for example
//! `receive.pack`, because hundreds of small files would hide the rest of the repository.
//!
//! # Format
//!
//! A pack is a sequence of entries, and nothing else:
//!
//! | bytes | contents |
//! |---|---|
//! | 1 | the length of the name |
//! | as many | the name, in printable ASCII without spaces and slashes |
//! | 4 | the length of the input, little-endian |
//! | as many | the input |
//!
//! Inputs with names come first, in the order of their names. Inputs without a name follow, in the order of
//! their bytes, and none of them is equal to another input. So there is one pack for a corpus, and packing
//! it again changes no byte.
#![forbid(unsafe_code)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "it runs where there is all of std"
)]

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The prefix of the names of seeds: inputs that the crates write, and that are written again after a change
/// of format.
pub const SEED: &str = "seed-";

/// The inputs of one fuzz target.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "for the packages of this workspace"
)]
pub struct Corpus {
    /// The inputs with names: the seeds, and inputs on which a target failed once.
    pub named: BTreeMap<String, Vec<u8>>,
    /// The inputs that the fuzzer found. Their names would say nothing, because the fuzzer names an input by
    /// its hash.
    pub found: BTreeSet<Vec<u8>>,
}

/// The first place in a pack that breaks the format.
#[derive(Clone, Debug, Eq, PartialEq)]
struct FormatError {
    /// The number of the entry, from 0.
    entry: usize,
    /// The number of bytes before the entry.
    offset: usize,
    /// The rule that the entry breaks.
    problem: Problem,
}

/// A rule of the format that an entry breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Problem {
    /// A length goes beyond the end of the pack.
    Cut,
    /// The name has a character that it must not have.
    Name,
    /// The entry does not come after the one before it.
    Order,
    /// The input has no name and is equal to one that has.
    Twice,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::Cut => "it is cut: a length goes beyond the end",
            Problem::Name => "its name is not printable ASCII without spaces and slashes",
            Problem::Order => "it does not come after the entry before it",
            Problem::Twice => "it repeats an input that has a name",
        };
        write!(f, "entry {} at byte {}: {problem}", self.entry, self.offset)
    }
}

impl core::error::Error for FormatError {}

/// The path of the pack of the target `name`.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{name}.pack"))
}

impl Corpus {
    /// Reads the pack of the target `name`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or breaks the format. The text has the path and the place.
    pub fn read(name: &str) -> io::Result<Self> {
        let path = path(name);
        let shown = path.display();
        let bytes = fs::read(&path)
            .map_err(|error| io::Error::new(error.kind(), format!("{shown}: {error}")))?;
        Self::decode(&bytes).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{shown}: {error}"))
        })
    }

    /// Replaces the pack of the target `name`. A failure leaves the old pack, because the new one is written
    /// beside it and takes its place when it is complete.
    ///
    /// # Errors
    ///
    /// If a file cannot be written, or an entry does not fit the format.
    pub fn write(&self, name: &str) -> io::Result<()> {
        replace(&path(name), &self.encode()?)
    }

    /// Writes each input to a file of its own in `folder`, which is emptied first. An input without a name is
    /// named by its place, for example `found-0017`.
    ///
    /// # Errors
    ///
    /// If a file cannot be removed or written.
    pub fn unpack(&self, folder: &Path) -> io::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        for (name, input) in self.inputs() {
            fs::write(folder.join(name), input)?;
        }
        Ok(())
    }

    /// All inputs with the names that they have when they are unpacked, in the order of the pack.
    pub fn inputs(&self) -> impl Iterator<Item = (String, &[u8])> {
        let named = self.named.iter();
        let named = named.map(|(name, input)| (name.clone(), input.as_slice()));
        let found = self.found.iter().filter(|input| !self.is_named(input));
        let found = found.enumerate();
        named.chain(found.map(|(place, input)| (format!("found-{place:04}"), input.as_slice())))
    }

    /// Tells whether `input` is there with a name.
    #[must_use]
    pub fn is_named(&self, input: &[u8]) -> bool {
        self.named.values().any(|named| named == input)
    }

    /// The bytes of the pack. Of inputs without a name, those that are there with a name are left out.
    ///
    /// # Errors
    ///
    /// If a name has no character, one that it must not have, or more than 255, or an input is longer than
    /// 4 GiB.
    fn encode(&self) -> io::Result<Vec<u8>> {
        let mut pack = Vec::new();
        let mut append = |name: &str, input: &[u8]| -> Option<()> {
            pack.push(u8::try_from(name.len()).ok()?);
            pack.extend(name.as_bytes());
            pack.extend(u32::try_from(input.len()).ok()?.to_le_bytes());
            pack.extend(input);
            Some(())
        };
        for (name, input) in &self.named {
            let fits = !name.is_empty() && is_name(name.as_bytes());
            fits.then(|| append(name, input)).flatten().ok_or_else(|| {
                let text = format!("{name:?} is no name of an input, or the input is too long");
                io::Error::new(io::ErrorKind::InvalidInput, text)
            })?;
        }
        for input in self.found.iter().filter(|input| !self.is_named(input)) {
            append("", input).ok_or(io::ErrorKind::FileTooLarge)?;
        }
        Ok(pack)
    }

    /// Reads a pack.
    ///
    /// # Errors
    ///
    /// [`FormatError`] for the first entry that breaks the format.
    fn decode(pack: &[u8]) -> Result<Self, FormatError> {
        let mut corpus = Self::default();
        let mut rest = pack;
        for entry in 0.. {
            let offset = pack.len() - rest.len();
            if rest.is_empty() {
                break;
            }
            corpus
                .decode_entry(&mut rest)
                .map_err(|problem| FormatError {
                    entry,
                    offset,
                    problem,
                })?;
        }
        Ok(corpus)
    }

    /// Takes one entry from the front of `rest`. Each length is compared with the bytes that are left before
    /// anything is allocated.
    fn decode_entry(&mut self, rest: &mut &[u8]) -> Result<(), Problem> {
        // Take the name and the input apart.
        let [length] = *take::<1>(rest)?;
        let name = split(rest, length.into())?;
        let length = u32::from_le_bytes(*take::<4>(rest)?);
        let input = split(rest, usize::try_from(length).map_err(|_| Problem::Cut)?)?;
        if !is_name(name) {
            return Err(Problem::Name);
        }
        // The entry must come after all that were read before, so that a corpus has one pack.
        if name.is_empty() {
            if self
                .found
                .last()
                .is_some_and(|last| input <= last.as_slice())
            {
                return Err(Problem::Order);
            }
            if self.is_named(input) {
                return Err(Problem::Twice);
            }
            self.found.insert(input.to_vec());
        } else {
            let name = String::from_utf8_lossy(name).into_owned();
            let last = self.named.last_key_value();
            if !self.found.is_empty() || last.is_some_and(|(last, _)| name <= *last) {
                return Err(Problem::Order);
            }
            self.named.insert(name, input.to_vec());
        }
        Ok(())
    }
}

/// Writes a file beside `path`, and then lets it take the place of `path`.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("pack.new");
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}

/// Tells whether a name has only characters that the name of a file can have everywhere.
fn is_name(name: &[u8]) -> bool {
    name.iter()
        .all(|byte| byte.is_ascii_graphic() && !br"/\".contains(byte))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Problem> {
    let (taken, left) = rest.split_first_chunk().ok_or(Problem::Cut)?;
    *rest = left;
    Ok(taken)
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Problem> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Problem::Cut)?;
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &[u8] = b"\x02ab\x03\0\0\0xyz\x01c\0\0\0\0\0\x01\0\0\0x\0\x02\0\0\0xy";

    fn corpus() -> Corpus {
        Corpus {
            named: [("c", ""), ("ab", "xyz")]
                .map(|(name, input)| (name.to_owned(), input.into()))
                .into(),
            found: ["xy", "x"].map(Into::into).into(),
        }
    }

    fn problem(pack: &[u8]) -> (usize, usize, Problem) {
        let error = Corpus::decode(pack).unwrap_err();
        (error.entry, error.offset, error.problem)
    }

    #[test]
    fn a_corpus_has_these_bytes_and_is_read_back() {
        assert_eq!(corpus().encode().unwrap(), PACK);
        assert_eq!(Corpus::decode(PACK), Ok(corpus()));
        assert_eq!(Corpus::default().encode().unwrap(), b"");
        assert_eq!(Corpus::decode(b""), Ok(Corpus::default()));
    }

    #[test]
    fn a_found_input_that_has_a_name_is_packed_once() {
        let mut corpus = corpus();
        corpus.found.insert(b"xyz".to_vec());
        assert_eq!(corpus.encode().unwrap(), PACK);
        assert_eq!(corpus.inputs().count(), 4);
    }

    #[test]
    fn a_cut_is_found_at_the_entry_that_it_is_in() {
        let starts = [0, 10, 16, 22];
        for length in 0..PACK.len() {
            let entry = starts.iter().rposition(|start| *start <= length).unwrap();
            match Corpus::decode(&PACK[..length]) {
                Ok(_) => assert!(starts.contains(&length)),
                Err(_) => assert_eq!(
                    problem(&PACK[..length]),
                    (entry, starts[entry], Problem::Cut)
                ),
            }
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        assert_eq!(problem(b"\0\xff\xff\xff\xffx"), (0, 0, Problem::Cut));
        assert_eq!(problem(b"\0\x02\0\0\0x"), (0, 0, Problem::Cut));
        assert_eq!(problem(b"\xffab"), (0, 0, Problem::Cut));
    }

    #[test]
    fn names_are_names_of_files() {
        for bad in [b'/', b'\\', b' ', b'\n', 0, 0x80] {
            let pack = [1, bad, 0, 0, 0, 0];
            assert_eq!(problem(&pack), (0, 0, Problem::Name), "{bad}");
        }
        for bad in ["", "a/b", "a b", &"a".repeat(256)] {
            let mut corpus = corpus();
            corpus.named.insert(bad.to_owned(), Vec::new());
            corpus.encode().unwrap_err();
        }
    }

    #[test]
    fn a_corpus_has_one_order() {
        let entries: [&[u8]; 4] = [
            b"\x01a\0\0\0\0",
            b"\x01b\0\0\0\0",
            b"\0\x01\0\0\0x",
            b"\0\x01\0\0\0y",
        ];
        for (place, entry) in entries.iter().enumerate() {
            // An entry after itself or a later one is out of order.
            for later in &entries[place..] {
                let pack = [*later, *entry].concat();
                assert_eq!(problem(&pack), (1, later.len(), Problem::Order));
            }
        }
        let named = b"\x01a\x01\0\0\0x\0\x01\0\0\0x";
        assert_eq!(problem(named), (1, 7, Problem::Twice));
    }

    /// A folder that is removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = format!("sprag-fuzz-corpus-{}-{name}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_pack_is_replaced_as_a_whole_or_stays() {
        let folder = Folder::new("replace");
        let path = folder.0.join("a.pack");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
        // A folder is where the new file should be written.
        fs::create_dir(folder.0.join("a.pack.new")).unwrap();
        replace(&path, b"newer").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn unpacked_inputs_have_their_names_and_no_other_file_stays() {
        let parent = Folder::new("unpack");
        let folder = parent.0.join("inputs");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("stale"), b"").unwrap();
        corpus().unpack(&folder).unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["ab", "c", "found-0000", "found-0001"]);
        assert_eq!(fs::read(folder.join("ab")).unwrap(), b"xyz");
        assert_eq!(fs::read(folder.join("found-0001")).unwrap(), b"xy");
    }

    #[test]
    fn an_error_says_where_it_is() {
        let error = Corpus::decode(b"\x01a\0\0\0\0\0\x09\0\0\0x").unwrap_err();
        let text = "entry 1 at byte 6: it is cut: a length goes beyond the end";
        assert_eq!(error.to_string(), text);
    }
}

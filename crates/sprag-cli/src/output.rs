//! The output of a command: standard output, or a file that appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IoSlice, IsTerminal as _, Seek as _, Write};
use std::path::{Path, PathBuf};

use crate::armor::{Encoder, Label};
use crate::durable::{begin_sync, is_same_file, sync_stream};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::Input;
use crate::new_file::{NewFile, Readers};
use crate::place::{Place, duplicate, follow};
use crate::visible::{NotText, Visible};

/// A place to write to. A file gets its name only when [`finish`](Self::finish) is done.
pub(crate) struct Output {
    name: String,
    /// Set if this is the standard output, under whatever name.
    is_standard: bool,
    writer: Writer,
    target: Target,
    /// The number of bytes that were written since the system was last asked to bring them to the disk.
    waiting: usize,
}

enum Writer {
    Bytes(BufWriter<File>),
    Armored(Box<Encoder<BufWriter<File>>>),
    Shown(Visible<BufWriter<File>>),
}

enum Target {
    /// A descriptor that was open before, a device or a pipe. Bytes that were written cannot be taken back.
    Stream,
    /// A file: `new` is written first, and gets the name `path` at the end. Its first bytes, `on_the_way` in number, are on
    /// the way to the disk.
    File {
        new: NewFile,
        path: PathBuf,
        on_the_way: u64,
    },
}

impl Output {
    /// Prepares to write to `path`, or to standard output if there is no path or it is `-`.
    ///
    /// Refuses an output that is also the `input`, because it would be overwritten while it is read.
    pub(crate) fn prepare(
        path: Option<&Path>,
        input: Option<&Input>,
        readers: Readers,
    ) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Self::standard(input);
        };
        let name = path.display().to_string();
        let failed = |error: &io::Error| Failure::file(path, "written", error);
        let existing = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if name.ends_with(std::path::is_separator) {
                    return Err(Failure::refused(format!(
                        "{name} is the name of a folder: give the name of a file in it"
                    ))
                    .with(Exit::File));
                }
                None
            }
            Err(error) => return Err(failed(&error)),
        };
        // Follow links, so that the file behind a link is replaced and the link stays. Some names lead to what this
        // process has open, as /dev/stdout does.
        let place = match follow(path).map_err(|error| failed(&error))? {
            Place::Descriptor(number) => return Self::descriptor(name, number, input),
            Place::File(place) => place,
        };
        // Write to an existing device or pipe directly, because it cannot be replaced by a file.
        if let Some(metadata) = &existing {
            if metadata.is_dir() {
                return Err(Failure::refused(format!(
                    "{name} is a folder: give the name of a file in it"
                ))
                .with(Exit::File));
            }
            refuse_same(&name, input, metadata)?;
            if !metadata.is_file() {
                let file = OpenOptions::new().write(true).open(path);
                return Ok(Self::stream(name, file.map_err(|error| failed(&error))?));
            }
            // A name in /proc may lead to a file of another process that has no name itself.
            if !fs::metadata(&place).is_ok_and(|there| is_same_file(&there, metadata)) {
                return Err(Failure::refused(format!(
                    "{name} leads to a file without a name: give the name of a file"
                ))
                .with(Exit::File));
            }
        }
        // Write a new file, which takes over the permissions of an existing file.
        let permissions = existing.map(|metadata| metadata.permissions());
        let new = NewFile::create(&place, readers, permissions);
        let new = new.map_err(|error| failed(&error))?;
        let file = new.file().try_clone().map_err(|error| failed(&error))?;
        Ok(Self {
            name,
            is_standard: false,
            writer: Writer::Bytes(BufWriter::with_capacity(BUFFER_LENGTH, file)),
            target: Target::File {
                new,
                path: place,
                on_the_way: 0,
            },
            waiting: 0,
        })
    }

    /// Prepares to write to standard output.
    fn standard(input: Option<&Input>) -> Result<Self, Failure> {
        Self::descriptor("standard output".to_owned(), STANDARD_OUTPUT, input)
    }

    /// Prepares to write to a descriptor that this process has open.
    fn descriptor(name: String, number: u32, input: Option<&Input>) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::refused(format!(
                "{name} cannot be written: {error}: write elsewhere, with -o"
            ))
            .with(Exit::File)
        };
        let file = duplicate(number).map_err(failed)?;
        check_writable(&file).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        // A terminal or a device can be both input and output, but a file cannot.
        if metadata.is_file() {
            refuse_same(&name, input, &metadata)?;
        }
        if number <= STANDARD_ERROR && is_closed(&file, &metadata) {
            return Err(Failure::refused(format!(
                "{name} is closed: what is written there is lost: leave it open, or give -o FILE where \
                 there is one"
            ))
            .with(Exit::File));
        }
        Ok(Self {
            is_standard: number == STANDARD_OUTPUT,
            ..Self::stream(name, file)
        })
    }

    fn stream(name: String, file: File) -> Self {
        Self {
            name,
            is_standard: false,
            writer: Writer::Bytes(BufWriter::with_capacity(BUFFER_LENGTH, file)),
            target: Target::Stream,
            waiting: 0,
        }
    }

    /// Writes armored text instead of bytes from here on.
    pub(crate) fn armor(self, label: Label) -> Result<Self, Failure> {
        // Put an encoder around the writer, which writes the BEGIN line at once.
        let writer = match self.writer {
            Writer::Bytes(inner) => match Encoder::new(inner, label) {
                Ok(encoder) => Writer::Armored(Box::new(encoder)),
                Err(error) => return Err(failed(&self.name, &error)),
            },
            other => other,
        };
        Ok(Self { writer, ..self })
    }

    /// Ends armored text, and writes bytes from here on.
    pub(crate) fn end_armor(self) -> Result<Self, Failure> {
        let writer = match self.writer {
            Writer::Armored(inner) => match inner.finish() {
                Ok(inner) => Writer::Bytes(inner),
                Err(error) => return Err(failed(&self.name, &error)),
            },
            other => other,
        };
        Ok(Self { writer, ..self })
    }

    /// Writes text for people from here on: nothing in it controls the terminal.
    pub(crate) fn show(self) -> Self {
        let writer = match self.writer {
            Writer::Bytes(inner) => Writer::Shown(Visible::new(inner)),
            other => other,
        };
        Self { writer, ..self }
    }

    /// Has the file not replace one that is there by the time that this one is whole.
    pub(crate) fn keep_existing(mut self) -> Self {
        if let Target::File { new, .. } = &mut self.target {
            new.keep_existing();
        }
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn is_standard(&self) -> bool {
        self.is_standard
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match (&self.writer, &self.target) {
            (Writer::Bytes(writer), Target::Stream) => writer.get_ref().is_terminal(),
            (Writer::Shown(writer), Target::Stream) => writer.inner().get_ref().is_terminal(),
            _ => false,
        }
    }

    /// Tells whether the output appears only at the end, as a file.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self.target, Target::File { .. })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_all(&[bytes])
    }

    /// Writes one after the other.
    pub(crate) fn write_all(&mut self, parts: &[impl AsRef<[u8]>]) -> Result<(), Failure> {
        let mut parts = parts.iter().map(AsRef::as_ref);
        let length: usize = parts.clone().map(<[u8]>::len).sum();
        let written = match &mut self.writer {
            Writer::Bytes(writer) => write_vectored(writer, parts),
            Writer::Armored(writer) => parts.try_for_each(|part| writer.write_all(part)),
            Writer::Shown(writer) => parts.try_for_each(|part| writer.write_all(part)),
        };
        written.map_err(|error| failed(&self.name, &error))?;
        self.waiting += length;
        if self.waiting >= WRITE_BEHIND {
            self.waiting = 0;
            self.write_behind();
        }
        Ok(())
    }

    /// Has the system bring what was written of a file to the disk from now on, because the end would wait for all of it.
    /// A failure shows at the end.
    fn write_behind(&mut self) {
        if let Target::File {
            new, on_the_way, ..
        } = &mut self.target
            && let Ok(end) = new.file().stream_position()
        {
            begin_sync(new.file(), *on_the_way..end);
            *on_the_way = end;
        }
    }

    /// Writes the bytes that are left. What is on a disk then survives a power failure, and a file has its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let failed = |error: &io::Error| failed(&self.name, error);
        // Write the END line of armored text, and everything that is still buffered.
        let finished = match self.writer {
            Writer::Bytes(writer) => Ok(writer),
            Writer::Armored(writer) => writer.finish(),
            // A terminal has no disk.
            Writer::Shown(writer) => return writer.finish().map_err(|error| failed(&error)),
        };
        let file = finished
            .and_then(|writer| writer.into_inner().map_err(io::Error::from))
            .map_err(|error| failed(&error))?;
        // Only what is durable may be acknowledged, and only then is a message sent whose key is used up.
        let durable = match self.target {
            Target::Stream => sync_stream(&file),
            Target::File { new, path, .. } => {
                drop(file);
                new.persist(&path)
            }
        };
        durable.map_err(|error| failed(&error))
    }
}

/// Writes all at once if the system takes it: Linux keeps long writes in larger pieces, with which it has less work.
fn write_vectored<'a>(
    writer: &mut impl Write,
    parts: impl Iterator<Item = &'a [u8]>,
) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.map(IoSlice::new).collect();
    let mut left = slices.as_mut_slice();
    // Leave out what is empty, because a call that writes nothing is taken for a failure.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match writer.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn failed(name: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::refused(format!(
            "{name} was closed before all was written: give it to a program that reads it to the \
             end, or give -o FILE"
        ))
        .with(Exit::File);
    }
    if error.get_ref().is_some_and(|inner| inner.is::<NotText>()) {
        return Failure::refused(format!(
            "a terminal cannot show this: {NotText}: give -o FILE, or -o - to write the bytes as they are"
        ))
        .with(Exit::File);
    }
    Failure::file(Path::new(name), "written", error)
}

/// Refuses a standard output that was closed, for commands that print there.
pub(crate) fn expect_standard_output() -> Result<(), Failure> {
    Output::standard(None).map(drop)
}

/// Refuses a standard error that was closed, for commands that tell there what a script reads.
pub(crate) fn expect_standard_error() -> Result<(), Failure> {
    Output::descriptor("standard error".to_owned(), STANDARD_ERROR, None).map(drop)
}

/// Refuses an output that is the same file as the input.
fn refuse_same(name: &str, input: Option<&Input>, metadata: &Metadata) -> Result<(), Failure> {
    match input.and_then(Input::metadata) {
        Some(read) if is_same_file(read, metadata) => Err(Failure::refused(format!(
            "{name} is the input: write to another file"
        ))
        .with(Exit::File)),
        _ => Ok(()),
    }
}

/// Finds that a descriptor is open for reading only, before a key is used up for what cannot be written.
#[cfg(unix)]
fn check_writable(file: &File) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl};
    if fcntl_getfl(file)? & OFlags::RWMODE == OFlags::RDONLY {
        return Err(io::Error::other("it is open for reading only"));
    }
    Ok(())
}

#[cfg(not(unix))]
const fn check_writable(_: &File) -> io::Result<()> {
    Ok(())
}

/// Tells whether this process was started with this standard stream closed.
///
/// In that case the Rust runtime has opened the null device in its place, for reading and writing. A user
/// who redirects the stream to the null device opens it for writing only.
#[cfg(target_os = "linux")]
fn is_closed(file: &File, metadata: &Metadata) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl};
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let null = fs::metadata("/dev/null");
    let is_null = null
        .is_ok_and(|null| metadata.file_type().is_char_device() && metadata.rdev() == null.rdev());
    is_null && fcntl_getfl(file).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR)
}

#[cfg(not(target_os = "linux"))]
const fn is_closed(_: &File, _: &Metadata) -> bool {
    false
}

const STANDARD_OUTPUT: u32 = 1;
const STANDARD_ERROR: u32 = 2;

/// The size of the buffer. It is smaller than a piece of a file, so that each piece is written as soon as it
/// is known to be genuine.
const BUFFER_LENGTH: usize = 32 * 1024;

/// The number of bytes after which the system is asked to bring them to the disk: so many that a disk takes them in one
/// go, and so few that the last of them are no wait.
const WRITE_BEHIND: usize = 8 * 1024 * 1024;

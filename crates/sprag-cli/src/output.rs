//! The output of a command: standard output, or a file that appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use tempfile::{NamedTempFile, TempPath};

use crate::armor::{Encoder, Label};
use crate::failure::Failure;
use crate::input::Input;

/// The users that may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    /// All users that the umask allows.
    Anyone,
    /// The user who runs the program.
    Owner,
}

/// A place to write to. A file gets its name only when [`finish`](Self::finish) is done.
pub(crate) struct Output {
    name: String,
    writer: Writer,
    target: Target,
}

enum Writer {
    Bytes(BufWriter<File>),
    Armored(Box<Encoder<BufWriter<File>>>),
}

enum Target {
    /// Standard output, a device or a pipe. Bytes that were written cannot be taken back.
    Stream,
    /// A file: `new` is written first, and is renamed to `path` at the end.
    File { new: TempPath, path: PathBuf },
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
        let failed = |error: &io::Error| Failure::file(path, "written", error);
        // Follow links, so that the file behind a link is replaced and the link stays.
        let path_of_file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error)),
        };
        // Write to an existing device or pipe directly, because it cannot be replaced by a file.
        let name = path.display().to_string();
        if let Some(metadata) = &existing {
            if metadata.is_dir() {
                return Err(Failure::refused(format!(
                    "{name} is a folder: give the name of a file in it"
                )));
            }
            refuse_same(&name, input, metadata)?;
            if !metadata.is_file() {
                let file = OpenOptions::new().write(true).open(path);
                let file = file.map_err(|error| failed(&error))?;
                return Ok(Self::stream(name, file));
            }
        }
        // Write a file under another name in the same folder. It takes over the permissions of an existing
        // file, and is removed if the user interrupts the program.
        let permissions = existing.map(|metadata| metadata.permissions());
        let new = create_beside(&path_of_file, readers, permissions);
        let (file, new) = new.map_err(|error| failed(&error))?.into_parts();
        on_interrupt_remove(Some(new.to_path_buf()));
        Ok(Self {
            name,
            writer: Writer::Bytes(BufWriter::with_capacity(BUFFER_LENGTH, file)),
            target: Target::File {
                new,
                path: path_of_file,
            },
        })
    }

    /// Prepares to write to standard output.
    fn standard(input: Option<&Input>) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::refused(format!(
                "standard output cannot be written: {error}: write elsewhere, with -o"
            ))
        };
        let file = standard_output().map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        // A terminal or a device can be both input and output, but a file cannot.
        if metadata.is_file() {
            refuse_same("standard output", input, &metadata)?;
        }
        if is_closed(&metadata) {
            return Err(Failure::refused(
                "standard output is closed: what is written there is lost: give -o FILE",
            ));
        }
        Ok(Self::stream("standard output".to_owned(), file))
    }

    fn stream(name: String, file: File) -> Self {
        Self {
            name,
            writer: Writer::Bytes(BufWriter::with_capacity(BUFFER_LENGTH, file)),
            target: Target::Stream,
        }
    }

    /// Writes armored text instead of bytes from here on.
    pub(crate) fn armor(self, label: Label) -> Result<Self, Failure> {
        let Self {
            name,
            writer,
            target,
        } = self;
        // Put an encoder around the writer, which writes the BEGIN line at once.
        let writer = match writer {
            Writer::Bytes(inner) => match Encoder::new(inner, label) {
                Ok(encoder) => Writer::Armored(Box::new(encoder)),
                Err(error) => return Err(failed(&name, &error)),
            },
            armored @ Writer::Armored(_) => armored,
        };
        Ok(Self {
            name,
            writer,
            target,
        })
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match (&self.writer, &self.target) {
            (Writer::Bytes(writer), Target::Stream) => writer.get_ref().is_terminal(),
            _ => false,
        }
    }

    /// Tells whether the output appears only at the end, as a file.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self.target, Target::File { .. })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match &mut self.writer {
            Writer::Bytes(writer) => writer.write_all(bytes),
            Writer::Armored(writer) => writer.write_all(bytes),
        };
        written.map_err(|error| failed(&self.name, &error))
    }

    /// Writes the bytes that are left. A file then has its name and survives a power failure.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.close(File::sync_all)
    }

    /// Writes the bytes that are left. A file then has its name, but may be lost in a power failure.
    ///
    /// This is for an output that can be made again, because waiting for the disk can take long.
    pub(crate) fn finish_unsynced(self) -> Result<(), Failure> {
        self.close(|_| Ok(()))
    }

    fn close(self, sync: impl Fn(&File) -> io::Result<()>) -> Result<(), Failure> {
        let failed = |error: &io::Error| failed(&self.name, error);
        // Write the END line of armored text, and everything that is still buffered.
        let finished = match self.writer {
            Writer::Bytes(writer) => Ok(writer),
            Writer::Armored(writer) => writer.finish(),
        };
        let file = finished
            .and_then(|writer| writer.into_inner().map_err(io::Error::from))
            .map_err(|error| failed(&error))?;
        // Give a file its name only after its content is written, and sync the folder after the rename.
        if let Target::File { new, path } = self.target {
            sync(&file).map_err(|error| failed(&error))?;
            drop(file);
            new.persist(&path).map_err(|error| failed(&error.error))?;
            on_interrupt_remove(None);
            with_folder(&path, sync).map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

fn failed(name: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::refused(format!(
            "{name} was closed before all was written: give it to a program that reads it to the \
             end, or give -o FILE"
        ));
    }
    Failure::file(Path::new(name), "written", error)
}

/// Refuses an output that is the same file as the input.
fn refuse_same(name: &str, input: Option<&Input>, metadata: &Metadata) -> Result<(), Failure> {
    match input.and_then(Input::metadata) {
        Some(read) if is_same_file(read, metadata) => Err(Failure::refused(format!(
            "{name} is the input: write to another file"
        ))),
        _ => Ok(()),
    }
}

/// Creates a hidden file in the folder of `path`, to be renamed to `path` later.
pub(crate) fn create_beside(
    path: &Path,
    readers: Readers,
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
    // Set the permissions when the file is created, so that no other user can open it in between.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sprag-").suffix(".new");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(match readers {
            Readers::Anyone => 0o666,
            Readers::Owner => 0o600,
        }));
    }
    #[cfg(not(unix))]
    let _: Readers = readers;
    // Drop the text of an error, because it names the hidden file, which the user does not know.
    let file = builder.tempfile_in(folder(path));
    let file = file.map_err(|error| io::Error::from(error.kind()))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// The folder that the file at `path` is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Writes the folder of `path` to the disk, so that a new or renamed file in it survives a crash.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    with_folder(path, File::sync_all)
}

fn with_folder(path: &Path, sync: impl Fn(&File) -> io::Result<()>) -> io::Result<()> {
    if cfg!(unix) {
        sync(&File::open(folder(path))?)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    // No check is needed here: the system refuses to replace a file that is being read.
    false
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard_output() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Tells whether this process was started with its standard output closed.
///
/// In that case the Rust runtime has opened the null device in its place, for reading and writing. A user
/// who redirects the output to the null device opens it for writing only.
#[cfg(target_os = "linux")]
fn is_closed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let null = fs::metadata("/dev/null");
    let is_null = null
        .is_ok_and(|null| metadata.file_type().is_char_device() && metadata.rdev() == null.rdev());
    // The last octal digit of the flags is the access mode: 2 is for reading and writing.
    let flags = fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = flags.lines().find_map(|line| line.strip_prefix("flags:"));
    let access = flags.and_then(|flags| flags.trim().chars().last());
    is_null && access == Some('2')
}

#[cfg(not(target_os = "linux"))]
const fn is_closed(_: &Metadata) -> bool {
    false
}

/// The file to be removed when the user interrupts the program.
static HALF_WRITTEN: Mutex<Option<PathBuf>> = Mutex::new(None);
static HANDLER: Once = Once::new();

/// Sets the file to be removed when the user interrupts the program.
fn on_interrupt_remove(path: Option<PathBuf>) {
    HANDLER.call_once(|| {
        // Ignore a failure: without a handler, an interrupt leaves the hidden file behind and does no
        // other harm.
        drop(ctrlc::set_handler(|| {
            let path = HALF_WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(path) = path.as_ref() {
                drop(fs::remove_file(path));
            }
            std::process::exit(INTERRUPTED);
        }));
    });
    *HALF_WRITTEN.lock().unwrap_or_else(PoisonError::into_inner) = path;
}

/// The exit code that shells report for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// The size of the buffer. It is smaller than a piece of a file, so that each piece is written as soon as it
/// is known to be genuine.
const BUFFER_LENGTH: usize = 32 * 1024;

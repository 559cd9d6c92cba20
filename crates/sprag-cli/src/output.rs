//! What a command writes: standard output, or a file that appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use tempfile::{NamedTempFile, TempPath};

use crate::armor::{Encoder, Label};
use crate::failure::Failure;
use crate::input::Input;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    /// Whoever the user's umask allows.
    Anyone,
    /// The user alone.
    Owner,
}

/// A place to write to. What goes to a file is at its name once [`finish`](Self::finish) is done.
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
    /// Standard output, a device or a pipe: what was written is gone.
    Stream,
    /// A file beside the one that it is to become.
    File { new: TempPath, path: PathBuf },
}

impl Output {
    /// Prepares to write to `path`, or to standard output where there is none or it is called `-`.
    /// Refuses to write to what `input` is read from.
    pub(crate) fn prepare(
        path: Option<&Path>,
        input: Option<&Input>,
        readers: Readers,
    ) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Self::standard(input);
        };
        let failed = |error: &io::Error| Failure::file(path, "written", error);
        // Where a link leads, so that the link stays.
        let path_of_file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error)),
        };
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

    fn standard(input: Option<&Input>) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::refused(format!(
                "standard output cannot be written: {error}: write elsewhere, with -o"
            ))
        };
        let file = standard_output().map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
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

    /// Writes armored text from here on.
    pub(crate) fn armor(self, label: Label) -> Result<Self, Failure> {
        let Self {
            name,
            writer,
            target,
        } = self;
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

    /// Whether what is written appears at the end only.
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

    /// Writes what is left; a file is then on the disk, under its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.close(File::sync_all)
    }

    /// Writes what is left; a file then has its name, and the system writes it to the disk when it
    /// will. For what can be made again after a power failure: waiting takes as long as the disk.
    pub(crate) fn finish_unsynced(self) -> Result<(), Failure> {
        self.close(|_| Ok(()))
    }

    fn close(self, sync: impl Fn(&File) -> io::Result<()>) -> Result<(), Failure> {
        let failed = |error: &io::Error| failed(&self.name, error);
        let finished = match self.writer {
            Writer::Bytes(writer) => Ok(writer),
            Writer::Armored(writer) => writer.finish(),
        };
        let file = finished
            .and_then(|writer| writer.into_inner().map_err(io::Error::from))
            .map_err(|error| failed(&error))?;
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

fn refuse_same(name: &str, input: Option<&Input>, metadata: &Metadata) -> Result<(), Failure> {
    match input.and_then(Input::metadata) {
        Some(read) if is_same_file(read, metadata) => Err(Failure::refused(format!(
            "{name} is the input: write to another file"
        ))),
        _ => Ok(()),
    }
}

/// A new file in the folder of `path`.
pub(crate) fn create_beside(
    path: &Path,
    readers: Readers,
    permissions: Option<fs::Permissions>,
) -> io::Result<NamedTempFile> {
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
    // The error's own text names a file that nobody knows of.
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

/// Makes sure that a new name in the folder of `path` survives a crash.
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
    // Here a file that is being read cannot be replaced: the rename at the end is refused.
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

/// Whether this process was started with its standard output closed. The Rust runtime then opens the
/// null device in its place, for reading and writing; who asks for that device opens it for writing.
#[cfg(target_os = "linux")]
fn is_closed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let null = fs::metadata("/dev/null");
    let is_null = null
        .is_ok_and(|null| metadata.file_type().is_char_device() && metadata.rdev() == null.rdev());
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

fn on_interrupt_remove(path: Option<PathBuf>) {
    HANDLER.call_once(|| {
        // Without a handler a file is left under a name of its own, and nothing else is wrong.
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

/// What shells say of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Less than a piece of a file, which is so written as soon as it is known to be genuine.
const BUFFER_LENGTH: usize = 32 * 1024;

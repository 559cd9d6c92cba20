//! New files, which appear whole or not at all.
//!
//! Where the system can, a new file has no name until it is whole and on the disk, so that a process that is killed
//! leaves nothing behind. Elsewhere it is a hidden file, `.sprag-*.new`, which is locked while a process writes it. One
//! that nobody has locked was left behind, and is removed before the next file is written in the same folder.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Seek as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::durable::{folder, is_same_file, sync_name};
use crate::interrupt::on_interrupt_remove;

/// The users that may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Readers {
    /// All users that the umask allows.
    Anyone,
    /// The user who runs the program.
    Owner,
}

/// A file that has not got its name yet.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    /// The name that it has meanwhile, if it has any.
    hidden: Option<TempPath>,
    keeps_existing: bool,
}

impl NewFile {
    /// Creates a file in the folder of `path`, to be called `path` later, and sweeps up what killed processes left in
    /// that folder. The file takes over the `permissions` of the file that it is to replace.
    pub(crate) fn create(
        path: &Path,
        readers: Readers,
        permissions: Option<Permissions>,
    ) -> io::Result<Self> {
        on_interrupt_remove(None);
        sweep(folder(path));
        let new = match unnamed(folder(path), readers) {
            Some(file) => Self {
                file,
                hidden: None,
                keeps_existing: false,
            },
            None => Self::hidden(folder(path), readers)?,
        };
        if let Some(permissions) = permissions {
            new.file.set_permissions(permissions)?;
        }
        Ok(new)
    }

    fn hidden(folder: &Path, readers: Readers) -> io::Result<Self> {
        let (file, hidden) = locked(folder, readers)?.into_parts();
        on_interrupt_remove(Some(hidden.to_path_buf()));
        Ok(Self {
            file,
            hidden: Some(hidden),
            keeps_existing: false,
        })
    }

    /// Has [`persist`](Self::persist) fail if there is a file of that name, instead of replacing it.
    pub(crate) const fn keep_existing(&mut self) {
        self.keeps_existing = true;
    }

    /// The file, to be written.
    pub(crate) const fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name. Another file of that name is replaced, unless it is to be kept. Content and name then
    /// survive a power failure.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        self.persist_by(path, link, |file, name| match name {
            None => file.sync_all(),
            Some(path) => sync_name(path, file),
        })
    }

    /// The same, by calls that tests replace: `link` names a file that has no name, `sync` writes the content of a file
    /// or its name to the disk.
    fn persist_by(
        self,
        path: &Path,
        link: impl Fn(&File, &Path) -> io::Result<()>,
        sync: impl Fn(&File, Option<&Path>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self {
            mut file,
            hidden,
            keeps_existing,
        } = self;
        // Sync the content before the file has its name, because a name reaches the disk on its own.
        sync(&file, None)?;
        // Give the file its name, at once if that is free. Only a rename replaces another file, and it needs a hidden
        // name to begin with.
        let hidden = match hidden {
            Some(hidden) => Some(hidden),
            None => match link(&file, path) {
                Ok(()) => None,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if keeps_existing {
                        return Err(error);
                    }
                    Some(link_hidden(&file, path, link)?)
                }
                // Some file systems make files without a name and cannot name them.
                Err(_) => {
                    let copy = copy_to_hidden(&mut file, path)?;
                    sync(&copy.file, None)?;
                    file = copy.file;
                    copy.hidden
                }
            },
        };
        if let Some(hidden) = hidden {
            let persisted = if keeps_existing {
                hidden.persist_noclobber(path)
            } else {
                hidden.persist(path)
            };
            persisted.map_err(|error| error.error)?;
            on_interrupt_remove(None);
        }
        sync(&file, Some(path))
    }
}

/// Gives a file that has no name a hidden one beside `path`.
fn link_hidden(
    file: &File,
    path: &Path,
    link: impl Fn(&File, &Path) -> io::Result<()>,
) -> io::Result<TempPath> {
    let linked = builder(Readers::Owner).make_in(folder(path), |hidden| {
        on_interrupt_remove(Some(hidden.to_owned()));
        link(file, hidden)
    });
    Ok(linked?.into_temp_path())
}

/// Copies a file that has no name to a hidden one beside `path`.
fn copy_to_hidden(file: &mut File, path: &Path) -> io::Result<NewFile> {
    let mut copy = NewFile::hidden(folder(path), Readers::Owner)?;
    copy.file.set_permissions(file.metadata()?.permissions())?;
    file.rewind()?;
    io::copy(file, &mut copy.file)?;
    Ok(copy)
}

/// Creates a file without a name, if the system can do that here and can name it later.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn unnamed(folder: &Path, readers: Readers) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags);
    let file = options.mode(mode(readers)).open(folder).ok()?;
    // Lock it, because it may need a hidden name for a moment. Where nothing can be locked, nothing is swept up.
    drop(file.try_lock());
    // It is named by its path in /proc, which is not everywhere.
    let there = fs::metadata(path_in_proc(&file)).ok()?;
    is_same_file(&there, &file.metadata().ok()?).then_some(file)
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
const fn unnamed(_: &Path, _: Readers) -> Option<File> {
    None
}

/// Gives a file that has no name the name `path`, unless there is a file of that name.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let linked = linkat(CWD, path_in_proc(file), CWD, path, AtFlags::SYMLINK_FOLLOW);
    Ok(linked?)
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn path_in_proc(file: &File) -> String {
    use std::os::fd::AsRawFd as _;
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Creates a hidden file and locks it.
fn locked(folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let builder = builder(readers);
    loop {
        // Drop the text of an error, because it names the hidden file, which the user does not know.
        let file = builder.tempfile_in(folder);
        let file = file.map_err(|error| io::Error::from(error.kind()))?;
        // Another process may sweep up the file before it is locked. Then make another one.
        if matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock)) {
            continue;
        }
        let made = file.as_file().metadata()?;
        if !cfg!(unix) || fs::metadata(file.path()).is_ok_and(|there| is_same_file(&there, &made)) {
            return Ok(file);
        }
    }
}

/// A maker of hidden names, and of files that have their permissions from the start, so that no other user can open
/// them in between.
fn builder(readers: Readers) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .rand_bytes(RANDOM_LENGTH);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode(readers)));
    #[cfg(not(unix))]
    let _: Readers = readers;
    builder
}

#[cfg(unix)]
const fn mode(readers: Readers) -> u32 {
    match readers {
        Readers::Anyone => 0o666,
        Readers::Owner => 0o600,
    }
}

/// Removes the hidden files in `folder` that killed processes left. Failures are ignored, because they stop nothing.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_hidden_name) {
            drop(remove_leftover(&entry.path()));
        }
    }
}

/// Tells whether a [builder] makes such names. A file that only begins and ends like one is the user's own.
fn is_hidden_name(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    let random = random.and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Removes a hidden file, unless a process has it locked or it is another user's.
fn remove_leftover(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    // Follow no link and wait for no pipe, because in a shared folder another user may have put it there.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).map_err(io::Error::other)?);
    }
    let file = options.open(path)?;
    // Hold the lock while the file is removed, so that no process takes it for its own.
    if is_own_file(&file)? && file.try_lock().is_ok() {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn is_own_file(file: &File) -> io::Result<bool> {
    let metadata = file.metadata()?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::uid(&metadata) != rustix::process::geteuid().as_raw() {
        return Ok(false);
    }
    Ok(metadata.is_file())
}

const PREFIX: &str = ".sprag-";
const SUFFIX: &str = ".new";
/// The length of what is between the two.
const RANDOM_LENGTH: usize = 6;

#[cfg(test)]
mod tests {
    use core::cell::RefCell;
    use std::io::Write as _;

    use super::*;

    fn refuse(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    /// New files with the content `new`, of each form that this system has.
    fn new_files(path: &Path) -> Vec<NewFile> {
        let hidden = NewFile::hidden(folder(path), Readers::Owner).unwrap();
        let created = NewFile::create(path, Readers::Owner, None).unwrap();
        let files = vec![hidden, created];
        for mut file in files.iter().map(NewFile::file) {
            file.write_all(b"new").unwrap();
        }
        files
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        entries.map(|entry| name(entry.unwrap())).collect()
    }

    #[test]
    fn content_is_synced_before_the_file_has_its_name_and_the_name_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        for before in [&b""[..], b"old"] {
            for link in [link, refuse] {
                for new in new_files(&path) {
                    drop(fs::remove_file(&path));
                    if !before.is_empty() {
                        fs::write(&path, before).unwrap();
                    }
                    let synced = RefCell::new(Vec::new());
                    let sync = |file: &File, name: Option<&Path>| {
                        let content = fs::read(&path).unwrap_or_default();
                        synced
                            .borrow_mut()
                            .push((name.is_some(), content, file.metadata()?));
                        Ok(())
                    };
                    new.persist_by(&path, link, sync).unwrap();
                    let synced = synced.into_inner();
                    let [.., (false, at_first, file), (true, at_last, _)] = &synced[..] else {
                        panic!("{synced:?}");
                    };
                    assert_eq!((at_first.as_slice(), file.len()), (before, 3));
                    assert_eq!(at_last, b"new");
                    // The file that was synced is the one that has the name.
                    let named = fs::metadata(&path).unwrap();
                    assert!(!cfg!(unix) || is_same_file(file, &named));
                    assert_eq!(names(folder.path()), ["output"]);
                }
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_synced_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        for new in new_files(&path) {
            let full = |_: &File, _: Option<&Path>| Err(io::ErrorKind::StorageFull.into());
            new.persist_by(&path, link, full).unwrap_err();
            assert_eq!(fs::exists(&path).ok(), Some(false));
        }
    }

    #[test]
    fn leftovers_are_swept_up_and_files_in_use_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path(".sprag-behind.new"), "text").unwrap();
        fs::write(path(".sprag-other"), "text").unwrap();
        fs::create_dir(path(".sprag-folder.new")).unwrap();
        let mut kept = vec![".sprag-folder.new".to_owned(), ".sprag-other".to_owned()];
        // The user's own files.
        for name in [
            ".sprag-notes.new",
            ".sprag-my-own.new",
            "a.sprag-behind.new",
        ] {
            fs::write(path(name), "text").unwrap();
            kept.push(name.to_owned());
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path(".sprag-other"), path(".sprag-linked.new")).unwrap();
            kept.push(".sprag-linked.new".to_owned());
        }
        let in_use = NewFile::hidden(folder.path(), Readers::Owner).unwrap();
        let hidden = in_use.hidden.as_ref().unwrap().file_name().unwrap();
        kept.push(hidden.to_str().unwrap().to_owned());
        // What another user left is another user's to remove. Only the superuser can make such a file.
        #[cfg(unix)]
        if rustix::process::geteuid().is_root() {
            fs::write(path(".sprag-nobody.new"), "text").unwrap();
            std::os::unix::fs::chown(path(".sprag-nobody.new"), Some(65534), None).unwrap();
            kept.push(".sprag-nobody.new".to_owned());
        }
        kept.sort();
        let new = NewFile::create(&path("output"), Readers::Owner, None).unwrap();
        drop(new);
        let mut found = names(folder.path());
        found.sort();
        assert_eq!(found, kept);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_is_about_to_replace_another_is_not_swept_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        let new = NewFile::create(&path, Readers::Owner, None).unwrap();
        assert!(new.hidden.is_none());
        let hidden = link_hidden(&new.file, &path, link).unwrap();
        sweep(folder.path());
        hidden.persist(&path).unwrap();
        assert_eq!(names(folder.path()), ["output"]);
    }
}

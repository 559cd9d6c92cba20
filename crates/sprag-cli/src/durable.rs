//! Durability: what was written survives a power failure.

use core::ops::Range;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Writes to the disk what was written to `file`, an output that was open before or is no regular file.
///
/// A pipe, a terminal or a network connection has no disk. What was written there is as safe as it can be made.
pub(crate) fn sync_stream(file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    if is_disk(&metadata) {
        return file.sync_all();
    }
    if !metadata.is_file() {
        return Ok(());
    }
    file.sync_all()?;
    // The shell may have created the file a moment ago, for `>`. So its name has to reach the disk, too.
    match path_of(file) {
        Some(path) if fs::metadata(&path).is_ok_and(|there| is_same_file(&there, &metadata)) => {
            sync_name(&path, file)
        }
        _ => sync_file_system(file),
    }
}

/// Has the system begin to write these bytes of `file` to the disk, and does not wait. Only a sync shows whether they
/// arrived.
///
/// Linux does so on the advice that the bytes are not needed again. It drops only those that are on the disk already.
#[cfg(any(target_os = "android", target_os = "linux"))]
pub(crate) fn begin_sync(file: &File, bytes: Range<u64>) {
    use core::num::NonZeroU64;
    use rustix::fs::{Advice, fadvise};
    let length = NonZeroU64::new(bytes.end.saturating_sub(bytes.start));
    if length.is_some() {
        fadvise(file, bytes.start, length, Advice::DontNeed).ok();
    }
}

/// Does nothing, because the system has no call for it.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
pub(crate) const fn begin_sync(_: &File, _: Range<u64>) {}

/// Writes to the disk that `file` is called `path`.
pub(crate) fn sync_name(path: &Path, file: &File) -> io::Result<()> {
    match sync_folder(path) {
        // A folder may be one to write to and not to read, as a drop box is. Then it cannot be opened and synced. Some
        // network file systems sync no folder.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            sync_file_system(file)
        }
        synced => synced,
    }
}

/// Writes the folder of `path` to the disk, so that a new or renamed file in it survives a crash.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder(path))?.sync_all()?;
    }
    Ok(())
}

/// The folder that the file at `path` is in.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
pub(crate) fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(crate) fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    // No check is needed here: the system refuses to replace a file that is being read.
    false
}

/// Writes all of the file system that `file` is on to the disk, and with it the name of the file.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn sync_file_system(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

/// Does nothing, because the system has no call for it. The content was synced before; the name follows within
/// seconds.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
const fn sync_file_system(_: &File) -> io::Result<()> {
    Ok(())
}

/// The path of an open file, as the system knows it. The file may have another by now, or none.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn path_of(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()
}

/// The path of an open file, as the system knows it. The file may have another by now, or none.
#[cfg(target_vendor = "apple")]
fn path_of(file: &File) -> Option<PathBuf> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let path = rustix::fs::getpath(file).ok()?;
    Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

#[cfg(not(any(target_os = "android", target_os = "linux", target_vendor = "apple")))]
const fn path_of(_: &File) -> Option<PathBuf> {
    None
}

/// Tells whether this is a disk itself, and not a file on one.
#[cfg(unix)]
fn is_disk(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_block_device()
}

#[cfg(not(unix))]
const fn is_disk(_: &Metadata) -> bool {
    false
}

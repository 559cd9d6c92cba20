//! The place that the name of an output leads to.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::durable::folder;

/// The place that a name leads to, once its links were followed.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// A descriptor of this process, for example `/dev/stdout`.
    Descriptor(u32),
    /// The path of a file, which may not exist yet.
    File(PathBuf),
}

/// Follows the links that `path` is made of, also those that lead to no file yet.
pub(crate) fn follow(path: &Path) -> io::Result<Place> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Some(name) = path.file_name() else {
            return Ok(Place::File(path));
        };
        let folder = fs::canonicalize(folder(&path))?;
        // The link behind the name of a descriptor is not followed: it names the file that the descriptor was opened
        // by, which may be deleted, and says neither where in the file to write nor whether to append.
        if let Some(number) = descriptor(&folder, name.to_str()) {
            return Ok(Place::Descriptor(number));
        }
        let there = folder.join(name);
        match fs::read_link(&there) {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(Place::File(there)),
        }
    }
    Err(io::Error::other("too many links"))
}

/// The number of the descriptor that is called `name` in `folder`, if it is one of this process.
fn descriptor(folder: &Path, name: Option<&str>) -> Option<u32> {
    // On Linux, /dev/fd is a link to /proc/self/fd, and that leads to a folder of the process or of its thread.
    let own = Path::new("/proc").join(std::process::id().to_string());
    let is_own =
        folder.starts_with(own) && folder.ends_with("fd") || folder == Path::new("/dev/fd");
    let is_descriptor = cfg!(unix) && is_own;
    name.filter(|_| is_descriptor)?.parse().ok()
}

/// Duplicates a descriptor of this process: what is written appears where the original would write it.
#[cfg(unix)]
pub(crate) fn duplicate(number: u32) -> io::Result<File> {
    use std::os::fd::AsFd as _;
    let owned = match number {
        0 => io::stdin().as_fd().try_clone_to_owned(),
        1 => io::stdout().as_fd().try_clone_to_owned(),
        2 => io::stderr().as_fd().try_clone_to_owned(),
        _ => return duplicate_inherited(number),
    };
    Ok(owned?.into())
}

#[cfg(windows)]
pub(crate) fn duplicate(_: u32) -> io::Result<File> {
    // Only the standard output is asked for, because no name leads to a descriptor.
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Duplicates a descriptor that the parent process left open. On Linux, opening its name would begin anew at the start
/// of a file.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn duplicate_inherited(number: u32) -> io::Result<File> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let number = i32::try_from(number).map_err(io::Error::other)?;
    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    Ok(pidfd_getfd(this, number, PidfdGetfdFlags::empty())?.into())
}

/// Duplicates a descriptor that the parent process left open: opening its name does.
#[cfg(all(unix, not(any(target_os = "android", target_os = "linux"))))]
fn duplicate_inherited(number: u32) -> io::Result<File> {
    fs::OpenOptions::new()
        .write(true)
        .open(format!("/dev/fd/{number}"))
}

/// The most links that are followed, as Linux has it.
const MAX_LINKS: usize = 40;

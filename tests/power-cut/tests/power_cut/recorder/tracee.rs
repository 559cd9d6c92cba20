//! A look into a process that is stopped: its open files, its memory and its paths.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use nix::libc::AT_FDCWD;
use nix::unistd::Pid;

/// A path to the file that the process has open as number `file`.
pub(super) fn file(thread: Pid, file: u64) -> PathBuf {
    PathBuf::from(format!("/proc/{thread}/fd/{}", number(file)))
}

/// The number of an open file in an argument, of which only the lower half counts.
pub(super) fn number(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// The position in a file that the process has open.
pub(super) fn position(thread: Pid, file: u64) -> u64 {
    let path = format!("/proc/{thread}/fdinfo/{}", number(file));
    let info = fs::read_to_string(path).unwrap();
    let position = info.lines().find_map(|line| line.strip_prefix("pos:"));
    position.unwrap().trim().parse().unwrap()
}

/// A number in the memory of the process.
pub(super) fn read_u64(thread: Pid, address: u64) -> u64 {
    let mut bytes = [0; 8];
    memory(thread).read_exact_at(&mut bytes, address).unwrap();
    u64::from_le_bytes(bytes)
}

/// The path whose text is at `address`, relative to the open folder of number `folder`. Links in front of the
/// last name are followed.
pub(super) fn path(thread: Pid, folder: u64, address: u64) -> PathBuf {
    let base = match number(folder) {
        AT_FDCWD => PathBuf::from(format!("/proc/{thread}/cwd")),
        _ => file(thread, folder),
    };
    let path = base.join(OsStr::from_bytes(&text(thread, address)));
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return path;
    };
    fs::canonicalize(parent).map_or_else(|_| path.clone(), |parent| parent.join(name))
}

/// The bytes from `address` to the next zero.
fn text(thread: Pid, address: u64) -> Vec<u8> {
    let memory = memory(thread);
    let mut text = Vec::new();
    // Read a part at a time, because the page that follows the text may not be there.
    for at in (address..).step_by(PART) {
        let mut part = [0; PART];
        let Ok(length) = memory.read_at(&mut part, at) else {
            break;
        };
        let part = &part[..length];
        if let Some(end) = part.iter().position(|byte| *byte == 0) {
            text.extend_from_slice(&part[..end]);
            break;
        }
        text.extend_from_slice(part);
    }
    text
}

const PART: usize = 64;

fn memory(thread: Pid) -> File {
    File::open(Path::new("/proc").join(thread.to_string()).join("mem")).unwrap()
}

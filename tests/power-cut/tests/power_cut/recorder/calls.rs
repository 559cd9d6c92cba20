//! The system calls that can change a disk.

use std::path::{Path, PathBuf};

use nix::libc;
use nix::unistd::Pid;

use super::registers::NumberAndArguments;
use super::tracee;

/// A call that can change the disk, as it is when it begins. Files are named by their numbers in the process.
pub(super) enum Call {
    Open(Open),
    Write {
        file: u64,
        place: Place,
    },
    Resize {
        file: u64,
        length: usize,
    },
    /// Room for a file up to `end`, which makes it longer if it ended before.
    Allocate {
        file: u64,
        end: u64,
    },
    /// A folder or another name of a file.
    Named {
        path: PathBuf,
    },
    Unlink {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Sync {
        file: u64,
    },
    SyncAll,
    MapShared {
        file: u64,
    },
}

pub(super) struct Open {
    /// Set if there was nothing at the path, and it was to be created.
    pub(super) created: bool,
    pub(super) truncates: bool,
    /// Set if the file gets no name for now.
    pub(super) unnamed: bool,
    /// Set if each write is to be synced.
    pub(super) writes_through: bool,
}

/// The place in a file that is written to.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The position of the open file, which has moved on behind what was written.
    Position,
    At(u64),
    /// The number at this address, which has moved on too.
    Pointed(u64),
}

impl Place {
    /// The place where the `length` bytes begin that were written.
    pub(super) fn offset(self, thread: Pid, file: u64, length: usize) -> u64 {
        let length = u64::try_from(length).unwrap();
        match self {
            Self::Position => tracee::position(thread, file) - length,
            Self::At(offset) => offset,
            Self::Pointed(address) => tracee::read_u64(thread, address) - length,
        }
    }

    const fn pointed_or_position(address: u64) -> Self {
        match address {
            0 => Self::Position,
            address => Self::Pointed(address),
        }
    }
}

/// Reads a call that begins; `None` if it does not change the disk.
pub(super) fn read(thread: Pid, (number, arguments): NumberAndArguments) -> Option<Call> {
    let [a, b, c, d, e, f] = arguments;
    let path = |folder, address| tracee::path(thread, folder, address);
    Some(match number {
        libc::SYS_openat => open(&path(a, b), c),
        libc::SYS_write | libc::SYS_writev => Call::Write {
            file: a,
            place: Place::Position,
        },
        libc::SYS_pwrite64 | libc::SYS_pwritev => Call::Write {
            file: a,
            place: Place::At(d),
        },
        libc::SYS_pwritev2 if f == 0 => Call::Write {
            file: a,
            place: if d == u64::MAX {
                Place::Position
            } else {
                Place::At(d)
            },
        },
        libc::SYS_sendfile => Call::Write {
            file: a,
            place: Place::Position,
        },
        libc::SYS_copy_file_range | libc::SYS_splice => Call::Write {
            file: c,
            place: Place::pointed_or_position(d),
        },
        libc::SYS_ftruncate => Call::Resize {
            file: a,
            length: usize::try_from(b).unwrap(),
        },
        libc::SYS_fallocate => allocate(arguments)?,
        libc::SYS_mkdirat => Call::Named { path: path(a, b) },
        libc::SYS_linkat => Call::Named { path: path(c, d) },
        libc::SYS_unlinkat => Call::Unlink { path: path(a, b) },
        libc::SYS_renameat => rename(path(a, b), path(c, d), 0),
        libc::SYS_renameat2 => rename(path(a, b), path(c, d), e),
        libc::SYS_fsync | libc::SYS_fdatasync => Call::Sync { file: a },
        libc::SYS_sync | libc::SYS_syncfs => Call::SyncAll,
        libc::SYS_mmap => map(arguments)?,
        // `sync_file_range` is left out with all other calls, because it promises nothing.
        other if UNKNOWN.contains(&other) => {
            panic!("the command makes system call {other}, which the recorder has yet to learn")
        }
        other => return read_old(thread, other, arguments),
    })
}

/// The calls that may change the disk, and that nothing here makes.
const UNKNOWN: [i64; 12] = [
    libc::SYS_openat2,
    libc::SYS_pwritev2,
    libc::SYS_vmsplice,
    libc::SYS_truncate,
    libc::SYS_symlinkat,
    libc::SYS_mknodat,
    libc::SYS_io_setup,
    libc::SYS_io_submit,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_open_by_handle_at,
    libc::SYS_chroot,
];

/// Reads a call that only older architectures have, beside the one that takes a folder as well.
#[cfg(target_arch = "x86_64")]
fn read_old(thread: Pid, number: i64, [a, b, ..]: [u64; 6]) -> Option<Call> {
    let path = |address| tracee::path(thread, HERE, address);
    Some(match number {
        libc::SYS_open => open(&path(a), b),
        libc::SYS_mkdir => Call::Named { path: path(a) },
        libc::SYS_link => Call::Named { path: path(b) },
        libc::SYS_unlink | libc::SYS_rmdir => Call::Unlink { path: path(a) },
        libc::SYS_rename => rename(path(a), path(b), 0),
        libc::SYS_creat | libc::SYS_symlink | libc::SYS_mknod => {
            panic!("the command makes system call {number}, which the recorder has yet to learn")
        }
        _ => return None,
    })
}

#[cfg(not(target_arch = "x86_64"))]
const fn read_old(_: Pid, _: i64, _: [u64; 6]) -> Option<Call> {
    None
}

/// The argument that stands for the working directory.
#[cfg(target_arch = "x86_64")]
const HERE: u64 = libc::AT_FDCWD.cast_unsigned() as u64;

/// Reads the opening of `path`, and looks at what is there before.
fn open(path: &Path, argument: u64) -> Call {
    let has = |flag: i32| tracee::number(argument) & flag == flag;
    let unnamed = has(libc::O_TMPFILE);
    Call::Open(Open {
        created: has(libc::O_CREAT) && !unnamed && !path.exists(),
        truncates: has(libc::O_TRUNC),
        unnamed,
        writes_through: has(libc::O_SYNC) || has(libc::O_DSYNC),
    })
}

fn rename(from: PathBuf, to: PathBuf, flags: u64) -> Call {
    let flags = flags & u64::from(libc::RENAME_EXCHANGE | libc::RENAME_WHITEOUT);
    assert_eq!(flags, 0, "the recorder has yet to learn to exchange files");
    Call::Rename { from, to }
}

fn allocate([file, mode, offset, length, ..]: [u64; 6]) -> Option<Call> {
    match tracee::number(mode) {
        0 => Some(Call::Allocate {
            file,
            end: offset.checked_add(length)?,
        }),
        libc::FALLOC_FL_KEEP_SIZE => None,
        mode => panic!("the recorder has yet to learn `fallocate` with mode {mode}"),
    }
}

/// Reads a mapping; `None` if nothing that is written to it gets to a file.
fn map([_, _, protection, flags, file, _]: [u64; 6]) -> Option<Call> {
    let written = tracee::number(protection) & libc::PROT_WRITE != 0;
    let kind = tracee::number(flags) & libc::MAP_TYPE;
    let shared = kind != libc::MAP_PRIVATE && tracee::number(flags) & libc::MAP_ANONYMOUS == 0;
    (written && shared).then_some(Call::MapShared { file })
}

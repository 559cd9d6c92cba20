//! The recorder: runs a command under `ptrace` and logs what it does to a disk.
//!
//! It stops the command at each system call, because a library that was put in between would miss the calls
//! that crates make without the C library. Calls that could change the disk in a way that it does not know
//! make it fail, so that nothing is missed in silence.

mod calls;
mod registers;
mod tracee;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::disk::{Disk, Node, SystemId, system_id};
use crate::log::{Change, Entry, Event, Log, NodeId};
use calls::Call;

/// A command to run and record.
pub(crate) struct Recording<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) variables: Vec<(&'a str, PathBuf)>,
    /// The folder that is the disk, and the command's working directory.
    pub(crate) disk: &'a Path,
    /// The file on the disk that gets standard output, as after a shell's `>`.
    pub(crate) output: Option<&'a str>,
}

/// The program that waits for the tracer and then becomes the command.
const TRACED: &str = env!("CARGO_BIN_EXE_traced");

impl Recording<'_> {
    /// Runs the command and returns its log.
    pub(crate) fn record(&self) -> Log {
        let root = fs::canonicalize(self.disk).unwrap();
        let (before, ids) = Disk::read(&root).unwrap();
        #[expect(clippy::zombie_processes, reason = "the recorder waits for it")]
        let mut child = Command::new(TRACED)
            .arg(self.output.unwrap_or("-"))
            .arg(self.program)
            .args(self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let mut recorder = Recorder {
            root,
            before,
            ids,
            events: Vec::new(),
        };
        let succeeded = recorder.follow(process);
        let said = io::read_to_string(child.stderr.take().unwrap()).unwrap();
        Log {
            before: recorder.before,
            events: recorder.events,
            succeeded,
            said,
        }
    }
}

struct Recorder {
    root: PathBuf,
    before: Disk,
    /// The files and folders of the disk. The system can give a number again once a file is gone.
    ids: HashMap<SystemId, NodeId>,
    events: Vec<Event>,
}

impl Recorder {
    /// Follows all threads of `process` to its end, and tells whether it succeeded.
    fn follow(&mut self, process: Pid) -> bool {
        // Wait until it has asked to be traced, and say what to stop at.
        let first = waitpid(process, None).unwrap();
        assert_eq!(first, WaitStatus::Stopped(process, Signal::SIGSTOP));
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL;
        ptrace::setoptions(process, options).unwrap();
        ptrace::syscall(process, None).unwrap();
        // Go from stop to stop. Only the children of this thread count, because other tests have theirs.
        let mut running = HashMap::new();
        loop {
            let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
            let status = waitpid(Pid::from_raw(-1), Some(flags)).unwrap();
            let (thread, signal) = match status {
                WaitStatus::Exited(thread, code) if thread == process => return code == 0,
                WaitStatus::Signaled(thread, signal, _) if thread == process => {
                    panic!("the command was ended by {signal}")
                }
                WaitStatus::PtraceSyscall(thread) => {
                    self.stopped(thread, &mut running);
                    (thread, None)
                }
                // A thread begins with this signal, which is the tracer's and not the program's.
                WaitStatus::Stopped(thread, Signal::SIGSTOP)
                | WaitStatus::PtraceEvent(thread, ..) => (thread, None),
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                _ => continue,
            };
            // A thread that is gone by now needs no leave to go on.
            let _gone = ptrace::syscall(thread, signal);
        }
    }

    /// Notes a system call that begins, or logs one that has ended.
    fn stopped(&mut self, thread: Pid, running: &mut HashMap<Pid, Call>) {
        let Ok(stop) = ptrace::syscall_info(thread) else {
            return;
        };
        let registers = ptrace::getregs(thread).unwrap();
        if stop.op == nix::libc::PTRACE_SYSCALL_INFO_ENTRY {
            let call = registers::number_and_arguments(&registers);
            if let Some(call) = calls::read(thread, call) {
                running.insert(thread, call);
            }
        } else if let Some(call) = running.remove(&thread) {
            let result = registers::result(&registers);
            if let Ok(result) = u64::try_from(result) {
                self.ended(thread, call, result);
            }
        }
    }

    /// Logs a system call that succeeded.
    fn ended(&mut self, thread: Pid, call: Call, result: u64) {
        match call {
            Call::Open(open) => self.opened(thread, &open, result),
            Call::Write { file, place } => {
                let length = usize::try_from(result).unwrap();
                let offset = |length| place.offset(thread, file, length);
                if let Some(node) = self.regular(thread, file) {
                    let (offset, data) = read_back(thread, file, offset(length), length);
                    self.change(Change::Write {
                        file: node,
                        offset,
                        data,
                    });
                }
            }
            Call::Resize { file, length } => {
                if let Some(file) = self.regular(thread, file) {
                    self.change(Change::Resize { file, length });
                }
            }
            Call::Allocate { file, end } => {
                let length = fs::metadata(tracee::file(thread, file)).unwrap().len();
                if let Some(file) = self.regular(thread, file).filter(|_| length == end) {
                    let length = usize::try_from(length).unwrap();
                    self.change(Change::Resize { file, length });
                }
            }
            Call::Named { path } => self.named(&path),
            Call::Unlink { path } => {
                if let Some(entry) = self.entry(&path) {
                    self.change(Change::Unlink { entry });
                }
            }
            Call::Rename { from, to } => self.renamed(&from, &to),
            Call::Sync { file } => {
                if let Some(node) = self.node(&tracee::file(thread, file)) {
                    self.events.push(Event::Sync(node));
                }
            }
            Call::SyncAll => self.events.push(Event::SyncAll),
            Call::MapShared { file } => {
                assert!(
                    self.regular(thread, file).is_none(),
                    "a file is mapped to be written"
                );
            }
        }
    }

    fn opened(&mut self, thread: Pid, open: &calls::Open, file: u64) {
        let link = tracee::file(thread, file);
        let Ok(path) = fs::read_link(&link) else {
            return;
        };
        if !path.starts_with(&self.root) {
            return;
        }
        assert!(
            !open.writes_through,
            "a file of the disk is opened to be synced by each write"
        );
        if open.unnamed {
            self.add(&link);
        } else if open.created {
            let entry = self.entry(&path).expect("it is on the disk");
            let node = self.add(&link);
            self.change(Change::Link { entry, node });
        } else if open.truncates {
            let file = self.node(&link).expect("it is on the disk");
            self.change(Change::Resize { file, length: 0 });
        }
    }

    /// Logs a name that a file got, which may be an unnamed file or a new folder.
    fn named(&mut self, path: &Path) {
        let Some(entry) = self.entry(path) else {
            return;
        };
        let node = match self.node(path) {
            Some(node) => node,
            None => self.add(path),
        };
        self.change(Change::Link { entry, node });
    }

    fn renamed(&mut self, from: &Path, to: &Path) {
        match (self.entry(from), self.entry(to)) {
            (Some(from), Some(entry)) => {
                let node = self.node(to).expect("it is on the disk");
                self.change(Change::Rename {
                    from,
                    to: entry,
                    node,
                });
            }
            (None, None) => {}
            _ => panic!("{} is moved to or from the disk", to.display()),
        }
    }

    fn change(&mut self, change: Change) {
        self.events.push(Event::Change(change));
    }

    /// The name of the file at `path`, which may be gone; `None` if it is not on the disk.
    fn entry(&self, path: &Path) -> Option<Entry> {
        let folder = self.node(path.parent()?)?;
        let name = path.file_name()?.to_str().expect("the names are ours");
        Some(Entry {
            folder,
            name: name.to_owned(),
        })
    }

    /// The file or folder of the disk that `path` leads to.
    fn node(&self, path: &Path) -> Option<NodeId> {
        let metadata = fs::metadata(path).ok()?;
        self.ids.get(&system_id(&metadata)).copied()
    }

    /// The file of the disk that the thread has open as number `file`, if it is one.
    fn regular(&self, thread: Pid, file: u64) -> Option<NodeId> {
        self.node(&tracee::file(thread, file))
    }

    /// Adds the file or folder at `path`, which is new.
    fn add(&mut self, path: &Path) -> NodeId {
        let metadata = fs::metadata(path).unwrap();
        let node = self.before.add(if metadata.is_dir() {
            Node::empty_folder()
        } else {
            Node::empty_file()
        });
        self.ids.insert(system_id(&metadata), node);
        node
    }
}

/// Reads what was just written. The file has it however it was written, by one buffer, by many or from
/// another file.
fn read_back(thread: Pid, file: u64, offset: u64, length: usize) -> (usize, Vec<u8>) {
    let mut data = vec![0; length];
    let opened = File::open(tracee::file(thread, file)).unwrap();
    opened.read_exact_at(&mut data, offset).unwrap();
    (usize::try_from(offset).unwrap(), data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuts::{Loss, Walk};
    use crate::scene::scratch;

    /// Everything that a shell and its tools do to files: in pieces, in place, by other processes.
    const SCRIPT: &str = "
        echo one > a; echo two >> a; cp a b; mv b c; ln c d; rm a; mkdir -p e/f; mv d e/f/g
        truncate -s 3 c; truncate -s 9000 c; (cd e; echo here > h; mv h ../i)
        dd if=c of=j bs=1000 conv=fsync 2> /dev/null
        dd if=e/f/g of=j seek=3 conv=notrunc,fdatasync 2> /dev/null
        cat j j > k; echo new > k; mkdir l; rmdir l; sync . ; echo last > m & wait";

    #[test]
    fn a_log_of_everything_that_a_shell_does_replays_to_the_same_disk() {
        let disk = scratch();
        let recording = Recording {
            program: Path::new("/bin/sh"),
            arguments: &["-c", SCRIPT],
            variables: Vec::new(),
            disk: disk.path(),
            output: Some("output"),
        };
        let log = recording.record();
        assert!(log.succeeded);
        let (there, _) = Disk::read(disk.path()).unwrap();
        assert_eq!(
            Walk::to_the_end(&log).disk(&Loss::Nothing).hash(),
            there.hash()
        );
        assert!(there.file("m").is_some_and(|content| content == b"last\n"));
        let syncs = log
            .events
            .iter()
            .filter(|event| matches!(event, Event::Sync(_)));
        assert_eq!(syncs.count(), 3);
    }

    #[test]
    fn a_command_that_fails_is_not_taken_for_one_that_succeeds() {
        let disk = scratch();
        let recording = Recording {
            program: Path::new("/bin/sh"),
            arguments: &["-c", "echo some > a; exit 3"],
            variables: Vec::new(),
            disk: disk.path(),
            output: None,
        };
        let log = recording.record();
        assert!(!log.succeeded);
        assert_eq!(log.events.len(), 2);
    }
}

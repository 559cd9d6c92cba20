//! Homes on a file system that locks no files. A filter of system calls gives such a system's answers to the commands
//! that one thread starts.

use std::fs;
use std::process::Output;
use std::thread;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::support::{Account, Two, assert_refused, names};

/// Does `work` where the system refuses every lock on a file or a part of one.
fn without_locks<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let commands = [
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_OFD_SETLK,
        libc::F_OFD_SETLKW,
    ];
    let of_ranges = commands.map(|command| {
        let command = u64::from(command.cast_unsigned());
        let second = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command);
        SeccompRule::new(vec![second.unwrap()]).unwrap()
    });
    let rules = [
        (libc::SYS_flock, Vec::new()),
        (libc::SYS_fcntl, of_ranges.into()),
    ];
    let filter = SeccompFilter::new(
        rules.into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EOPNOTSUPP.cast_unsigned()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let filter: BpfProgram = filter.unwrap().try_into().unwrap();
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            work()
        });
        worker.join().unwrap()
    })
}

fn is_refused(output: &Output) {
    assert_refused(output, "put the folder on a local disk");
    assert_eq!(output.stdout, b"");
}

#[test]
fn parallel_commands_are_refused_and_destroy_nothing() {
    let two = Two::talking();
    let before = fs::read(two.alice.home.join("store")).unwrap();
    without_locks(|| {
        let mut children =
            [(); 8].map(|()| two.alice.command(&["encrypt", "bob"]).spawn().unwrap());
        for child in &mut children {
            drop(child.stdin.take());
        }
        for child in children {
            is_refused(&child.wait_with_output().unwrap());
        }
    });
    assert_eq!(fs::read(two.alice.home.join("store")).unwrap(), before);
    let message = two.alice.pipe(&["encrypt", "bob"], b"with locks");
    assert_eq!(two.bob.pipe(&["decrypt"], &message), b"with locks");
}

#[test]
fn no_account_is_created_without_locks() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::new(folder.path().join("home"));
    is_refused(&without_locks(|| account.run(&["init"], b"")));
    // Neither a key nor a store was begun: all that is there is the file that could not be locked.
    assert_eq!(names(&account.home), ["key.init"]);
    assert_eq!(fs::read(account.home.join("key.init")).unwrap(), b"");
    account.done(&["init"]);
}

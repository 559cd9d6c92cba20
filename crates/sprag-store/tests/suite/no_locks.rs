//! File systems that lock no files. The system's answers are those of network file systems, made by a filter of
//! system calls which concerns one thread.

use core::time::Duration;
use std::fs;
use std::thread;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use sprag_client::Store;
use sprag_store::{Error, RedbStore};

use crate::support::{directory, number, open, put};

const ANSWERS: [i32; 4] = [libc::EOPNOTSUPP, libc::ENOSYS, libc::ENOLCK, libc::EINVAL];

/// The two families of locks that Linux has.
#[derive(Clone, Copy, Debug)]
enum Locks {
    OfFiles,
    OfRanges,
}

/// Does `work` where the system answers each request for such locks with an error.
fn refusing<T: Send>(locks: &[Locks], answer: i32, work: impl FnOnce() -> T + Send) -> T {
    let rules = locks.iter().map(|locks| match locks {
        Locks::OfFiles => (libc::SYS_flock, Vec::new()),
        Locks::OfRanges => (libc::SYS_fcntl, rules_of_ranges()),
    });
    let filter = SeccompFilter::new(
        rules.collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(answer.cast_unsigned()),
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

fn without_locks<T: Send>(answer: i32, work: impl FnOnce() -> T + Send) -> T {
    refusing(&[Locks::OfFiles, Locks::OfRanges], answer, work)
}

fn rules_of_ranges() -> Vec<SeccompRule> {
    let commands = [
        libc::F_GETLK,
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_OFD_GETLK,
        libc::F_OFD_SETLK,
        libc::F_OFD_SETLKW,
    ];
    let rules = commands.map(|command| {
        let command = u64::from(command.cast_unsigned());
        let second = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command);
        SeccompRule::new(vec![second.unwrap()]).unwrap()
    });
    rules.into()
}

#[test]
fn a_store_without_locks_is_refused_and_left_alone() {
    let directory = directory();
    let path = directory.path().join("store");
    put(&mut RedbStore::create(&path).unwrap(), b"a", b"1");
    let before = fs::read(&path).unwrap();
    for answer in ANSWERS {
        without_locks(answer, || {
            for wait in [Duration::ZERO, Duration::from_secs(60)] {
                let error = RedbStore::open(&path, wait).unwrap_err();
                assert!(matches!(error, Error::NoLocks(_)), "{answer}: {error:?}");
                assert!(error.to_string().contains("local disk"));
            }
            assert!(matches!(RedbStore::create(&path), Err(Error::NoLocks(_))));
            let created = RedbStore::create(directory.path().join("new"));
            assert!(matches!(created, Err(Error::NoLocks(_))));
        });
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    // What was refused did not stand in the way of those who have locks.
    assert_eq!(open(&path).get(b"a").unwrap().unwrap(), b"1");
    RedbStore::create(directory.path().join("new")).unwrap();
}

#[test]
fn a_rewrite_without_locks_is_refused_and_changes_nothing() {
    let directory = directory();
    let path = directory.path().join("store");
    let mut store = RedbStore::create(&path).unwrap();
    put(&mut store, b"a", b"1");
    for answer in ANSWERS {
        let error = without_locks(answer, || store.compact().unwrap_err());
        assert!(matches!(error, Error::NoLocks(_)), "{answer}: {error:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
    put(&mut store, b"a", b"2");
    store.compact().unwrap();
    drop(store);
    assert_eq!(open(&path).get(b"a").unwrap().unwrap(), b"2");
}

/// Some file systems have locks of one family only. Those who open a store on them exclude each other all the same.
#[test]
fn locks_of_one_family_suffice() {
    for locks in [Locks::OfFiles, Locks::OfRanges] {
        let directory = directory();
        let path = directory.path().join("store");
        refusing(&[locks], libc::EOPNOTSUPP, || {
            let mut store = RedbStore::create(&path).unwrap();
            for _ in 0..2 {
                let second = RedbStore::open(&path, Duration::ZERO);
                assert!(matches!(second, Err(Error::InUse)), "{locks:?}");
                store.compact().unwrap();
            }
        });
    }
}

/// Parallel writers, which would destroy a store that is opened without a lock.
#[test]
fn parallel_writers_without_locks_destroy_nothing() {
    let directory = directory();
    let path = directory.path().join("store");
    put(
        &mut RedbStore::create(&path).unwrap(),
        b"count",
        &u64::to_le_bytes(7),
    );
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                without_locks(libc::EOPNOTSUPP, || {
                    for count in 0..20_u64 {
                        if let Ok(mut store) = RedbStore::open(&path, Duration::ZERO) {
                            put(&mut store, b"count", &count.to_le_bytes());
                        }
                    }
                });
            });
        }
    });
    assert_eq!(number(&open(&path), b"count"), 7);
}

//! Refusals of the operating system.

use core::error::Error as _;
use core::time::Duration;
use std::fs;
use std::io;

use sprag_store::{Error, RedbStore};

use crate::support::directory;

fn kind(error: &Error) -> Option<io::ErrorKind> {
    let source = error.source()?.downcast_ref::<io::Error>()?;
    Some(source.kind())
}

#[test]
fn a_store_that_is_not_there_is_not_found() {
    let directory = directory();
    let path = directory.path().join("store");
    let error = RedbStore::open(&path, Duration::ZERO).unwrap_err();
    assert_eq!(kind(&error), Some(io::ErrorKind::NotFound));
    assert_eq!(error.to_string(), "store does not exist");
    let error = RedbStore::create(path.join("store")).unwrap_err();
    assert_eq!(kind(&error), Some(io::ErrorKind::NotFound));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    use sprag_client::Store;
    use sprag_client::store::Batch;

    use super::*;
    use crate::support::{child, number, open, path_of_child, put};

    const NOBODY: u32 = 65534;

    /// Runs an ignored test as somebody whom permissions concern, with a store in a directory of the
    /// given mode.
    fn as_nobody(test: &str, mode_of_file: u32, mode_of_directory: u32) {
        let directory = directory();
        let inner = directory.path().join("inner");
        let path = inner.join("store");
        fs::create_dir(&inner).unwrap();
        drop(RedbStore::create(&path).unwrap());
        let mut child = child(&[], test, &path);
        if fs::metadata(&inner).unwrap().uid() == 0 {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            chown(&inner, Some(NOBODY), Some(NOBODY)).unwrap();
            set_mode(directory.path(), 0o755);
            child.uid(NOBODY).gid(NOBODY);
        }
        set_mode(&path, mode_of_file);
        set_mode(&inner, mode_of_directory);
        run(child);
        set_mode(&inner, 0o700);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
    }

    /// Runs a child, which must have had a test to run.
    fn run(mut child: Command) {
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && text.contains("1 passed");
        assert!(passed, "{text}\n{output:?}");
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn is_not_permitted(error: &Error) {
        assert_eq!(kind(error), Some(io::ErrorKind::PermissionDenied));
        assert_eq!(error.to_string(), "access to the store is not permitted");
    }

    #[test]
    fn a_store_that_only_others_can_read_is_not_permitted() {
        as_nobody("system_refusals::unix::open_is_not_permitted", 0o000, 0o700);
    }

    #[test]
    fn a_store_that_cannot_be_written_to_is_not_permitted() {
        as_nobody("system_refusals::unix::open_is_not_permitted", 0o400, 0o700);
    }

    /// The file could be opened, but the next rewrite would fail: better to hear it at once.
    #[test]
    fn a_directory_that_cannot_be_written_to_is_not_permitted() {
        as_nobody("system_refusals::unix::open_is_not_permitted", 0o600, 0o500);
    }

    #[test]
    fn a_file_and_directory_of_the_owner_alone_suffice() {
        as_nobody("system_refusals::unix::open_and_rewrite", 0o600, 0o700);
    }

    /// A directory that becomes unwritable: the commit that would rewrite fails and changes nothing.
    #[test]
    fn a_rewrite_that_is_refused_changes_nothing() {
        as_nobody("system_refusals::unix::rewrite_is_refused", 0o600, 0o700);
    }

    /// The nearest to a full disk that needs no privilege: the system refuses longer files.
    #[test]
    fn a_store_without_room_says_so_and_keeps_what_it_has() {
        let directory = directory();
        let path = directory.path().join("store");
        drop(RedbStore::create(&path).unwrap());
        let limit = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"";
        let shell = ["sh", "-c", limit];
        run(child(&shell, "system_refusals::unix::fill", &path));
        let mut store = open(&path);
        let count = number(&store, b"count");
        assert!(count > 0);
        assert_eq!(store.scan(b"").unwrap().len() as u64, count + 1);
        put(&mut store, b"large", &vec![1; 8 << 20]);
        store.compact().unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    #[ignore = "for the child of another test"]
    fn open_is_not_permitted() {
        let Some(path) = path_of_child() else { return };
        is_not_permitted(&RedbStore::open(&path, Duration::ZERO).unwrap_err());
        let beside = path.with_file_name("beside");
        if let Err(error) = RedbStore::create(&beside) {
            is_not_permitted(&error);
        } else {
            fs::remove_file(beside).unwrap();
        }
    }

    #[test]
    #[ignore = "for the child of another test"]
    fn open_and_rewrite() {
        let Some(path) = path_of_child() else { return };
        let mut store = open(&path);
        put(&mut store, b"a", b"1");
        store.compact().unwrap();
    }

    #[test]
    #[ignore = "for the child of another test"]
    fn rewrite_is_refused() {
        let Some(path) = path_of_child() else { return };
        let mut store = open(&path);
        set_mode(path.parent().unwrap(), 0o500);
        let mut batch = Batch::new();
        let mut count = 0_u64;
        let error = loop {
            batch.put(b"count".to_vec(), (count + 1).to_le_bytes().into());
            match store.commit(&batch) {
                Ok(_) => count += 1,
                Err(error) => break error,
            }
        };
        is_not_permitted(&error);
        is_not_permitted(&store.compact().unwrap_err());
        assert_eq!(count, sprag_store::COMMITS_BETWEEN_REWRITES - 1);
        assert_eq!(number(&store, b"count"), count);
        set_mode(path.parent().unwrap(), 0o700);
        put(&mut store, b"count", &100_u64.to_le_bytes());
        assert_eq!(number(&store, b"count"), 100);
    }

    #[test]
    #[ignore = "for the child of another test"]
    fn fill() {
        let Some(path) = path_of_child() else { return };
        let mut store = open(&path);
        let mut count = 0_u64;
        let error = loop {
            let mut batch = Batch::new();
            batch.put(b"count".to_vec(), (count + 1).to_le_bytes().into());
            batch.put(count.to_be_bytes().into(), vec![0; 50_000]);
            match store.commit(&batch) {
                Ok(_) => count += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(kind(&error), Some(io::ErrorKind::FileTooLarge));
        assert_eq!(error.to_string(), "store has no room to be written to");
        assert_eq!(number(&store, b"count"), count);
        match store.commit(&Batch::new()) {
            Ok(_) | Err(Error::Interrupted) => {}
            Err(error) => panic!("{error:?}"),
        }
        drop(store);
        let mut store = open(&path);
        assert_eq!(number(&store, b"count"), count);
        store.compact().unwrap();
        drop(store);
        assert_eq!(number(&open(&path), b"count"), count);
    }
}

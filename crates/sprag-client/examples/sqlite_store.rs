//! A store of one's own, over SQLite, and two clients that keep their accounts in it.
//!
//! ```sh
//! cargo run -p sprag-client --example sqlite_store --features conformance
//! ```
//!
//! The trait [`Store`] has three methods and a contract. A database meets the contract only with the right
//! settings, so a store is tested with the feature `conformance`, as here. A store also needs a test that kills a
//! process while it commits, which this example leaves out. `sprag-store` has a store that is ready to use.
#![expect(clippy::print_stdout, reason = "a program with a terminal")]

use core::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sprag_client::conformance::{check, superseded_values_vanish};
use sprag_client::store::{Batch, Committed, Records};
use sprag_client::{Client, Incoming, OsRng, Outgoing, Sender, Store, StoreKey};

/// A store in one SQLite database.
struct SqliteStore {
    path: PathBuf,
    connection: Connection,
}

/// The settings of a connection. The file does not keep them, so each opening makes them.
const SETTINGS: &str = "
    -- A rollback journal has the old pages of each commit. TRUNCATE removes them when the commit is done. PERSIST
    -- leaves them in the journal, and DELETE does too under an exclusive lock. A write-ahead log keeps them until a
    -- checkpoint truncates it.
    PRAGMA journal_mode = TRUNCATE;
    -- A commit returns when database and journal are on the medium. NORMAL may leave the truncation out. DELETE would
    -- need EXTRA, because under FULL the removed journal can come back after a loss of power, and undo the commit.
    PRAGMA synchronous = FULL;
    -- On macOS, nothing less makes the drive write its cache. Elsewhere this has no effect.
    PRAGMA fullfsync = ON;
    -- Deleted values are overwritten with zeros at once. FAST leaves those that filled pages of their own.
    PRAGMA secure_delete = ON;
    -- Temporary files, of which VACUUM needs one, would have copies of the records.
    PRAGMA temp_store = MEMORY;
    -- The names are unique, and both columns hold any bytes.
    CREATE TABLE IF NOT EXISTS records (name BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL);
";

/// The number of commits after which a superseded value is gone from the file at the latest.
///
/// Most are gone at once. But `secure_delete` misses copies that SQLite leaves in a page when it moves records to
/// another page. VACUUM writes all pages again, and removes these copies.
const COMMITS_BETWEEN_VACUUMS: u16 = 16;

impl SqliteStore {
    /// Opens the store at `path`, or creates it.
    fn open(path: impl Into<PathBuf>) -> rusqlite::Result<Self> {
        let path = path.into();
        let connection = Connection::open(&path)?;
        connection.execute_batch(SETTINGS)?;
        Ok(Self { path, connection })
    }
}

impl Store for SqliteStore {
    type Error = rusqlite::Error;

    fn get(&self, name: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
        get(&self.connection, name)
    }

    fn scan(&self, prefix: &[u8]) -> rusqlite::Result<Records> {
        // SQLite compares blobs byte by byte, so the names with the prefix follow on it.
        let mut scan = self.connection.prepare(
            "SELECT name, value FROM records
             WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1 ORDER BY name",
        )?;
        let records = scan.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
        records.collect()
    }

    fn commit(&mut self, batch: &Batch) -> rusqlite::Result<Committed> {
        // A VACUUM that is due comes before the changes, so that nothing has changed if it fails.
        if commits(&self.connection)? + 1 >= COMMITS_BETWEEN_VACUUMS {
            let vacuum = "VACUUM; PRAGMA user_version = 0";
            self.connection.execute_batch(vacuum)?;
        }
        // Lock the database before the expectations are read, and not only for writing. A transaction that is
        // dropped is rolled back.
        let immediate = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(immediate)?;
        for (name, value) in batch.expected() {
            if get(&transaction, name)?.as_deref() != value {
                return Ok(Committed::Conflict);
            }
        }
        for (name, value) in batch.changes() {
            if let Some(value) = value {
                let put = "INSERT OR REPLACE INTO records VALUES (?1, ?2)";
                transaction.execute(put, params![name, value])?;
            } else {
                transaction.execute("DELETE FROM records WHERE name = ?1", [name])?;
            }
        }
        let commits = commits(&transaction)? + 1;
        transaction.pragma_update(None, "user_version", commits)?;
        transaction.commit()?;
        Ok(Committed::Done)
    }
}

fn get(connection: &Connection, name: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
    let value = "SELECT value FROM records WHERE name = ?1";
    let row = connection.query_row(value, [name], |row| row.get(0));
    row.optional()
}

/// The number of commits since the last VACUUM. SQLite keeps one number for its user in the file.
fn commits(connection: &Connection) -> rusqlite::Result<u16> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    test(directory.path())?;
    converse(directory.path())?;
    println!("The store conforms, and two clients have exchanged messages over it.");
    Ok(())
}

/// Runs the conformance suite, which panics at a rule that is broken.
fn test(directory: &Path) -> Result<(), Box<dyn Error>> {
    // Each check begins with an empty store, and closes and opens it.
    let mut count = 0;
    let empty = || {
        count += 1;
        SqliteStore::open(directory.join(format!("{count}.sqlite"))).expect("the directory is ours")
    };
    let reopen = |store: SqliteStore| {
        let path = store.path.clone();
        drop(store);
        SqliteStore::open(path).expect("the file was just closed")
    };
    check(empty, reopen);

    // Superseded values are looked for in all files of the store: the database, its journal and whatever else.
    let directory = directory.join("medium");
    fs::create_dir(&directory)?;
    let store = SqliteStore::open(directory.join("store.sqlite"))?;
    let medium = |_: &SqliteStore| read_all(&directory).expect("the directory is ours");
    superseded_values_vanish(store, COMMITS_BETWEEN_VACUUMS.into(), medium);
    Ok(())
}

/// The bytes of all files in `directory`.
fn read_all(directory: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory)? {
        bytes.extend(fs::read(entry?.path())?);
    }
    Ok(bytes)
}

/// Lets two people exchange messages, each with a client over a store of its own.
fn converse(directory: &Path) -> Result<(), Box<dyn Error>> {
    // Everything in a store is sealed under its key. In a program, keep that key wrapped under a passphrase.
    let [alices_key, bobs_key] = [(); 2].map(|()| StoreKey::generate(&mut OsRng));
    let store = SqliteStore::open(directory.join("alice.sqlite"))?;
    let mut alice = Client::create(store, &alices_key, &mut OsRng)?;
    let store = SqliteStore::open(directory.join("bob.sqlite"))?;
    let mut bob = Client::create(store, &bobs_key, &mut OsRng)?;

    // Alice begins with Bob's bundle.
    alice.add("bob", &bob.publish(&mut OsRng)?, &mut OsRng)?;
    let question = alice.encrypt("bob", Outgoing::new(b"Are you there?"), &mut OsRng)?;
    let sender = Sender::Named("alice");
    let received = bob.decrypt(sender, Incoming::new(&question), &mut OsRng)?;
    assert_eq!(received.opened.plaintext, b"Are you there?");

    // Bob's program ends before it has acknowledged the message. After it starts again, the message is still there.
    drop(bob.into_store());
    let store = SqliteStore::open(directory.join("bob.sqlite"))?;
    let mut bob = Client::open(store, &bobs_key)?;
    let receipt = bob.unacknowledged()?[0].receipt;
    assert_eq!(receipt, received.receipt);
    assert_eq!(bob.read_again(&receipt)?, received);
    bob.acknowledge(&receipt)?;

    // Bob answers.
    let answer = bob.encrypt("alice", Outgoing::new(b"I am."), &mut OsRng)?;
    let received = alice.decrypt(Sender::Named("bob"), Incoming::new(&answer), &mut OsRng)?;
    assert_eq!(received.opened.plaintext, b"I am.");
    alice.acknowledge(&received.receipt)?;
    Ok(())
}

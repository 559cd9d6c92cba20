use alloc::vec::Vec;

use redb::{
    Database, Durability, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    TableHandle, WriteTransaction,
};
use sprag_client::store::{Batch, Records};

use crate::error::{Error, fault};

type Bytes = &'static [u8];
/// The name of a record and the number of a piece of its value.
type Piece = (Bytes, u32);

/// The pieces of the records' values. Each record has at least one, if only an empty one. The name of the table
/// carries the version of this crate's format.
const RECORDS: TableDefinition<'_, Piece, Bytes> = TableDefinition::new("sprag-2 records");
/// A single row: the commits since the last rewrite of the file, those since the store was created, and the
/// [room](room_of) of all pieces.
const COUNTS: TableDefinition<'_, (), (u64, u64, u64)> = TableDefinition::new("sprag-2 counts");

/// The numbers that a store keeps about its file.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    /// The commits since the last rewrite of the file.
    pub(crate) commits: u64,
    /// The commits since the store was created.
    pub(crate) all_commits: u64,
    /// The room that the records take in the file at most.
    pub(crate) room: u64,
}

/// Tells whether the database has no tables at all.
pub(crate) fn is_empty(database: &Database) -> Result<bool, Error> {
    let reading = database.begin_read().map_err(fault)?;
    let tables = reading.list_tables().map_err(fault)?;
    let multimaps = reading.list_multimap_tables().map_err(fault)?;
    Ok(tables.count() + multimaps.count() == 0)
}

/// Creates the tables of a store in an empty database.
pub(crate) fn initialise(database: &Database) -> Result<(), Error> {
    copy_from(core::iter::empty(), database, (&Batch::new(), 0))
}

/// Fails unless the database is a store.
pub(crate) fn check(database: &dyn ReadableDatabase) -> Result<(), Error> {
    let reading = database.begin_read().map_err(fault)?;
    let expected = [RECORDS.name(), COUNTS.name()];
    let found = reading.list_tables().map_err(fault)?;
    let found = found.filter(|table| expected.contains(&table.name()));
    if found.count() != expected.len() {
        return Err(Error::NotAStore);
    }
    reading.open_table(RECORDS).map_err(fault)?;
    let counts = reading.open_table(COUNTS).map_err(fault)?;
    counts.get(()).map_err(fault)?;
    Ok(())
}

pub(crate) fn get(database: &dyn ReadableDatabase, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    value(&records(database)?, name)
}

pub(crate) fn scan(database: &dyn ReadableDatabase, prefix: &[u8]) -> Result<Records, Error> {
    let mut found = Records::new();
    for piece in records(database)?.range((prefix, 0)..).map_err(fault)? {
        let (key, piece) = piece.map_err(fault)?;
        let (name, number) = key.value();
        if !name.starts_with(prefix) {
            break;
        }
        match found.last_mut() {
            Some((_, value)) if number > 0 => value.extend_from_slice(piece.value()),
            _ => found.push((name.to_vec(), piece.value().to_vec())),
        }
    }
    Ok(found)
}

/// Begins a transaction whose changes are on the medium when its commit returns.
///
/// The commit has two phases: the database moves to it only when it is wholly on the medium. Therefore the newest
/// commit has no fault unless the medium has one, and a fault is an error. After a commit in one phase, the
/// database takes damage of the newest commit for a crash in the middle of it, and goes back to the one before.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction, Error> {
    let mut writing = database.begin_write().map_err(fault)?;
    writing
        .set_durability(Durability::Immediate)
        .map_err(fault)?;
    writing.set_two_phase_commit(true);
    Ok(writing)
}

/// Tells whether every record that `batch` has an expectation for has the expected value.
pub(crate) fn meets(writing: &WriteTransaction, batch: &Batch) -> Result<bool, Error> {
    let records = writing.open_table(RECORDS).map_err(fault)?;
    for (name, expected) in batch.expected() {
        if value(&records, name)?.as_deref() != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the changes of `batch`, as the next commit after those that `counts` counts. Returns the new counts.
pub(crate) fn apply(
    writing: &WriteTransaction,
    batch: &Batch,
    counts: Counts,
) -> Result<Counts, Error> {
    let mut records = writing.open_table(RECORDS).map_err(fault)?;
    let mut room = counts.room;
    for (name, value) in batch.changes() {
        room = room.saturating_sub(delete(&mut records, name)?);
        if let Some(value) = value {
            room = room.saturating_add(insert(&mut records, name, value)?);
        }
    }
    let counts = Counts {
        commits: counts.commits.saturating_add(1),
        all_commits: counts.all_commits.saturating_add(1),
        room,
    };
    set_counts(writing, counts)?;
    Ok(counts)
}

/// Creates a store in the empty database `to`, with the records of `from` and the changes of `batch`.
///
/// A value that the batch supersedes is never written to `to`, because it could stay in an old page.
pub(crate) fn copy(from: &Database, to: &Database, batch: &Batch) -> Result<(), Error> {
    let reading = from.begin_read().map_err(fault)?;
    let all_commits = all_commits(&reading)?.saturating_add(1);
    let records = reading.open_table(RECORDS).map_err(fault)?;
    let pieces = records.iter().map_err(fault)?;
    copy_from(pieces, to, (batch, all_commits))
}

type Pieces<'a> = redb::AccessGuard<'a, Piece>;

fn copy_from<'a>(
    pieces: impl Iterator<Item = Result<(Pieces<'a>, redb::AccessGuard<'a, Bytes>), redb::StorageError>>,
    to: &Database,
    (batch, all_commits): (&Batch, u64),
) -> Result<(), Error> {
    let writing = begin(to)?;
    let mut room = 0_u64;
    {
        // Pieces and changes are both sorted by name, so that one pass can merge them.
        let mut copied = writing.open_table(RECORDS).map_err(fault)?;
        let mut changes = batch.changes().peekable();
        // The name of the latest change that was made.
        let mut changed = None;
        for piece in pieces {
            let (key, piece) = piece.map_err(fault)?;
            let (name, number) = key.value();
            // Make the changes up to this name.
            while let Some((name, value)) = changes.next_if(|(new, _)| *new <= name) {
                if let Some(value) = value {
                    room = room.saturating_add(insert(&mut copied, name, value)?);
                }
                changed = Some(name);
            }
            // Copy the piece, unless its record was changed.
            if changed != Some(name) {
                copied
                    .insert((name, number), piece.value())
                    .map_err(fault)?;
                room = room.saturating_add(room_of(name, piece.value().len()));
            }
        }
        // Write the new records whose names come after all others.
        for (name, value) in changes {
            if let Some(value) = value {
                room = room.saturating_add(insert(&mut copied, name, value)?);
            }
        }
    }
    let counts = Counts {
        commits: 0,
        all_commits,
        room,
    };
    set_counts(&writing, counts)?;
    writing.commit().map_err(fault)
}

/// The counts of the store. If there are none, the file counts as one that has to be rewritten.
pub(crate) fn counts(writing: &WriteTransaction) -> Result<Counts, Error> {
    let counts = writing.open_table(COUNTS).map_err(fault)?;
    let row = counts.get(()).map_err(fault)?;
    let (commits, all_commits, room) = row.map_or((u64::MAX, 0, 0), |row| row.value());
    Ok(Counts {
        commits,
        all_commits,
        room,
    })
}

/// The commits since the store was created.
pub(crate) fn all_commits(reading: &ReadTransaction) -> Result<u64, Error> {
    let counts = reading.open_table(COUNTS).map_err(fault)?;
    let row = counts.get(()).map_err(fault)?;
    Ok(row.map_or(0, |row| {
        let (_, all_commits, _) = row.value();
        all_commits
    }))
}

fn set_counts(writing: &WriteTransaction, counts: Counts) -> Result<(), Error> {
    let mut table = writing.open_table(COUNTS).map_err(fault)?;
    let row = (counts.commits, counts.all_commits, counts.room);
    table.insert((), row).map_err(fault)?;
    Ok(())
}

fn records(database: &dyn ReadableDatabase) -> Result<redb::ReadOnlyTable<Piece, Bytes>, Error> {
    let reading: ReadTransaction = database.begin_read().map_err(fault)?;
    reading.open_table(RECORDS).map_err(fault)
}

/// The value of a record, put together from its pieces.
fn value(
    records: &impl ReadableTable<Piece, Bytes>,
    name: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    let mut value: Option<Vec<u8>> = None;
    let pieces = records.range((name, 0)..=(name, u32::MAX));
    for piece in pieces.map_err(fault)? {
        let (_, piece) = piece.map_err(fault)?;
        value
            .get_or_insert_default()
            .extend_from_slice(piece.value());
    }
    Ok(value)
}

/// Writes a record that does not exist. Returns its room.
fn insert(
    records: &mut Table<'_, Piece, Bytes>,
    name: &[u8],
    mut value: &[u8],
) -> Result<u64, Error> {
    let mut room = 0_u64;
    for number in 0.. {
        let piece;
        (piece, value) = value.split_at(piece_length(name, value.len()));
        records.insert((name, number), piece).map_err(fault)?;
        room = room.saturating_add(room_of(name, piece.len()));
        if value.is_empty() {
            return Ok(room);
        }
    }
    Err(Error::TooLarge)
}

/// Deletes a record if it exists. Returns its room.
fn delete(records: &mut Table<'_, Piece, Bytes>, name: &[u8]) -> Result<u64, Error> {
    let mut room = 0_u64;
    for number in 0.. {
        let Some(piece) = records.remove((name, number)).map_err(fault)? else {
            break;
        };
        room = room.saturating_add(room_of(name, piece.value().len()));
    }
    Ok(room)
}

/// The length of a page. The database takes pages of this length times a power of two.
const PAGE: usize = 4096;

/// The longest pages that a piece is made for, as a power of two. Longer ones would save nothing, and it
/// becomes more difficult to find free room for them.
const MAX_ORDER: u32 = 4;

/// The bytes that the database adds to a piece which is alone in its page, and to the name of the record.
const BYTES_ADDED: usize = 4 + 2 * 4 + 3 + 4;

/// The length of the first piece of a value of which `rest` bytes are left.
///
/// The database rounds what does not fit into a page up to a power of two. A value of a little more than 16 MiB
/// would take 32 MiB. So each piece fills a page as long as possible, and only the last one leaves room.
fn piece_length(name: &[u8], rest: usize) -> usize {
    let added = BYTES_ADDED.saturating_add(name.len());
    let full = |order: u32| (PAGE << order).saturating_sub(added).max(PAGE / 2);
    let mut orders = (0..=MAX_ORDER).rev().map(full);
    orders.find(|full| *full <= rest).unwrap_or(rest)
}

/// The room that a piece takes in the file at most: pages of its own, or as much again for a short piece, since
/// the database fills pages at least by half.
fn room_of(name: &[u8], length: usize) -> u64 {
    let length = length
        .saturating_add(BYTES_ADDED)
        .saturating_add(name.len());
    let room = if length <= PAGE / 2 {
        length.saturating_mul(2)
    } else {
        length.checked_next_multiple_of(PAGE).unwrap_or(usize::MAX)
    };
    u64::try_from(room).unwrap_or(u64::MAX)
}

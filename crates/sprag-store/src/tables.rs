use alloc::vec::Vec;

use redb::{
    Database, Durability, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    TableHandle, WriteTransaction,
};
use sprag_client::store::{Batch, Records};

use crate::error::{Error, fault};

type Bytes = &'static [u8];

/// The records. The name of the table carries the version of this crate's format.
const RECORDS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("sprag-1 records");
/// A single number: the commits since the last rewrite of the file.
const COMMITS: TableDefinition<'_, (), u64> = TableDefinition::new("sprag-1 commits");

/// Tells whether the database has no tables at all.
pub(crate) fn is_empty(database: &Database) -> Result<bool, Error> {
    let reading = database.begin_read().map_err(fault)?;
    let tables = reading.list_tables().map_err(fault)?;
    let multimaps = reading.list_multimap_tables().map_err(fault)?;
    Ok(tables.count() + multimaps.count() == 0)
}

/// Creates the tables of a store in an empty database.
pub(crate) fn initialise(database: &Database) -> Result<(), Error> {
    let writing = begin(database)?;
    writing.open_table(RECORDS).map_err(fault)?;
    set_commits(&writing, 0)?;
    writing.commit().map_err(fault)
}

/// Fails unless the database is a store.
pub(crate) fn check(database: &Database) -> Result<(), Error> {
    let reading = database.begin_read().map_err(fault)?;
    let expected = [RECORDS.name(), COMMITS.name()];
    let found = reading.list_tables().map_err(fault)?;
    let found = found.filter(|table| expected.contains(&table.name()));
    if found.count() != expected.len() {
        return Err(Error::NotAStore);
    }
    reading.open_table(RECORDS).map_err(fault)?;
    let commits = reading.open_table(COMMITS).map_err(fault)?;
    commits.get(()).map_err(fault)?;
    Ok(())
}

pub(crate) fn get(database: &Database, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let records = records(database)?;
    let value = records.get(name).map_err(fault)?;
    Ok(value.map(|value| value.value().to_vec()))
}

pub(crate) fn scan(database: &Database, prefix: &[u8]) -> Result<Records, Error> {
    let mut found = Vec::new();
    for record in records(database)?.range(prefix..).map_err(fault)? {
        let (name, value) = record.map_err(fault)?;
        if !name.value().starts_with(prefix) {
            break;
        }
        found.push((name.value().to_vec(), value.value().to_vec()));
    }
    Ok(found)
}

/// Begins a transaction whose changes are on the medium when its commit returns.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction, Error> {
    let mut writing = database.begin_write().map_err(fault)?;
    writing
        .set_durability(Durability::Immediate)
        .map_err(fault)?;
    Ok(writing)
}

/// Tells whether every record that `batch` has an expectation for has the expected value.
pub(crate) fn meets(writing: &WriteTransaction, batch: &Batch) -> Result<bool, Error> {
    let records = writing.open_table(RECORDS).map_err(fault)?;
    for (name, expected) in batch.expected() {
        let value = records.get(name).map_err(fault)?;
        if value.as_ref().map(redb::AccessGuard::value) != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the changes of `batch`.
pub(crate) fn apply(writing: &WriteTransaction, batch: &Batch) -> Result<(), Error> {
    let mut records = writing.open_table(RECORDS).map_err(fault)?;
    for (name, value) in batch.changes() {
        put(&mut records, name, value)?;
    }
    Ok(())
}

/// Creates a store in the empty database `to`, with the records of `from` and the changes of `batch`.
///
/// A value that the batch supersedes is never written to `to`, because it could stay in an old page.
pub(crate) fn copy(from: &Database, to: &Database, batch: &Batch) -> Result<(), Error> {
    let writing = begin(to)?;
    {
        // Records and changes are both sorted by name, so that one pass can merge them.
        let mut copied = writing.open_table(RECORDS).map_err(fault)?;
        let mut changes = batch.changes().peekable();
        for record in records(from)?.iter().map_err(fault)? {
            let (name, value) = record.map_err(fault)?;
            let name = name.value();
            // Write the new records whose names come before this one.
            while let Some((new, value)) = changes.next_if(|(new, _)| *new < name) {
                put(&mut copied, new, value)?;
            }
            // Write the changed value of this record, or the old one if the batch does not change it.
            match changes.next_if(|(new, _)| *new == name) {
                Some((_, value)) => put(&mut copied, name, value)?,
                None => put(&mut copied, name, Some(value.value()))?,
            }
        }
        // Write the new records whose names come after all others.
        for (new, value) in changes {
            put(&mut copied, new, value)?;
        }
    }
    set_commits(&writing, 0)?;
    writing.commit().map_err(fault)
}

/// The number of commits since the last rewrite of the file.
pub(crate) fn commits(writing: &WriteTransaction) -> Result<u64, Error> {
    let commits = writing.open_table(COMMITS).map_err(fault)?;
    let count = commits.get(()).map_err(fault)?;
    // A missing number counts as the greatest, so that the next commit rewrites the file.
    Ok(count.map_or(u64::MAX, |count| count.value()))
}

pub(crate) fn set_commits(writing: &WriteTransaction, count: u64) -> Result<(), Error> {
    let mut commits = writing.open_table(COMMITS).map_err(fault)?;
    commits.insert((), count).map_err(fault)?;
    Ok(())
}

fn records(database: &Database) -> Result<redb::ReadOnlyTable<Bytes, Bytes>, Error> {
    let reading: ReadTransaction = database.begin_read().map_err(fault)?;
    reading.open_table(RECORDS).map_err(fault)
}

fn put(
    records: &mut Table<'_, Bytes, Bytes>,
    name: &[u8],
    value: Option<&[u8]>,
) -> Result<(), Error> {
    match value {
        Some(value) => records.insert(name, value),
        None => records.remove(name),
    }
    .map_err(fault)?;
    Ok(())
}

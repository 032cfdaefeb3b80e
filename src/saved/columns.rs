//! Reads columns of a saved run.

use rusqlite::{Connection, Row};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned};

/// All rows of a query.
pub(super) fn rows<T>(
    db: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare(sql)?.query_map([], read)?.collect()
}

/// The error for a value that ssel never writes.
pub(super) fn bad(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(column.to_owned())
}

/// A column with JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| invalid(row, column))
}

/// A column with the name of a variant.
pub(super) fn name<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    T::deserialize(StrDeserializer::<de::value::Error>::new(&text))
        .map_err(|_| invalid(row, column))
}

/// The error for a value in a column that ssel never writes.
fn invalid(row: &Row<'_>, column: usize) -> rusqlite::Error {
    bad(row.as_ref().column_name(column).unwrap_or_default())
}

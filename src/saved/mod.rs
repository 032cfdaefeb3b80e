//! Saved runs: an SQLite database with one transaction per second, readable however the run ends. The schema is in
//! `schema.sql` and in docs/saved-runs.md.

mod columns;
mod error;
mod lock;
mod read;
mod rows;
mod store;
mod writer;

pub use self::error::ReadError;
pub use self::read::read;
pub(crate) use self::store::RunStart;
pub(crate) use self::writer::{SavedSecond, Saver, write};

/// `ssel` in ASCII, which identifies the kind of database.
const APPLICATION_ID: u32 = 0x7373_656c;
/// The version of the format, which increases when older readers would misunderstand a file.
const VERSION: u32 = 1;

#[cfg(test)]
mod tests;

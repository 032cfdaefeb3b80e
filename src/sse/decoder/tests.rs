//! The decoder against the standard, read literally; against recorded streams; and against its own promises.

mod captures;
mod cuts;
mod limits;
mod memory;
mod oracle;
mod record;
mod reference;
mod rival;
mod rules;
mod vectors;

//! The decoder against the standard, read literally; against recorded streams; and against its own promises.

// `record` is also part of the fuzz targets, which name the decoder so.
use crate as sse;

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

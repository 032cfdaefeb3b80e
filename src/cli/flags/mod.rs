//! Flags that several commands share, and their interpretation.

mod options;
mod part;
mod part_files;
mod record;
mod values;

pub(super) use self::options::OptionFlags;
pub(super) use self::part::{PartFlags, RunPart};
pub(super) use self::record::{RecordFlags, has_file, outputs, pushes};
pub(super) use self::values::{Parsed, Suggest, header, number, pair, time, whole, wrong};

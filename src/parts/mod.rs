//! The parts of a run: several processes that make one load.
//!
//! A [`Part`] identifies a process. An [`Assignment`] determines the VUs and starts that it executes: all are assigned by
//! number, so that the parts together execute the plan of one process. [`detect`] reads the part from `--part`, from
//! `SSEL_PART` or from the variables of the launcher.

mod assignment;
#[cfg(feature = "cli")]
mod detect;
#[cfg(feature = "cli")]
mod launcher;
#[cfg(feature = "cli")]
mod manifests;
#[cfg(feature = "cli")]
mod nodes;
#[cfg(feature = "cli")]
mod yaml;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use assignment::Assignment;
#[cfg(feature = "cli")]
pub(crate) use detect::detect;
#[cfg(feature = "cli")]
pub(crate) use manifests::{Manifests, PORT};

/// The part of a process, and further facts from its launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The part.
    pub part: Part,
    /// The source: `--part`, `SSEL_PART` or the name of a launcher.
    pub from: String,
    /// The launcher's ID of the run, the same in all parts.
    pub run: Option<String>,
    /// The host of part 0, without a port.
    pub first_host: Option<String>,
}

/// The part of a run that a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    index: u32,
    count: u32,
}

impl Part {
    /// The only part of a run.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
    /// The largest number of parts of a run.
    pub const MOST: u32 = 100_000;

    /// Part `index`, from 0, of `count`.
    ///
    /// # Errors
    /// No parts, more than [`Part::MOST`], or an index out of range; the text contains the remedy.
    pub fn new(index: u64, count: u64) -> Result<Self, String> {
        match (u32::try_from(index), u32::try_from(count)) {
            (_, Ok(0)) => Err("a run has at least one part".to_owned()),
            (Ok(index), Ok(count)) if count <= Self::MOST && index < count => {
                Ok(Self { index, count })
            }
            (_, Ok(count)) if count <= Self::MOST => Err(format!(
                "parts are numbered from 0: of {count}, the last is {}/{count}",
                count - 1
            )),
            _ => Err(format!("a run has at most {} parts", Self::MOST)),
        }
    }

    /// Parses `I/N`.
    ///
    /// # Errors
    /// Anything else; the text contains the remedy.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let numbers = text
            .split_once('/')
            .and_then(|(index, count)| Some((number(index)?, number(count)?)));
        let Some((index, count)) = numbers else {
            return Err("write I/N, as in 0/4 for the first of four parts".to_owned());
        };
        Self::new(index, count)
    }

    /// Its number, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// The number of parts of the run.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether it is the whole run.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// Whether it is the first part.
    pub fn is_first(self) -> bool {
        self.index == 0
    }

    /// The number of the first `n` items that belong to this part, if item `k` belongs to part `k mod N`.
    pub fn share(self, n: u64) -> u64 {
        assignment::share(n, u64::from(self.index), u64::from(self.count))
    }

    /// The number in the run of its item `own`.
    pub fn number(self, own: u64) -> u64 {
        own * u64::from(self.count) + u64::from(self.index)
    }

    /// The number among its own items of item `number` of the run.
    pub fn own(self, number: u64) -> u64 {
        number / u64::from(self.count)
    }

    /// Replaces each `{part}` in a text with its number.
    pub fn fill_in(self, text: &str) -> String {
        text.replace(Self::FIELD, &self.index.to_string())
    }

    /// Replaces each `{part}` in a path with its number.
    #[must_use]
    pub fn file(self, path: &Path) -> PathBuf {
        match path.to_str() {
            Some(text) => PathBuf::from(self.fill_in(text)),
            None => path.to_owned(),
        }
    }

    /// The placeholder for the number of the part in file names.
    pub const FIELD: &str = "{part}";
}

impl Default for Part {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_a_round_trip() {
        for text in ["0/1", "0/4", "3/4", "99999/100000"] {
            assert_eq!(Part::parse(text).unwrap().to_string(), text);
        }
        assert!(Part::parse("0/1").unwrap().is_whole());
    }

    #[test]
    fn invalid_parts_have_a_remedy() {
        for (text, remedy) in [
            ("4/4", "of 4, the last is 3/4"),
            ("0/0", "at least one part"),
            ("0/100001", "at most 100000 parts"),
            ("99999999999/4", "of 4, the last is 3/4"),
            ("1", "write I/N"),
            ("", "write I/N"),
            ("a/b", "write I/N"),
            ("-1/4", "write I/N"),
            ("1/4/4", "write I/N"),
            ("1.5/4", "write I/N"),
        ] {
            let error = Part::parse(text).unwrap_err();
            assert!(error.contains(remedy), "{text}: {error}");
        }
    }

    #[test]
    fn file_names_contain_the_number_of_the_part() {
        let part = Part::parse("2/4").unwrap();
        assert_eq!(part.fill_in("json=a-{part}.json.gz"), "json=a-2.json.gz");
        assert_eq!(
            part.file(Path::new("{part}/run-{part}.ssel")),
            Path::new("2/run-2.ssel")
        );
    }
}

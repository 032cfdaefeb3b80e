//! Which part of a run this process makes, and the files of its own.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::args::PartFlags;
use crate::error::Error;
use crate::parts::{Part, Placement, place};
use crate::units::{format_duration, parse_moment};

/// The part of this process by its flag, its variables or its engine; `None` if it is a run of its own.
///
/// # Errors
/// What contradicts itself, cannot be, or is not said.
pub(in crate::cli) fn placement(flags: &PartFlags) -> Result<Option<Placement>, Error> {
    let variable = |name: &str| std::env::var(name).ok();
    place(flags.part.as_deref(), variable).map_err(|error| Error::Usage(error.to_string()))
}

/// What `--start-at` says.
///
/// # Errors
/// What is not a time, or past.
pub(in crate::cli) fn start_at(flags: &PartFlags) -> Result<Option<SystemTime>, Error> {
    let Some(text) = &flags.start_at else {
        return Ok(None);
    };
    let mistake = |remedy: String| Error::Usage(format!("--start-at cannot be {text:?}: {remedy}"));
    let time = parse_moment(text).map_err(mistake)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    if let Some(ago) = now.checked_sub(time) {
        let ago = Duration::from_secs(ago.as_secs().max(1));
        return Err(mistake(format!(
            "that was {} ago; give a time to come",
            format_duration(ago)
        )));
    }
    Ok(Some(UNIX_EPOCH + time))
}

/// The seed that all parts of a run have if nobody names one: by what they know of the run in common, the engine's name for it or
/// the time at which it starts. `None` if they know nothing.
pub(in crate::cli) fn common_seed(
    placement: &Placement,
    start_at: Option<SystemTime>,
) -> Option<u64> {
    let start = start_at.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let start = start.map(|at| at.as_nanos().to_string());
    let name = placement.run.clone().or(start)?;
    // FNV-1a, and few digits, for those who type it again.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Some(hash % 10_000_000)
}

/// The names of the files of one part, `{part}` replaced by its number.
#[derive(Clone, Copy)]
pub(in crate::cli) struct PartFiles {
    part: Part,
    /// Whether all parts have to have files of different names.
    differ: bool,
    /// Whether part 0 has the result of all parts.
    is_joined: bool,
}

impl PartFiles {
    /// Those of this part.
    pub(in crate::cli) fn new(placement: Option<&Placement>, is_joined: bool) -> Self {
        let part = placement.map_or(Part::WHOLE, |placement| placement.part);
        Self {
            part,
            differ: !part.is_whole(),
            is_joined: is_joined && !part.is_whole(),
        }
    }

    /// Whether the result of the run is on another part.
    pub(in crate::cli) fn is_following(self) -> bool {
        self.is_joined && !self.part.is_first()
    }

    /// A file with the result: that of this part, or of a joined run, which part 0 writes.
    ///
    /// # Errors
    /// As [`PartFiles::path`].
    pub(in crate::cli) fn result(self, flag: &str, path: &Path) -> Result<Option<PathBuf>, Error> {
        if self.is_following() {
            return Ok(None);
        }
        if self.is_joined {
            return Ok(Some(self.part.file(path)));
        }
        self.path(flag, path).map(Some)
    }

    /// The file of a part of a joined run by itself, where the name has its number in it.
    pub(in crate::cli) fn apart(self, path: &Path) -> Option<PathBuf> {
        let is_apart = self.is_joined && path.to_string_lossy().contains(Part::FIELD);
        is_apart.then(|| self.part.file(path))
    }

    /// The file of this part.
    ///
    /// # Errors
    /// A name that all parts would have.
    pub(in crate::cli) fn path(self, flag: &str, path: &Path) -> Result<PathBuf, Error> {
        self.check(flag, &path.to_string_lossy())?;
        Ok(self.part.file(path))
    }

    /// The same of an output, `json=FILE`.
    ///
    /// # Errors
    /// As [`PartFiles::path`].
    pub(in crate::cli) fn output(self, text: &str) -> Result<String, Error> {
        // Others are not files.
        if let Some((name, file)) = text.split_once('=')
            && ["json", "csv", "vllm"].contains(&name)
        {
            self.check("--out", file)?;
        }
        Ok(self.part.fill_in(text))
    }

    fn check(self, flag: &str, name: &str) -> Result<(), Error> {
        let is_stream = name == "-" || name.starts_with("/dev/");
        if !self.differ || is_stream || name.contains(Part::FIELD) {
            return Ok(());
        }
        let path = Path::new(name);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let ending = path
            .extension()
            .map(|ending| format!(".{}", ending.to_string_lossy()));
        Err(Error::Usage(format!(
            "{flag} {name}: all {} parts would write this one file; give each its own, as in {stem}-{}{}",
            self.part.count(),
            Part::FIELD,
            ending.unwrap_or_default(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(part: &str) -> PartFiles {
        PartFiles {
            part: Part::parse(part).unwrap(),
            differ: !Part::parse(part).unwrap().is_whole(),
            is_joined: false,
        }
    }

    #[test]
    fn each_part_has_files_of_its_own() {
        let path = |part, path| files(part).path("--save", Path::new(path));
        assert_eq!(
            path("2/4", "a/run-{part}.ssel").unwrap(),
            Path::new("a/run-2.ssel")
        );
        assert_eq!(
            path("0/1", "run-{part}.ssel").unwrap(),
            Path::new("run-0.ssel")
        );
        assert_eq!(path("0/1", "run.ssel").unwrap(), Path::new("run.ssel"));
        assert_eq!(
            path("2/4", "a/run.ssel").unwrap_err().to_string(),
            "--save a/run.ssel: all 4 parts would write this one file; give each its own, as in run-{part}.ssel"
        );
    }

    #[test]
    fn the_result_of_a_joined_run_is_a_file_of_part_0() {
        let joined = |part| PartFiles {
            is_joined: true,
            ..files(part)
        };
        let result = |part| {
            joined(part)
                .result("--report", Path::new("a.html"))
                .unwrap()
        };
        assert_eq!(result("0/4"), Some("a.html".into()));
        assert_eq!(result("1/4"), None);
        let apart = |name| joined("1/4").apart(Path::new(name));
        assert_eq!(apart("run-{part}.ssel"), Some("run-1.ssel".into()));
        assert_eq!(apart("run.ssel"), None);
    }

    #[test]
    fn what_is_no_file_may_be_the_same_for_all_parts() {
        for text in [
            "json=-",
            "json",
            "csv=/dev/null",
            "prometheus=http://localhost:9090",
        ] {
            assert_eq!(files("2/4").output(text).unwrap(), text);
        }
        assert_eq!(
            files("2/4").output("json=a{part}.gz").unwrap(),
            "json=a2.gz"
        );
        assert!(files("2/4").output("json=a.gz").is_err());
    }
}

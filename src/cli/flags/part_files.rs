//! The files of one part of a run.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::parts::{Part, Placement};

/// The files of one part: `{part}` in their names is replaced by its number.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct PartFiles {
    part: Part,
    /// Whether each part needs its own files.
    differ: bool,
    /// Whether part 0 has the result of all parts.
    is_joined: bool,
}

impl PartFiles {
    /// The files of this part.
    pub(in crate::cli) fn new(placement: Option<&Placement>, is_joined: bool) -> Self {
        let part = placement.map_or(Part::WHOLE, |placement| placement.part);
        Self {
            part,
            differ: !part.is_whole(),
            is_joined: is_joined && !part.is_whole(),
        }
    }

    /// Whether another part has the result of the run.
    pub(in crate::cli) fn is_following(self) -> bool {
        self.is_joined && !self.part.is_first()
    }

    /// The file for a result, if this process writes it: for the result of this part, or, on part 0, of a joined run.
    ///
    /// # Errors
    /// A name that is the same in all parts.
    pub(in crate::cli) fn result(
        self,
        flag: &str,
        path: Option<&Path>,
    ) -> Result<Option<PathBuf>, Error> {
        let Some(path) = path.filter(|_| !self.is_following()) else {
            return Ok(None);
        };
        if !self.is_joined {
            self.check(flag, &path.to_string_lossy())?;
        }
        Ok(Some(self.part.file(path)))
    }

    /// The file for this part alone of a joined run, if its name contains `{part}`.
    pub(in crate::cli) fn apart(self, path: &Path) -> Option<PathBuf> {
        let is_apart = self.is_joined && path.to_string_lossy().contains(Part::FIELD);
        is_apart.then(|| self.part.file(path))
    }

    /// The text of an output, `json=FILE`.
    ///
    /// # Errors
    /// As [`PartFiles::result`].
    pub(in crate::cli) fn output(self, text: &str) -> Result<String, Error> {
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
    fn each_part_has_its_own_files() {
        let path = |part, path| files(part).result("--save", Some(Path::new(path)));
        assert_eq!(
            path("2/4", "a/run-{part}.ssel").unwrap(),
            Some("a/run-2.ssel".into())
        );
        assert_eq!(
            path("0/1", "run-{part}.ssel").unwrap(),
            Some("run-0.ssel".into())
        );
        assert_eq!(path("0/1", "run.ssel").unwrap(), Some("run.ssel".into()));
        assert_eq!(
            path("2/4", "a/run.ssel").unwrap_err().to_string(),
            "--save a/run.ssel: all 4 parts would write this one file; give each its own, as in run-{part}.ssel"
        );
    }

    #[test]
    fn part_0_writes_the_result_of_a_joined_run() {
        let joined = |part| PartFiles {
            is_joined: true,
            ..files(part)
        };
        let result = |part| {
            joined(part)
                .result("--report", Some(Path::new("a.html")))
                .unwrap()
        };
        assert_eq!(result("0/4"), Some("a.html".into()));
        assert_eq!(result("1/4"), None);
        let apart = |name| joined("1/4").apart(Path::new(name));
        assert_eq!(apart("run-{part}.ssel"), Some("run-1.ssel".into()));
        assert_eq!(apart("run.ssel"), None);
    }

    #[test]
    fn outputs_other_than_files_may_be_the_same_for_all_parts() {
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

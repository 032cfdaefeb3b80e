//! Checks the output files of a command before the load.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::standard::{Standard, is_device};

/// The files of a command, compared by identity instead of name, since links or different paths may lead to the same file.
#[derive(Debug, Default)]
pub(crate) struct Destinations {
    known: Vec<(Identity, String)>,
}

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DestinationError {
    /// It cannot be written, with the reason.
    Unwritable(String),
    /// The command already uses the file for something else: its name.
    Taken(String),
}

impl std::fmt::Display for DestinationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unwritable(why) => f.write_str(why),
            Self::Taken(by) => write!(f, "{by} is that file already; name another one"),
        }
    }
}

/// The identity of a file.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// An existing file.
    There(u64, u64),
    /// A new file, by its path without links.
    ToCome(PathBuf),
}

impl Destinations {
    /// Registers a file that is read, so that nothing writes to it.
    pub(crate) fn read(&mut self, path: &Path, name: impl Into<String>) {
        self.known
            .extend(identity(path).map(|id| (id, name.into())));
    }

    /// Checks whether a file can be written and is not used otherwise. It creates and changes nothing.
    ///
    /// # Errors
    /// Why the file cannot be used.
    pub(crate) fn write(
        &mut self,
        path: &Path,
        name: impl Into<String>,
    ) -> Result<(), DestinationError> {
        check(path).map_err(DestinationError::Unwritable)?;
        let Some(id) = identity(path) else {
            return Ok(());
        };
        if let Some((_, by)) = self.known.iter().find(|(known, _)| *known == id) {
            return Err(DestinationError::Taken(by.clone()));
        }
        if Standard::of(path).is_some() && !is_device(path) {
            return Err(DestinationError::Taken(
                "what standard output or standard error is sent to".into(),
            ));
        }
        self.known.push((id, name.into()));
        Ok(())
    }
}

/// Resolves links in a path, whose file may not exist yet.
pub(super) fn resolved(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(to) = fs::read_link(&path) else { break };
        path = folder(&path).join(to);
    }
    match (fs::canonicalize(folder(&path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    let parent = path.parent();
    parent
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Terminals, pipes and devices have no identity: several outputs may write to them.
fn identity(path: &Path) -> Option<Identity> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Some(of_file(&found)),
        Ok(_) => None,
        Err(_) => Some(Identity::ToCome(resolved(path))),
    }
}

#[cfg(unix)]
fn of_file(found: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity::There(found.dev(), found.ino())
}

fn check(path: &Path) -> Result<(), String> {
    let folder = folder(path);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err("it is a folder; name a file in it".into());
        }
        Ok(_) => {
            return may_write(path).map_err(|error| format!("it cannot be written: {error}"));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            // A file in place of a folder gives another kind of error.
            if folder.is_file() {
                return Err(format!("{} is a file, not a folder", folder.display()));
            }
            return Err(error.to_string());
        }
        Err(_) => {}
    }
    if !folder.exists() {
        return Err(format!("there is no folder {}", folder.display()));
    }
    let to = resolved(path);
    may_write(self::folder(&to)).map_err(|error| {
        format!(
            "cannot create a file in the folder {}: {error}",
            self::folder(&to).display()
        )
    })
}

/// Checks the permission without opening the file: opening a pipe would wait for its reader.
fn may_write(path: &Path) -> io::Result<()> {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn refused(path: &Path) -> String {
        let refusal = Destinations::default().write(path, "it").unwrap_err();
        assert!(matches!(refusal, DestinationError::Unwritable(_)));
        refusal.to_string()
    }

    #[test]
    fn unwritable_files_are_refused_and_nothing_is_created() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::write(at("file"), "old").unwrap();
        assert!(refused(&at("no/such")).starts_with("there is no folder "));
        assert!(refused(&at("file/in")).ends_with("is a file, not a folder"));
        assert!(refused(temp.path()).contains("it is a folder"));
        symlink("no/such", at("dangling")).unwrap();
        assert!(refused(&at("dangling")).contains("cannot create a file in the folder "));

        let mut files = Destinations::default();
        files.write(&at("file"), "one").unwrap();
        files.write(&at("new"), "two").unwrap();
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "old");
        assert!(!at("new").exists());
    }

    #[test]
    fn two_names_of_one_file_are_detected() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::write(at("there"), "old").unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink(at("there"), at("link")).unwrap();
        symlink("to_come", at("dangling")).unwrap();
        fs::hard_link(at("there"), at("hard")).unwrap();
        let table = [
            ("there", "folder/../there"),
            ("there", "link"),
            ("there", "hard"),
            ("to_come", "folder/../to_come"),
            ("to_come", "dangling"),
        ];
        for (one, other) in table {
            let mut files = Destinations::default();
            files.write(&at(one), "the first").unwrap();
            let refusal = files.write(&at(other), "the second");
            assert_eq!(
                refusal,
                Err(DestinationError::Taken("the first".into())),
                "{other}"
            );
        }
        let mut files = Destinations::default();
        files.read(&at("link"), "the script");
        let refusal = files.write(&at("there"), "an output").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the script is that file already; name another one"
        );
    }

    #[test]
    fn several_outputs_may_write_to_a_device() {
        let mut files = Destinations::default();
        files.write(Path::new("/dev/null"), "one").unwrap();
        files.write(Path::new("/dev/null"), "two").unwrap();
    }
}

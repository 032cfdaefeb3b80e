//! Writes files completely or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::Terminal;
use super::destinations::{folder, resolved};
use super::standard::{Standard, is_device};

/// Writes a file. An existing file is replaced only after the new content is on the disk, and is unchanged if writing fails.
/// Pipes and devices are written to directly, `/dev/stdout` through `terminal`.
///
/// # Errors
/// The name of the file with the error of the system.
pub(crate) fn save(path: &Path, content: &[u8], terminal: &Terminal) -> Result<(), String> {
    match Standard::of(path).filter(|_| is_device(path)) {
        Some(Standard::Output) => terminal.result(&String::from_utf8_lossy(content)),
        Some(Standard::Error) => terminal.write_err(&String::from_utf8_lossy(content)),
        None => write(path, content)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let there = fs::metadata(path);
    let there = match there {
        Ok(there) if !there.is_file() => {
            return OpenOptions::new()
                .write(true)
                .open(path)?
                .write_all(content);
        }
        there => there.ok(),
    };
    let path = resolved(path);
    let temp = TempFile::new(&path);
    match temp.replace(&path, content, there.as_ref()) {
        // No new file can be created in the folder, or the file is a mount point: write in place.
        Err(error)
            if there.is_some()
                && matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied
                        | ErrorKind::ReadOnlyFilesystem
                        | ErrorKind::ResourceBusy
                        | ErrorKind::CrossesDevices
                ) =>
        {
            fs::write(&path, content)
        }
        result => result,
    }
}

/// A temporary file in the folder of another file, removed on drop.
struct TempFile(PathBuf);

impl TempFile {
    fn new(path: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".ssel-{}-{count}.tmp", std::process::id());
        Self(folder(path).join(name))
    }

    fn replace(&self, path: &Path, content: &[u8], old: Option<&Metadata>) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.0)?;
        file.write_all(content)?;
        if let Some(old) = old {
            keep_owner(&file, old);
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&self.0, path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // After the rename, there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

/// Keeps the owner. Only the superuser can; other users become the owner of the replaced file.
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_completely_and_keeps_permissions_and_links() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        fs::write(at("old"), "something longer").unwrap();
        fs::set_permissions(at("old"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("old", at("link")).unwrap();
        // Who has it open still reads what was there.
        let reader = File::open(at("old")).unwrap();
        write(&at("link"), b"new").unwrap();
        write(&at("fresh"), b"first").unwrap();
        assert_eq!(fs::read_to_string(at("old")).unwrap(), "new");
        assert_eq!(fs::read_to_string(at("fresh")).unwrap(), "first");
        assert_eq!(io::read_to_string(reader).unwrap(), "something longer");
        assert!(at("link").is_symlink());
        let mode = fs::metadata(at("old")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_temporary_one() {
        let temp = tempfile::tempdir().unwrap();
        let old = temp.path().join("old");
        fs::write(&old, "good").unwrap();
        let new = TempFile::new(&old);
        // The new content is there, and cannot be moved into place.
        let gone = temp.path().join("no/such");
        assert!(new.replace(&gone, b"new", None).is_err());
        drop(new);
        assert_eq!(fs::read_to_string(&old).unwrap(), "good");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_directly() {
        write(Path::new("/dev/null"), b"x").unwrap();
        let error = write(Path::new("/dev/full"), b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

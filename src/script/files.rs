//! Files that scripts read: relative to the script, each read once per process.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::context::Process;

/// The content of a file, from memory when another VU has read it before.
///
/// # Errors
/// One sentence that names the file and what the system said.
pub(crate) fn read(process: &Process, path: &Path) -> Result<Arc<[u8]>, String> {
    let mut files = process.files.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(content) = files.get(path) {
        return Ok(Arc::clone(content));
    }
    let content: Arc<[u8]> = std::fs::read(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?
        .into();
    files.insert(path.to_owned(), Arc::clone(&content));
    Ok(content)
}

//! Checks the files that a command will write, before the load.

use std::path::Path;

use super::Job;
use crate::error::Error;
use crate::options::Source;
use crate::output::{DestinationError, Destinations, Output};

/// Checks the files of a run.
///
/// # Errors
/// A file that cannot be written, is written twice, or is the script.
pub(super) fn check(job: &Job, outputs: &[Box<dyn Output>]) -> Result<(), Error> {
    let mut files = Destinations::default();
    if let Source::File(script) = &job.source {
        files.read(script, "the script");
    }
    for output in outputs {
        if let Some(path) = output.file() {
            let name = format!("the output {}", output.name());
            files
                .write(path, name.as_str())
                .map_err(|refusal| refused(&name, &refusal))?;
        }
    }
    if let Some(path) = &job.record.report {
        check_one(&mut files, path, "the report")?;
    }
    if let Some(path) = &job.summary_export {
        check_one(&mut files, path, "the summary")?;
    }
    if let Some(path) = &job.record.save {
        check_one(&mut files, path, "the saved run")?;
    }
    if let Some(path) = &job.record.save_part {
        check_one(&mut files, path, "the saved part")?;
    }
    Ok(())
}

/// Checks a file; `name` describes it in errors about later files.
///
/// # Errors
/// As [`check`].
pub(super) fn check_one(files: &mut Destinations, path: &Path, name: &str) -> Result<(), Error> {
    let shown = path.display();
    if path == Path::new("-") {
        return Err(Error::Usage(format!(
            "cannot write {name} to -: standard output has other text; name a file, or ./- for one of that name"
        )));
    }
    files
        .write(path, name)
        .map_err(|refusal| refused(&shown.to_string(), &refusal))
}

fn refused(what: &str, refusal: &DestinationError) -> Error {
    let text = format!("cannot write {what}: {refusal}");
    match refusal {
        DestinationError::Unwritable(_) => Error::Output(text),
        // A mistake in the flags.
        DestinationError::Taken(_) => Error::Usage(text),
    }
}

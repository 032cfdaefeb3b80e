//! The trait `Output`: a destination of samples.

use std::error::Error;
use std::path::Path;

use crate::metrics::{Sample, Summary};

/// The result of a method of an [`Output`]; errors are shown to the user with the name of the output.
pub type OutputResult = Result<(), Box<dyn Error + Send + Sync>>;

/// A destination for the individual samples of a run.
///
/// Methods are never called concurrently: `start` is called by the main thread, the others by a separate thread. An output that is slow holds up neither the load nor its measurements: samples
/// wait, and when [`MAX_WAITING`](crate::metrics::Registry::MAX_WAITING) of a worker do, further ones are dropped, and
/// the run ends with an error that says so.
///
/// After a failure an output is not called again. The run goes on, its summary has everything, and the verdict is
/// [`Verdict::Output`](crate::app::Verdict::Output).
pub trait Output: Send {
    /// What messages and the header of the run call it, e.g. `json=samples.json`.
    fn name(&self) -> String;

    /// The file that it writes, if there is one. It is looked at before the run, which does not take place if the file
    /// cannot be written or if something else of the run is in it.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Called before `setup`. Open connections and files here, so that errors are reported before the load, but do not
    /// overwrite existing data until there are samples: `setup` may fail.
    ///
    /// # Errors
    /// What keeps the output from being used; the run then does not take place.
    fn start(&mut self, run: &RunInfo) -> OutputResult {
        let _ = run;
        Ok(())
    }

    /// Takes samples. Their times are since the Unix epoch and never go back within one worker; samples of several
    /// workers are not sorted.
    ///
    /// # Errors
    /// The output failed.
    fn samples(&mut self, samples: &[Sample<'_>]) -> OutputResult;

    /// Called after each batch of samples, about every tenth of a second.
    ///
    /// # Errors
    /// The output failed.
    fn flush(&mut self) -> OutputResult {
        Ok(())
    }

    /// The run is over and all samples were handed out. Called after the summary was shown.
    ///
    /// # Errors
    /// The output failed.
    fn finish(&mut self, summary: &Summary) -> OutputResult {
        let _ = summary;
        Ok(())
    }
}

/// What outputs know about a run before it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunInfo {
    /// The script, as it was named.
    pub script: String,
    /// The thresholds: the metric, with tags where it is about a part of one, and what is demanded.
    pub thresholds: Vec<(String, String)>,
}

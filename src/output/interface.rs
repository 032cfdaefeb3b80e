//! The trait `Output`: a destination of samples.

use std::error::Error;
use std::path::Path;

use crate::metrics::{Sample, Summary};

/// The result of a method of an [`Output`]; errors are shown to the user with the name of the output.
pub type OutputResult = Result<(), Box<dyn Error + Send + Sync>>;

/// A destination for the individual samples of a run.
///
/// Methods are never called concurrently: the main thread calls `start`, a separate thread calls the others. A slow output delays
/// neither the load nor its measurements: samples wait, up to [`MAX_WAITING`](crate::metrics::Registry::MAX_WAITING) of each
/// worker. Further samples are dropped, and the run ends with an error that reports them.
///
/// After a failure, an output is not called again. The run continues, its summary is complete, and the verdict is
/// [`Verdict::Output`](crate::app::Verdict::Output).
pub trait Output: Send {
    /// The name in messages and in the header of the run, e.g. `json=samples.json`.
    fn name(&self) -> String;

    /// The file that it writes, if any. The run does not start if the file cannot be written or has another use in the run.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Called before `setup`. Open connections and files here, so that errors are reported before the load, but do not
    /// overwrite existing data before the first samples: `setup` may fail.
    ///
    /// # Errors
    /// The output cannot be used; the run does not start.
    fn start(&mut self, run: &RunInfo) -> OutputResult {
        let _ = run;
        Ok(())
    }

    /// Receives samples. Their times are since the Unix epoch. Those of one worker are in order; those of several workers are not
    /// sorted.
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

    /// Called at the end of the run, after all samples and after the summary was shown.
    ///
    /// # Errors
    /// The output failed.
    fn finish(&mut self, summary: &Summary) -> OutputResult {
        let _ = summary;
        Ok(())
    }
}

/// Information about a run for its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunInfo {
    /// The name of the script.
    pub script: String,
    /// The thresholds: the selector of the metric or sub-metric, and the condition.
    pub thresholds: Vec<(String, String)>,
}

//! Reads the trace of a benchmark that replays one.

use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::llm::trace::{ReplayLimits, Trace, TraceFormat};
use crate::parts::{Assignment, Part};
use crate::units::{counted, format_duration};

/// A trace file, and its content within the limits of the benchmark.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TraceFile {
    /// Its format.
    pub format: TraceFormat,
    /// Its path.
    pub path: PathBuf,
    /// The pace and the limits of the replay.
    pub limits: ReplayLimits,
    /// The start of each session.
    pub(super) starts: Arc<[Duration]>,
    /// The number of requests of each session.
    sizes: Arc<[u64]>,
    /// The time of the last request.
    pub(super) span: Duration,
    about: String,
}

impl TraceFile {
    /// The lengths of prompts and replies of the warm-up, whose prompts are not part of the trace.
    pub(super) const WARMUP: (u64, u64) = (32, 8);

    /// Reads the whole trace once to determine its content.
    ///
    /// # Errors
    /// A file that cannot be read or is not a valid trace.
    pub(crate) fn open(
        format: TraceFormat,
        path: &Path,
        limits: ReplayLimits,
    ) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| {
            Error::Usage(format!("cannot read the trace {}: {error}", path.display()))
        })?;
        let trace = Trace::read(BufReader::with_capacity(1 << 16, file), format, &limits)
            .map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
        Ok(Self {
            format,
            path: path.to_owned(),
            limits,
            starts: trace.starts().collect(),
            sizes: trace.sizes().collect(),
            span: trace.span(),
            about: about(&trace),
        })
    }

    /// The number of requests of a part of a load with this number of VUs.
    pub(super) fn requests(&self, part: Part, vus: u64) -> u64 {
        let Some((first, step)) = Assignment::new(part, 0, vus).starts() else {
            return 0;
        };
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        self.sizes
            .iter()
            .skip(size(first))
            .step_by(size(step))
            .sum()
    }

    /// A description of the content in one line.
    pub(super) fn describe(&self) -> String {
        format!(
            "{} trace {}: {}",
            self.format,
            self.path.display(),
            self.about
        )
    }
}

fn about(trace: &Trace) -> String {
    let (requests, sessions) = (trace.len() as u64, trace.sessions() as u64);
    let mut text = counted(requests, "request");
    if sessions < requests {
        let _ = write!(text, " in {}", counted(sessions, "session"));
    }
    if trace.is_cut {
        text += " (the trace has more)";
    }
    let (prompt, output) = trace.tokens();
    let shared = match trace.shared() * 100.0 {
        share if share < 0.05 => String::new(),
        share => format!(" ({share:.1} % of them shared)"),
    };
    let _ = write!(
        text,
        " over {}; {prompt} prompt tokens{shared} and {output} output tokens",
        format_duration(whole(trace.span()))
    );
    if trace.skipped > 0 {
        let _ = write!(
            text,
            "; {} without an answer skipped",
            counted(trace.skipped, "request")
        );
    }
    text
}

/// The time rounded down to milliseconds, for messages.
fn whole(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

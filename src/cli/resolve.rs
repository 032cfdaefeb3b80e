//! What was typed, as layers of options and the rest of what a run needs.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use serde_json::Value;

use super::args::Run;
use crate::error::Error;
use crate::options::{Entry, Layer, Origin, OptionsError, read_value};

/// The options that flags set.
pub(super) fn flags(run: &Run) -> Layer {
    let mut layer = Layer::default();
    let texts = [
        ("vus", "--vus", &run.vus),
        ("duration", "--duration", &run.duration),
        ("iterations", "--iterations", &run.iterations),
        ("seed", "--seed", &run.seed),
        ("summary_trend_stats", "--summary-trend-stats", &run.summary_trend_stats),
        ("summary_time_unit", "--summary-time-unit", &run.summary_time_unit),
        ("summary_mode", "--summary-mode", &run.summary_mode),
        ("min_iteration_duration", "--min-iteration-duration", &run.min_iteration_duration),
        ("user_agent", "--user-agent", &run.user_agent),
        ("max_redirects", "--max-redirects", &run.max_redirects),
    ];
    for (option, flag, text) in texts {
        if let Some(text) = text {
            push(&mut layer, &[option], flag, read_value(option, text));
        }
    }
    let switches = [
        ("no_thresholds", "--no-thresholds", run.no_thresholds),
        ("no_setup", "--no-setup", run.no_setup),
        ("no_teardown", "--no-teardown", run.no_teardown),
        ("insecure_skip_tls_verify", "--insecure-skip-tls-verify", run.insecure_skip_tls_verify),
        ("no_connection_reuse", "--no-connection-reuse", run.no_connection_reuse),
        ("no_vu_connection_reuse", "--no-vu-connection-reuse", run.no_vu_connection_reuse),
    ];
    for (option, flag, on) in switches {
        if on {
            push(&mut layer, &[option], flag, true.into());
        }
    }
    if run.no_summary {
        push(&mut layer, &["summary_mode"], "--no-summary", "disabled".into());
    }
    if !run.stages.is_empty() {
        push(&mut layer, &["stages"], "--stage", run.stages.clone().into());
    }
    layer
}

fn push(layer: &mut Layer, path: &[&str], flag: &str, value: Value) {
    layer.entries.push(Entry {
        path: path.iter().map(|&step| step.to_owned()).collect(),
        value,
        origin: Origin::Flag(flag.to_owned()),
    });
}

/// Adds what `--tag NAME=VALUE` says.
///
/// # Errors
/// A text without `=`.
pub(super) fn tags(run: &Run, layer: &mut Layer) -> Result<(), Error> {
    for (name, value) in pairs("--tag", &run.tags)? {
        push(layer, &["tags", &name], "--tag", value.into());
    }
    Ok(())
}

/// What `-e NAME=VALUE` says; a bare NAME passes the process's own on, which it has anyway.
///
/// # Errors
/// A text without `=`.
pub(super) fn env(run: &Run) -> Result<HashMap<String, String>, Error> {
    Ok(pairs("--env", &run.env)?.into_iter().collect())
}

fn pairs(flag: &str, texts: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(mistake(flag, text, "write NAME=VALUE")),
    };
    texts.iter().map(pair).collect()
}

/// What `--workers` says.
///
/// # Errors
/// Anything but a whole number from 1 to 1024.
pub(super) fn workers(run: &Run) -> Result<Option<NonZeroUsize>, Error> {
    let Some(text) = &run.workers else { return Ok(None) };
    match text.parse().ok().and_then(NonZeroUsize::new) {
        Some(n) if n.get() <= 1024 => Ok(Some(n)),
        _ => Err(mistake("--workers", text, "write a whole number from 1 to 1024")),
    }
}

fn mistake(flag: &str, got: &str, remedy: &str) -> Error {
    Error::Options(OptionsError::from_flag(flag, got, remedy))
}

//! What was typed, as a layer of options and the rest of what a run needs.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use super::args::Run;
use crate::error::Error;
use crate::options::{Layer, Origin};
use crate::output::{Output, Terminal, named};

/// The options that flags set.
///
/// # Errors
/// A `--tag` without `=`.
pub(super) fn flags(run: &Run) -> Result<Layer, Error> {
    let mut layer = Layer::new();
    let origin = |flag: &str| Origin::Flag(flag.to_owned());
    let texts = [
        ("vus", "--vus", &run.vus),
        ("duration", "--duration", &run.duration),
        ("iterations", "--iterations", &run.iterations),
        ("seed", "--seed", &run.seed),
        (
            "summary_trend_stats",
            "--summary-trend-stats",
            &run.summary_trend_stats,
        ),
        (
            "summary_time_unit",
            "--summary-time-unit",
            &run.summary_time_unit,
        ),
        ("summary_mode", "--summary-mode", &run.summary_mode),
        (
            "min_iteration_duration",
            "--min-iteration-duration",
            &run.min_iteration_duration,
        ),
        ("user_agent", "--user-agent", &run.user_agent),
        ("max_redirects", "--max-redirects", &run.max_redirects),
    ];
    for (option, flag, text) in texts {
        if let Some(text) = text {
            layer.set_text(option, text, origin(flag));
        }
    }
    let switches = [
        ("no_thresholds", "--no-thresholds", run.no_thresholds),
        ("no_setup", "--no-setup", run.no_setup),
        ("no_teardown", "--no-teardown", run.no_teardown),
        (
            "insecure_skip_tls_verify",
            "--insecure-skip-tls-verify",
            run.insecure_skip_tls_verify,
        ),
        (
            "no_connection_reuse",
            "--no-connection-reuse",
            run.no_connection_reuse,
        ),
        (
            "no_vu_connection_reuse",
            "--no-vu-connection-reuse",
            run.no_vu_connection_reuse,
        ),
    ];
    for (option, flag, on) in switches {
        if on {
            layer.set(option, true, origin(flag));
        }
    }
    if run.no_summary {
        layer.set("summary_mode", "disabled", origin("--no-summary"));
    }
    if !run.stages.is_empty() {
        layer.set("stages", run.stages.clone(), origin("--stage"));
    }
    for (name, value) in pairs("--tag", &run.tags)? {
        layer.set_inside(&["tags", &name], value, origin("--tag"));
    }
    Ok(layer)
}

/// What `-e NAME=VALUE` says.
///
/// # Errors
/// A text without `=`.
pub(super) fn env(run: &Run) -> Result<HashMap<String, String>, Error> {
    Ok(pairs("--env", &run.env)?.into_iter().collect())
}

/// What `--workers` says.
///
/// # Errors
/// Anything but a whole number from 1 to 1024.
pub(super) fn workers(run: &Run) -> Result<Option<NonZeroUsize>, Error> {
    let Some(text) = &run.workers else {
        return Ok(None);
    };
    match text.parse().ok().and_then(NonZeroUsize::new) {
        Some(n) if n.get() <= 1024 => Ok(Some(n)),
        _ => Err(mistake(
            "--workers",
            text,
            "use a whole number from 1 to 1024",
        )),
    }
}

/// What `--out` says, each time it is there.
///
/// # Errors
/// An output that does not exist, lacks its file, or was given before.
pub(super) fn outputs(run: &Run, terminal: &Terminal) -> Result<Vec<Box<dyn Output>>, Error> {
    let mut outputs: Vec<Box<dyn Output>> = Vec::new();
    for text in &run.outputs {
        let output = named(text, terminal).map_err(|remedy| mistake("--out", text, remedy))?;
        let place = |name: &str| name.split_once('=').map(|(_, file)| file.to_owned());
        let own = place(&output.name());
        if outputs.iter().any(|other| place(&other.name()) == own) {
            let remedy = "another output is written to that file already";
            return Err(mistake("--out", text, remedy));
        }
        outputs.push(output);
    }
    Ok(outputs)
}

fn pairs(flag: &'static str, texts: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(mistake(flag, text, "use NAME=VALUE")),
    };
    texts.iter().map(pair).collect()
}

fn mistake(flag: &'static str, got: &str, remedy: &'static str) -> Error {
    Error::Flag {
        flag,
        got: got.to_owned(),
        remedy,
    }
}

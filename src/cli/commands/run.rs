//! `ssel run`: a script as a load test.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use super::super::args::Run;
use super::super::{exit_code, resolve, signals};
use crate::app::{self, Inbox, Job, Verdict};
use crate::error::Error;
use crate::options::{Layer, Origin, from_environment};
use crate::output::Terminal;
use crate::script::Source;

pub(in crate::cli) fn run(args: &Run, terminal: &Terminal) -> Result<ExitCode, Error> {
    let (inbox, stopper) = Inbox::new();
    signals::on_first(move || stopper.stop()).map_err(|source| Error::Io {
        what: "cannot listen for signals".into(),
        source,
    })?;
    let (environment, warnings) = from_environment(std::env::vars());
    for warning in &warnings {
        terminal.warn(warning);
    }
    let mut layers = vec![environment, resolve::flags(args)?];
    if let Some(path) = &args.config {
        layers.push(config(path)?);
    }
    let job = Job {
        layers,
        env: resolve::env(args)?,
        workers: resolve::workers(args)?,
        summary_export: args.summary_export.clone(),
        outputs: resolve::outputs(args, terminal)?,
        ..Job::new(source(&args.script)?)
    };
    let ended = app::run(job, terminal, inbox)?;
    Ok(match ended.verdict {
        Verdict::Passed => return Ok(ExitCode::SUCCESS),
        Verdict::Script(error) => exit_code::of_script(error.kind),
        Verdict::Aborted(_) => exit_code::ABORTED,
        Verdict::Thresholds(_) => exit_code::THRESHOLDS,
        Verdict::MarkedFailed(_) => exit_code::MARKED_FAILED,
        Verdict::Stopped => exit_code::STOPPED,
        Verdict::Output(_) => exit_code::FAILED,
        Verdict::Internal(_) => exit_code::INTERNAL,
    }
    .into())
}

fn source(path: &Path) -> Result<Source, Error> {
    if path != Path::new("-") {
        return Ok(Source::File(path.to_owned()));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| Error::Io {
            what: "cannot read the script from standard input".into(),
            source,
        })?;
    Ok(Source::text("stdin", text))
}

/// Options in a file: TOML by its ending, else JSON.
fn config(path: &Path) -> Result<Layer, Error> {
    let shown = path.display().to_string();
    let wrong = |error: String| Error::Config {
        path: shown.clone(),
        error,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let table = if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        toml::from_str(&text).map_err(|error| wrong(error.to_string()))?
    } else {
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?
    };
    Ok(Layer::from_json(table, &Origin::ConfigFile(shown))?)
}

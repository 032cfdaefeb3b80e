//! Builds a job from the arguments: the script's text, and the layers of options.

use std::io::Read;
use std::path::Path;

use super::flags::OptionFlags;
use crate::app::Job;
use crate::error::Error;
use crate::options::{Layer, OptionOrigin, Source, from_environment, ignored_variables};
use crate::output::Terminal;

/// A job for `source` with the options of environment, flags and config file.
///
/// # Errors
/// A config file that cannot be used.
pub(super) fn job(source: Source, flags: &OptionFlags, terminal: &Terminal) -> Result<Job, Error> {
    let (environment, warnings) = from_environment(std::env::vars_os());
    for warning in &warnings {
        terminal.warn(warning);
    }
    let mut layers = vec![environment, flags.layer()];
    if let Some(path) = &flags.config {
        layers.push(config(path)?);
    }
    Ok(Job {
        layers,
        env: flags.env(),
        ..Job::script(source)
    })
}

/// Warns of variables that set options, for a command that reads flags only.
pub(super) fn warn_of_ignored_variables(command: &str, terminal: &Terminal) {
    for warning in ignored_variables(std::env::vars_os(), command) {
        terminal.warn(&warning);
    }
}

/// The script at a path; `-` is standard input.
///
/// # Errors
/// Standard input that cannot be read or is not text.
pub(super) fn source(path: &Path) -> Result<Source, Error> {
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

fn toml_problem(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        None => error.message().to_owned(),
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            format!("line {line}, column {column}: {}", error.message())
        }
    }
}

/// The options in a file: TOML if its name ends in `.toml`, else JSON.
fn config(path: &Path) -> Result<Layer, Error> {
    let shown = path.display().to_string();
    let wrong = |error: String| Error::Config {
        path: shown.clone(),
        error,
    };
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let remedy = match ending.as_deref() {
        Some("yaml" | "yml") => {
            Some("YAML is not supported: write the options as TOML or JSON, with the same names")
        }
        Some("lua") => Some("it is a script: set options in the script itself, as options = { … }"),
        Some("js" | "ts") => Some(
            "it is a k6 script: write its options as TOML or JSON, with names such as setup_timeout",
        ),
        _ => None,
    };
    if let Some(remedy) = remedy {
        return Err(wrong(remedy.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let table = if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        // The full text of the error quotes the line, which may contain a password.
        toml::from_str(&text).map_err(|error| wrong(toml_problem(&error, &text)))?
    } else {
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?
    };
    Ok(Layer::from_json(table, &OptionOrigin::ConfigFile(shown))?)
}

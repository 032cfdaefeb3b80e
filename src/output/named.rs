//! Creates the output that `--out` names: `json=FILE` or `csv=FILE`.

use std::path::Path;

use super::interface::Output;
use super::standard::{Standard, is_device};
use super::{Form, LineOutput, Terminal};

/// Creates the output that a text names: `json=FILE` or `csv=FILE`. `-` or no file means standard output, which then contains
/// nothing else: all other text of `terminal` goes to standard error.
///
/// # Errors
/// Any other text; the error is the remedy.
pub(crate) fn named(text: &str, terminal: &Terminal) -> Result<Box<dyn Output>, &'static str> {
    const REMEDY: &str = "use json=FILE or csv=FILE, with - in place of FILE for standard output, prometheus=URL or otlp=URL; ssel llm also has vllm=FILE and aiperf=FILE";
    let (name, file) = text.split_once('=').unwrap_or((text, "-"));
    let stdout = || {
        let taken = "standard output can be given to one output only";
        terminal.take_stdout().ok_or(taken)
    };
    let form = [Form::Json, Form::Csv]
        .into_iter()
        .find(|form| form.name() == name)
        .ok_or(REMEDY)?;
    Ok(Box::new(match file {
        "" => return Err(REMEDY),
        "-" => LineOutput::stream(form, stdout()?),
        file if is_stdout(Path::new(file)) => LineOutput::stream(form, stdout()?),
        file => LineOutput::file(form, file),
    }))
}

/// Whether a path such as `/dev/stdout` is standard output, which must not be mixed with other text either.
fn is_stdout(path: &Path) -> bool {
    is_device(path)
        && Standard::of(path) == Some(Standard::Output)
        && path != Path::new("/dev/null")
}

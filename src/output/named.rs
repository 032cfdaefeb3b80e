use super::interface::Output;
use super::{Csv, Json, Terminal};

/// The output that a text names: `json=FILE` or `csv=FILE`. `-` in place of the file, or no file at all, stands for
/// standard output, which then has nothing else: all other text of `terminal` goes to standard error.
///
/// # Errors
/// What to write instead.
pub fn named(text: &str, terminal: &Terminal) -> Result<Box<dyn Output>, &'static str> {
    const REMEDY: &str = "use json=FILE or csv=FILE, with - in place of FILE for standard output";
    let (name, file) = text.split_once('=').unwrap_or((text, "-"));
    let stdout = || {
        let taken = "standard output can be given to one output only";
        terminal.take_stdout().ok_or(taken)
    };
    Ok(match (name, file) {
        ("json" | "csv", "") => return Err(REMEDY),
        ("json", "-") => Box::new(Json::stream(stdout()?)),
        ("csv", "-") => Box::new(Csv::stream(stdout()?)),
        ("json", file) => Box::new(Json::file(file)),
        ("csv", file) => Box::new(Csv::file(file)),
        _ => return Err(REMEDY),
    })
}

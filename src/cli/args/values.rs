//! Parsers of values. An error reads on from the name of the flag: `--workers` `cannot be "0": use a whole number`.

use crate::units::shown_header;

type Parsed<T> = Result<T, String>;

/// The complaint about a value, with what to write instead.
pub(super) fn wrong(text: &str, remedy: &str) -> String {
    format!("cannot be {text:?}: {remedy}")
}

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Parsed<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(wrong(text, "use NAME=VALUE")),
    }
}

/// `NAME=VALUE` whose value may be secret, so an error does not show it.
pub(super) fn secret_pair(text: &str) -> Parsed<(String, String)> {
    pair(text).map_err(|_| wrong(&shown_header(text), "use NAME=VALUE"))
}

//! What the unit tests of several modules use.

#[allow(
    dead_code,
    reason = "two packages read the recordings, each some of their fields"
)]
pub(crate) mod capture;

/// A text without the empty lines around it and the indentation that all its lines have, as an inline snapshot holds it.
pub(crate) fn dedented(text: &str) -> String {
    let is_blank = |line: &&str| line.trim().is_empty();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines: Vec<&str> = text.trim_end().lines().skip_while(is_blank).collect();
    let filled = lines.iter().filter(|line| !is_blank(line));
    let common = filled.map(|line| indent(line)).min().unwrap_or(0);
    let cut = lines.iter().map(|line| line.get(common..).unwrap_or(""));
    cut.collect::<Vec<_>>().join("\n")
}

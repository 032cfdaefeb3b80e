//! The failures of a run as text, the most frequent first.

use super::style::{Palette, paint};
use crate::metrics::FailureCount;

/// The length at which messages are cut: that of a server may be a whole page.
const MESSAGE: usize = 200;

/// Failures of one kind and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailureLine<'a> {
    /// The kind.
    pub kind: &'a str,
    /// Their number.
    pub count: u64,
    /// The message of the first one.
    pub first: &'a str,
}

impl FailureLine<'_> {
    /// The kind and the first line of the message, unless the message begins with the kind.
    pub(crate) fn words(&self) -> String {
        let first = self.first.lines().next().unwrap_or_default();
        let mut words: String = first.chars().take(MESSAGE).collect();
        if words.len() < first.len() {
            words.push('…');
        }
        let says_it = first
            .strip_prefix(self.kind)
            .is_some_and(|rest| rest.starts_with(' '));
        if !says_it {
            words.insert_str(0, &format!("{}: ", self.kind));
        }
        words
    }
}

/// The failures, the most frequent first, between a title and an empty line; empty if there are none.
pub(super) fn lines(failures: &[FailureCount], palette: &Palette) -> Vec<String> {
    if failures.is_empty() {
        return Vec::new();
    }
    let mut sorted: Vec<_> = failures.iter().collect();
    sorted.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    let line = |failure: &FailureCount| {
        let words = FailureLine {
            kind: &failure.key.kind,
            count: failure.count,
            first: &failure.message,
        }
        .words();
        let text = format!("✗ {} {words}", failure.count);
        format!("    {}", paint(palette.bad, &text))
    };
    let mut lines = vec![format!("    {}", paint(palette.title, "FAILURES"))];
    lines.extend(sorted.into_iter().map(line));
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Failures;

    #[test]
    fn the_most_frequent_failures_come_first_and_name_their_kind_once() {
        let mut failures = Failures::default();
        failures.add("http", "connect", None, || "refused\nby all".into());
        for _ in 0..2 {
            failures.add("sse", "status", Some(503), || "status 503: full".into());
        }
        let failures: Vec<_> = failures.iter().cloned().collect();
        assert_eq!(
            lines(&failures, &Palette::PLAIN),
            [
                "    FAILURES",
                "    ✗ 2 status 503: full",
                "    ✗ 1 connect: refused",
                ""
            ]
        );
        assert!(lines(&[], &Palette::PLAIN).is_empty());
    }
}

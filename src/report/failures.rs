//! The failures of a run as text, the most frequent first.

use super::llm::FailureLine;
use super::style::{Palette, paint};
use crate::metrics::FailureCount;

/// What failed, those that there are most of first, under a title and with an empty line behind; nothing if nothing did.
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
    fn the_most_frequent_come_first_and_say_their_kind_once() {
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

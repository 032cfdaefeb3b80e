//! Remarks on requests that were cancelled, interrupted, dropped or sent twice.

use super::result::LlmResult;

/// The remarks, one for each kind of such requests.
pub(super) fn remarks(report: &LlmResult<'_>) -> impl Iterator<Item = String> {
    cancelled(report).into_iter().chain(oddities(report))
}

/// The number of cancelled requests, and whether the server stopped them, according to its metrics: by the number of aborted
/// requests, or by the tokens that it generated for them.
fn cancelled(report: &LlmResult<'_>) -> Option<String> {
    let result = report.result;
    let count = result.cancelled;
    let words = agreeing(
        count,
        "{was} cancelled on purpose and not counted as failed",
    );
    let text = (count > 0).then(|| format!("{count} {words}"))?;
    let Some(server) = report.server else {
        return Some(text);
    };
    let generated = server.generated_tokens.filter(|_| result.failed == 0);
    let generated = generated.map(|all| all - result.output_tokens as f64);
    Some(match (server.aborted, generated) {
        (Some(aborted), _) if aborted >= count as f64 => {
            format!("{text};\nthe server stopped all of them")
        }
        (Some(aborted), _) => format!("{text};\nthe server stopped {aborted:.0} of them"),
        (None, Some(generated)) if generated >= 0.0 => format!(
            "{text};\nthe server generated {generated:.0} tokens for them, {} came",
            result.cancelled_chunks
        ),
        _ => text,
    })
}

/// Remarks on requests that neither succeeded nor failed, and on unusual replies.
fn oddities(report: &LlmResult<'_>) -> impl Iterator<Item = String> {
    let odd = [
        (report.result.empty, "succeeded without any output"),
        (
            report.result.bunched,
            "came in bunches and {has} no TPOT or ITL",
        ),
        (
            report.resent,
            "{was} sent twice: the server had closed the connection {it} took",
        ),
        (
            report.interrupted,
            "{was} cut off at the end and {is} not counted",
        ),
        (
            report.dropped,
            if report.is_full {
                "{was} not sent: as many as --max-concurrency allows were in flight"
            } else {
                "{was} not sent: ssel was late for {them}"
            },
        ),
    ];
    odd.into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {}", agreeing(count, what)))
}

/// Replaces the words in braces by those that agree with the number.
fn agreeing(count: u64, text: &str) -> String {
    let words = [
        ("{was}", "was", "were"),
        ("{is}", "is", "are"),
        ("{has}", "has", "have"),
        ("{it}", "it", "they"),
        ("{them}", "it", "them"),
    ];
    words
        .iter()
        .fold(text.to_owned(), |text, (word, one, many)| {
            text.replace(word, if count == 1 { one } else { many })
        })
}

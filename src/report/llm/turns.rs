//! The table of conversations, a row for each turn.

use super::time;
use crate::llm::TurnResult;
use crate::report::style::{Palette, paint};

/// The table of conversations, with a line for each turn; empty for single requests.
pub(super) fn turns(turns: &[TurnResult], palette: &Palette) -> Vec<String> {
    if turns.is_empty() {
        return Vec::new();
    }
    let names = "    turn    requests  TTFT mean   TTFT med   E2E mean  prompt tokens   from cache";
    let mut lines = vec![paint(palette.title, names)];
    for turn in turns {
        let share = 100.0 * turn.cached_tokens as f64 / (turn.input_tokens.max(1)) as f64;
        let figures = format!(
            "{:>12} {:>10} {:>10} {:>10} {:>14} {share:>10.1} %",
            turn.requests,
            time(&turn.ttft, turn.ttft.mean),
            time(&turn.ttft, turn.ttft.median),
            time(&turn.ttft, turn.e2e.mean),
            turn.input_tokens / turn.requests.max(1),
        );
        let figures = paint(palette.value, &figures);
        lines.push(format!("    {:<4}{figures}", turn.turn));
    }
    lines.push(String::new());
    lines
}

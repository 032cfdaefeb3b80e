//! Figures reported by servers, compared with those of the client.

#![allow(
    clippy::format_push_string,
    reason = "a summary is built once, and its pieces are easier to read in one line"
)]

use super::number::{seconds, share};
use super::style::{Palette, labelled, paint};
use crate::metrics::{MetricSummary, Summary};
use crate::scrape::Findings;

/// The same figures measured by the client, if it has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ours {
    /// Successful requests.
    pub requests: Option<f64>,
    /// Prompt tokens.
    pub prompt_tokens: Option<f64>,
    /// Output tokens.
    pub output_tokens: Option<f64>,
    /// Mean time to first token, in seconds.
    pub ttft: Option<f64>,
}

/// The same figures measured by the client.
pub(super) fn ours(summary: &Summary) -> Ours {
    let metric = |name: &str| summary.metric(name).filter(|metric| !metric.is_empty());
    Ours {
        requests: metric("llm_e2e").and_then(MetricSummary::count),
        prompt_tokens: metric("llm_prompt_tokens")
            .and_then(|metric| Some(metric.avg()? * metric.count()?)),
        output_tokens: metric("llm_output_tokens").and_then(MetricSummary::count),
        ttft: metric("llm_ttft").and_then(MetricSummary::avg),
    }
}

/// The block of a summary with the figures reported by servers; empty if none was scraped.
pub(super) fn block(summary: &Summary, palette: &Palette) -> Vec<String> {
    let Some(findings) = Findings::of(summary) else {
        return Vec::new();
    };
    let title = paint(palette.title, "SERVER");
    let said = lines(&findings, &ours(summary)).into_iter();
    let said = said.map(|(label, words)| labelled(label, &words, palette));
    let lines = std::iter::once(format!("    {title}")).chain(said);
    lines.chain([String::new()]).collect()
}

/// The figures reported by the server, by label. No line exceeds 80 columns.
pub(super) fn lines(server: &Findings, ours: &Ours) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let mut line = |label, words: Option<String>| lines.extend(words.map(|words| (label, words)));
    line("server TTFT", ttft(server));
    line("outside the server", outside(server, ours));
    line("server requests", requests(server, ours));
    line(
        "server prompts",
        tokens(server.prompt_tokens, ours.prompt_tokens),
    );
    line(
        "server output",
        tokens(server.generated_tokens, ours.output_tokens),
    );
    let hits = |rate| format!("{} of the prompt tokens", share(rate));
    line("prefix cache", server.hit_rate.map(hits));
    let used = |peak| format!("at most {} in use", share(peak));
    line(
        "KV cache",
        server.kv_peak.filter(|peak| *peak > 0.0).map(used),
    );
    line("batch", batch(server));
    line("speculation", speculation(server));
    line("energy", energy(server, ours));
    lines
}

fn ttft(server: &Findings) -> Option<String> {
    let mut words = format!("{} on average", seconds(server.ttft?));
    if let Some(queue) = server.queue.filter(|queue| *queue > 0.0) {
        words += &format!(", {} of it queued", seconds(queue));
    }
    Some(words)
}

/// The difference between the client's time to first token and the server's.
fn outside(server: &Findings, ours: &Ours) -> Option<String> {
    let outside = (ours.ttft? - server.ttft?).max(0.0);
    Some(format!(
        "{} of the TTFT here: network and queue",
        seconds(outside)
    ))
}

/// A count of the server, and that of the client if it differs.
fn against(count: f64, unit: &str, own: Option<f64>) -> String {
    match own {
        Some(own) if (own - count).abs() < 0.5 => format!("{count:.0}{unit}, as counted here"),
        Some(own) => format!("{count:.0}{unit}; {own:.0} counted here"),
        None => format!("{count:.0}{unit}"),
    }
}

fn requests(server: &Findings, ours: &Ours) -> Option<String> {
    let mut words = against(server.requests?, "", ours.requests);
    if let Some(aborted) = server.aborted.filter(|n| *n > 0.0) {
        words += &format!("; {aborted:.0} aborted");
    }
    Some(words)
}

fn tokens(count: Option<f64>, own: Option<f64>) -> Option<String> {
    Some(against(count?, " tokens", own))
}

fn batch(server: &Findings) -> Option<String> {
    // A short load may end before the first scrape.
    let running = server.running_peak.filter(|peak| *peak > 0.0)?;
    let mut words = format!("at most {running:.0} running");
    if let Some(waiting) = server.waiting_peak {
        words += &format!(", {waiting:.0} waiting");
    }
    if let Some(preemptions) = server.preemptions {
        words += &format!("; {preemptions:.0} preempted");
    }
    Some(words)
}

fn speculation(server: &Findings) -> Option<String> {
    let length = server.acceptance_length?;
    let accepted = server.acceptance_rate();
    let accepted = accepted.map(|rate| format!("{} of the drafts accepted, ", share(rate)));
    let accepted = accepted.unwrap_or_default();
    Some(format!("{accepted}{length:.2} tokens a step"))
}

fn energy(server: &Findings, ours: &Ours) -> Option<String> {
    let energy = server.energy?;
    let mut words = format!("{energy:.1} J");
    let tokens = ours.output_tokens.or(server.generated_tokens);
    if let Some(tokens) = tokens.filter(|tokens| *tokens > 0.0) {
        words += &format!(", {:.3} J per output token", energy / tokens);
    }
    if let Some(power) = server.power_peak {
        words += &format!(", at most {power:.0} W");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_server_are_compared_with_those_of_the_client() {
        let server = Findings {
            ttft: Some(0.045),
            queue: Some(0.005),
            requests: Some(200.0),
            aborted: Some(3.0),
            generated_tokens: Some(25_600.0),
            hit_rate: Some(0.589),
            kv_peak: Some(0.431),
            running_peak: Some(8.0),
            waiting_peak: Some(12.0),
            preemptions: Some(3.0),
            drafts: Some(100.0),
            draft_tokens: Some(400.0),
            accepted_tokens: Some(300.0),
            acceptance_length: Some(4.0),
            energy: Some(1280.0),
            ..Findings::default()
        };
        let ours = Ours {
            requests: Some(200.0),
            output_tokens: Some(25_500.0),
            ttft: Some(0.052),
            ..Ours::default()
        };
        let text: Vec<String> = lines(&server, &ours)
            .into_iter()
            .map(|(label, words)| format!("{label}: {words}"))
            .collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        server TTFT: 45ms on average, 5ms of it queued
        outside the server: 7ms of the TTFT here: network and queue
        server requests: 200, as counted here; 3 aborted
        server output: 25600 tokens; 25500 counted here
        prefix cache: 58.90% of the prompt tokens
        KV cache: at most 43.10% in use
        batch: at most 8 running, 12 waiting; 3 preempted
        speculation: 75.00% of the drafts accepted, 4.00 tokens a step
        energy: 1280.0 J, 0.050 J per output token
        ");
    }

    #[test]
    fn figures_that_the_server_does_not_report_have_no_line() {
        assert!(lines(&Findings::default(), &Ours::default()).is_empty());
    }
}

//! The result of `ssel llm` as text.

use std::fmt::Write;

use super::economics::economics;
use super::latencies::latencies;
use super::millis;
use super::probe::ProbeFigures;
use super::remarks::remarks;
use super::servers::servers;
use super::steady;
use super::turns::turns;
use crate::llm::{BenchResult, Hardware, Steady, TokenSource};
use crate::metrics::ClientAudit;
use crate::report::client;
use crate::report::failures::FailureLine;
use crate::report::number::seconds;
use crate::report::server::{self, Ours};
use crate::report::style::{Palette, labelled, paint};
use crate::scrape::Findings;

/// The result of a run of `ssel llm`.
#[derive(Debug, Clone)]
pub(crate) struct LlmResult<'a> {
    /// The figures.
    pub result: &'a BenchResult,
    /// At a rate: the requests per second that were offered to the server, and the requested rate.
    pub offered: Option<(f64, f64)>,
    /// The steady time, if there was one; `None` for a load without a fixed concurrency.
    #[expect(
        clippy::option_option,
        reason = "no load to be steady, and a load that never was"
    )]
    pub steady: Option<Option<Steady>>,
    /// The figures of probe requests, if there were any.
    pub probe: Option<&'a ProbeFigures>,
    /// The hardware of the server, if known.
    pub hardware: Option<Hardware>,
    /// The objectives of goodput, e.g. `ttft:500ms`.
    pub objectives: Option<String>,
    /// The failures, by kind and status.
    pub failures: Vec<FailureLine<'a>>,
    /// Why the server may have some prompts in its cache, if it may.
    pub repeats: Option<&'static str>,
    /// Requests that were sent again because the server had closed the connection.
    pub resent: u64,
    /// Requests that were still running when the run ended.
    pub interrupted: u64,
    /// Planned requests that were not sent.
    pub dropped: u64,
    /// The maximum number of concurrent requests was reached.
    pub is_full: bool,
    /// Whether the load was that of a trace.
    pub is_trace: bool,
    /// The figures reported by the server, if it was scraped.
    pub server: Option<&'a Findings>,
    /// The verdict on the client.
    pub client: &'a ClientAudit,
}

/// The result as text, with empty lines around it.
pub(crate) fn llm_result(report: &LlmResult<'_>, palette: &Palette) -> String {
    let LlmResult { result, .. } = report;
    let mut page = Page {
        lines: vec![String::new()],
        palette,
    };
    page.line(
        "requests",
        &format!("{} succeeded, {} failed", result.completed, result.failed),
    );
    for failure in &report.failures {
        page.failure(failure);
    }
    for odd in remarks(report) {
        page.odd(&odd);
    }
    page.line("duration", &seconds(result.duration));
    if let Some((offered, asked)) = report.offered {
        let text = format!("{offered:.2} requests/s, {asked}/s requested");
        page.line("offered rate", &text);
    }
    if result.completed > 0 {
        page.line(
            "request throughput",
            &format!("{:.2}/s", result.request_throughput),
        );
        if let Some((goodput, objectives)) = result.request_goodput.zip(report.objectives.as_ref())
        {
            let share = 100.0 * goodput / result.request_throughput;
            page.line(
                "goodput",
                &format!("{goodput:.2}/s, {share:.2}% of requests ({objectives})"),
            );
        }
    }
    if let Some(items) = result.items {
        let per_second = items as f64 / result.duration.max(f64::MIN_POSITIVE);
        page.line("items", &format!("{items}, {per_second:.2} items/s"));
        if result.input_tokens > 0 {
            page.line("prompt tokens", &prompt_tokens(result));
        }
    } else if result.completed > 0 {
        tokens(&mut page, report);
    }
    page.line(
        "concurrency",
        &format!("at most {}", result.max_concurrent_requests),
    );
    if result.completed > 0
        && let Some(hardware) = &report.hardware
    {
        for (label, value) in economics(hardware, result) {
            page.line(label, &value);
        }
    }
    if report.is_trace {
        page.lateness(result);
    }
    if let Some(probe) = report.probe {
        page.line("probe requests", &probe.words());
    }
    let steady = report.steady.as_ref().map(Option::as_ref);
    if let Some(steady) = steady.filter(|_| result.completed > 0) {
        match steady {
            Some(steady) => page.line("steady load", &steady::words(steady)),
            None if result.duration >= steady::JUDGED_FROM => page.odd(steady::NEVER),
            None => {}
        }
    }
    if let Some(server) = report.server {
        page.blank();
        for (label, words) in server::lines(server, &ours(result)) {
            page.line(label, &words);
        }
    }
    page.blank();
    if result.completed > 0 {
        page.lines
            .extend(latencies(result, steady.flatten(), palette));
        page.lines.extend(turns(&result.turns, palette));
    }
    if result.servers.len() > 1 {
        page.lines.extend(servers(result, palette));
        page.blank();
    }
    for line in client::lines(report.client, None, palette) {
        page.lines.push(format!("    {line}"));
    }
    page.blank();
    page.lines.join("\n") + "\n"
}

fn ours(result: &BenchResult) -> Ours {
    Ours {
        requests: Some(result.completed as f64),
        prompt_tokens: Some(result.input_tokens as f64),
        output_tokens: Some(result.output_tokens as f64),
        ttft: Some(result.ttft.mean),
    }
}

/// The lines about tokens, of prompts and of replies.
fn tokens(page: &mut Page<'_>, report: &LlmResult<'_>) {
    let result = report.result;
    let peak = result.max_output_tokens_per_second;
    page.line(
        "output throughput",
        &format!(
            "{:.2} tokens/s, at most {peak:.0} in a second",
            result.output_throughput
        ),
    );
    page.line("total throughput", &total_throughput(result));
    page.line("prompt tokens", &prompt_tokens(result));
    if let Some(hint) = cache_hint(report) {
        page.odd(&hint);
    }
    page.line(
        "output tokens",
        &format!("{} ({})", result.output_tokens, sources(result)),
    );
}

struct Page<'a> {
    lines: Vec<String>,
    palette: &'a Palette,
}

impl Page<'_> {
    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    fn odd(&mut self, odd: &str) {
        for (n, line) in odd.lines().enumerate() {
            let mark = if n == 0 { "- " } else { "  " };
            let text = format!("{mark}{}", line.trim_start());
            let text = paint(self.palette.warning, &text);
            self.lines.push(format!("      {text}"));
        }
    }

    fn line(&mut self, label: &str, value: &str) {
        self.lines.push(labelled(label, value, self.palette));
    }

    /// Adds the lateness of the requests of a trace, and a remark if it is too high.
    fn lateness(&mut self, result: &BenchResult) {
        let Some(late) = &result.lateness else {
            return;
        };
        let mut figures = vec![format!("p50 {} ms", millis(late.median))];
        let percentiles = late.percentiles.iter();
        figures.extend(percentiles.map(|(p, time)| format!("p{p} {} ms", millis(*time))));
        figures.push(format!("max {} ms", millis(late.max)));
        self.line("lateness", &figures.join(", "));
        if result.is_degraded() {
            self.odd(&format!(
                "degraded: this load is no longer that of the trace, as 1 % of its requests were sent more than {:.0} ms late; \
                 raise --max-concurrency, lower --trace-speed, or see below whether ssel was limited. A turn of a \
                 conversation waits for the answer to the one before it, so a server slower than that of the trace delays it",
                BenchResult::TOO_LATE * 1e3
            ));
        }
    }

    fn failure(&mut self, failure: &FailureLine<'_>) {
        let text = format!("✗ {} {}", failure.count, failure.words());
        self.lines
            .push(format!("      {}", paint(self.palette.bad, &text)));
    }
}

/// Output and prompt tokens together. With estimated prompt tokens, the sum is an estimate too.
fn total_throughput(result: &BenchResult) -> String {
    let throughput = result.total_token_throughput;
    match result.estimated_input_tokens {
        0 => format!("{throughput:.2} tokens/s with prompts"),
        _ => format!("about {throughput:.2} tokens/s with prompts (estimated)"),
    }
}

/// The prompt tokens, with those from the cache of the server.
fn prompt_tokens(result: &BenchResult) -> String {
    let BenchResult {
        input_tokens,
        cached_tokens,
        ..
    } = *result;
    let mut text = match result.estimated_input_tokens {
        0 => input_tokens.to_string(),
        all if all == input_tokens => {
            format!("about {input_tokens}, estimated: the server does not say")
        }
        some => format!("about {input_tokens}, {some} of them estimated"),
    };
    if cached_tokens > 0 {
        let share = 100.0 * cached_tokens as f64 / input_tokens.max(1) as f64;
        let _ = write!(
            text,
            ", {cached_tokens} ({share:.0}%) from the server's cache"
        );
    }
    text
}

/// The remark on prompts that the server may have in its cache.
fn cache_hint(report: &LlmResult<'_>) -> Option<String> {
    let why = report.repeats?;
    let result = report.result;
    if result.cached_tokens > 0 {
        return Some(format!("{why}: TTFT is not that of new prompts"));
    }
    (result.cache_reports == 0).then(|| {
        format!(
            "{why}: they may have been cached, which the\nserver does not say (vLLM does with --enable-prompt-tokens-details)"
        )
    })
}

/// The sources of the token counts.
fn sources(result: &BenchResult) -> String {
    let word = |source: TokenSource| match source {
        TokenSource::Usage | TokenSource::ChunkUsage => "from the server's usage",
        TokenSource::Timings => "from the server's timings",
        TokenSource::CountedChunks => "counted chunks; the server reports no usage",
    };
    let mut words: Vec<&str> = result.token_sources.keys().map(|s| word(*s)).collect();
    words.dedup();
    words.join("; ")
}

//! The two stores of `-o otlp=URL`: metrics and spans.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::settings::{INFERENCE, KEYS, OtlpOptions, settings};
use super::{Metrics, Traces};
use crate::metrics::Selector;
use crate::push::output::{Env, Store};
use crate::push::{Destination, OutputSettings, OutputSpec, PushOutput, RunContext, SettingsError};
use crate::spans::Spans;

/// Parses the text after `otlp=`.
///
/// # Errors
/// The error, with the remedy.
pub(in crate::push) fn read(text: &str, env: Env<'_>) -> Result<Vec<PushOutput>, SettingsError> {
    let stated = OutputSpec::read("otlp", text, KEYS, env)?;
    let (metrics, traces, options) = settings(stated, env)?;
    let spans = options.traces.map(|ratio| {
        let store = OfSpans {
            options: options.clone(),
            spans: spans(ratio),
        };
        PushOutput::new(traces, store)
    });
    let metrics = PushOutput::new(metrics, OfMetrics(options));
    Ok([metrics].into_iter().chain(spans).collect())
}

#[derive(Debug)]
struct OfMetrics(OtlpOptions);

impl Store for OfMetrics {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn selectors(&self, tags: &[String]) -> Vec<Selector> {
        let by = |prefix: &str, tags: Vec<String>| Selector::Labels {
            prefix: prefix.to_owned(),
            tags,
        };
        let inference = self.0.inference_tags(tags);
        let inference = inference.map(|tags| by(INFERENCE, tags));
        let all = by("", tags.to_vec());
        [all].into_iter().chain(inference).collect()
    }

    fn destination(&self, about: RunContext, settings: &OutputSettings) -> Box<dyn Destination> {
        Box::new(Metrics::new(about, self.0.clone(), &settings.tags))
    }
}

#[derive(Debug)]
struct OfSpans {
    options: OtlpOptions,
    spans: Arc<Spans>,
}

impl Store for OfSpans {
    fn name(&self) -> &'static str {
        "otlp traces"
    }

    fn unit(&self) -> &'static str {
        "span"
    }

    fn selectors(&self, _: &[String]) -> Vec<Selector> {
        Vec::new()
    }

    fn spans(&self) -> Option<&Arc<Spans>> {
        Some(&self.spans)
    }

    fn destination(&self, about: RunContext, _: &OutputSettings) -> Box<dyn Destination> {
        let spans = Arc::clone(&self.spans);
        Box::new(Traces::new(&about, &self.options, spans))
    }
}

/// A collector for spans of this share of requests, with unique IDs. The wall clock is read only once, so that its
/// jumps have no effect.
fn spans(ratio: f64) -> Arc<Spans> {
    let (wall, start) = (SystemTime::now(), Instant::now());
    let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut seed = [0; 3];
    for part in &mut seed {
        let mut bytes = [0; 8];
        // Without a source of randomness, the time distinguishes runs.
        *part = match getrandom::fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => wall.as_secs() ^ (u64::from(wall.subsec_nanos()) << 32),
        };
    }
    Spans::new(ratio, seed, move || wall.saturating_add(start.elapsed()))
}

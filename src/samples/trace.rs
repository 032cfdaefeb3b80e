//! The record of an individual stream.

use std::sync::Arc;
use std::time::Duration;

use super::RequestTimes;
use crate::metrics::{Recorder, Registry, SampledStream, StreamTicket, Tags};

/// The maximum number of kept times of events.
const TIMES: usize = 64;

/// The record of a stream in progress.
#[derive(Debug)]
pub(crate) struct StreamTrace {
    registry: Arc<Registry>,
    ticket: StreamTicket,
    source: &'static str,
    name: String,
    scenario: String,
    start: Duration,
    first: Option<Duration>,
    latest: Option<Duration>,
    gap: Option<(Duration, Duration)>,
    events: u64,
    times: Vec<Duration>,
    /// The time of every `every`-th event is kept.
    every: u64,
}

/// The end of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceEnd<'a> {
    /// The times of its request.
    pub times: &'a RequestTimes,
    /// Bytes received.
    pub bytes: u64,
    /// The status of its response.
    pub status: Option<u16>,
    /// Kind and message of the failure, if it failed.
    pub failure: Option<(&'static str, &'a str)>,
    /// The tokens of prompt and completion.
    pub tokens: Option<(u64, u64)>,
}

impl StreamTrace {
    /// The record of a stream of `source`, `sse` or `llm`, whose request begins at `start` since the start of the run.
    /// `None` if individual streams are not recorded.
    pub(crate) fn begin(
        source: &'static str,
        recorder: &Recorder,
        tags: &Tags,
        start: Duration,
    ) -> Option<Box<Self>> {
        let registry = recorder.registry();
        let ticket = registry.begin_stream()?;
        let tag = |name| tags.get(name).unwrap_or_default().to_owned();
        Some(Box::new(Self {
            registry: Arc::clone(registry),
            ticket,
            source,
            name: tag("name"),
            scenario: tag("scenario"),
            start,
            first: None,
            latest: None,
            gap: None,
            events: 0,
            times: Vec::new(),
            every: 1,
        }))
    }

    /// Records `n` events at `at`, since the start of the request.
    pub(crate) fn events(&mut self, at: Duration, n: u64) {
        if n == 0 {
            return;
        }
        self.first.get_or_insert(at);
        if let Some(latest) = self.latest.replace(at) {
            let gap = at.saturating_sub(latest);
            if self.gap.is_none_or(|(longest, _)| gap > longest) {
                self.gap = Some((gap, latest));
            }
        }
        // Events of one read count as one, since a chart cannot separate them.
        if self.ticket.sampled && self.events.next_multiple_of(self.every) < self.events + n {
            if self.times.len() == TIMES {
                self.every *= 2;
                let mut place = 0;
                self.times.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
            }
            self.times.push(at);
        }
        self.events += n;
    }

    /// Ends the record.
    pub(crate) fn end(self, end: TraceEnd<'_>) {
        let failed = end.failure.is_some();
        let (registry, ticket) = (Arc::clone(&self.registry), self.ticket);
        registry.end_stream(ticket, failed, || self.stream(end));
    }

    fn stream(self, end: TraceEnd<'_>) -> SampledStream {
        let times = end.times;
        SampledStream {
            source: self.source.into(),
            name: self.name,
            scenario: self.scenario,
            start: self.start,
            phases: times.phases,
            first_event: self.first,
            events: self.events,
            event_times: self.times,
            longest_gap: self.gap.map(|(gap, _)| gap),
            longest_gap_at: self.gap.map(|(_, at)| at),
            duration: times.duration,
            bytes: end.bytes,
            status: end.status,
            end: end.failure.map_or("ok", |(kind, _)| kind).into(),
            error: end.failure.map_or("", |(_, message)| message).to_owned(),
            prompt_tokens: end.tokens.map(|(prompt, _)| prompt),
            completion_tokens: end.tokens.map(|(_, completion)| completion),
            ..SampledStream::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Keep;

    #[test]
    fn a_trace_is_bounded_and_has_the_longest_gap() {
        let registry = Registry::new(Vec::new());
        let recorder = registry.recorder();
        let tags = Tags::new().with("name", "http://a/b").with("scenario", "s");
        let begin = || StreamTrace::begin("sse", &recorder, &tags, Duration::from_secs(3));
        assert!(begin().is_none());
        registry.keep_streams(Keep::Sample, 1);
        let mut trace = begin().unwrap();
        for n in 0..1_000 {
            let late = if n >= 700 { 500 } else { 0 };
            trace.events(Duration::from_millis(n * 10 + late), 1);
        }
        trace.end(TraceEnd {
            times: &RequestTimes::default(),
            bytes: 7,
            status: Some(200),
            failure: None,
            tokens: None,
        });
        let streams = registry.take_streams();
        let stream = &streams[0];
        assert_eq!((stream.events, stream.name.as_str()), (1_000, "http://a/b"));
        assert_eq!(stream.longest_gap, Some(Duration::from_millis(510)));
        assert_eq!(stream.longest_gap_at, Some(Duration::from_millis(6_990)));
        assert!((TIMES / 2..=TIMES).contains(&stream.event_times.len()));
        assert!(stream.event_times.is_sorted());
        assert!(stream.event_times.last() > Some(&Duration::from_secs(9)));
    }
}

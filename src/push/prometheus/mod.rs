//! Prometheus, and stores that accept its remote write: Mimir, Thanos, `VictoriaMetrics`, Grafana Cloud and others.

mod dashboard;
mod encode;
mod names;
mod sample;
mod series_state;
mod wire;

use std::time::Duration;

pub(crate) use self::dashboard::dashboard;
use self::encode::{Version, as_one, request};
use self::names::Suffix;
use self::sample::{Labels, PushedSeries};
use self::series_state::SeriesState;
use super::output::{Env, PushOutput, Store};
use super::series_filter::SeriesFilter;
use super::settings::{Arity, Key, OutputSettings, key};
use super::{Delivery, Destination, OutputSpec, PushRequest, RunContext, SettingsError};
use crate::control::ControlReply;
use crate::metrics::{MetricKind, SeriesInfo, Stat, Tags};
use crate::record::{ClientUse, Frame};

/// The URL of a Prometheus on this machine.
const DEFAULT_URL: &str = "http://127.0.0.1:9090";
/// The path of its remote write receiver.
const PATH: &str = "/api/v1/write";
/// The most series in one request, the same as in Prometheus.
const SERIES_OF_REQUEST: usize = 2_000;

/// The keys specific to this output.
const KEYS: &[Key] = &[
    key("prefix", Arity::Value),
    key("stats", Arity::List),
    key("native", Arity::Switch),
    key("version", Arity::Value),
];

/// Parses the text after `prometheus=`.
///
/// # Errors
/// The error, with the remedy.
pub(super) fn read(text: &str, env: Env<'_>) -> Result<Vec<PushOutput>, SettingsError> {
    let stated = OutputSpec::read("prometheus", text, KEYS, env)?;
    let options = PrometheusOptions::read(&stated)?;
    let settings = stated.settings(DEFAULT_URL, PATH, options.tags())?;
    Ok(vec![PushOutput::new(settings, options)])
}

/// What to push of a run.
#[derive(Debug, Clone)]
struct PrometheusOptions {
    prefix: String,
    /// Statistics of trends; empty for native histograms only.
    stats: Vec<Stat>,
    /// Whether trends are pushed as native histograms.
    native: bool,
    /// The version of the protocol; `None` to detect it.
    version: Option<Version>,
}

impl PrometheusOptions {
    /// # Errors
    /// An invalid value.
    fn read(stated: &OutputSpec) -> Result<Self, SettingsError> {
        let stat = |text: &str| {
            let bad = |why: String| SettingsError(format!("stats: {why}"));
            let stat = text
                .parse::<Stat>()
                .map_err(|error| bad(error.to_string()))?;
            match stat {
                Stat::Rate | Stat::Value => Err(bad(format!("trends have no {text}"))),
                stat => Ok(stat),
            }
        };
        let stats: Vec<Stat> = stated.values("stats").map(stat).collect::<Result<_, _>>()?;
        let prefix = stated.value("prefix").unwrap_or("ssel_");
        check_prefix(prefix)?;
        Ok(Self {
            prefix: prefix.to_owned(),
            native: stats.is_empty() || stated.has("native"),
            stats,
            version: match stated.value("version") {
                None => None,
                Some("1" | "1.0") => Some(Version::One),
                Some("2" | "2.0") => Some(Version::Two),
                Some(other) => {
                    return Err(SettingsError(format!("version is 1 or 2, not {other:?}")));
                }
            },
        })
    }
}

impl PrometheusOptions {
    /// Further default tags, which k6's dashboards use.
    fn tags(&self) -> &'static [&'static str] {
        if self.prefix == names::K6 {
            &["name", "method", "status", "expected_response"]
        } else {
            &[]
        }
    }
}

impl Store for PrometheusOptions {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn destination(&self, about: RunContext, settings: &OutputSettings) -> Box<dyn Destination> {
        let (tags, interval) = (&settings.tags, settings.interval);
        Box::new(Prometheus::new(about, self.clone(), tags, interval))
    }
}

/// Checks a prefix of metric names.
///
/// # Errors
/// An invalid prefix.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), SettingsError> {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    if prefix.starts_with(is_start) && prefix.chars().all(|c| is_start(c) || c.is_ascii_digit()) {
        return Ok(());
    }
    Err(SettingsError(format!(
        "metric names cannot begin with {prefix:?}: use letters, digits and underscores"
    )))
}

/// The destination of a run in Prometheus.
pub(super) struct Prometheus {
    about: RunContext,
    options: PrometheusOptions,
    series_filter: SeriesFilter,
    common: Vec<(String, String)>,
    /// The series of the store, for each series of the run.
    states: Vec<Vec<(Suffix, SeriesState)>>,
    client: [SeriesState; 2],
    version: Version,
    /// Whether the store has confirmed that version.
    is_agreed: bool,
    /// The end of the last frame, since the start of the run.
    now: Duration,
    /// When the last push was, in milliseconds since the Unix epoch.
    pushed: i64,
    interval: Duration,
}

impl Prometheus {
    fn new(
        about: RunContext,
        options: PrometheusOptions,
        tags: &[String],
        interval: Duration,
    ) -> Self {
        let common = names::common(&about, &options.prefix);
        let own = |name: &str, suffix| {
            let name = format!("{}{name}", options.prefix);
            SeriesState::new(names::labels(&name, &Tags::new(), &common), suffix)
        };
        let client = [
            own("client_cpu_seconds_total", Suffix::Total),
            own("client_memory_bytes", Suffix::Value),
        ];
        Self {
            series_filter: SeriesFilter::by(tags),
            states: Vec::new(),
            client,
            version: options.version.unwrap_or(Version::Two),
            is_agreed: options.version.is_some(),
            now: Duration::ZERO,
            pushed: milliseconds(about.run.started),
            interval,
            common,
            about,
            options,
        }
    }

    /// The series of the store for a series of the run.
    fn begin(&self, info: &SeriesInfo) -> Vec<(Suffix, SeriesState)> {
        let state = |suffix: Suffix| {
            let name = names::name(&self.options.prefix, info, suffix);
            let labels: Labels = names::labels(&name, &info.tags, &self.common);
            (suffix, SeriesState::new(labels, suffix))
        };
        let mut suffixes = Vec::new();
        if info.kind != MetricKind::Trend || self.options.native {
            suffixes.extend_from_slice(names::suffixes(info.kind));
        }
        if info.kind == MetricKind::Trend {
            suffixes.extend(self.options.stats.iter().map(|stat| Suffix::Stat(*stat)));
        }
        suffixes.into_iter().map(state).collect()
    }

    fn take_client(&mut self, client: ClientUse) {
        let [cpu, memory] = &mut self.client;
        cpu.add(client.cpu.as_secs_f64());
        if client.memory > 0 {
            memory.set(client.memory as f64);
        }
    }

    fn states(&mut self) -> impl Iterator<Item = &mut SeriesState> {
        let states = self.states.iter_mut().flatten().map(|(_, state)| state);
        states.chain(&mut self.client)
    }

    fn encode(&self, series: &[PushedSeries]) -> Vec<PushRequest> {
        let started = milliseconds(self.about.run.started);
        let chunks = series.chunks(SERIES_OF_REQUEST);
        chunks
            .map(|series| request(self.version, series, started))
            .collect()
    }
}

impl Destination for Prometheus {
    fn take(&mut self, series: &[SeriesInfo], frame: &Frame) {
        for (place, point) in frame.points() {
            if !self.series_filter.has(series, place) {
                continue;
            }
            if self.states.len() <= place {
                self.states
                    .resize_with(series.len().max(place + 1), Vec::new);
            }
            if self.states[place].is_empty()
                && let Some(info) = series.get(place)
            {
                self.states[place] = self.begin(info);
            }
            for (suffix, state) in &mut self.states[place] {
                state.take(*suffix, point);
            }
        }
        self.take_client(frame.client);
        self.now = frame.end();
    }

    fn requests(&mut self, end: bool) -> Vec<PushRequest> {
        let (before, now) = (self.pushed, milliseconds(self.about.at(self.now)));
        let mut requests = Vec::new();
        if now > before {
            let series: Vec<PushedSeries> = self
                .states()
                .filter_map(|state| state.push((before, now), end))
                .collect();
            requests.extend(self.encode(&series));
            self.pushed = now;
        }
        if end {
            // The last values remain visible until then.
            let later = self.pushed + milliseconds(self.interval);
            let series: Vec<PushedSeries> =
                self.states().filter_map(|state| state.end(later)).collect();
            requests.extend(self.encode(&series));
        }
        requests
    }

    fn classify(&mut self, request: &PushRequest, reply: &ControlReply) -> Delivery {
        let verdict = Delivery::of(reply);
        if self.version == Version::One {
            return verdict;
        }
        let written = written(reply);
        // A store without version 2.0 may read it as an empty request of version 1.0 and report success; others report
        // an error.
        let is_unknown = match reply.status.as_u16() {
            415 => true,
            200..=299 | 400 | 405 | 406 | 422 => written.is_none(),
            _ => false,
        };
        if is_unknown && !self.is_agreed {
            self.version = Version::One;
            return Delivery::Reencode;
        }
        self.is_agreed |= written.is_some();
        match (verdict, written) {
            (Delivery::Rejected(why), Some(written)) if written > 0 => {
                Delivery::PartlyStored(request.samples.saturating_sub(written), why)
            }
            (verdict, _) => verdict,
        }
    }

    fn reencode(&self, request: PushRequest) -> PushRequest {
        match self.version {
            Version::One => as_one(request),
            Version::Two => request,
        }
    }
}

/// The number of written samples that a store of version 2.0 reports.
fn written(reply: &ControlReply) -> Option<u64> {
    let count = |what: &str| {
        let name = format!("x-prometheus-remote-write-{what}-written");
        let value = reply.headers.get(name)?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    match (count("samples"), count("histograms")) {
        (None, None) => None,
        (samples, histograms) => Some(samples.unwrap_or(0) + histograms.unwrap_or(0)),
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

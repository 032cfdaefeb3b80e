//! Prometheus, and stores that accept its remote write: Mimir, Thanos, `VictoriaMetrics`, Grafana Cloud and others.

mod dashboard;
mod encode;
mod names;
mod sample;
mod state;
mod wire;

use std::time::Duration;

pub(crate) use self::dashboard::dashboard;
use self::encode::{Version, as_one, request};
use self::names::Ending;
use self::sample::{Labels, Series};
use self::state::State;
use super::choice::Choice;
use super::named::{Env, Named, Store};
use super::settings::{Key, OutputSettings, Takes, key};
use super::{About, Destination, Problem, Request, Stated, Verdict};
use crate::control::Reply;
use crate::metrics::{Kind, Part, SeriesInfo, Stat, Tags, Unit};
use crate::record::{ClientUse, Frame};

/// Where a Prometheus on this machine listens.
const DEFAULT_URL: &str = "http://127.0.0.1:9090";
/// Where it takes what is pushed.
const PATH: &str = "/api/v1/write";
/// More series are not sent in one request, as Prometheus itself does it.
const SERIES_OF_REQUEST: usize = 2_000;

/// The keys that only this output has.
const KEYS: &[Key] = &[
    key("prefix", Takes::Value),
    key("stats", Takes::List),
    key("native", Takes::Switch),
    key("version", Takes::Value),
];

/// The output that the text after `prometheus=` names.
///
/// # Errors
/// What to write instead.
pub(super) fn read(text: &str, env: Env<'_>) -> Result<Vec<Named>, Problem> {
    let stated = Stated::read("prometheus", text, KEYS, env)?;
    let options = Options::read(&stated)?;
    let settings = stated.settings(DEFAULT_URL, PATH, options.tags())?;
    Ok(vec![Named::new(settings, options)])
}

/// What is to be pushed of a run.
#[derive(Debug, Clone)]
struct Options {
    prefix: String,
    /// Figures of trends; none for native histograms only.
    stats: Vec<Stat>,
    /// Whether trends are native histograms.
    native: bool,
    /// The version of the protocol, if it is not to be found out.
    version: Option<Version>,
}

impl Options {
    /// # Errors
    /// A value that will not do.
    fn read(stated: &Stated) -> Result<Self, Problem> {
        let stat = |text: &str| {
            let bad = |why: String| Problem(format!("stats: {why}"));
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
                    return Err(Problem(format!("version is 1 or 2, not {other:?}")));
                }
            },
        })
    }
}

impl Options {
    /// Tags that are labels besides the usual ones: those that dashboards of k6 ask for.
    fn tags(&self) -> &'static [&'static str] {
        if self.prefix == names::K6 {
            &["name", "method", "status", "expected_response"]
        } else {
            &[]
        }
    }
}

impl Store for Options {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn destination(&self, about: About, settings: &OutputSettings) -> Box<dyn Destination> {
        let (tags, interval) = (&settings.tags, settings.interval);
        Box::new(Prometheus::new(about, self.clone(), tags, interval))
    }
}

/// Whether names of metrics can begin so.
///
/// # Errors
/// They cannot.
pub fn check_prefix(prefix: &str) -> Result<(), Problem> {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    if prefix.starts_with(is_start) && prefix.chars().all(|c| is_start(c) || c.is_ascii_digit()) {
        return Ok(());
    }
    Err(Problem(format!(
        "no name of a metric can begin with {prefix:?}: use letters, digits and underscores"
    )))
}

/// A run on its way to Prometheus.
pub(super) struct Prometheus {
    about: About,
    options: Options,
    choice: Choice,
    common: Vec<(String, String)>,
    /// For each series of the run those of the store.
    states: Vec<Vec<(Ending, State)>>,
    client: [State; 2],
    version: Version,
    /// Whether the store has shown that it speaks that version.
    is_agreed: bool,
    /// The end of the last frame, since the start of the run.
    now: Duration,
    /// When the last push was, in milliseconds since the Unix epoch.
    pushed: i64,
    interval: Duration,
}

impl Prometheus {
    fn new(about: About, options: Options, tags: &[String], interval: Duration) -> Self {
        let common = names::common(&about, &options.prefix);
        let own = |name: &str, ending| {
            let name = format!("{}{name}", options.prefix);
            let none = SeriesInfo {
                metric: String::new(),
                kind: Kind::Gauge,
                unit: Unit::Plain,
                tags: Tags::new(),
                part: Part::Whole,
            };
            State::new(names::labels(&name, &none, &common), ending)
        };
        let client = [
            own("client_cpu_seconds_total", Ending::Total),
            own("client_memory_bytes", Ending::Value),
        ];
        Self {
            choice: Choice::by(tags),
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

    /// Those of the store for a series of the run.
    fn begin(&self, info: &SeriesInfo) -> Vec<(Ending, State)> {
        let state = |ending: Ending| {
            let name = names::name(&self.options.prefix, info, ending);
            let labels: Labels = names::labels(&name, info, &self.common);
            (ending, State::new(labels, ending))
        };
        let mut endings = Vec::new();
        if info.kind != Kind::Trend || self.options.native {
            endings.extend_from_slice(names::endings(info.kind));
        }
        if info.kind == Kind::Trend {
            endings.extend(self.options.stats.iter().map(|stat| Ending::Stat(*stat)));
        }
        endings.into_iter().map(state).collect()
    }

    fn take_client(&mut self, client: ClientUse) {
        let [cpu, memory] = &mut self.client;
        cpu.add(client.cpu.as_secs_f64());
        if client.memory > 0 {
            memory.set(client.memory as f64);
        }
    }

    fn states(&mut self) -> impl Iterator<Item = &mut State> {
        let states = self.states.iter_mut().flatten().map(|(_, state)| state);
        states.chain(&mut self.client)
    }

    fn encode(&self, series: &[Series]) -> Vec<Request> {
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
            if !self.choice.has(series, place) {
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
            for (ending, state) in &mut self.states[place] {
                state.take(*ending, point);
            }
        }
        self.take_client(frame.client);
        self.now = frame.end();
    }

    fn requests(&mut self, end: bool) -> Vec<Request> {
        let (before, now) = (self.pushed, milliseconds(self.about.at(self.now)));
        let mut requests = Vec::new();
        if now > before {
            let series: Vec<Series> = self
                .states()
                .filter_map(|state| state.push((before, now), end))
                .collect();
            requests.extend(self.encode(&series));
            self.pushed = now;
        }
        if end {
            // Until then the last values stand.
            let later = self.pushed + milliseconds(self.interval);
            let series: Vec<Series> = self.states().filter_map(|state| state.end(later)).collect();
            requests.extend(self.encode(&series));
        }
        requests
    }

    fn judge(&mut self, request: &Request, reply: &Reply) -> Verdict {
        let verdict = Verdict::of(reply);
        if self.version == Version::One {
            return verdict;
        }
        let written = written(reply);
        // A store that does not know version 2.0 takes it for an empty request of version 1.0 and says that all is well;
        // others say that they do not know it, in one way or another.
        let is_unknown = match reply.status.as_u16() {
            415 => true,
            200..=299 | 400 | 405 | 406 | 422 => written.is_none(),
            _ => false,
        };
        if is_unknown && !self.is_agreed {
            self.version = Version::One;
            return Verdict::Renew;
        }
        self.is_agreed |= written.is_some();
        match (verdict, written) {
            (Verdict::Refused(why), Some(written)) if written > 0 => {
                Verdict::Partly(request.samples.saturating_sub(written), why)
            }
            (verdict, _) => verdict,
        }
    }

    fn renew(&self, request: Request) -> Request {
        match self.version {
            Version::One => as_one(request),
            Version::Two => request,
        }
    }
}

/// How many samples a store of version 2.0 says that it wrote.
fn written(reply: &Reply) -> Option<u64> {
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

use std::sync::Arc;

use super::prometheus::{self, Prometheus};
use super::{About, Destination, News, Problem, Pusher, Settings, Stated, otlp};
use crate::control::Failure;
use crate::metrics::Selector;
use crate::spans::Spans;
use crate::units::shown_url;

/// An output that pushes, as `--out` names it.
#[derive(Debug, Clone)]
pub struct Named {
    settings: Settings,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Prometheus(prometheus::Options),
    Otlp(otlp::Options),
    Traces(otlp::Options, Arc<Spans>),
}

/// The names of the outputs that push.
pub const NAMES: &[&str] = &["prometheus", "otlp"];

/// The outputs that a text names, such as `prometheus=URL,key=value`: one for each kind of thing that is pushed. `None` if
/// it names none that pushes. What the text does not say, variables such as `SSEL_PROMETHEUS_URL` do, which `env` looks up.
///
/// # Errors
/// What to write instead.
pub fn named(
    text: &str,
    env: impl Fn(&str) -> Option<String>,
) -> Option<Result<Vec<Named>, Problem>> {
    let (name, rest) = text.split_once(['=', ',']).unwrap_or((text, ""));
    // `prometheus,prefix=k6_` has no URL.
    let rest = match text.as_bytes().get(name.len()) {
        Some(b',') => format!(",{rest}"),
        _ => rest.to_owned(),
    };
    match name {
        "prometheus" => Some(prometheus(&rest, env)),
        "otlp" => Some(otlp(&rest, env)),
        _ => None,
    }
}

fn prometheus(rest: &str, env: impl Fn(&str) -> Option<String>) -> Result<Vec<Named>, Problem> {
    let stated = Stated::read("prometheus", rest, prometheus::KEYS, env)?;
    let options = prometheus::Options::read(&stated)?;
    let (url, path) = (prometheus::DEFAULT_URL, prometheus::PATH);
    Ok(vec![Named {
        settings: stated.settings(url, path, options.tags())?,
        kind: Kind::Prometheus(options),
    }])
}

fn otlp(rest: &str, env: impl Fn(&str) -> Option<String>) -> Result<Vec<Named>, Problem> {
    let stated = Stated::read("otlp", rest, otlp::KEYS, &env)?;
    let (metrics, traces, options) = otlp::read(stated, &env)?;
    let mut named = Vec::new();
    if let Some(ratio) = options.traces {
        named.push(Named {
            settings: traces,
            kind: Kind::Traces(options.clone(), otlp::spans(ratio)),
        });
    }
    named.insert(
        0,
        Named {
            settings: metrics,
            kind: Kind::Otlp(options),
        },
    );
    Ok(named)
}

impl Named {
    /// What messages and the header of the run call it.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Prometheus(_) => "prometheus",
            Kind::Otlp(_) => "otlp",
            Kind::Traces(..) => "otlp traces",
        }
    }

    /// What it pushes, in the singular.
    pub fn unit(&self) -> &'static str {
        match &self.kind {
            Kind::Prometheus(_) | Kind::Otlp(_) => "sample",
            Kind::Traces(..) => "span",
        }
    }

    /// Where it pushes to, as it may be shown.
    pub fn shown(&self) -> String {
        format!("{}={}", self.name(), shown_url(&self.settings.url))
    }

    /// What all outputs have.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How the metrics are to be broken down for it.
    pub fn selectors(&self) -> Vec<Selector> {
        let by = |prefix: &str, tags: Vec<String>| Selector::Labels {
            prefix: prefix.to_owned(),
            tags,
        };
        let tags = &self.settings.tags;
        let all = by("", tags.clone());
        match &self.kind {
            _ if tags.is_empty() => Vec::new(),
            Kind::Prometheus(_) => vec![all],
            Kind::Otlp(options) => {
                let inference = options.inference_tags(tags);
                let inference = inference.map(|tags| by(otlp::INFERENCE, tags));
                [all].into_iter().chain(inference).collect()
            }
            Kind::Traces(..) => Vec::new(),
        }
    }

    /// The spans that it pushes, if it pushes spans.
    pub fn spans(&self) -> Option<&Arc<Spans>> {
        match &self.kind {
            Kind::Traces(_, spans) => Some(spans),
            Kind::Prometheus(_) | Kind::Otlp(_) => None,
        }
    }

    /// That of the run of this number, of several: the name that a run was given gets the number.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let mut numbered = self.clone();
        if let Some(run) = &mut numbered.settings.run {
            *run = format!("{run}-{number}");
        }
        numbered
    }

    /// Starts to push the run; `tell` is called on the thread of the output.
    ///
    /// # Errors
    /// Settings that no client can have.
    pub fn start(
        &self,
        about: About,
        tell: impl Fn(News) + Send + 'static,
    ) -> Result<Pusher, Failure> {
        let destination: Box<dyn Destination> = match &self.kind {
            Kind::Prometheus(options) => Box::new(Prometheus::new(
                about,
                options.clone(),
                &self.settings.tags,
                self.settings.interval,
            )),
            Kind::Otlp(options) => Box::new(otlp::Metrics::new(
                about,
                options.clone(),
                &self.settings.tags,
            )),
            Kind::Traces(options, spans) => {
                Box::new(otlp::Traces::new(&about, options, Arc::clone(spans)))
            }
        };
        Pusher::start(&self.settings, destination, tell)
    }
}

use super::prometheus::{self, Prometheus};
use super::{About, Destination, News, Problem, Pusher, Settings, Stated};
use crate::control::Failure;
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
}

/// The names of the outputs that push.
pub const NAMES: &[&str] = &["prometheus"];

/// The output that a text names: `prometheus=URL,key=value`; `None` if it names none that pushes. What the text does not
/// say, variables such as `SSEL_PROMETHEUS_URL` do, which `env` looks up.
///
/// # Errors
/// What to write instead.
pub fn named(text: &str, env: impl Fn(&str) -> Option<String>) -> Option<Result<Named, Problem>> {
    let (name, rest) = text.split_once(['=', ',']).unwrap_or((text, ""));
    match name {
        "prometheus" => {
            // `prometheus,prefix=k6_` has no URL.
            let rest = match text.as_bytes().get(name.len()) {
                Some(b',') => format!(",{rest}"),
                _ => rest.to_owned(),
            };
            Some(prometheus(&rest, env))
        }
        _ => None,
    }
}

fn prometheus(rest: &str, env: impl Fn(&str) -> Option<String>) -> Result<Named, Problem> {
    let stated = Stated::read("prometheus", rest, prometheus::KEYS, env)?;
    let options = prometheus::Options::read(&stated)?;
    let (url, path) = (prometheus::DEFAULT_URL, prometheus::PATH);
    Ok(Named {
        settings: stated.settings(url, path, options.tags())?,
        kind: Kind::Prometheus(options),
    })
}

impl Named {
    /// What messages and the header of the run call it.
    pub fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Prometheus(_) => "prometheus",
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
        };
        Pusher::start(&self.settings, destination, tell)
    }
}

//! The outputs that push, by name.

use std::fmt::Debug;
use std::sync::Arc;

use super::{
    Destination, OutputSettings, Problem, Pusher, RunContext, StoreStatus, otlp, prometheus,
};
use crate::control::Failure;
use crate::metrics::Selector;
use crate::spans::Spans;
use crate::units::shown_url;

/// Makes outputs of what stands after a name and of variables of the environment: one for each kind of thing that is pushed.
type Read = fn(&str, Env<'_>) -> Result<Vec<PushOutput>, Problem>;

/// Looks a variable of the environment up.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The outputs that push.
const OUTPUTS: &[(&str, Read)] = &[("prometheus", prometheus::read), ("otlp", otlp::read)];

/// A kind of store, with what was asked of it.
pub trait Store: Debug + Send + Sync {
    /// What messages and the header of the run call it.
    fn name(&self) -> &'static str;

    /// What is pushed there, in the singular.
    fn unit(&self) -> &'static str {
        "sample"
    }

    /// How the metrics are to be broken down for it, where series are told apart by these tags.
    fn selectors(&self, tags: &[String]) -> Vec<Selector> {
        vec![Selector::Labels {
            prefix: String::new(),
            tags: tags.to_vec(),
        }]
    }

    /// The spans that are pushed there, if it takes spans.
    fn spans(&self) -> Option<&Arc<Spans>> {
        None
    }

    /// What the requests of a run say.
    fn destination(&self, about: RunContext, settings: &OutputSettings) -> Box<dyn Destination>;
}

/// An output that pushes, as `--out` names it.
#[derive(Debug, Clone)]
pub struct PushOutput {
    settings: OutputSettings,
    store: Arc<dyn Store>,
}

/// Whether a text names an output that pushes.
pub fn is_pushed(text: &str) -> bool {
    let name = text.split(['=', ',']).next();
    OUTPUTS.iter().any(|(own, _)| Some(*own) == name)
}

/// The outputs that a text names, such as `prometheus=URL,key=value`; `None` if it names none that pushes. What the text
/// does not say, variables such as `SSEL_PROMETHEUS_URL` do, which `env` looks up.
///
/// # Errors
/// What to write instead.
pub fn named(
    text: &str,
    env: impl Fn(&str) -> Option<String>,
) -> Option<Result<Vec<PushOutput>, Problem>> {
    let (name, rest) = text.split_once(['=', ',']).unwrap_or((text, ""));
    // `prometheus,prefix=k6_` has no URL.
    let rest = match text.as_bytes().get(name.len()) {
        Some(b',') => format!(",{rest}"),
        _ => rest.to_owned(),
    };
    let (_, read) = OUTPUTS.iter().find(|(own, _)| *own == name)?;
    Some(read(&rest, &env))
}

impl PushOutput {
    /// An output to this store.
    pub(super) fn new(settings: OutputSettings, store: impl Store + 'static) -> Self {
        Self {
            settings,
            store: Arc::new(store),
        }
    }

    /// What messages and the header of the run call it.
    pub fn name(&self) -> &'static str {
        self.store.name()
    }

    /// What it pushes, in the singular.
    pub fn unit(&self) -> &'static str {
        self.store.unit()
    }

    /// Where it pushes to, as it may be shown.
    pub fn shown(&self) -> String {
        format!("{}={}", self.name(), shown_url(&self.settings.url))
    }

    /// What all outputs have.
    pub fn settings(&self) -> &OutputSettings {
        &self.settings
    }

    /// How the metrics are to be broken down for it.
    pub fn selectors(&self) -> Vec<Selector> {
        match self.settings.tags.as_slice() {
            [] => Vec::new(),
            tags => self.store.selectors(tags),
        }
    }

    /// The spans that it pushes, if it pushes spans.
    pub fn spans(&self) -> Option<&Arc<Spans>> {
        self.store.spans()
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
    /// OutputSettings that no client can have.
    pub fn start(
        &self,
        about: RunContext,
        tell: impl Fn(StoreStatus) + Send + 'static,
    ) -> Result<Pusher, Failure> {
        let destination = self.store.destination(about, &self.settings);
        Pusher::start(&self.settings, destination, tell)
    }
}

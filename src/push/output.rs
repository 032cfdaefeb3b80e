//! The outputs that push, by name.

use std::fmt::Debug;
use std::sync::Arc;

use super::{
    Destination, OutputSettings, Pusher, RunContext, SettingsError, StoreStatus, otlp, prometheus,
};
use crate::control::ControlError;
use crate::metrics::Selector;
use crate::spans::Spans;
use crate::units::shown_url;

/// Parses the text after a name, and environment variables, into one output for each signal.
type Read = fn(&str, Env<'_>) -> Result<Vec<PushOutput>, SettingsError>;

/// Looks up an environment variable.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The outputs that push.
const OUTPUTS: &[(&str, Read)] = &[("prometheus", prometheus::read), ("otlp", otlp::read)];

/// A kind of store, with its options.
pub(super) trait Store: Debug + Send + Sync {
    /// Its name in messages and in the header of the run.
    fn name(&self) -> &'static str;

    /// The unit of what is pushed, in the singular.
    fn unit(&self) -> &'static str {
        "sample"
    }

    /// How metrics are broken down for it, if these tags are labels.
    fn selectors(&self, tags: &[String]) -> Vec<Selector> {
        vec![Selector::Labels {
            prefix: String::new(),
            tags: tags.to_vec(),
        }]
    }

    /// The collector of the spans that are pushed to it, if any.
    fn spans(&self) -> Option<&Arc<Spans>> {
        None
    }

    /// The destination of a run.
    fn destination(&self, about: RunContext, settings: &OutputSettings) -> Box<dyn Destination>;
}

/// A pushing output, as given with `--out`.
#[derive(Debug, Clone)]
pub(crate) struct PushOutput {
    settings: OutputSettings,
    store: Arc<dyn Store>,
}

/// Whether a text names a pushing output.
pub(crate) fn is_pushed(text: &str) -> bool {
    let name = text.split(['=', ',']).next();
    OUTPUTS.iter().any(|(own, _)| Some(*own) == name)
}

/// Parses a text such as `prometheus=URL,key=value` into outputs; `None` if it names no pushing output. Variables such
/// as `SSEL_PROMETHEUS_URL`, looked up by `env`, provide missing settings.
///
/// # Errors
/// The error, with the remedy.
pub(crate) fn named(
    text: &str,
    env: impl Fn(&str) -> Option<String>,
) -> Option<Result<Vec<PushOutput>, SettingsError>> {
    let (name, rest) = text.split_once(['=', ',']).unwrap_or((text, ""));
    // `prometheus,prefix=k6_` has no URL.
    let rest = match text.as_bytes().get(name.len()) {
        Some(b',') => format!(",{rest}"),
        _ => rest.to_owned(),
    };
    let (_, read) = OUTPUTS.iter().find(|(own, _)| *own == name)?;
    Some(read(&rest, &env).map_err(|problem| SettingsError(format!("{name}: {problem}"))))
}

impl PushOutput {
    /// A pushing output to this store.
    pub(super) fn new(settings: OutputSettings, store: impl Store + 'static) -> Self {
        Self {
            settings,
            store: Arc::new(store),
        }
    }

    /// Its name in messages and in the header of the run.
    pub(crate) fn name(&self) -> &'static str {
        self.store.name()
    }

    /// The unit of what it pushes, in the singular.
    pub(crate) fn unit(&self) -> &'static str {
        self.store.unit()
    }

    /// Its name and URL, without secrets.
    pub(crate) fn shown(&self) -> String {
        format!("{}={}", self.name(), shown_url(&self.settings.url))
    }

    /// The settings that all outputs share.
    pub(crate) fn settings(&self) -> &OutputSettings {
        &self.settings
    }

    /// How metrics are broken down for it.
    pub(crate) fn selectors(&self) -> Vec<Selector> {
        match self.settings.tags.as_slice() {
            [] => Vec::new(),
            tags => self.store.selectors(tags),
        }
    }

    /// The collector of the spans that it pushes, if any.
    pub(crate) fn spans(&self) -> Option<&Arc<Spans>> {
        self.store.spans()
    }

    /// The output for one of several runs: the number is appended to the given ID of the run.
    #[must_use]
    pub(crate) fn numbered(&self, number: u32) -> Self {
        let mut numbered = self.clone();
        if let Some(run) = &mut numbered.settings.run {
            *run = format!("{run}-{number}");
        }
        numbered
    }

    /// Starts to push the run; `report` is called on the thread of the output.
    ///
    /// # Errors
    /// Invalid settings.
    pub(crate) fn start(
        &self,
        about: RunContext,
        report: impl Fn(StoreStatus) + Send + 'static,
    ) -> Result<Pusher, ControlError> {
        let destination = self.store.destination(about, &self.settings);
        Pusher::start(&self.settings, destination, report)
    }
}

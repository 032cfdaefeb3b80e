//! The stores that a run is pushed to.

use std::fmt::Write;
use std::sync::Arc;

use super::recording::Unsent;
use crate::error::Error;
use crate::metrics::{Registry, Selector, SeriesInfo};
use crate::output::Terminal;
use crate::push::{DeliveryStats, PushOutput, Pusher, RunContext, StoreStatus};
use crate::record::{Frame, RunMetadata};
use crate::spans::Spans;
use crate::units::{counted, format_bytes, format_duration};

/// The stores to push to.
#[derive(Clone, Default)]
pub(crate) struct Stores(pub(crate) Vec<PushOutput>);

impl Stores {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names in the header.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(PushOutput::shown).collect()
    }

    /// The breakdowns of metrics that they need.
    pub(super) fn selectors(&self) -> Vec<Selector> {
        self.0.iter().flat_map(PushOutput::selectors).collect()
    }

    /// Where spans are kept, if a store takes them.
    pub(crate) fn spans(&self) -> Option<&Arc<Spans>> {
        self.0.iter().find_map(PushOutput::spans)
    }

    /// The stores for one of several runs, by its number.
    pub(super) fn numbered(&self, number: u32) -> Self {
        Self(self.0.iter().map(|push| push.numbered(number)).collect())
    }

    /// Declares the breakdowns of metrics that the stores need, before the first sample, and starts to push.
    ///
    /// # Errors
    /// Settings that no client accepts.
    pub(super) fn start(
        &self,
        run: &RunMetadata,
        registry: &Registry,
        terminal: &Terminal,
    ) -> Result<Pushes, Error> {
        let mut pushes = Vec::new();
        // The parts of a run share its name.
        let unnamed = match run.run_id.as_str() {
            "" => id(),
            known => known.replace(' ', "-"),
        };
        for named in &self.0 {
            let settings = named.settings();
            registry.declare(&named.selectors());
            let about = RunContext {
                id: settings.run.clone().unwrap_or_else(|| unnamed.clone()),
                run: run.clone(),
                labels: run.labels.clone(),
            };
            terminal.info(&format!(
                "pushing to {} every {} as run={}",
                named.shown(),
                format_duration(settings.interval),
                about.id
            ));
            let on_news = {
                let (terminal, named) = (terminal.clone(), named.clone());
                move |news| report_news(&terminal, &named, &news)
            };
            let started = named.start(about, on_news).map_err(|failure| {
                Error::Usage(format!("cannot push to {}: {failure}", named.shown()))
            })?;
            pushes.push((named.clone(), started));
        }
        Ok(Pushes(pushes))
    }
}

/// The stores that a run is pushed to.
pub(super) struct Pushes(Vec<(PushOutput, Pusher)>);

impl Pushes {
    /// Passes a frame to each output.
    pub(super) fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        for (_, pusher) in &self.0 {
            pusher.show(series, frame);
        }
    }

    /// Sends the rest until `enough` is true, and reports the statistics of each output.
    pub(super) fn finish(self, enough: &dyn Fn() -> bool, terminal: &Terminal) -> Unsent {
        let mut unsent = Unsent::default();
        // Waits for all stores concurrently.
        self.0.iter().for_each(|(_, pusher)| pusher.end());
        for (named, pusher) in self.0 {
            let account = pusher.finish(enough);
            let line = account_line(&named, &account);
            if !account.is_incomplete() {
                terminal.info(&line);
                continue;
            }
            unsent.notes.push(line.clone());
            if named.settings().strict {
                unsent.faults.push(Error::Output(line));
            } else {
                terminal.warn(&line);
            }
        }
        unsent
    }
}

fn report_news(terminal: &Terminal, named: &PushOutput, news: &StoreStatus) {
    let store = named.shown();
    match news {
        StoreStatus::Unreachable(why) => terminal.warn(&format!(
            "cannot push to {store}: {why}; ssel keeps the data and retries, and the load continues"
        )),
        StoreStatus::Recovered => terminal.info(&format!("{store} accepts pushes again")),
        StoreStatus::Rejected(why) => terminal.warn(&format!(
            "{store} rejected a push, which is not retried: {why}"
        )),
    }
}

/// The statistics of an output in one line.
fn account_line(named: &PushOutput, account: &DeliveryStats) -> String {
    let mut line = format!(
        "{}: {} stored in {} ({})",
        named.name(),
        counted(account.samples, named.unit()),
        counted(account.sent, "request"),
        format_bytes(account.bytes as f64)
    );
    if account.retries > 0 {
        let _ = write!(line, ", {} retried", account.retries);
    }
    if account.is_incomplete() {
        let _ = write!(
            line,
            "; {} of {} dropped: {}",
            counted(account.dropped_samples, named.unit()),
            counted(account.dropped, "request"),
            account.reason.as_deref().unwrap_or("no reason is known")
        );
    }
    line
}

/// The identity of a run without a name: 8 random digits.
fn id() -> String {
    use std::hash::{BuildHasher, Hasher};
    // The hash of the standard library has a random key.
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{:08x}", random & 0xffff_ffff)
}

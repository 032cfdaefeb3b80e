//! The stores that a run is pushed to.

use std::fmt::Write;

use super::recording::RecordOptions;
use crate::error::Error;
use crate::metrics::{Registry, SeriesInfo};
use crate::output::Terminal;
use crate::push::{DeliveryStats, PushOutput, Pusher, RunContext, StoreStatus};
use crate::record::{Frame, Run};
use crate::units::{counted, format_bytes, format_duration};

/// The outputs that push, each with what it is.
pub(super) struct Pushes(Vec<(PushOutput, Pusher)>);

impl Pushes {
    /// Has the metrics broken down as the outputs want it, so before the first sample, and starts them.
    ///
    /// # Errors
    /// Settings that no client can have.
    pub(super) fn start(
        options: &RecordOptions,
        run: &Run,
        registry: &Registry,
        terminal: &Terminal,
    ) -> Result<Self, Error> {
        let mut pushes = Vec::new();
        // Parts of a run have its name in common.
        let unnamed = match run.run_id.as_str() {
            "" => id(),
            known => known.replace(' ', "-"),
        };
        for named in &options.pushes {
            let settings = named.settings();
            registry.declare(&named.selectors());
            let about = RunContext {
                id: settings.run.clone().unwrap_or_else(|| unnamed.clone()),
                run: run.clone(),
                labels: options.labels.clone(),
            };
            terminal.info(&format!(
                "pushing to {} every {} as run={}",
                named.shown(),
                format_duration(settings.interval),
                about.id
            ));
            let tell = {
                let (terminal, named) = (terminal.clone(), named.clone());
                move |news| tell(&terminal, &named, &news)
            };
            let started = named.start(about, tell).map_err(|failure| {
                Error::Usage(format!("cannot push to {}: {failure}", named.shown()))
            })?;
            pushes.push((named.clone(), started));
        }
        Ok(Self(pushes))
    }

    /// Hands a frame to each.
    pub(super) fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        for (_, pusher) in &self.0 {
            pusher.show(series, frame);
        }
    }

    /// Sends what is left, until `enough` says that it is no longer waited for, and tells what came of it all.
    pub(super) fn finish(self, enough: &dyn Fn() -> bool, terminal: &Terminal) -> Unsent {
        let mut unsent = Unsent::default();
        // Several stores that are away are waited for together.
        self.0.iter().for_each(|(_, pusher)| pusher.end());
        for (named, pusher) in self.0 {
            let account = pusher.finish(enough);
            let told = told(&named, &account);
            if !account.is_incomplete() {
                terminal.info(&told);
                continue;
            }
            unsent.notes.push(told.clone());
            if named.settings().strict {
                unsent.faults.push(Error::Output(told));
            } else {
                terminal.warn(&told);
            }
        }
        unsent
    }
}

/// Of the stores that lack something.
#[derive(Default)]
pub(super) struct Unsent {
    /// What each lacks.
    pub(super) notes: Vec<String>,
    /// Those of them that were to have it all, which makes the run fail.
    pub(super) faults: Vec<Error>,
}

fn tell(terminal: &Terminal, named: &PushOutput, news: &StoreStatus) {
    let store = named.shown();
    match news {
        StoreStatus::Unreachable(why) => terminal.warn(&format!(
            "{store} does not take what is pushed ({why}); it is kept and tried again, the load goes on"
        )),
        StoreStatus::Recovered => terminal.info(&format!("{store} takes what is pushed again")),
        StoreStatus::Rejected(why) => terminal.warn(&format!(
            "{store} refused a push, which is not tried again: {why}"
        )),
    }
}

/// The account of an output, in a line.
fn told(named: &PushOutput, account: &DeliveryStats) -> String {
    let mut told = format!(
        "{}: {} stored in {} ({})",
        named.name(),
        counted(account.samples, named.unit()),
        counted(account.sent, "request"),
        format_bytes(account.bytes as f64)
    );
    if account.retries > 0 {
        let _ = write!(told, ", {} tried again", account.retries);
    }
    if account.is_incomplete() {
        let _ = write!(
            told,
            "; {} of {} dropped: {}",
            counted(account.dropped_samples, named.unit()),
            counted(account.dropped, "request"),
            account.reason.as_deref().unwrap_or("no reason is known")
        );
    }
    told
}

/// What tells a run from others where nobody named it: 8 random digits.
fn id() -> String {
    use std::hash::{BuildHasher, Hasher};
    // The standard library's hash is keyed at random, and that is all that is needed.
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{:08x}", random & 0xffff_ffff)
}

//! Part 0: merges the frames of all parts and sends orders.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::merging::Merging;
use super::rendezvous::{REPORT_INTERVAL, numbers};
use super::rows;
use crate::app::Verdict;
use crate::app::program::Program;
use crate::app::role::{AgreedStart, Agreement, PartLoad, Role};
use crate::error::Error;
use crate::join::{Hello, Leader, PartEnd, PartState, PartTally, Stop};
use crate::metrics::{
    Catalog, ClientAudit, Registry, RunFacts, Selector, Sink, Summary, Threshold, Totals,
};
use crate::output::Terminal;
use crate::record::{Frame, RunEnd, RunMetadata, VerdictKind};
use crate::runner::{Handle, RunSnapshot};
use crate::vu::RunState;

/// The load starts this long after all parts are ready, so that the order reaches them in time.
const START_IN: Duration = Duration::from_millis(500);
/// The time for the parts to learn of the end.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// After a stop, the others get this time beyond their graceful stop.
const AFTER_STOP: Duration = Duration::from_secs(3);

/// Part 0 of a joined run.
pub(super) struct RunLeader {
    pub(super) leader: Leader,
    hello: Hello,
    go: Option<Instant>,
    begun: Option<Instant>,
    /// Parts that were reported as lost or interrupted.
    reported: HashSet<u64>,
    /// The first part whose end ends the run.
    fault: Option<(u64, RunEnd)>,
    stopped: Option<Instant>,
    /// When to report again which parts are not ready.
    report_at: Option<Instant>,
    is_over: bool,
    merging: Merging,
}

impl RunLeader {
    pub(super) fn new(leader: Leader, hello: Hello) -> Self {
        Self {
            leader,
            hello,
            go: None,
            begun: None,
            reported: HashSet::new(),
            fault: None,
            stopped: None,
            report_at: None,
            is_over: false,
            merging: Merging::default(),
        }
    }

    /// Starts the load once all parts are ready.
    fn start(&mut self, parts: &[PartState], handle: &Handle, terminal: &Terminal) {
        let late = parts.iter().filter(|part| !part.is_ready);
        let late: Vec<u64> = late.map(|part| part.hello.part).collect();
        let now = Instant::now();
        if late.is_empty() {
            let go = now + START_IN;
            self.go = Some(go);
            let at = self.leader.clock().at(go);
            self.leader.order(|orders| orders.go = Some(at));
            handle.start_at(go);
        } else if now >= *self.report_at.get_or_insert(now + REPORT_INTERVAL) {
            self.report_at = Some(now + REPORT_INTERVAL);
            terminal.info(&format!("waiting for {} to create its VUs", numbers(&late)));
        }
    }

    fn report_losses(&mut self, parts: &[PartState], state: &RunState, terminal: &Terminal) {
        for part in parts {
            let number = part.hello.part;
            let host = &part.hello.machine.host;
            let until = part.until.as_secs();
            if let Some(end) = &part.end {
                let is_early = self.go.is_none() && self.stopped.is_none();
                if is_early || is_fault(end) {
                    let end = RunEnd::new(end.verdict, end.reason.clone());
                    self.fault.get_or_insert((number, end));
                } else if end.verdict == VerdictKind::MarkedFailed {
                    state.fail(format!("part {number}: {}", end.reason));
                } else if end.verdict == VerdictKind::Stopped && self.reported.insert(number) {
                    terminal.warn(&format!(
                        "part {number} on {host} was interrupted after {until}s; the others continue"
                    ));
                }
            } else if part.is_lost && self.reported.insert(number) {
                if self.go.is_none() {
                    let reason = format!("it was lost before the load, on {host}");
                    let end = RunEnd::new(VerdictKind::Lost, reason);
                    self.fault.get_or_insert((number, end));
                } else {
                    terminal.warn(&format!(
                        "part {number} on {host} is lost; its last second is {until}; the others continue"
                    ));
                }
            }
        }
    }

    pub(super) fn own_tally(&self) -> PartTally {
        self.merging.tally
    }

    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    pub(super) fn until(&self) -> Duration {
        self.merging.until
    }

    /// The starts of all parts, in nanoseconds of the clock of part 0.
    pub(super) fn starts_of_parts(&self) -> Vec<i64> {
        let own = self.begun.map(|begun| self.leader.clock().at(begun));
        let others = self.leader.members().parts();
        let others = others.iter().filter_map(|part| part.begun);
        others.chain(own).collect()
    }
}

/// The run over all parts, as part 0 has it.
impl Role for RunLeader {
    fn is_joined(&self) -> bool {
        true
    }

    fn others(&self) -> Vec<RunMetadata> {
        let parts = self.leader.members().parts();
        parts.iter().map(|part| part.hello.to_run()).collect()
    }

    fn agree_on_start(
        &mut self,
        own: AgreedStart,
        agreement: Agreement<'_>,
    ) -> Result<AgreedStart, Error> {
        let (at, started) = own;
        let at = self.leader.clock().at(at);
        let selectors = agreement.job.record.pushes.selectors().into_iter();
        let labels = selectors.filter_map(|selector| match selector {
            Selector::Labels { prefix, tags } => Some((prefix, tags)),
            _ => None,
        });
        self.leader.order(|orders| {
            orders.run_start = Some(at);
            orders.labels = labels.collect();
            orders.started = started;
        });
        Ok(own)
    }

    fn set_up(&self, program: &dyn Program) {
        self.leader.set_up(program.setup_value());
    }

    fn sync(&mut self, handle: &Handle, load: &PartLoad<'_>) {
        let PartLoad {
            state,
            inbox,
            grace,
            terminal,
        } = *load;
        let parts = self.leader.members().parts();
        self.report_losses(&parts, state, terminal);
        if let Some((part, end)) = &self.fault
            && self.stopped.is_none()
        {
            let reason = format!("part {part}: {}", end.reason);
            terminal.error(&format!("{reason}; the run ends"));
            self.stop(Duration::ZERO, &reason);
            handle.stop(Duration::ZERO);
        }
        if inbox.stopper.is_urgent() {
            self.stop(Duration::ZERO, "part 0 was interrupted");
        } else if inbox.stopper.is_stopped() {
            self.stop(grace, "part 0 was interrupted");
        }
        if state.is_aborted() {
            let reason = state.abort_reason().unwrap_or_default();
            self.stop(Duration::ZERO, &reason);
        }
        if self.go.is_none() && handle.is_ready() {
            self.start(&parts, handle, terminal);
        }
        if self.begun.is_none() {
            self.begun = handle.begun();
        }
    }

    fn stop(&mut self, grace: Duration, reason: &str) {
        let known = self.leader.orders().stop;
        if known.is_some_and(|known| known.grace <= grace) {
            return;
        }
        self.stopped.get_or_insert_with(Instant::now);
        self.leader.order(|orders| {
            orders.stop = Some(Stop {
                grace,
                reason: reason.to_owned(),
            });
        });
    }

    fn progress(&self, own: RunSnapshot) -> RunSnapshot {
        let mut all = own;
        let parts = self.leader.members().parts();
        for part in &parts {
            let beat = part.last_beat();
            all.vus_active += beat.vus;
            all.vus_made += beat.made;
            all.vus_max += beat.most;
            all.iterations_completed += beat.complete;
            all.iterations_interrupted += beat.interrupted;
            if let [scenario] = all.scenarios.as_mut_slice() {
                scenario.vus_busy += beat.busy;
                scenario.vus_active += beat.vus;
                scenario.vus_made += beat.made;
                scenario.vus_max += beat.most;
                scenario.iterations_completed += beat.complete;
                scenario.iterations_interrupted += beat.interrupted;
                scenario.iterations_total = scenario.iterations_total.map(|own| own + beat.total);
            }
        }
        all
    }

    fn add(&mut self, interval: &Totals, catalog: &Catalog, frame: Option<&Frame>) {
        self.merging.own(interval, catalog, frame);
    }

    fn merge(
        &mut self,
        registry: &Registry,
        catalog: &mut Catalog,
        totals: &mut Totals,
        is_last: bool,
    ) -> Vec<Frame> {
        let known = self.merging.places.len();
        let new = self.leader.members().merged.series()[known..].to_vec();
        for series in new {
            // A metric with another kind here is reported before the load; later it is not counted.
            let place = registry.sink_of(&series).ok().flatten();
            let place = place.map(|sink| (sink, series.kind, series.unit));
            self.merging.places.push(place);
        }
        catalog.update(registry);
        let (until, seconds) = if is_last {
            (u64::MAX, self.leader.members().merged.take_all())
        } else {
            self.leader.members().take_complete(self.merging.until)
        };
        self.merging.merge(until, seconds, catalog, totals)
    }

    fn sink(&self, threshold: &Threshold, totals: &Totals) -> Option<Sink> {
        let target = threshold.target();
        let own = totals.sink(target.sink).cloned();
        let places = (0_u32..).zip(&self.merging.places);
        let mut here =
            places.filter(|(_, place)| place.is_some_and(|(sink, ..)| sink == target.sink));
        let waiting = here.find_map(|(series, _)| self.leader.members().merged.waiting(series));
        let Some(waiting) = waiting else { return own };
        let mut sink = own.unwrap_or_else(|| Sink::new(target.kind, target.unit));
        waiting.add_to(&mut sink);
        Some(sink)
    }

    fn waits(&mut self, load: &PartLoad<'_>) -> bool {
        let PartLoad {
            state,
            inbox,
            grace,
            terminal,
        } = *load;
        let parts = self.leader.members().parts();
        self.report_losses(&parts, state, terminal);
        if inbox.stopper.is_stopped() {
            self.stop(grace, "part 0 was interrupted");
        }
        if self.fault.is_some() {
            self.stop(Duration::ZERO, "another part ended the run");
        }
        let late = parts
            .iter()
            .filter(|part| part.end.is_none() && !part.is_lost);
        let late: Vec<u64> = late.map(|part| part.hello.part).collect();
        if late.is_empty() {
            return false;
        }
        let stop = self.leader.orders().stop.unwrap_or_default();
        let limit = stop.grace.saturating_add(AFTER_STOP);
        let is_late = self.stopped.is_some_and(|since| since.elapsed() > limit);
        if is_late || inbox.stopper.is_urgent() {
            terminal.warn(&format!("{} did not end in time", numbers(&late)));
            self.leader.members().give_up();
            self.reported.extend(late);
            return false;
        }
        true
    }

    fn own_totals(&self) -> Option<&Totals> {
        Some(&self.merging.own)
    }

    fn facts(&self, own: RunFacts, totals: &mut Totals) -> RunFacts {
        rows::facts(&self.leader.members().parts(), own, totals)
    }

    fn raised(&self) -> u64 {
        let parts = self.leader.members().parts();
        let ends = parts.iter().filter_map(|part| part.end.as_ref());
        ends.map(|end| end.raised).sum()
    }

    fn complete(&self, summary: &mut Summary, own: (RunFacts, ClientAudit)) {
        self.complete_summary(summary, own);
    }

    fn fault(&self) -> Option<Verdict> {
        let (part, end) = self.fault.as_ref()?;
        let reason = format!("part {part}: {}", end.reason);
        Some(Verdict::of_end(&RunEnd::new(end.verdict, reason)))
    }

    /// Waits for a limited time until the others have received the verdict.
    fn announce_end(&mut self, end: &RunEnd) -> Vec<(u64, Option<Value>)> {
        self.is_over = true;
        self.leader.order(|orders| orders.end = Some(end.clone()));
        let until = Instant::now() + END_TIMEOUT;
        let is_here = |part: &PartState| !part.is_lost && !part.has_left;
        while self.leader.members().parts().iter().any(is_here) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        let parts = self.leader.members().parts().into_iter();
        parts
            .map(|part| (part.hello.part, part.end.and_then(|end| end.extra.clone())))
            .collect()
    }
}

/// Whether this end of a part ends the whole run.
fn is_fault(end: &PartEnd) -> bool {
    matches!(
        end.verdict,
        VerdictKind::Script
            | VerdictKind::System
            | VerdictKind::Internal
            | VerdictKind::Aborted
            | VerdictKind::Memory
    )
}

impl Drop for RunLeader {
    /// Cancels the run for all parts if part 0 ends before the load.
    fn drop(&mut self) {
        if !self.is_over {
            let fault = "part 0 ended before the load; see its own messages".to_owned();
            self.leader.order(|orders| orders.fault = Some(fault));
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

//! The main loop of a run: starts the runner, watches it, and ends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::inbox::{Inbox, LONG_INIT};
use super::ledger::Ledger;
use super::memory::{Memory, Short};
use super::program::Program;
use super::progress::ProgressView;
use super::role::PartLoad;
use super::server_metrics::{Scraper, ServerMetrics};
use super::start::ScheduledStart;
use super::thresholds::{self, RunThreshold};
use super::{Job, Show, stop};
use crate::metrics::{Recorder, Registry, Series, Tags, Threshold, Totals};
use crate::options::Options;
use crate::output::Terminal;
use crate::runner::{self, Handle, LoadEnd, Plan, RunEvent};
use crate::units::format_duration;
use crate::vu::RunState;

/// The longest sleep of the deciding thread: the delay of a progress bar or Ctrl-C that a person notices.
const TICK: Duration = Duration::from_millis(50);
/// How often gauges are recorded and samples of the workers collected.
const SECOND: Duration = Duration::from_secs(1);
/// How often thresholds are evaluated, as in k6.
const THRESHOLDS: Duration = Duration::from_secs(2);

/// The inputs of a load.
pub(super) struct LoadRun<'a> {
    pub(super) job: &'a Job,
    pub(super) options: &'a Options,
    pub(super) program: &'a dyn Program,
    pub(super) registry: &'a Arc<Registry>,
    pub(super) state: &'a Arc<RunState>,
    /// The start of the load, if it is scheduled.
    pub(super) scheduled_start: Option<ScheduledStart>,
    /// The servers whose metrics are recorded.
    pub(super) servers: &'a ServerMetrics,
}

/// The result of a load.
pub(super) struct LoadResult {
    pub(super) end: LoadEnd,
    pub(super) progress: runner::RunSnapshot,
    pub(super) totals: Totals,
    pub(super) ledger: Ledger,
    pub(super) thresholds: Vec<RunThreshold>,
    /// Metrics whose thresholds ended the run.
    pub(super) crossed: Vec<String>,
    /// The number of iterations that raised an error.
    pub(super) raised: u64,
    /// The memory that ran short and ended the run.
    pub(super) short: Option<Short>,
    /// Scrapes the servers while the load of other parts continues.
    pub(super) scraper: Scraper,
}

impl LoadRun<'_> {
    /// Runs the load to its end.
    #[expect(
        clippy::too_many_lines,
        reason = "the loop that watches a run, one thing after the other"
    )]
    pub(super) fn run(
        &self,
        terminal: &Terminal,
        inbox: &mut Inbox,
        thresholds: Vec<RunThreshold>,
        mut ledger: Ledger,
    ) -> LoadResult {
        let plan = Plan {
            scenarios: self.options.scenarios.clone(),
            workers: self.job.workers,
            tags: self
                .options
                .tags
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect(),
            min_iteration_duration: self.options.min_iteration_duration,
            seed: self.options.seed,
            part: self.job.part(),
            hold: self.scheduled_start.is_some() || ledger.role.is_joined(),
        };
        let mut scraper = Scraper::start(self.servers, self.registry, terminal);
        let notify = inbox.sender();
        let sink = Arc::new(move |event| notify.send(event));
        let handle = self.program.start(&plan, self.registry, self.state, sink);
        let mut gauges = Gauges::new(self.registry, &plan.tags);
        let mut live = ProgressView::new(self.options);
        let mut totals = Totals::new();
        let mut crossed = Vec::new();
        let mut raised = 0;
        let mut stopping = false;
        let (mut memory, mut short) = (Memory::new(), None);
        let mut is_long_init_reported = false;
        let mut scheduled_start = self.scheduled_start;
        let first = scheduled_start.map_or_else(Instant::now, ScheduledStart::at);
        let mut due = first + SECOND;
        let mut thresholds_due = first + THRESHOLDS;
        live.measure(Instant::now(), 0.0, &handle.progress());
        let end = loop {
            let left = due.saturating_duration_since(Instant::now());
            if let Some(end) = handle.wait(TICK.min(left)) {
                break end;
            }
            raised += report_events(terminal, inbox, &self.job.show, &gauges.recorder);
            if inbox.stopper.is_stopped() {
                self.stop(&handle, terminal, &mut stopping);
            }
            ledger.role.sync(&handle, &self.part_load(inbox, terminal));
            if inbox.stopper.is_urgent() || terminal.reader_is_gone() {
                handle.stop(Duration::ZERO);
            }
            let now = Instant::now();
            if short.is_none() {
                short = memory.look(now);
                if let Some(short) = &short {
                    terminal.error(&short.to_string());
                    handle.stop(Duration::ZERO);
                }
            }
            if handle.is_ready()
                && let Some(scheduled_start) = scheduled_start.take()
            {
                scheduled_start.apply(&handle, terminal);
                live.wait_for(scheduled_start);
            }
            let progress = handle.progress();
            if progress.elapsed.is_none() && !is_long_init_reported {
                is_long_init_reported = report_long_init(terminal, &handle);
            }
            if !gauges.begun {
                gauges.record(&progress);
            }
            if now >= due {
                // Frames stay on whole seconds; a missed one is skipped.
                due += SECOND * u32::try_from((now - due).as_secs() + 1).unwrap_or(1);
                gauges.record(&progress);
                self.collect(&mut totals, &mut ledger, &progress);
                live.measure(
                    now,
                    totals.count(self.registry.builtin().sse_event),
                    &ledger.role.progress(progress.clone()),
                );
                for warning in self.registry.take_warnings() {
                    terminal.warn(&warning.to_string());
                }
            }
            if now >= thresholds_due && crossed.is_empty() {
                thresholds_due = now + THRESHOLDS;
                let sink = |threshold: &Threshold| ledger.role.sink(threshold, &totals);
                crossed = thresholds::crossed(&thresholds, sink, self.elapsed());
                if !crossed.is_empty() {
                    let reason = format!(
                        "thresholds were crossed, ending the run: {}",
                        crossed.join(", ")
                    );
                    terminal.error(&reason);
                    handle.stop(Duration::ZERO);
                    ledger.role.stop(Duration::ZERO, &reason);
                }
            }
            live.show(
                now,
                terminal,
                &ledger.role.progress(progress),
                &self.job.show,
            );
        };
        raised += report_events(terminal, inbox, &self.job.show, &gauges.recorder);
        // The requests of other parts are in the metrics of a server as well.
        if !ledger.role.is_joined() {
            scraper.finish();
        }
        self.finish(&handle, &mut gauges, terminal);
        self.collect(&mut totals, &mut ledger, &handle.progress());
        ledger.role.sync(&handle, &self.part_load(inbox, terminal));
        terminal.clear_progress();
        LoadResult {
            end,
            progress: handle.progress(),
            totals,
            ledger,
            thresholds,
            crossed,
            raised,
            short,
            scraper,
        }
    }

    /// Collects the samples of the workers since the last call.
    pub(super) fn collect(
        &self,
        totals: &mut Totals,
        ledger: &mut Ledger,
        progress: &runner::RunSnapshot,
    ) {
        ledger.role.send_progress(progress);
        ledger.collect(self.registry, totals, self.elapsed());
    }

    /// How long iterations may continue after a stop.
    fn grace(&self) -> Duration {
        self.options.graceful_stop.unwrap_or(stop::GRACE)
    }

    /// The load as other parts of the run see it.
    pub(super) fn part_load<'b>(
        &'b self,
        inbox: &'b Inbox,
        terminal: &'b Terminal,
    ) -> PartLoad<'b> {
        PartLoad {
            state: self.state,
            inbox,
            grace: self.grace(),
            terminal,
        }
    }

    /// Time since the run began, `setup` included.
    pub(super) fn elapsed(&self) -> Duration {
        self.state
            .started()
            .map_or(Duration::ZERO, |start| start.elapsed())
    }

    /// Ends the load after a stop, and reports once what it waits for.
    fn stop(&self, handle: &Handle, terminal: &Terminal, is_reported: &mut bool) {
        let grace = self.grace();
        handle.stop(grace);
        if std::mem::replace(is_reported, true) {
            return;
        }
        let progress = handle.progress();
        let busy: u64 = progress
            .scenarios
            .iter()
            .map(|scenario| scenario.vus_busy)
            .sum();
        let grace = format_duration(grace);
        match busy {
            0 => {}
            1 => terminal.info(&format!("stopping: 1 iteration has {grace} to finish")),
            _ => terminal.info(&format!(
                "stopping: {busy} iterations have {grace} to finish"
            )),
        }
    }

    fn finish(&self, handle: &Handle, gauges: &mut Gauges, terminal: &Terminal) {
        gauges.finish(&handle.progress());
        for warning in self.registry.take_warnings() {
            terminal.warn(&warning.to_string());
        }
        terminal.flush_repeats();
    }
}

/// Reports a VU whose init stage does not return; false if there is none.
fn report_long_init(terminal: &Terminal, handle: &Handle) -> bool {
    let stuck = handle.stuck();
    let Some(vu) = stuck.iter().find(|vu| vu.busy >= LONG_INIT) else {
        return false;
    };
    terminal.warn(&format!(
        "the script's top level has not returned for {}s in VU {}: it may loop endlessly; Ctrl-C ends ssel",
        LONG_INIT.as_secs(),
        vu.vu
    ));
    true
}

/// Shows the events of the runner, and counts the iterations that raised.
fn report_events(terminal: &Terminal, inbox: &mut Inbox, show: &Show, recorder: &Recorder) -> u64 {
    let mut raised = 0;
    for event in inbox.events() {
        match event {
            RunEvent::ScriptError { message, .. } => {
                raised += 1;
                recorder.fail("iteration", "raised", None, || message.clone());
                terminal.script_error(&message);
            }
            RunEvent::InternalError { message, vu, .. } => {
                terminal.error(&format!(
                    "internal error in VU {vu}, please report it: {message}"
                ));
            }
            RunEvent::Warning(text) if matches!(show, Show::Whole) => terminal.warn(&text),
            // Warnings name keys of the script, and a run that shows its own lines has no script of the user.
            RunEvent::Warning(_) | RunEvent::ScenarioState { .. } => {}
        }
    }
    raised
}

/// The gauges that the deciding thread records.
struct Gauges {
    recorder: Recorder,
    vus: Series,
    vus_max: Series,
    /// Whether they were recorded since the load started.
    begun: bool,
    /// The maximum and the last number of active VUs recorded.
    most: u64,
    last: Option<u64>,
}

impl Gauges {
    fn new(registry: &Arc<Registry>, tags: &Tags) -> Self {
        let recorder = registry.recorder();
        let metrics = registry.builtin();
        let series = |metric| recorder.series(metric, tags);
        let (vus, vus_max) = (series(metrics.vus), series(metrics.vus_max));
        Self {
            recorder,
            vus,
            vus_max,
            begun: false,
            most: 0,
            last: None,
        }
    }

    /// Records the gauges, except before the load and, for active VUs, while it stops.
    fn record(&mut self, progress: &runner::RunSnapshot) {
        if progress.elapsed.is_none() {
            return;
        }
        self.begun = true;
        if !progress.is_stopping() {
            self.last = Some(progress.vus_active);
            self.record_most(progress);
            self.recorder.add(&self.vus, progress.vus_active as f64);
        }
        self.recorder.add(&self.vus_max, progress.vus_made as f64);
    }

    /// Records the end. The last value during the load remains the last value.
    fn finish(&mut self, progress: &runner::RunSnapshot) {
        if self.record_most(progress)
            && let Some(last) = self.last
        {
            self.recorder.add(&self.vus, last as f64);
        }
        self.recorder.add(&self.vus_max, progress.vus_made as f64);
    }

    /// Records the maximum, which may have occurred between two looks.
    fn record_most(&mut self, progress: &runner::RunSnapshot) -> bool {
        let is_more = progress.vus_active_max > self.most;
        if is_more {
            self.most = progress.vus_active_max;
            self.recorder.add(&self.vus, self.most as f64);
        }
        is_more
    }
}

//! From the runner's numbers to what the screen shows while a run goes on.

use std::time::{Duration, Instant};

use crate::options::{Options, Scenario};
use crate::output::Terminal;
use crate::report;
use crate::runner::{Progress, ScenarioProgress, Status};
use crate::units::format_duration;

/// How often a screen is redrawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How often a line is added where there is no screen.
const ADD_LINE: Duration = Duration::from_secs(5);

/// What has been shown, and the rates between two looks.
pub(super) struct Live {
    scenarios: Vec<Scenario>,
    total: Duration,
    started: Instant,
    due: Option<Instant>,
    last: Option<(Instant, f64, u64)>,
    event_rate: Option<f64>,
    iteration_rate: Option<f64>,
}

impl Live {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            scenarios: options.scenarios.clone(),
            total: options.total_duration(),
            started: Instant::now(),
            due: None,
            last: None,
            event_rate: None,
            iteration_rate: None,
        }
    }

    /// Takes the totals of a moment, from which rates are made.
    pub(super) fn measure(&mut self, now: Instant, events: f64, progress: &Progress) {
        let iterations = progress.iterations_completed;
        if let Some((then, events_then, iterations_then)) =
            self.last.replace((now, events, iterations))
        {
            let seconds = now.duration_since(then).as_secs_f64();
            self.event_rate = Some((events - events_then) / seconds).filter(|_| events > 0.0);
            self.iteration_rate = Some(iterations.saturating_sub(iterations_then) as f64 / seconds);
        }
    }

    /// Shows the progress when it is time to.
    pub(super) fn show(
        &mut self,
        now: Instant,
        terminal: &Terminal,
        progress: &Progress,
        phase: &str,
    ) {
        let every = if terminal.redraws() { REDRAW } else { ADD_LINE };
        let due = *self.due.get_or_insert(self.started + every);
        if now < due {
            return;
        }
        self.due = Some(now + every);
        terminal.progress(&self.picture(progress, phase));
    }

    /// The progress as the report draws it.
    pub(super) fn picture(&self, progress: &Progress, phase: &str) -> report::Progress {
        let left = |(scenario, state): (&Scenario, &ScenarioProgress)| {
            let end = scenario.start_time + scenario.executor.regular_duration();
            (!state.status.is_final())
                .then(|| end.saturating_sub(progress.elapsed.unwrap_or_default()))
        };
        let eta = self
            .scenarios
            .iter()
            .zip(&progress.scenarios)
            .filter_map(left)
            .max();
        report::Progress {
            elapsed: progress.elapsed.unwrap_or_default(),
            max_duration: Some(self.total),
            vus: progress.vus_active,
            max_vus: progress.vus_max,
            complete: progress.iterations_completed,
            interrupted: progress.iterations_interrupted,
            phase: phase.to_owned(),
            iteration_rate: self.iteration_rate,
            event_rate: self.event_rate,
            eta,
            scenarios: progress.scenarios.iter().map(scenario_picture).collect(),
        }
    }
}

fn scenario_picture(scenario: &ScenarioProgress) -> report::ScenarioProgress {
    report::ScenarioProgress {
        name: scenario.name.clone(),
        status: match scenario.status {
            Status::Waiting => report::Status::Waiting,
            Status::Running => report::Status::Running,
            Status::Stopping => report::Status::Stopping,
            Status::Done => report::Status::Done,
            Status::Interrupted => report::Status::Interrupted,
        },
        done: scenario.fraction,
        columns: columns(scenario),
    }
}

/// VUs, time, and what else the executor is about.
fn columns(scenario: &ScenarioProgress) -> Vec<String> {
    let vus = match scenario.executor {
        "ramping-vus" => format!("{}/{} VUs", scenario.vus_active, scenario.vus_max),
        "constant-arrival-rate" | "ramping-arrival-rate" => {
            format!("{}/{} VUs", scenario.vus_busy, scenario.vus_made)
        }
        _ => format!("{} VUs", scenario.vus_max),
    };
    let whole_seconds = Duration::from_secs(scenario.elapsed.as_secs());
    let mut columns = vec![vus];
    if scenario.status.is_final() && scenario.iterations_total.is_none() {
        columns.push(format_duration(scenario.duration));
    } else {
        columns.push(format!(
            "{}/{}",
            format_duration(whole_seconds),
            format_duration(scenario.duration)
        ));
    }
    if let Some(total) = scenario.iterations_total {
        columns.push(format!("{}/{total} iters", scenario.iterations_completed));
    }
    if scenario.iterations_dropped > 0 {
        columns.push(format!("{} dropped", scenario.iterations_dropped));
    }
    columns
}

//! Converts the numbers of the runner into what the progress lines show.

use std::time::{Duration, Instant};

use super::Show;
use super::start::ScheduledStart;
use crate::options::{Options, Pace, Scenario};
use crate::output::Terminal;
use crate::report;
use crate::runner::{RunSnapshot, ScenarioSnapshot};
use crate::units::{counted, format_duration};
use crate::vu::ScenarioStatus;

/// How often a screen is redrawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How often a line is added where there is no screen.
const ADD_LINE: Duration = Duration::from_secs(5);

/// The state of the display, with the rates between two measurements.
pub(super) struct ProgressView {
    scenarios: Vec<Scenario>,
    total: Duration,
    started: Instant,
    /// The scheduled start that a load with all its VUs waits for.
    scheduled_start: Option<ScheduledStart>,
    due: Option<Instant>,
    last: Option<(Instant, f64, u64)>,
    event_rate: Option<f64>,
    iteration_rate: Option<f64>,
}

impl ProgressView {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            scenarios: options.scenarios.clone(),
            total: options.total_duration(),
            started: Instant::now(),
            scheduled_start: None,
            due: None,
            last: None,
            event_rate: None,
            iteration_rate: None,
        }
    }

    /// Updates the rates with the totals of a moment.
    pub(super) fn measure(&mut self, now: Instant, events: f64, progress: &RunSnapshot) {
        let iterations = progress.iterations_completed;
        if let Some((then, events_then, iterations_then)) =
            self.last.replace((now, events, iterations))
        {
            let seconds = now.duration_since(then).as_secs_f64();
            self.event_rate = Some((events - events_then) / seconds).filter(|_| events > 0.0);
            self.iteration_rate = Some(iterations.saturating_sub(iterations_then) as f64 / seconds);
        }
    }

    /// Shows from now on that the load waits for its start.
    pub(super) fn wait_for(&mut self, scheduled_start: ScheduledStart) {
        self.scheduled_start = Some(scheduled_start);
    }

    /// Shows the progress when it is due.
    pub(super) fn show(
        &mut self,
        now: Instant,
        terminal: &Terminal,
        progress: &RunSnapshot,
        show: &Show,
    ) {
        let every = if terminal.redraws() { REDRAW } else { ADD_LINE };
        let due = *self.due.get_or_insert(self.started + every);
        if now < due {
            return;
        }
        self.due = Some(now + every);
        match show {
            Show::Whole => terminal.progress(&self.picture(progress)),
            Show::Lines(lines) => {
                terminal.live(|columns, palette| lines(progress, columns, palette));
            }
        }
    }

    /// The progress in the form of the report.
    pub(super) fn picture(&self, progress: &RunSnapshot) -> report::Progress {
        let Some(elapsed) = progress.elapsed else {
            return self.starting(progress);
        };
        let left = |(scenario, state): (&Scenario, &ScenarioSnapshot)| {
            left(state, scenario.start_time.saturating_sub(elapsed))
        };
        let all = self.scenarios.iter().zip(&progress.scenarios);
        let eta = all.filter_map(left).max();
        report::Progress {
            elapsed,
            max_duration: Some(self.total),
            vus: progress.vus_active,
            max_vus: progress.vus_max,
            complete: progress.iterations_completed,
            interrupted: progress.iterations_interrupted,
            phase: "running".to_owned(),
            iteration_rate: self.iteration_rate,
            event_rate: self.event_rate,
            eta,
            scenarios: progress.scenarios.iter().map(scenario_picture).collect(),
        }
    }
}

impl ProgressView {
    /// The progress while VUs are created and before any scenario has started.
    fn starting(&self, progress: &RunSnapshot) -> report::Progress {
        report::Progress {
            elapsed: self.started.elapsed(),
            vus: progress.vus_made,
            max_vus: progress.vus_max,
            phase: self
                .scheduled_start
                .map_or_else(|| "starting VUs".to_owned(), ScheduledStart::phase),
            ..report::Progress::default()
        }
    }
}

/// The remaining time of a scenario that starts in `waits`: the rest of its duration, or of its iterations at the pace so
/// far. `None` after its end, or before there is a pace.
fn left(scenario: &ScenarioSnapshot, waits: Duration) -> Option<Duration> {
    if !matches!(
        scenario.status,
        ScenarioStatus::Waiting | ScenarioStatus::Running
    ) {
        return None;
    }
    let time = waits.saturating_add(scenario.duration.saturating_sub(scenario.elapsed));
    if scenario.iterations_total.is_none() {
        return Some(time);
    }
    let pace = scenario.elapsed.as_secs_f64() / scenario.fraction;
    let rest = Duration::try_from_secs_f64(pace * (1.0 - scenario.fraction)).ok()?;
    (scenario.fraction > 0.0).then_some(rest.min(time))
}

fn scenario_picture(scenario: &ScenarioSnapshot) -> report::ScenarioProgress {
    report::ScenarioProgress {
        name: scenario.name.clone(),
        status: scenario.status,
        done: scenario.fraction,
        columns: columns(scenario),
    }
}

/// VUs, time, remaining time, and further figures of the executor.
fn columns(scenario: &ScenarioSnapshot) -> Vec<String> {
    let vus = match scenario.pace {
        Pace::ChangingVus => format!("{}/{} VUs", scenario.vus_active, scenario.vus_max),
        Pace::Starts => {
            format!("{}/{} VUs", scenario.vus_busy, scenario.vus_made)
        }
        Pace::Vus => counted(scenario.vus_max, "VU"),
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
    // The total has the ETA of scenarios that wait.
    let eta = left(scenario, Duration::ZERO).filter(|_| scenario.status == ScenarioStatus::Running);
    columns.push(eta.map_or_else(String::new, |left| {
        format!(
            "ETA {}",
            format_duration(Duration::from_secs(left.as_secs()))
        )
    }));
    if let Some(total) = scenario.iterations_total {
        columns.push(format!("{}/{total} iters", scenario.iterations_completed));
    }
    if scenario.iterations_dropped > 0 {
        columns.push(format!("{} dropped", scenario.iterations_dropped));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(total: Option<u64>, elapsed: u64, fraction: f64) -> ScenarioSnapshot {
        ScenarioSnapshot {
            name: "a".to_owned(),
            pace: Pace::Vus,
            status: ScenarioStatus::Running,
            vus_busy: 1,
            vus_active: 1,
            vus_made: 1,
            vus_max: 1,
            iterations_completed: 0,
            iterations_total: total,
            iterations_interrupted: 0,
            iterations_dropped: 0,
            elapsed: Duration::from_secs(elapsed),
            duration: Duration::from_mins(10),
            fraction,
        }
    }

    #[test]
    fn the_remaining_time_follows_from_duration_or_pace() {
        let left =
            |scenario: &ScenarioSnapshot| left(scenario, Duration::ZERO).map(|left| left.as_secs());
        assert_eq!(left(&scenario(None, 60, 0.1)), Some(540));
        assert_eq!(left(&scenario(Some(40), 60, 0.25)), Some(180));
        assert_eq!(left(&scenario(Some(4000), 60, 0.01)), Some(540));
        assert_eq!(left(&scenario(Some(40), 60, 0.0)), None);
        assert_eq!(left(&scenario(Some(40), 0, 0.0)), None);
        for status in [
            ScenarioStatus::Stopping,
            ScenarioStatus::Done,
            ScenarioStatus::Interrupted,
        ] {
            let over = ScenarioSnapshot {
                status,
                ..scenario(None, 60, 0.1)
            };
            assert_eq!(left(&over), None);
        }
        let waiting = ScenarioSnapshot {
            status: ScenarioStatus::Waiting,
            ..scenario(None, 0, 0.0)
        };
        assert_eq!(
            super::left(&waiting, Duration::from_secs(5)),
            Some(Duration::from_secs(605))
        );
    }

    #[test]
    fn the_columns_of_a_scenario_show_its_remaining_time() {
        assert_eq!(
            columns(&scenario(Some(40), 60, 0.25)),
            ["1 VU", "1m0s/10m0s", "ETA 3m0s", "0/40 iters"]
        );
        let done = ScenarioSnapshot {
            status: ScenarioStatus::Done,
            ..scenario(None, 600, 1.0)
        };
        assert_eq!(columns(&done), ["1 VU", "10m0s", ""]);
    }
}

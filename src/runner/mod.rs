//! Runs VUs over time.
//!
//! # How it works
//!
//! ```text
//! run ── prepare ── Coordinator ─────────────────────────────── Handle: progress, stop, wait, stuck
//!   └─ ssel-worker-N: work                    (a current-thread runtime, one for each core)
//!        ├─ run_scenario: a scenario on one worker  (sends signals on time, hears of stops)
//!        │    ├─ VuLoop::run: one VU                (runs iterations, under its control)
//!        │    └─ add_spare_vus                      (more VUs where planned starts find none idle)
//!        └─ record_lag
//! ```
//!
//! - An `Executor` says when VUs may run and what starts an iteration; it is a plain answer to a plain
//!   question, taken from the schedules of [`crate::load`].
//! - Signals reach a VU through its `VuControl` on its own thread; its table says which does what. So an
//!   iteration pays nothing for being stoppable, and what comes from another thread is heard once for each scenario of a
//!   worker and not once for each VU.
//! - VUs never move between threads. Workers share counters, the schedule of a scenario, and nothing else.
//! - Every piece of a VU's code is run under guard: a panic ends that iteration alone, and a VU that never gives its
//!   thread back is seen from outside and left behind.

mod clock;
mod control;
mod coordinator;
mod end;
mod engine;
mod event;
mod handle;
mod iteration;
mod lag;
mod local;
mod made;
mod plan;
mod progress;
mod scenario_loop;
mod scenario_run;
mod spare_vus;
mod starts;
mod timeline;
mod vu_loop;
mod watch;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use end::{EndCause, RunEnd};
pub(crate) use engine::run;
pub(crate) use event::EventHandler;
pub(crate) use event::RunEvent;
pub(crate) use handle::Handle;
pub(crate) use lag::process_cpu_time;
pub(crate) use plan::Plan;
pub(crate) use progress::{RunSnapshot, ScenarioSnapshot};
pub(crate) use watch::StuckVu;

//! Runs VUs over time.
//!
//! # How it works
//!
//! ```text
//! run ── prepare ── Coordinator ─────────────────────────────── Handle: progress, stop, wait, stuck
//!   └─ ssel-worker-N: work                    (a current-thread runtime, one for each core)
//!        ├─ run_scenario: a scenario on one worker  (sends signals on time, receives stops)
//!        │    ├─ VuLoop::run: one VU                (runs iterations as the signals say)
//!        │    └─ add_spare_vus                      (creates VUs when planned starts find none idle)
//!        └─ record_lag
//! ```
//!
//! - `Starts` decides what starts the iterations of a VU, with the schedules of [`crate::load`]; `SignalTimeline` decides
//!   when VUs may run.
//! - A VU receives signals through its `VuControl`, on its own thread. So an iteration that can be stopped costs nothing more,
//!   and a message from another thread wakes each scenario of a worker once instead of each VU.
//! - VUs never move between threads. Workers share only counters and the schedules of scenarios.
//! - All code of a VU is guarded: a panic ends only its iteration, and a worker whose VU blocks the thread is detected by
//!   other threads and abandoned.

mod clock;
mod control;
mod coordinator;
mod create;
mod end;
mod engine;
mod event;
mod handle;
mod iteration;
mod lag;
mod local;

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

pub(crate) use end::{EndCause, LoadEnd};
pub(crate) use engine::run;
pub(crate) use event::EventHandler;
pub(crate) use event::RunEvent;
pub(crate) use handle::Handle;
pub(crate) use lag::process_cpu_time;
pub(crate) use plan::Plan;
pub(crate) use progress::{RunSnapshot, ScenarioSnapshot};
pub(crate) use watch::StuckVu;

//! Runs VUs over time.
//!
//! # How it works
//!
//! ```text
//! run ── prepare ── Shared ─────────────────────────────── Handle: progress, stop, wait, stuck
//!   └─ ssel-worker-N: work                    (a current-thread runtime, one for each core)
//!        ├─ conduct: one share of a scenario  (gives orders on time, hears of stops)
//!        │    ├─ live: one VU                 (runs iterations, under its leash)
//!        │    └─ recruit                      (more VUs where planned starts find none idle)
//!        └─ record_lag
//! ```
//!
//! - An *executor* says when VUs may run and what starts an iteration; it is a plain answer to a plain question, taken
//!   from the schedules of [`crate::load`].
//! - Orders reach a VU through a *leash* on its own thread. So an iteration pays nothing for being stoppable, and a
//!   signal from another thread is heard once for each share and not once for each VU.
//! - VUs never move between threads. Workers share counters, the schedule of a scenario, and nothing else.
//! - Every piece of a VU's code is run under guard: a panic ends that iteration alone, and a VU that never gives its
//!   thread back is seen from outside and left behind.

mod clock;
mod conductor;
mod end;
mod engine;
mod event;
mod executor;
mod handle;
mod iteration;
mod lag;
mod leash;
mod member;
mod plan;
mod progress;
mod recruit;
mod scenario;
mod share;
mod shared;
mod timeline;
mod watch;
mod worker;

#[cfg(test)]
mod tests;

pub use end::{Cause, End};
pub use engine::run;
pub use event::{Event, Sink};
pub use handle::Handle;
pub use lag::process_cpu_time;
pub use plan::Plan;
pub use progress::{Progress, ScenarioProgress, Status};
pub use watch::StuckVu;

//! The HTTP/1.1 client of `ssel wrk`: one URL, many connections.
//!
//! [`Threads`] are the threads of a run, each with a readiness loop over its connections (`worker`) and its own
//! [`Hooks`], the functions of a script. A connection has a `ConnectionState`; it sends a [`RequestBatch`], and `h1`
//! parses the responses. Requests and responses allocate nothing, and data that the hooks do not use is not prepared.
//!
//! Each thread counts into a [`WrkTally`](crate::metrics::Tally) that others can read at any time, so that the results of
//! a thread whose script never returns are not lost.

mod batch;
mod connection;
mod endpoint;
mod hooks;
mod plan;
mod socket;
mod stream;
mod threads;
mod timers;
mod wakeup;
mod worker;

pub(crate) use crate::h1::each_header;
pub(crate) use batch::RequestBatch;
pub(crate) use endpoint::{Endpoint, format_request};
pub(crate) use hooks::{Fixed, Hooks, Raised, Wants};
pub(crate) use plan::{LoadPlan, WrkTls};
pub(crate) use threads::{ThreadHandle, ThreadState, Threads, WrkResult};

//! The HTTP/1.1 client of `ssel wrk`: one URL, many connections.
//!
//! A [`Threads`] is a number of threads, each with a readiness loop over its connections (`worker`) and with [`Hooks`] of its
//! own: what a script adds to it. A connection goes through `Phase`s; what it sends is a [`Batch`] of requests, what
//! comes back is read by `h1`. Nothing is allocated for each request or response, and what the hooks do not want
//! is not prepared.
//!
//! Each thread counts into a [`Tally`](crate::metrics::Tally) that others can read at any time, so that a thread whose
//! script never comes back takes no result with it.

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
pub(crate) use batch::Batch;
pub(crate) use endpoint::{Endpoint, format_request};
pub(crate) use hooks::{Fixed, Hooks, Raised, Wants};
pub(crate) use plan::{LoadPlan, Tls};
pub(crate) use threads::{Ended, ThreadHandle, ThreadState, Threads};

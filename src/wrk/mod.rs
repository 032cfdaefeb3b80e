//! The HTTP/1.1 client of `ssel wrk`: one URL, many connections.
//!
//! A [`Crew`] is a number of threads, each with a readiness loop over its connections (`worker`) and with [`Hooks`] of its
//! own: what a script adds to it. A connection goes through `Phase`s; what it sends is a [`Batch`] of requests, what
//! comes back is read by `h1`. Nothing is allocated for each request or response, and what the hooks do not want
//! is not prepared.
//!
//! Each thread counts into a [`Tally`](crate::metrics::Tally) that others can read at any time, so that a thread whose
//! script never comes back takes no result with it.

mod alarm;
mod batch;
mod connection;
mod crew;
mod hooks;
mod plan;
mod socket;
mod stream;
mod target;
mod timers;
mod worker;

pub(crate) use crate::h1::each_header;
pub(crate) use batch::Batch;
pub(crate) use crew::{Crew, Ended, Seat, Shared};
pub(crate) use hooks::{Fixed, Hooks, Raised, Wants};
pub(crate) use plan::{Plan, Tls};
pub(crate) use target::{Target, format_request};

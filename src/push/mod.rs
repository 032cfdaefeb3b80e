//! Outputs that push a run to a store: `-o prometheus=URL`, `-o otlp=URL`.
//!
//! ```text
//! deciding thread            thread "ssel-push"
//! Frame each second ──> Mailbox ──> Destination ──> Queue ──> control::Client ──> the store
//!                       (merged)    (one state       (bounded)   ^   │ retried
//!                                    per series)                 └───┘
//! ```
//!
//! - Frames are pushed instead of samples, so the cost of an output depends on the number of series and not on the load.
//! - A [`Destination`] encodes the requests of a store. Everything else is the same for all stores and is in this module.
//! - A store that is slow, unreachable, full or rejects everything delays nothing: waiting frames are merged, unsent
//!   requests wait up to a bound, and the [`DeliveryStats`] count what did not arrive.

mod backoff;
mod destination;
mod mailbox;
mod otlp;
mod output;
pub(crate) mod prometheus;
mod pusher;
mod queue;
mod sender;
mod series_filter;
mod settings;

pub(crate) use self::destination::{Delivery, Destination, PushRequest, RunContext};
pub(crate) use self::output::{PushOutput, is_pushed, named};
pub(crate) use self::pusher::{Pusher, StoreStatus};
pub(crate) use self::queue::DeliveryStats;
pub(crate) use self::series_filter::{SeriesFilter, labels};
pub(crate) use self::settings::{OutputSettings, OutputSpec, SettingsError};

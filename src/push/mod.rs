//! Outputs that push a run to a store: `-o prometheus=URL`, `-o otlp=URL`.
//!
//! ```text
//! deciding thread            thread "ssel-push"
//! Frame each second ──> Mailbox ──> Destination ──> Queue ──> control::Client ──> the store
//!                       (joined)    (one state       (bounded)   ^   │ again, later
//!                                    per series)                 └───┘
//! ```
//!
//! - The unit is the frame and not the sample, so that an output costs what its series cost and nothing for the load.
//! - A [`Destination`] knows the form of a store's requests. All else is the same for all stores and lies here.
//! - A store that is slow, away, full or refuses everything holds nobody up: frames that nobody fetches are joined,
//!   requests that cannot be sent wait up to a bound, and the [`DeliveryStats`] says what did not arrive.

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
pub(crate) use self::settings::{OutputSettings, OutputSpec, Problem};

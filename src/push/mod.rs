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
//!   requests that cannot be sent wait up to a bound, and the [`Account`] says what did not arrive.

mod backoff;
mod choice;
mod destination;
mod mailbox;
mod named;
mod otlp;
pub(crate) mod prometheus;
mod pusher;
mod queue;
mod sender;
mod settings;

pub(crate) use self::choice::{Choice, labels};
pub(crate) use self::destination::{About, Destination, Request, Verdict};
pub(crate) use self::named::{Named, is_pushed, named};
pub(crate) use self::pusher::{News, Pusher};
pub(crate) use self::queue::Account;
pub(crate) use self::settings::{OutputSettings, Problem, Stated};

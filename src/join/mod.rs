//! One run of many processes: part 0 listens, the others join it.
//!
//! ```text
//!   part 1..N                                      part 0
//!   Follower                                       Leader
//!   POST /join      Hello: who the part is    ──>  Members: admitted, or rejected with the difference
//!   GET  /clock     several times             ──>  the clock of part 0
//!   GET  /orders    an event stream           <──  Orders: set up, go, stop, end
//!   GET  /setup                               <──  the return value of setup()
//!   POST /messages  frames, each second       ──>  MergedFrames: frames of all others, merged second by second
//! ```
//!
//! - Hello, outbox, members, merged frames and orders are pure; only `leader` and `follower` use a clock and sockets.
//! - Each side has one thread, `ssel-join`. The deciding thread exchanges data with it and never waits for the network.
//! - Messages are numbered, and a batch is resent until it is acknowledged: nothing is lost when a link fails and recovers.
//! - Orders are always sent as a whole.

mod address;
mod follower;
mod hello;
mod leader;
mod members;
mod merged;
mod orders;
mod outbox;
mod part;
mod token;
mod wire;

pub use address::Address;
pub(crate) use address::PORT;
pub(crate) use follower::Disconnected;
pub use follower::Follower;
pub use hello::Hello;
pub use leader::Leader;
pub(crate) use orders::{Clock, Orders, Stop};
pub(crate) use part::{PartEnd, PartState, PartTally};
pub(crate) use token::{Token, VARIABLE as TOKEN_VARIABLE};
pub(crate) use wire::Heartbeat;

/// The header of every request of a part. A browser does not send it for a page of another site without a preflight.
const HEADER: &str = "ssel-join";

#[cfg(test)]
#[path = "tests/pair.rs"]
mod tests;

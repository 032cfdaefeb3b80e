//! Many processes, one run: part 0 set_listening, the others join it.
//!
//! ```text
//!   part 1..N                                      part 0
//!   Follower                                       Leader
//!   POST /join      who I am                  ──>  Members: let in, or told what differs
//!   GET  /clock     several times             ──>  the clock of part 0
//!   GET  /orders    an event stream           <──  Orders: set up, go, stop, end
//!   GET  /setup                               <──  what setup() returned
//!   POST /messages  frames, each second       ──>  MergedFrames: frames of all others, merged second by second
//! ```
//!
//! - Hello, outbox, members, merged and orders are pure: a clock and sockets are only in `leader` and `follower`.
//! - Each side has one thread, `ssel-join`. The thread that decides hands over and takes, and never waits for the network.
//! - A message has a number, and a batch is sent until it is acknowledged: a link that is cut and mended loses nothing.
//! - Orders are always told as a whole.

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

/// The header that every request of a part has: no browser sends it for a foreign page without asking first.
const HEADER: &str = "ssel-join";

#[cfg(test)]
#[path = "tests/pair.rs"]
mod tests;

//! The network side of a part other than part 0, on its own thread.

mod connection;

use std::io;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::address::Address;
use super::hello::Hello;
use super::members::{GONE_AFTER, LOST_AFTER, Refusal};
use super::orders::{Clock, Orders};
use super::outbox::Outbox;
use super::part::PartEnd;
use super::token::Token;
use super::wire::{Content, Heartbeat, json};
use crate::metrics::SeriesInfo;
use crate::record::Frame;
use crate::sync::Mutex;

/// The longest text of a message. A batch of messages with their frames stays below the limit of part 0.
const LONGEST: usize = 32 << 20;

/// Why a part has lost part 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disconnected {
    /// Part 0 rejected it.
    #[error("part 0 rejected this part: {0}")]
    Refused(Refusal),
    /// Part 0 has another token.
    #[error(
        "part 0 refused the token: set {} to the same secret for all parts",
        super::TOKEN_VARIABLE
    )]
    Token,
    /// Part 0 was silent for too long.
    #[error("part 0 has been silent for {} s", .0.as_secs())]
    Silent(Duration),
    /// Nothing listens on the address of part 0 any more.
    #[error("part 0 has ended")]
    Gone,
    /// The HTTP client could not be created.
    #[error("{0}")]
    Client(String),
}

/// A part that joins part 0, or has joined it. Dropping it closes its connections.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<FollowerState>,
    _stop: oneshot::Sender<()>,
}

/// The state that the thread of the connection shares with the deciding thread.
#[derive(Debug)]
struct FollowerState {
    state: Mutex<LinkState>,
    outbox: Mutex<Outbox>,
    /// Notified when there is something to send.
    wake: Notify,
}

#[derive(Debug)]
struct LinkState {
    clock: Option<Clock>,
    orders: Orders,
    setup: Option<Vec<u8>>,
    lost: Option<Disconnected>,
    /// When part 0 last sent anything.
    last_seen: Instant,
    /// Since when connections to its address have been refused.
    closed: Option<Instant>,
    /// The last connection problem.
    trouble: Option<String>,
    is_leaving: bool,
    has_left: bool,
}

impl FollowerState {
    fn state(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock()
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock()
    }

    fn note_contact(&self) {
        let mut state = self.state();
        state.last_seen = Instant::now();
        state.closed = None;
        state.trouble = None;
    }

    /// Records a connection problem; `is_closed` means that the connection was refused.
    fn note_trouble(&self, trouble: String, is_closed: bool) {
        let mut state = self.state();
        state.trouble = Some(trouble);
        if is_closed {
            state.closed.get_or_insert_with(Instant::now);
        } else {
            state.closed = None;
        }
    }

    fn disconnect(&self, lost: Disconnected) {
        self.state().lost.get_or_insert(lost);
        self.wake.notify_one();
    }
}

impl Follower {
    /// Starts to join part 0 at `address` as the part that `own` describes.
    ///
    /// # Errors
    /// The thread or its runtime cannot be started.
    pub fn join(address: Address, token: Option<Token>, own: Hello) -> io::Result<Self> {
        let own = own.of_this_version();
        let shared = Arc::new(FollowerState {
            state: Mutex::new(LinkState {
                clock: None,
                orders: Orders::default(),
                setup: None,
                lost: None,
                last_seen: Instant::now(),
                closed: None,
                trouble: None,
                is_leaving: false,
                has_left: false,
            }),
            outbox: Mutex::default(),
            wake: Notify::new(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let connection = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("ssel-join".into())
            .spawn(move || {
                runtime.block_on(connection::run(&connection, address, token, own, stopped));
            })?;
        Ok(Self {
            shared,
            _stop: stop,
        })
    }

    /// The clock of part 0; `None` until this part has joined.
    pub fn clock(&self) -> Option<Clock> {
        self.shared.state().clock
    }

    /// The last connection problem; `None` while the connection works.
    pub fn trouble(&self) -> Option<String> {
        self.shared.state().trouble.clone()
    }

    /// Why this part has lost part 0, if it has. Silence counts only after this part has joined.
    pub fn lost(&self) -> Option<Disconnected> {
        let mut state = self.shared.state();
        if state.lost.is_none() && state.clock.is_some() && state.orders.end.is_none() {
            let silence = state.last_seen.elapsed();
            if state
                .closed
                .is_some_and(|since| since.elapsed() >= GONE_AFTER)
            {
                state.lost = Some(Disconnected::Gone);
            } else if silence >= LOST_AFTER {
                state.lost = Some(Disconnected::Silent(silence));
            }
        }
        state.lost.clone()
    }

    /// The latest orders of part 0.
    pub fn orders(&self) -> Orders {
        self.shared.state().orders.clone()
    }

    /// The return value of `setup`; `None` until it has arrived.
    pub fn setup(&self) -> Option<Vec<u8>> {
        self.shared.state().setup.clone()
    }

    /// Sends a frame with the series that are new in it.
    pub fn frame(&self, new: &[SeriesInfo], frame: Frame) {
        let mut outbox = self.shared.outbox();
        for series in new {
            outbox.message(Content::Series(json(series)));
        }
        outbox.frame(frame);
        self.shared.wake.notify_one();
    }

    /// Reports that all VUs exist.
    pub fn ready(&self) {
        self.send(Content::Ready(true));
    }

    /// Reports when the load actually started, by the clock of part 0.
    pub fn begun(&self, at: i64) {
        self.send(Content::Begun(at));
    }

    /// Reports the progress of the load with the next message.
    pub fn beat(&self, beat: Heartbeat) {
        self.shared.outbox().message(Content::Heartbeat(beat));
    }

    /// Reports how the load ended. Data that a benchmark collected beside the metrics is dropped if it exceeds a
    /// message.
    pub fn end(&self, end: PartEnd) {
        let mut text = json(&end);
        if text.len() > LONGEST {
            text = json(&PartEnd { extra: None, ..end });
        }
        self.send(Content::End(text));
    }

    fn send(&self, content: Content) {
        self.shared.outbox().message(content);
        self.shared.wake.notify_one();
    }

    /// Whether part 0 has acknowledged every message.
    pub fn is_all_sent(&self) -> bool {
        self.shared.outbox().is_empty()
    }

    /// Signs off from part 0, and waits up to a second for the acknowledgement.
    pub fn leave(self) {
        self.shared.state().is_leaving = true;
        self.shared.wake.notify_one();
        let until = Instant::now() + Duration::from_secs(1);
        while !self.shared.state().has_left && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

//! The job that reads a stream, decodes it and passes events to Lua.
//!
//! It is a job of the iteration that opened it. It goes on reading while a handler waits, so that the time of an event
//! is the time its bytes arrived and not the time Lua got round to it. It pauses when [`QUEUE_LIMIT`] bytes of events
//! wait for a slow handler. Closed, or dropped with its iteration, it ends at once and is recorded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context as Waking, Poll};
use std::time::{Duration, Instant};

use url::Url;

use super::batch::Batch;
use super::pace::Pace;
use super::params::Prepared;
use super::received::{Received, Wants};
use crate::http::{Error, EventStream, Head, StreamOutcome};
use crate::samples::{Requester as _, StreamSamples, Times};
use crate::script::context::Context;
use crate::script::tasks::{Background, Job, QUEUE_LIMIT};
use crate::script::wakers::Slot;

/// What a flood has grown is given back when the stream rests so long after it.
const REST: Duration = Duration::from_secs(1);

/// What comes sooner after the last belongs to one flood with it.
const PAUSE: Duration = Duration::from_millis(50);

/// A stream. Reading and Lua take turns on one thread.
pub(super) struct Stream {
    context: Rc<Context>,
    /// The URL that was asked for.
    pub(super) url: Url,
    state: RefCell<State>,
    /// How many of the records that are lent to Lua it has handed out. Lua counts them here.
    handed: Cell<u32>,
    /// Whether there is something new for Lua.
    news: Cell<bool>,
    /// Who waits for that.
    waiting: Slot,
    /// Who reads.
    reader: Slot,
}

struct State {
    /// `None` once it is over.
    stream: Option<EventStream>,
    received: Received,
    lent: Lent,
    head: Option<Rc<Head>>,
    outcome: Option<StreamOutcome>,
}

/// What Lua reads through pointers: neither moved nor freed until it takes the next.
#[derive(Default)]
struct Lent {
    batch: Batch,
    /// The portion of it that Lua has.
    from: usize,
    to: usize,
    pace: Pace,
    /// When a batch was last large; `None` if none of the memory it needed is left.
    large: Option<Instant>,
    /// How many times Lua is to collect garbage, for it has taken an event that leaves much. A loop over events holds one
    /// until it has the next, so once is not enough.
    collections: u8,
    /// Since when Lua has waited for more.
    waits_since: Option<Instant>,
}

/// What Lua is to do next.
pub(super) enum Next {
    /// Hand out records: whether there was a pause before them, how many, and where they and their texts begin.
    Records(bool, usize, *const u8, *const u8),
    /// Give the thread to others and come back.
    GiveWay,
    /// Wait; and before that collect garbage, if a large event has left some.
    Wait { collect: bool },
    /// There is nothing any more.
    Over,
}

/// A stream whose request is about to be sent.
pub(super) fn start(context: &Rc<Context>, prepared: Prepared, wants: Wants) -> Rc<Stream> {
    let Prepared {
        mut request,
        options,
        tags,
    } = prepared;
    let url = request.url.clone();
    let measure = StreamSamples::new(Rc::clone(context), &mut request, &tags);
    let stream = EventStream::new(&context.client(), request, options);
    let stream = Rc::new(Stream {
        context: Rc::clone(context),
        url,
        state: RefCell::new(State {
            stream: Some(stream),
            received: Received::new(wants, measure),
            lent: Lent::default(),
            head: None,
            outcome: None,
        }),
        handed: Cell::new(0),
        news: Cell::new(false),
        waiting: Slot::default(),
        reader: Slot::default(),
    });
    context.start(Job::Background(stream.clone()));
    stream
}

impl Background for Stream {
    fn poll(&self, cx: &mut Waking<'_>) -> Poll<()> {
        self.reader.set(cx);
        let mut state = self.state.borrow_mut();
        let polled = state.poll(cx);
        if std::mem::take(&mut state.received.news) || polled.is_ready() {
            self.tell();
        }
        polled
    }

    fn cut_off(&self) {
        self.close();
    }
}

impl State {
    fn poll(&mut self, cx: &mut Waking<'_>) -> Poll<()> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(());
        };
        let received = &mut self.received;
        loop {
            let has_room = received.batch.size() < QUEUE_LIMIT;
            let polled = if has_room {
                stream.poll_next(cx, received)
            } else {
                stream.poll_away(cx, received)
            };
            match polled {
                Poll::Ready(true) => {}
                Poll::Ready(false) => {
                    self.end();
                    return Poll::Ready(());
                }
                Poll::Pending => break,
            }
        }
        received.count_unasked();
        received.measure.progress(stream.outcome());
        if self.head.is_none() {
            self.head = stream.shared_head();
        }
        Poll::Pending
    }

    /// Ends the stream, unless it is over, and records its end.
    fn end(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let received = &mut self.received;
        let outcome = stream.finish(received);
        received.count_unasked();
        self.head = stream.shared_head();
        received.measure.ended(&outcome, self.head.as_deref());
        self.outcome = Some(outcome);
    }

    /// Counts the events that Lua has handed out of its portion.
    fn count_handed(&mut self, handed: usize) {
        let Lent {
            batch, from, to, ..
        } = &mut self.lent;
        let records = batch.records().get(*from..*to).unwrap_or_default();
        let (mut time, mut n) = (0.0_f64, 0);
        for record in records.iter().take(handed).filter(|one| one.is_event()) {
            // Times of one read are copies of each other.
            if record.time().to_bits() != time.to_bits() {
                self.received.measure.events(time, n);
                (time, n) = (record.time(), 0);
            }
            n += 1;
        }
        self.received.measure.events(time, n);
        *from = *to;
    }

    /// Lends the next records. `left` is the time in which Lua is to be done with them.
    fn lend(&mut self, now: Instant, left: Duration) -> Next {
        let Lent {
            batch,
            from,
            to,
            pace,
            large,
            collections,
            waits_since,
        } = &mut self.lent;
        let received = &mut self.received.batch;
        if *to == batch.records().len() {
            (*from, *to) = (0, 0);
            batch.clear();
            if received.is_empty() {
                if self.outcome.is_some() {
                    self.lent = Lent::default();
                    *received = Batch::default();
                    return Next::Over;
                }
                if large.is_some_and(|at| now.saturating_duration_since(at) >= REST) {
                    *large = None;
                    batch.shrink();
                    received.shrink();
                }
                waits_since.get_or_insert(now);
                let collect = *collections > 0;
                *collections = collections.saturating_sub(1);
                return Next::Wait { collect };
            }
            std::mem::swap(batch, received);
            if batch.is_bulky() {
                *collections = 2;
            }
            if batch.is_large() {
                *large = Some(now);
            }
        }
        let n = pace.portion(now, left, batch.records().len() - *to);
        (*from, *to) = (*to, *to + n);
        let rested = waits_since
            .take()
            .is_some_and(|since| now.saturating_duration_since(since) >= PAUSE);
        Next::Records(
            rested,
            n,
            batch.records()[*from..].as_ptr().cast(),
            batch.texts().as_ptr(),
        )
    }
}

impl Stream {
    /// Where Lua is to count the records that it has handed out of the portion it took last.
    pub(super) fn counter(&self) -> *mut u32 {
        self.handed.as_ptr()
    }

    /// Lends to Lua what was read so far, as much of it as it may hand out before others have the thread.
    pub(super) fn take(&self) -> Next {
        let mut state = self.state.borrow_mut();
        state.count_handed(self.handed.replace(0) as usize);
        let now = Instant::now();
        let left = self.context.slice_left(now);
        if left.is_zero() {
            self.news.set(true);
            return Next::GiveWay;
        }
        let was_full = state.received.batch.size() >= QUEUE_LIMIT;
        let next = state.lend(now, left);
        if was_full {
            self.reader.wake();
        }
        next
    }

    /// The failure that comes next among the records, and the pause until the next attempt.
    pub(super) fn failure(&self) -> Option<(Error, Duration)> {
        self.state.borrow_mut().received.failures.pop_front()
    }

    pub(super) fn ended(&self) -> bool {
        self.state.borrow().outcome.is_some()
    }

    /// Ends the stream, unless it is over. What Lua has not handed out by now is not counted.
    pub(super) fn close(&self) {
        let mut state = self.state.borrow_mut();
        state.count_handed(self.handed.replace(0) as usize);
        state.received.batch = Batch::default();
        if state.outcome.is_none() {
            state.end();
            self.tell();
            self.reader.wake();
        }
    }

    /// Ready when there may be something new for Lua.
    pub(super) fn poll_news(&self, cx: &Waking<'_>) -> Poll<()> {
        if self.news.take() || self.ended() {
            return Poll::Ready(());
        }
        self.waiting.set(cx);
        Poll::Pending
    }

    /// Calls `f` with what is known of the response.
    pub(super) fn with_response<T>(
        &self,
        f: impl FnOnce(Option<&Head>, Option<(&StreamOutcome, Times)>) -> T,
    ) -> T {
        let state = self.state.borrow();
        let outcome = state.outcome.as_ref();
        let outcome = outcome.map(|outcome| (outcome, state.received.measure.times(outcome)));
        f(state.head.as_deref(), outcome)
    }

    fn tell(&self) {
        self.news.set(true);
        self.waiting.wake();
    }
}

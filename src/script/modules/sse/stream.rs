//! The job that reads a stream, decodes it and passes events to Lua.
//!
//! It is a job of the iteration that opened the stream. It continues to read while a handler waits, so that the time of an
//! event is the time at which its bytes arrived. Reading pauses when [`QUEUE_LIMIT`] bytes of events wait for a slow handler.
//! When the stream is closed, or dropped with its iteration, it ends immediately and is recorded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context as Waking, Poll};
use std::time::{Duration, Instant};

use url::Url;

use super::batch::EventBatch;
use super::params::PreparedStream;
use super::portion::PortionSizer;
use super::received::{Received, Subscriptions};
use crate::http::{Error, EventStream, Head, StreamOutcome};
use crate::samples::{RequestTimes, Requester as _, StreamSamples};
use crate::script::context::Context;
use crate::script::tasks::{BackgroundJob, IterationJob, QUEUE_LIMIT};
use crate::script::waker_slot::WakerSlot;

/// The memory of a flood is freed after the stream has been idle for this long.
const REST: Duration = Duration::from_secs(1);

/// Events after a shorter pause belong to the same flood.
const PAUSE: Duration = Duration::from_millis(50);

/// A stream of a script. Reading and Lua alternate on one thread.
pub(super) struct ScriptStream {
    context: Rc<Context>,
    /// The requested URL.
    pub(super) url: Url,
    state: RefCell<ScriptStreamState>,
    /// The number of lent records that Lua has delivered. Lua writes it.
    delivered: Cell<u32>,
    /// Whether there is news for Lua.
    news: Cell<bool>,
    /// The coroutine that waits for news.
    waiting: WakerSlot,
    /// The job that reads.
    reader: WakerSlot,
}

struct ScriptStreamState {
    /// `None` after the end.
    stream: Option<EventStream>,
    received: Received,
    lent: LentBatch,
    head: Option<Rc<Head>>,
    outcome: Option<StreamOutcome>,
}

/// The records that Lua reads through pointers. They are neither moved nor freed until Lua takes the next ones.
#[derive(Default)]
struct LentBatch {
    batch: EventBatch,
    /// The portion that Lua has.
    from: usize,
    to: usize,
    sizer: PortionSizer,
    /// When a batch was last large; `None` if its memory has been freed.
    large: Option<Instant>,
    /// How many times Lua has to collect garbage after a large event. A loop over events keeps one event until it has the next,
    /// so once is not enough.
    collections: u8,
    /// Since when Lua has been waiting.
    waits_since: Option<Instant>,
}

/// The next action of Lua.
pub(super) enum NextAction {
    /// Deliver records: whether there was a pause before them, their number, and the addresses of the records and their texts.
    Records(bool, usize, *const u8, *const u8),
    /// Yield the thread and try again.
    GiveWay,
    /// Wait, after collecting the garbage of a large event if there is some.
    Wait { collect: bool },
    /// The stream has ended.
    Over,
}

/// Starts a stream; its first poll sends the request.
pub(super) fn start(
    context: &Rc<Context>,
    prepared: PreparedStream,
    wants: Subscriptions,
) -> Rc<ScriptStream> {
    let PreparedStream {
        mut request,
        options,
        tags,
    } = prepared;
    let url = request.url.clone();
    let samples = StreamSamples::new(Rc::clone(context), &mut request, &tags);
    let stream = EventStream::new(&context.client(), request, options);
    let stream = Rc::new(ScriptStream {
        context: Rc::clone(context),
        url,
        state: RefCell::new(ScriptStreamState {
            stream: Some(stream),
            received: Received::new(wants, samples),
            lent: LentBatch::default(),
            head: None,
            outcome: None,
        }),
        delivered: Cell::new(0),
        news: Cell::new(false),
        waiting: WakerSlot::default(),
        reader: WakerSlot::default(),
    });
    context.start(IterationJob::Background(stream.clone()));
    stream
}

impl BackgroundJob for ScriptStream {
    fn poll(&self, cx: &mut Waking<'_>) -> Poll<()> {
        self.reader.set(cx);
        let mut state = self.state.borrow_mut();
        let polled = state.poll(cx);
        if std::mem::take(&mut state.received.news) || polled.is_ready() {
            self.notify();
        }
        polled
    }

    fn cut_off(&self) {
        self.close();
    }
}

impl ScriptStreamState {
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
        received.count_uncounted();
        received.samples.progress(stream.outcome());
        if self.head.is_none() {
            self.head = stream.shared_head();
        }
        Poll::Pending
    }

    /// Ends the stream, unless it has ended, and records the end.
    fn end(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let received = &mut self.received;
        let outcome = stream.finish(received);
        received.count_uncounted();
        self.head = stream.shared_head();
        received.samples.ended(&outcome, self.head.as_deref());
        self.outcome = Some(outcome);
    }

    /// Counts the events of its portion that Lua has delivered.
    fn count_delivered(&mut self, delivered: usize) {
        let LentBatch {
            batch, from, to, ..
        } = &mut self.lent;
        let records = batch.records().get(*from..*to).unwrap_or_default();
        let (mut time, mut n) = (0.0_f64, 0);
        for record in records.iter().take(delivered).filter(|one| one.is_event()) {
            // Events of one read have exactly the same time.
            if record.time().to_bits() != time.to_bits() {
                self.received.samples.events(time, n);
                (time, n) = (record.time(), 0);
            }
            n += 1;
        }
        self.received.samples.events(time, n);
        *from = *to;
    }

    /// Lends the next records to Lua, which should be done with them within the time `left`.
    fn lend(&mut self, now: Instant, left: Duration) -> NextAction {
        let LentBatch {
            batch,
            from,
            to,
            sizer,
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
                    self.lent = LentBatch::default();
                    *received = EventBatch::default();
                    return NextAction::Over;
                }
                if large.is_some_and(|at| now.saturating_duration_since(at) >= REST) {
                    *large = None;
                    batch.shrink();
                    received.shrink();
                }
                waits_since.get_or_insert(now);
                let collect = *collections > 0;
                *collections = collections.saturating_sub(1);
                return NextAction::Wait { collect };
            }
            std::mem::swap(batch, received);
            if batch.is_bulky() {
                *collections = 2;
            }
            if batch.is_large() {
                *large = Some(now);
            }
        }
        let n = sizer.portion(now, left, batch.records().len() - *to);
        (*from, *to) = (*to, *to + n);
        let rested = waits_since
            .take()
            .is_some_and(|since| now.saturating_duration_since(since) >= PAUSE);
        NextAction::Records(
            rested,
            n,
            batch.records()[*from..].as_ptr().cast(),
            batch.texts().as_ptr(),
        )
    }
}

impl ScriptStream {
    /// The counter of the records that Lua has delivered of its portion.
    pub(super) fn counter(&self) -> *mut u32 {
        self.delivered.as_ptr()
    }

    /// Lends to Lua as many of the waiting records as fit into its time slice.
    pub(super) fn take(&self) -> NextAction {
        let mut state = self.state.borrow_mut();
        state.count_delivered(self.delivered.replace(0) as usize);
        let now = Instant::now();
        let left = self.context.slice_left(now);
        if left.is_zero() {
            self.news.set(true);
            return NextAction::GiveWay;
        }
        let was_full = state.received.batch.size() >= QUEUE_LIMIT;
        let next = state.lend(now, left);
        if was_full {
            self.reader.wake();
        }
        next
    }

    /// The error of the next failure among the records, and the pause until the next attempt.
    pub(super) fn failure(&self) -> Option<(Error, Duration)> {
        self.state.borrow_mut().received.failures.pop_front()
    }

    pub(super) fn ended(&self) -> bool {
        self.state.borrow().outcome.is_some()
    }

    /// Ends the stream, unless it has ended. Events that Lua has not delivered are not counted.
    pub(super) fn close(&self) {
        let mut state = self.state.borrow_mut();
        state.count_delivered(self.delivered.replace(0) as usize);
        state.received.batch = EventBatch::default();
        if state.outcome.is_none() {
            state.end();
            self.notify();
            self.reader.wake();
        }
    }

    /// Ready when there may be news for Lua.
    pub(super) fn poll_news(&self, cx: &Waking<'_>) -> Poll<()> {
        if self.news.take() || self.ended() {
            return Poll::Ready(());
        }
        self.waiting.set(cx);
        Poll::Pending
    }

    /// Calls `f` with the response so far.
    pub(super) fn with_response<T>(
        &self,
        f: impl FnOnce(Option<&Head>, Option<(&StreamOutcome, RequestTimes)>) -> T,
    ) -> T {
        let state = self.state.borrow();
        let outcome = state.outcome.as_ref();
        let outcome = outcome.map(|outcome| (outcome, state.received.samples.times(outcome)));
        f(state.head.as_deref(), outcome)
    }

    fn notify(&self) {
        self.news.set(true);
        self.waiting.wake();
    }
}

//! One open stream: a task that reads, stamps and decodes, and what it hands to Lua.
//!
//! The task goes on reading while a handler waits, so that the time of an event is the time its bytes arrived and
//! not the time Lua got round to it. It pauses when [`QUEUE_LIMIT`] bytes of events wait for a slow handler; from
//! there on the server feels the pressure, as it would from a slow reader.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mlua::UserData;
use tokio::sync::Notify;

use super::super::super::context::{Context, Interruptible};
use super::batch::Batch;
use super::measure::Measure;
use super::params::Prepared;
use crate::http::{self, EventSink, EventStream, Head, Outcome};
use crate::metrics::Tags;
use crate::samples::Times;
use crate::sse::{Event, Flow};

/// Bytes of decoded events that may wait for Lua.
const QUEUE_LIMIT: usize = 4 << 20;

/// What Lua holds of a stream.
pub(super) struct Stream(pub(super) Rc<Shared>);

impl UserData for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What the reading task and Lua share. They take turns on one thread.
pub(super) struct Shared {
    context: Rc<Context>,
    pub(super) prepared: Prepared,
    /// Whether a handler wants the events; else they are only counted.
    wants_events: bool,
    /// Events read and not yet taken by Lua.
    filling: RefCell<Batch>,
    /// Events that Lua is reading through pointers: neither moved nor freed until it takes the next ones.
    lent: RefCell<Batch>,
    measure: RefCell<Measure>,
    state: RefCell<State>,
    closing: Cell<bool>,
    /// Whether Lua has taken events and not yet told how many of them it handed out.
    unreported: Cell<bool>,
    /// Woken when there is something for Lua.
    news: Notify,
    /// Woken when Lua has made room, or closes.
    room: Notify,
}

#[derive(Default)]
struct State {
    head: Option<Head>,
    phase: Phase,
    outcome: Option<Outcome>,
}

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// The headers are not here yet.
    #[default]
    Opening,
    /// Events may come.
    Open,
    /// It failed before it was open; there will be no events.
    Failed,
}

/// Sends the request and starts reading.
pub(super) fn start(
    context: &Rc<Context>,
    prepared: Prepared,
    wants_events: bool,
    comments: bool,
) -> Rc<Shared> {
    let measure = Measure::new(
        context,
        &prepared.request.method,
        &prepared.request.url,
        &prepared.tags,
    );
    let shared = Rc::new(Shared {
        context: Rc::clone(context),
        prepared,
        wants_events: wants_events || comments,
        filling: RefCell::new(Batch::new(comments)),
        lent: RefCell::new(Batch::new(comments)),
        measure: RefCell::new(measure),
        state: RefCell::new(State::default()),
        closing: Cell::new(false),
        unreported: Cell::new(false),
        news: Notify::new(),
        room: Notify::new(),
    });
    let as_interruptible: Rc<dyn Interruptible> = shared.clone();
    context.add_open_stream(&as_interruptible);
    tokio::task::spawn_local(read(Rc::clone(&shared), context.client()));
    shared
}

/// The reading task.
async fn read(shared: Rc<Shared>, client: http::Client) {
    if shared.closing.get() {
        return shared.end(Outcome::default());
    }
    let request = shared.prepared.request.clone();
    let options = shared.prepared.options.clone();
    let waiting = Opening(Some(shared));
    // In a box of its own: what opening needs would else stay with the task as long as the stream lasts.
    let mut opening = Box::pin(EventStream::open(&client, request, options));
    let stream = tokio::select! {
        stream = &mut opening => stream,
        () = waiting.closed() => return,
    };
    drop(opening);
    let Some(shared) = waiting.over() else { return };
    let mut reader = Reader { shared, stream };
    reader.opened();
    loop {
        reader.shared.has_room().await;
        let mut feed = Feed {
            shared: &reader.shared,
            at: Duration::ZERO,
            count: 0,
        };
        let open = tokio::select! {
            open = reader.stream.next(&mut feed) => open,
            () = reader.shared.closed() => false,
        };
        feed.flush();
        reader
            .shared
            .measure
            .borrow_mut()
            .progress(reader.stream.outcome());
        if reader.shared.filling.borrow().has_records() {
            reader.shared.news.notify_one();
        }
        if !open {
            return;
        }
    }
}

/// Keeps the promise that a request is counted, also when it is given up before there is an answer.
struct Opening(Option<Rc<Shared>>);

impl Opening {
    async fn closed(&self) {
        if let Some(shared) = &self.0 {
            shared.closed().await;
        }
    }

    fn over(mut self) -> Option<Rc<Shared>> {
        self.0.take()
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.measure.borrow_mut().given_up();
            shared.end(Outcome::default());
        }
    }
}

/// Keeps the promise that a stream is counted however its task ends: at its end, closed, or dropped with the run.
struct Reader {
    shared: Rc<Shared>,
    stream: EventStream,
}

impl Reader {
    fn opened(&self) {
        let ok = self.stream.error().is_none();
        self.shared
            .measure
            .borrow_mut()
            .opened(self.stream.head(), ok);
        let mut state = self.shared.state.borrow_mut();
        state.head = self.stream.head().cloned();
        state.phase = if ok { Phase::Open } else { Phase::Failed };
        if ok {
            self.shared.count_open(1);
        }
        self.shared.news.notify_one();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let shared = &self.shared;
        if shared.phase() == Phase::Open {
            shared.count_open(-1);
        }
        let outcome = self.stream.finish();
        shared.measure.borrow_mut().ended(&outcome);
        shared.end(outcome);
    }
}

/// Takes events from the decoder: into the batch for Lua, or, when nobody asks, into a count.
struct Feed<'a> {
    shared: &'a Shared,
    at: Duration,
    count: u64,
}

impl EventSink for Feed<'_> {
    fn event(&mut self, at: Duration, event: &Event<'_>) -> Flow {
        if self.shared.wants_events {
            return self.shared.filling.borrow_mut().event(at, event);
        }
        // All events of one read carry one time.
        if at != self.at {
            self.flush();
            self.at = at;
        }
        self.count += 1;
        Flow::Continue
    }

    fn comment(&mut self, at: Duration, comment: &[u8]) -> Flow {
        if self.shared.wants_events {
            return self.shared.filling.borrow_mut().comment(at, comment);
        }
        Flow::Continue
    }
}

impl Feed<'_> {
    fn flush(&mut self) {
        self.shared
            .measure
            .borrow_mut()
            .events(self.at.as_secs_f64(), std::mem::take(&mut self.count));
    }
}

impl Shared {
    /// One stream more or less is open; the gauge is of all VUs together.
    fn count_open(&self, change: i64) {
        let open = &self.context.process.streams_open;
        let now = open.fetch_add(change, Ordering::Relaxed) + change;
        let recorder = &self.context.recorder;
        let gauge = self.context.process.registry.builtin().sse_streams;
        let none = Tags::new();
        let tags = self.context.process.tags.get().unwrap_or(&none);
        recorder.add(&recorder.series(gauge, tags), now as f64);
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.borrow().phase
    }

    /// Lends the events read so far to Lua: how many, and where records and texts begin. `None` at the end.
    pub(super) fn take(&self) -> Option<(usize, *const u8, *const u8)> {
        let mut lent = self.lent.borrow_mut();
        lent.clear();
        std::mem::swap(&mut *lent, &mut self.filling.borrow_mut());
        self.room.notify_one();
        if lent.records().is_empty() && self.ended() {
            return None;
        }
        self.unreported.set(!lent.records().is_empty());
        Some((
            lent.records().len(),
            lent.records().as_ptr().cast(),
            lent.texts().as_ptr(),
        ))
    }

    /// The first `n` of the lent events have been handed out.
    pub(super) fn delivered(&self, n: usize) {
        if !self.unreported.replace(false) {
            return;
        }
        let lent = self.lent.borrow();
        let mut measure = self.measure.borrow_mut();
        let times = lent
            .records()
            .iter()
            .take(n)
            .filter(|record| !record.is_comment())
            .map(super::batch::Record::time);
        let mut run = (0.0, 0);
        for time in times {
            // Times of one read are copies of each other.
            if time.to_bits() != f64::to_bits(run.0) {
                measure.events(run.0, run.1);
                run = (time, 0);
            }
            run.1 += 1;
        }
        measure.events(run.0, run.1);
    }

    pub(super) fn ended(&self) -> bool {
        self.state.borrow().outcome.is_some()
    }

    /// Asks the task to end; [`Shared::ended`] tells when it has.
    pub(super) fn close(&self) {
        self.closing.set(true);
        self.room.notify_one();
    }

    fn end(&self, outcome: Outcome) {
        self.state.borrow_mut().outcome = Some(outcome);
        // One task may wait for an event and another for the end; whoever comes later finds the outcome.
        self.news.notify_waiters();
        self.news.notify_one();
    }

    /// Resolves when there may be something new for Lua.
    pub(super) async fn has_news(&self) {
        self.news.notified().await;
    }

    /// Calls `f` with what is known of the response.
    pub(super) fn with_response<T>(
        &self,
        f: impl FnOnce(Option<&Head>, Option<&Outcome>) -> T,
    ) -> T {
        let state = self.state.borrow();
        f(state.head.as_ref(), state.outcome.as_ref())
    }

    /// Where the time of the stream went.
    pub(super) fn times(&self, outcome: &Outcome) -> Times {
        self.measure.borrow().times(outcome)
    }

    async fn has_room(&self) {
        while self.filling.borrow().size() > QUEUE_LIMIT && !self.closing.get() {
            self.room.notified().await;
        }
    }

    async fn closed(&self) {
        while !self.closing.get() {
            self.room.notified().await;
        }
    }
}

impl Interruptible for Shared {
    fn interrupt(&self) {
        // Cut off inside a handler: these events were received and taken, so they count.
        if self.unreported.get() {
            self.delivered(usize::MAX);
        }
        self.close();
    }
}

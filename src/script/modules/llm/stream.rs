//! A reply that a script takes piece by piece, while a task of its own reads it.
//!
//! The task goes on reading while `on_token` waits, so that times are those of the arrival.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context as Waking, Poll, Waker};
use std::time::Duration;

use mlua::{Lua, Table, UserData};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::super::super::context::{Context, Interruptible};
use super::ask::Asking;
use super::question::Question;
use super::result;
use crate::chat::{Exchange, Fragment};
use crate::llm::Part;

/// What Lua holds of a reply on its way.
pub(super) struct Stream {
    pieces: Rc<Pieces>,
    exchange: Rc<RefCell<Option<Exchange>>>,
    facts: result::Facts,
    /// Ends the task with the iteration.
    _task: Rc<dyn Interruptible>,
}

impl UserData for Stream {}

/// Sends the question and starts reading.
pub(super) fn start(context: &Rc<Context>, question: &Question) -> Stream {
    let pieces = Rc::new(Pieces::default());
    let exchange = Rc::new(RefCell::new(None));
    let asking = Asking::new(context, question);
    let reading = {
        let (context, pieces, place) = (context.clone(), pieces.clone(), exchange.clone());
        async move {
            let exchange = asking.run(&context, Some(Rc::clone(&pieces))).await;
            *place.borrow_mut() = Some(exchange);
            pieces.news.notify_one();
        }
    };
    let task: Rc<dyn Interruptible> =
        Rc::new(Task(tokio::task::spawn_local(reading).abort_handle()));
    context.add_open_stream(&task);
    Stream {
        pieces,
        exchange,
        facts: question.facts.clone(),
        _task: task,
    }
}

impl Stream {
    pub(super) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Whether the exchange is over.
    pub(super) fn ended(&self) -> bool {
        self.exchange.borrow().is_some()
    }

    /// Resolves when there may be a piece, or the end.
    pub(super) fn news(&self) -> impl Future<Output = ()> + 'static {
        let pieces = Rc::clone(&self.pieces);
        async move { pieces.news.notified().await }
    }

    /// The result of an exchange that is over.
    pub(super) fn result(&self, lua: &Lua) -> mlua::Result<Option<Table>> {
        let exchange = self.exchange.borrow_mut().take();
        exchange
            .map(|exchange| result::table(lua, &self.facts, exchange))
            .transpose()
    }
}

struct Task(AbortHandle);

impl Interruptible for Task {
    fn interrupt(&self) {
        self.0.abort();
    }
}

/// The pieces that have arrived and wait for Lua.
#[derive(Default)]
pub(super) struct Pieces {
    texts: RefCell<String>,
    /// For each piece where its text ends, its time and its kind.
    marks: RefCell<VecDeque<(usize, Duration, Part)>>,
    /// Where the next piece begins.
    next: Cell<usize>,
    is_closed: Cell<bool>,
    reader: RefCell<Option<Waker>>,
    news: Notify,
}

impl Pieces {
    pub(super) fn put(&self, fragment: &Fragment<'_>) {
        let mut texts = self.texts.borrow_mut();
        texts.push_str(fragment.text);
        self.marks
            .borrow_mut()
            .push_back((texts.len(), fragment.at, fragment.part));
        self.news.notify_one();
    }

    /// Hands the next piece to `f`; `None` if there is none.
    pub(super) fn take<T>(&self, f: impl FnOnce(&str, Duration, &'static str) -> T) -> Option<T> {
        let mut marks = self.marks.borrow_mut();
        let (end, at, part) = marks.pop_front()?;
        let start = self.next.replace(end);
        let mut texts = self.texts.borrow_mut();
        let taken = f(texts.get(start..end).unwrap_or_default(), at, word(part));
        if marks.is_empty() {
            texts.clear();
            self.next.set(0);
        }
        Some(taken)
    }

    /// Ends the exchange.
    pub(super) fn close(&self) {
        self.is_closed.set(true);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Ready once it is closed.
    pub(super) fn poll_closed(&self, cx: &Waking<'_>) -> Poll<()> {
        if self.is_closed.get() {
            return Poll::Ready(());
        }
        let mut reader = self.reader.borrow_mut();
        if !reader
            .as_ref()
            .is_some_and(|reader| reader.will_wake(cx.waker()))
        {
            *reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Content => "content",
        Part::Reasoning => "reasoning",
        Part::Tool => "tool",
    }
}

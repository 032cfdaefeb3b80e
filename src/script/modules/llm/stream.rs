//! A reply that a script receives fragment by fragment.
//!
//! It is a job of the iteration that asked. It is read on while `on_token` waits, so that times are those of the arrival,
//! up to the bound that streams have.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Waking, Poll};

use mlua::{Lua, Table, UserData};

use super::fragments::Fragments;
use super::question::Question;
use super::result;
use super::sending::Sending;
use crate::chat::Exchange;
use crate::script::context::Context;
use crate::script::tasks::{Background, Job};
use crate::script::wakers::Slot;

type Reading = Pin<Box<dyn Future<Output = Exchange>>>;

/// What Lua holds of a reply on its way.
pub(super) struct Handle(pub(super) Rc<Stream>);

impl UserData for Handle {}

/// A reply on its way. Reading and Lua take turns on one thread.
pub(super) struct Stream {
    context: Rc<Context>,
    info: result::RequestInfo,
    fragments: Rc<Fragments>,
    /// `None` once it is over.
    reading: RefCell<Option<Reading>>,
    exchange: RefCell<Option<Exchange>>,
    is_over: Cell<bool>,
    /// Who waits for a fragment, or the end.
    waiting: Slot,
    /// Who reads.
    reader: Slot,
}

/// Sends the question and starts reading.
pub(super) fn start(context: &Rc<Context>, question: &Question) -> Rc<Stream> {
    let fragments = Rc::new(Fragments::default());
    let sending = Sending::new(context, question);
    let reading = {
        let (context, fragments) = (context.clone(), fragments.clone());
        async move { sending.run(&context, Some(fragments)).await }
    };
    let stream = Rc::new(Stream {
        context: Rc::clone(context),
        info: question.info.clone(),
        fragments,
        reading: RefCell::new(Some(Box::pin(reading))),
        exchange: RefCell::new(None),
        is_over: Cell::new(false),
        waiting: Slot::default(),
        reader: Slot::default(),
    });
    context.start(Job::Background(stream.clone()));
    stream
}

impl Background for Stream {
    fn poll(&self, cx: &mut Waking<'_>) -> Poll<()> {
        self.reader.set(cx);
        let polled = match &mut *self.reading.borrow_mut() {
            Some(reading) => reading.as_mut().poll(cx),
            None => return Poll::Ready(()),
        };
        if let Poll::Ready(exchange) = polled {
            *self.exchange.borrow_mut() = Some(exchange);
            self.is_over.set(true);
            self.reading.take();
            self.waiting.wake();
            return Poll::Ready(());
        }
        if !self.fragments.is_empty() {
            self.waiting.wake();
        }
        Poll::Pending
    }

    fn cut_off(&self) {
        self.is_over.set(true);
        self.reading.take();
    }
}

impl Stream {
    /// Hands the next fragment to `f`; `None` if there is none, or if others must have the thread first.
    pub(super) fn take<T>(
        &self,
        f: impl FnOnce(&str, std::time::Duration, &'static str) -> T,
    ) -> Option<T> {
        if self.context.is_slice_over() {
            return None;
        }
        let was_full = self.fragments.is_full();
        let taken = self.fragments.take(f);
        if was_full {
            self.reader.wake();
        }
        taken
    }

    /// Whether the exchange is over, and all of it handed out.
    pub(super) fn ended(&self) -> bool {
        self.is_over.get() && self.fragments.is_empty()
    }

    /// Ends the exchange. What has not been handed out never will be.
    pub(super) fn close(&self) {
        self.fragments.close();
        while self.fragments.take(|_, _, _| ()).is_some() {}
        self.reader.wake();
    }

    /// Ready when there is a fragment, or the end.
    pub(super) fn poll_news(&self, cx: &Waking<'_>) -> Poll<()> {
        if self.is_over.get() || !self.fragments.is_empty() {
            return Poll::Ready(());
        }
        self.waiting.set(cx);
        Poll::Pending
    }

    /// The result of an exchange that is over.
    pub(super) fn result(&self, lua: &Lua) -> mlua::Result<Option<Table>> {
        let exchange = self.exchange.borrow_mut().take();
        exchange
            .map(|exchange| result::table(lua, &self.info, exchange))
            .transpose()
    }
}

//! A reply that a script receives fragment by fragment.
//!
//! It is a job of the iteration that sent the request. It continues to read while `on_token` waits, up to the limit of streams,
//! so that times are those of arrival.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Waking, Poll};

use mlua::{Lua, Table, UserData};

use super::chat_params::PreparedChat;
use super::fragments::Fragments;
use super::result;
use super::send::ChatSender;
use crate::chat::ChatExchange;
use crate::script::context::Context;
use crate::script::tasks::{BackgroundJob, IterationJob};
use crate::script::waker_slot::WakerSlot;

type Reading = Pin<Box<dyn Future<Output = ChatExchange>>>;

/// The handle of a reply in Lua.
pub(super) struct ReplyHandle(pub(super) Rc<ReplyStream>);

impl UserData for ReplyHandle {}

/// A reply that is being read. Reading and Lua alternate on one thread.
pub(super) struct ReplyStream {
    context: Rc<Context>,
    info: result::ChatInfo,
    fragments: Rc<Fragments>,
    /// `None` after the end.
    reading: RefCell<Option<Reading>>,
    exchange: RefCell<Option<ChatExchange>>,
    is_over: Cell<bool>,
    /// The coroutine that waits for a fragment or the end.
    waiting: WakerSlot,
    /// The job that reads.
    reader: WakerSlot,
}

/// Sends the request and starts reading.
pub(super) fn start(context: &Rc<Context>, chat: &PreparedChat) -> Rc<ReplyStream> {
    let fragments = Rc::new(Fragments::default());
    let sender = ChatSender::new(context, chat);
    let reading = {
        let (context, fragments) = (context.clone(), fragments.clone());
        async move { sender.run(&context, Some(fragments)).await }
    };
    let stream = Rc::new(ReplyStream {
        context: Rc::clone(context),
        info: chat.info.clone(),
        fragments,
        reading: RefCell::new(Some(Box::pin(reading))),
        exchange: RefCell::new(None),
        is_over: Cell::new(false),
        waiting: WakerSlot::default(),
        reader: WakerSlot::default(),
    });
    context.start(IterationJob::Background(stream.clone()));
    stream
}

impl BackgroundJob for ReplyStream {
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

impl ReplyStream {
    /// Passes the next fragment to `f`; `None` if there is none, or if the thread has to be yielded first.
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

    /// Whether the exchange has ended and all fragments were passed to Lua.
    pub(super) fn ended(&self) -> bool {
        self.is_over.get() && self.fragments.is_empty()
    }

    /// Ends the exchange and drops the remaining fragments.
    pub(super) fn close(&self) {
        self.fragments.close();
        while self.fragments.take(|_, _, _| ()).is_some() {}
        self.reader.wake();
    }

    /// Ready when there is a fragment or the exchange has ended.
    pub(super) fn poll_news(&self, cx: &Waking<'_>) -> Poll<()> {
        if self.is_over.get() || !self.fragments.is_empty() {
            return Poll::Ready(());
        }
        self.waiting.set(cx);
        Poll::Pending
    }

    /// The result of an exchange that has ended.
    pub(super) fn result(&self, lua: &Lua) -> mlua::Result<Option<Table>> {
        let exchange = self.exchange.borrow_mut().take();
        exchange
            .map(|exchange| result::table(lua, &self.info, exchange))
            .transpose()
    }
}

//! Sends a chat, measures it and reports it.

use std::rc::Rc;
use std::task::{Context as Waking, Poll};
use std::time::Duration;

use super::chat_params::PreparedChat;
use super::fragments::Fragments;
use crate::chat::{self, ChatExchange, ChatRecorder, Fragment, Listener, ModelRequest};
use crate::http::{Head, Traffic};
use crate::samples::Requester as _;
use crate::samples::{self, RequestSpan};
use crate::script::context::Context;
use crate::sse::Flow;

/// A chat that is about to be sent.
pub(super) struct ChatSender {
    call: ModelRequest,
    /// `None` if it is not recorded.
    measure: Option<ChatRecorder>,
}

impl ChatSender {
    /// Takes the current tags of the VU.
    pub(super) fn new(context: &Context, chat: &PreparedChat) -> Self {
        let request = &chat.call.request;
        let measure = chat.is_measured.then(|| ChatRecorder {
            recorder: context.recorder.clone(),
            tags: samples::request_tags(
                &context.tags.borrow(),
                &request.method,
                &request.url,
                &chat.tags,
            ),
            goodput: chat.goodput,
            prompt_tokens: chat.info.prompt_tokens,
            schedule_delay: chat.schedule_delay.or(context.delay()),
            turn: chat.turn,
            items: None,
        });
        Self {
            call: chat.call.clone(),
            measure,
        }
    }

    /// Sends it and records the result. If the future is dropped before the end, it is recorded as failed.
    pub(super) async fn run(
        mut self,
        context: &Context,
        fragments: Option<Rc<Fragments>>,
    ) -> ChatExchange {
        let measure = self.measure.as_ref();
        let sampled =
            measure.and_then(|measure| context.sampled(&mut self.call.request, &measure.tags));
        let mut listener = ScriptListener {
            measure,
            fragments,
            sampled,
        };
        let exchange = chat::exchange(&context.client(), &self.call, &mut listener).await;
        let sampled = listener.sampled.take();
        let Some(measure) = measure else {
            return exchange;
        };
        record(context, measure, &exchange);
        if let Some(sampled) = sampled {
            measure.end_span(sampled, &self.call, &exchange);
        }
        if let Some(start) = start(context, &exchange) {
            measure.record_stream(&exchange, start);
        }
        exchange
    }
}

/// Records an exchange and passes its reply to the caller of the run, if it wants replies.
pub(super) fn record(context: &Context, measure: &ChatRecorder, exchange: &ChatExchange) {
    // Loading `llm` has registered the metrics, so this cannot fail.
    let _ = measure.record(exchange);
    if let Some(replies) = &context.process.replies
        && let Some(start) = start(context, exchange)
    {
        replies(&measure.request(start), &exchange.reply);
    }
}

/// The start of an exchange since that of the run.
fn start(context: &Context, exchange: &ChatExchange) -> Option<Duration> {
    let run = context.process.run.started()?;
    Some(exchange.start.saturating_duration_since(run))
}

/// Receives the reply, for the script if it has `on_token`, and for the metrics if the reply is cut off.
struct ScriptListener<'a> {
    measure: Option<&'a ChatRecorder>,
    fragments: Option<Rc<Fragments>>,
    sampled: Option<Box<RequestSpan>>,
}

impl Listener for ScriptListener<'_> {
    fn wants_fragments(&self) -> bool {
        self.fragments.is_some()
    }

    fn fragment(&mut self, fragment: &Fragment<'_>) {
        if let Some(fragments) = &self.fragments {
            fragments.put(fragment);
        }
    }

    fn poll_ready(&mut self, _: &mut Waking<'_>) -> Poll<Flow> {
        match &self.fragments {
            Some(fragments) => fragments.poll_ready(),
            None => Poll::Ready(Flow::Continue),
        }
    }

    fn cut_off(&mut self, head: Option<&Head>, traffic: Traffic) {
        if let Some(measure) = self.measure {
            measure.record_cut_off(head, traffic);
        }
        if let Some(sampled) = self.sampled.take() {
            sampled.cut_off(head, traffic);
        }
    }
}

//! A question asked, measured and told.

use std::rc::Rc;
use std::task::Poll;

use super::super::super::context::Context;
use super::question::Question;
use super::stream::Pieces;
use crate::chat::{self, Call, Exchange, Fragment, Listener, Measure};
use crate::http::Traffic;
use crate::samples;

/// A question that is about to be asked.
pub(super) struct Asking {
    call: Call,
    /// `None` when it is to leave no trace.
    measure: Option<Measure>,
}

impl Asking {
    /// Its tags are those of this moment.
    pub(super) fn new(context: &Context, question: &Question) -> Self {
        let request = &question.call.request;
        let measure = question.is_measured.then(|| Measure {
            recorder: context.recorder.clone(),
            tags: samples::request_tags(
                &context.tags.borrow(),
                &request.method,
                &request.url,
                &question.tags,
            ),
            goodput: question.goodput,
            prompt_tokens: question.facts.prompt_tokens,
            schedule_delay: context.schedule_delay(),
        });
        Self {
            call: question.call.clone(),
            measure,
        }
    }

    /// Asks, and records what came of it. Dropped, it counts as a request, and the bytes that have crossed the wire
    /// count; nothing else does.
    pub(super) async fn run(self, context: &Context, pieces: Option<Rc<Pieces>>) -> Exchange {
        let measure = self.measure.as_ref();
        let mut ears = Ears { measure, pieces };
        let pending =
            measure.map(|measure| samples::Pending::new(&measure.recorder, &measure.tags));
        let exchange = chat::exchange(&context.client(), &self.call, &mut ears).await;
        if let Some(pending) = pending {
            pending.is_over();
        }
        let Some(measure) = measure else {
            return exchange;
        };
        // The metrics are there since `llm` was touched, so nothing can stand in their way.
        let _ = measure.record(&exchange);
        let process = &context.process;
        let Some(started) = process.run.started() else {
            return exchange;
        };
        let start = exchange.start.saturating_duration_since(started);
        measure.record_stream(&exchange, start);
        if let Some(replies) = &process.replies {
            replies(&measure.request(start), &exchange.reply);
        }
        exchange
    }
}

/// Hears of the reply: for the script, if it wants to, and for the metrics, should it be cut off.
struct Ears<'a> {
    measure: Option<&'a Measure>,
    pieces: Option<Rc<Pieces>>,
}

impl Listener for Ears<'_> {
    fn wants_fragments(&self) -> bool {
        self.pieces.is_some()
    }

    fn fragment(&mut self, fragment: &Fragment<'_>) {
        if let Some(pieces) = &self.pieces {
            pieces.put(fragment);
        }
    }

    fn poll_enough(&mut self, cx: &mut std::task::Context<'_>) -> Poll<()> {
        match &self.pieces {
            Some(pieces) => pieces.poll_closed(cx),
            None => Poll::Pending,
        }
    }

    fn cut_off(&mut self, traffic: Traffic) {
        if let Some(measure) = self.measure {
            measure.record_cut_off(traffic);
        }
    }
}

//! Sends the body of a request as the server's flow-control windows allow.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::SendStream;

#[derive(Debug)]
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    rest: Bytes,
}

impl Upload {
    pub(super) fn new(stream: SendStream<Bytes>, body: Bytes) -> Self {
        Self { stream, rest: body }
    }

    /// Whether everything is sent.
    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Continues sending. The receiving side reports a closed stream, since an answer may come first.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.rest.is_empty() {
            self.stream.reserve_capacity(self.rest.len());
            let Some(Ok(room)) = ready!(self.stream.poll_capacity(cx)) else {
                self.rest.clear();
                break;
            };
            let piece = self.rest.split_to(room.min(self.rest.len()));
            if self.stream.send_data(piece, self.rest.is_empty()).is_err() {
                self.rest.clear();
            }
        }
        Poll::Ready(())
    }
}

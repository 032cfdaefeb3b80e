//! Replays recorded responses into a reader.

use std::time::Duration;

use super::{Api, KEEP, Reader, Reply, StreamEnd};
use crate::sse::{Decoder, Event, Flow, Sink};
use crate::tests::capture::Capture;

impl Capture {
    /// Reads the response, split into these pieces.
    pub(super) fn read<'a>(&self, api: Api, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reply {
        let mut reader = Reader::new(api, KEEP);
        if self.status != 200 {
            let end = StreamEnd::Status {
                status: self.status,
                body: &self.body,
            };
            return reader.finish(Duration::ZERO, end);
        }
        let mut decoder = Decoder::new(1 << 20);
        for piece in pieces {
            if api.is_ndjson() {
                reader.bytes(Duration::ZERO, piece);
            } else {
                decoder.push(piece, &mut Feed(&mut reader)).unwrap();
            }
        }
        reader.finish(Duration::ZERO, StreamEnd::Eof)
    }
}

struct Feed<'r>(&'r mut Reader);

impl Sink for Feed<'_> {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        self.0.event(Duration::ZERO, event.name, event.data);
        Flow::Continue
    }

    fn comment(&mut self, _: &[u8]) -> Flow {
        self.0.comment();
        Flow::Continue
    }
}

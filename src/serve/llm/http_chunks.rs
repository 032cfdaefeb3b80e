//! The bytes of a reply as HTTP chunks.

use std::fmt::{self, Write};
use std::time::Duration;

use axum::body::Bytes;
use bytes::BytesMut;

/// Bytes to send, divided into chunks.
#[derive(Debug, Default)]
pub(super) struct HttpChunks {
    current: BytesMut,
    complete: Vec<Bytes>,
}

impl HttpChunks {
    /// Appends to the current chunk.
    pub(super) fn put(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a buffer in memory cannot fail.
        let _ = self.current.write_fmt(text);
    }

    /// The current chunk, for writing.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.current
    }

    /// Ends the current chunk, unless it is empty.
    pub(super) fn cut(&mut self) {
        if !self.current.is_empty() {
            self.complete.push(self.current.split().freeze());
        }
    }

    /// The complete chunks.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.complete)
    }
}

/// The time of sending as the last JSON field of an event, if the request asks for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentAt(pub(super) Option<Duration>);

impl fmt::Display for SentAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => write!(
                f,
                r#","ssel_sent":{}.{:09}"#,
                time.as_secs(),
                time.subsec_nanos()
            ),
            None => Ok(()),
        }
    }
}

//! Pieces of a reply as HTTP chunks and JSON strings.

use std::fmt::{self, Write};
use std::time::Duration;

use axum::body::Bytes;
use bytes::BytesMut;

/// Bytes to send, with the places where one chunk ends and the next one begins.
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

    /// The current chunk, to write to.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.current
    }

    /// Ends the current chunk, if it holds anything.
    pub(super) fn cut(&mut self) {
        if !self.current.is_empty() {
            self.complete.push(self.current.split().freeze());
        }
    }

    /// The chunks that are complete.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.complete)
    }
}

/// A text as a JSON string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut plain = 0;
        for (at, byte) in self.0.bytes().enumerate() {
            // All that must be escaped is ASCII, so slicing here never splits a character.
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            f.write_str(&self.0[plain..at])?;
            plain = at + 1;
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                b'\n' => f.write_str("\\n")?,
                control => write!(f, "\\u{control:04x}")?,
            }
        }
        f.write_str(&self.0[plain..])?;
        f.write_char('"')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_reads_back() {
        for text in [
            "",
            "plain",
            "\"\\\n\r\t\u{0}\u{1f}\u{7f}",
            "ü 日本 🙂 \u{2028}",
            "a\"b",
        ] {
            let quoted = Quoted(text).to_string();
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }
}

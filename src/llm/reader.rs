//! Reads replies from streams.

use std::time::Duration;

use super::api::Api;
use super::builder::{FragmentKind, ReplyBuilder};
use super::chunk;
use super::lines::{LineSplitter, TooLong};
use super::outcome::{ReplyFailure, StreamEnd, judge, kind};
use super::reply::Reply;

/// The options of a [`Reader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Keep the text of replies. Otherwise no text is copied.
    pub keep_text: bool,
    /// Accept the end of the body after the finish reasons as a proper end in every API, for gateways that omit
    /// `[DONE]`.
    pub eof_ends: bool,
    /// The longest line of an NDJSON stream, in bytes.
    pub max_line_bytes: usize,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            keep_text: false,
            eof_ends: false,
            max_line_bytes: 16 << 20,
        }
    }
}

/// The effect of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderUpdate {
    /// The kind of the last fragment of the event that is not empty.
    pub fragment: Option<FragmentKind>,
    /// Whether the event was more than a keep-alive, which restarts a limit on the time without events.
    pub is_alive: bool,
    /// Whether the reply is complete, which stops the clock. Read the body to its end nevertheless, so that the connection
    /// can be reused.
    pub is_over: bool,
}

/// Reads the replies of one API, one after the other. It receives events or bytes with their times, and returns a
/// [`Reply`] at the end.
///
/// Times count from the start of the request and must not decrease. Once the buffers have the size of a usual reply, the
/// reader allocates no memory per event, and per reply only the buffers that [`Reader::recycle`] does not return.
#[derive(Debug)]
pub struct Reader {
    api: Api,
    options: ReaderOptions,
    builder: ReplyBuilder,
    lines: LineSplitter,
    first_byte: Option<Duration>,
    events: u64,
    comments: u64,
    keep_alives: u64,
    malformed: u64,
}

impl Reader {
    /// A reader for replies in this API.
    pub fn new(api: Api, options: ReaderOptions) -> Self {
        Self {
            api,
            options,
            builder: ReplyBuilder::default(),
            lines: LineSplitter::new(options.max_line_bytes),
            first_byte: None,
            events: 0,
            comments: 0,
            keep_alives: 0,
            malformed: 0,
        }
    }

    /// The API of the replies.
    pub fn api(&self) -> Api {
        self.api
    }

    /// Records the time of the first byte of the response; later calls have no effect.
    pub fn first_byte(&mut self, at: Duration) {
        self.first_byte.get_or_insert(at);
    }

    /// Sets whether the next events belong to the previous read regardless of their time, because the transport has not been
    /// empty since, so they may have waited. Otherwise events with equal times belong to one read.
    #[inline]
    pub fn behind(&mut self, is_behind: bool) {
        self.builder.is_behind = is_behind;
    }

    /// Counts a comment. A comment is not a sign of life: servers send comments even if they never answer.
    pub fn comment(&mut self) {
        self.comments += 1;
    }

    /// Reads a server-sent event with its type, which may be empty, and its data.
    #[inline]
    pub fn event(&mut self, at: Duration, name: &[u8], data: &[u8]) -> ReaderUpdate {
        let is_alive = self.read(at, name, data);
        self.update(is_alive)
    }

    /// Reads bytes of an NDJSON stream, which may be split anywhere.
    pub fn bytes(&mut self, at: Duration, bytes: &[u8]) -> ReaderUpdate {
        // Taken out, because the callback borrows the reader.
        let mut lines = std::mem::replace(&mut self.lines, LineSplitter::new(0));
        let mut is_alive = false;
        let result = lines.push(bytes, |line| is_alive |= self.line(at, line));
        self.lines = lines;
        if let Err(TooLong) = result {
            let limit = self.options.max_line_bytes;
            let message = format!("a line of more than {limit} bytes");
            self.builder
                .fail(ReplyFailure::new(kind::TOO_LARGE, message));
            return ReaderUpdate {
                is_over: true,
                ..self.update(is_alive)
            };
        }
        self.update(is_alive)
    }

    /// The text of the first choice so far; empty unless it is kept.
    pub fn text(&self) -> &str {
        self.builder
            .choices
            .first()
            .map_or("", |choice| &choice.text)
    }

    /// The reasoning of the first choice so far; empty unless text is kept.
    pub fn reasoning(&self) -> &str {
        self.builder
            .choices
            .first()
            .map_or("", |choice| &choice.reasoning)
    }

    /// The arguments of the first choice's tool calls so far; empty unless text is kept.
    pub fn tool_arguments(&self) -> &str {
        self.builder
            .choices
            .first()
            .map_or("", |choice| &choice.tool_arguments)
    }

    /// Ends the reply at the end of the transport and judges it. The reader is then ready for the next reply.
    pub fn finish(&mut self, at: Duration, end: StreamEnd<'_>) -> Reply {
        if let Some(line) = self.lines.finish()
            && end == StreamEnd::Eof
        {
            // The last line may lack its line end. If it is not valid, the stream was cut within the line.
            let malformed = self.malformed;
            self.line(at, &line);
            self.malformed = malformed;
        }
        let mut builder = std::mem::take(&mut self.builder);
        builder.marks.first_byte = self.first_byte.take();
        builder.marks.end = at;
        let malformed = std::mem::take(&mut self.malformed);
        let (outcome, done) = judge(
            self.api,
            self.options.eof_ends,
            malformed,
            &mut builder,
            end,
        );
        Reply {
            outcome,
            marks: builder.marks,
            tokens: builder.tokens(),
            chunks: builder.chunks,
            events: std::mem::take(&mut self.events),
            comments: std::mem::take(&mut self.comments),
            keep_alives: std::mem::take(&mut self.keep_alives),
            malformed,
            server: builder.timings,
            done,
            gaps: builder.gaps,
            first_read_gaps: builder.first_read_gaps,
            choices: builder.choices,
        }
    }

    /// Takes back the buffers of a reply that is no longer needed. Call it between two replies: a reply in progress is lost.
    pub fn recycle(&mut self, reply: Reply) {
        let Reply {
            mut gaps,
            mut choices,
            ..
        } = reply;
        gaps.clear();
        choices.clear();
        self.builder = ReplyBuilder::reusing(gaps, choices);
    }

    #[inline]
    fn update(&mut self, is_alive: bool) -> ReaderUpdate {
        ReaderUpdate {
            fragment: self.builder.fresh.take(),
            is_alive,
            is_over: self.builder.marks.done.is_some(),
        }
    }

    /// Reads a line of NDJSON; skips a blank one.
    fn line(&mut self, at: Duration, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        !line.is_empty() && self.read(at, b"", line)
    }

    /// Reads an event. Returns false for a keep-alive.
    #[inline]
    fn read(&mut self, at: Duration, name: &[u8], data: &[u8]) -> bool {
        self.events += 1;
        self.builder.marks.first_event.get_or_insert(at);
        self.builder.begin_event(at);
        if data.first() != Some(&b'{') {
            return self.read_other(at, name, data);
        }
        self.read_json(at, name, data)
    }

    #[inline]
    fn read_json(&mut self, at: Duration, name: &[u8], json: &[u8]) -> bool {
        let builder = &mut self.builder;
        let result = if self.options.keep_text {
            chunk::read::<true>(self.api, at, name, json, builder)
        } else {
            chunk::read::<false>(self.api, at, name, json, builder)
        };
        if result.is_err() {
            self.malformed += 1;
        }
        let is_keep_alive = self.builder.is_keep_alive;
        self.keep_alives += u64::from(is_keep_alive);
        !is_keep_alive
    }

    /// Reads data that does not begin like an object: `[DONE]`, or a keep-alive of a gateway.
    fn read_other(&mut self, at: Duration, name: &[u8], data: &[u8]) -> bool {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            if matches!(self.api, Api::ChatCompletions | Api::Completions) {
                self.builder.done(at);
            }
            return true;
        }
        match data {
            [b'{', ..] => self.read_json(at, name, data),
            // A list is JSON, but no chunk of any API is one.
            [b'[', rest @ ..] if matches!(rest.trim_ascii_start(), [b'{' | b'"' | b'[', ..]) => {
                self.malformed += 1;
                true
            }
            _ => {
                self.keep_alives += 1;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! The incremental decoder.

use memchr::memchr2;

use super::block::{Block, Held, empty};
use super::event::{Event, Flow, Sink};
use super::field::{Field, retry};

/// The default limit of the size of a block: 16 MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 << 20;

/// A block exceeded the decoder's limit. Decoding cannot continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of more than {limit} bytes: raise the limit if the server sends such events")]
pub struct TooLarge {
    /// The limit in bytes.
    pub limit: usize,
}

impl TooLarge {
    /// A stable name for this error.
    pub fn kind(&self) -> &'static str {
        "event_too_large"
    }
}

/// Decodes one event stream from its first byte on, split anywhere.
///
/// Time is linear in the number of bytes, however they are split. Memory is at most twice the limit plus the last event ID; an
/// idle stream keeps at most 64 KiB per kind of field. Nothing is allocated per event: a single data line within a pushed chunk
/// is passed as a slice of it, and other data goes through reused buffers.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    state: State,
    /// The start of an incomplete line.
    line: Vec<u8>,
    /// Bytes of the open block in earlier chunks, including `line`.
    size: usize,
    held: Held,
    last_event_id: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte of text, after this many bytes of a byte order mark.
    Mark(usize),
    Open,
    /// A line has just ended with CR, so an LF would belong to the same line end.
    AfterCr,
    Stopped,
    TooLarge,
}

/// Why decoding ends before the stream does.
enum End {
    Stopped,
    TooLarge,
}

impl From<Flow> for Result<(), End> {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::Continue => Ok(()),
            Flow::Stop => Err(End::Stopped),
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Decoder {
    /// A decoder for a new stream.
    ///
    /// `max_event_bytes` bounds a block: the bytes from the start of its first line to the end of its last, comments and
    /// unknown fields included.
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            limit: max_event_bytes,
            state: State::Mark(0),
            line: Vec::new(),
            size: 0,
            held: Held::default(),
            last_event_id: Vec::new(),
        }
    }

    /// Decodes the next bytes of the stream, and calls `sink` for each item that they complete.
    ///
    /// A block that the stream never closes is never reported.
    ///
    /// # Errors
    /// [`TooLarge`] if a block exceeds the limit, and on every further call.
    pub fn push<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) -> Result<(), TooLarge> {
        let Some(chunk) = self.enter(chunk) else {
            return self.outcome();
        };
        if let Err(end) = self.decode(chunk, sink) {
            self.state = match end {
                End::Stopped => State::Stopped,
                End::TooLarge => State::TooLarge,
            };
            self.line = Vec::new();
            self.held = Held::default();
        }
        self.outcome()
    }

    /// The ID for reconnecting: that of the last complete block with an ID. Empty if there is none.
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Sets the ID of an earlier connection, which events without an ID inherit.
    pub fn set_last_event_id(&mut self, id: &[u8]) {
        self.last_event_id.clear();
        self.last_event_id.extend_from_slice(id);
    }

    /// Whether the bytes so far end within a line or an event: a stream that ends here is incomplete.
    pub fn is_cut(&self) -> bool {
        let held = &self.held;
        !self.line.is_empty() || held.data.is_set() || held.name.is_set() || held.id.is_set()
    }

    fn outcome(&self) -> Result<(), TooLarge> {
        if self.state == State::TooLarge {
            Err(TooLarge { limit: self.limit })
        } else {
            Ok(())
        }
    }

    /// Completes a byte order mark or a line end that the last chunk left open. Returns the rest of `chunk`, or `None`
    /// if nothing is left to decode.
    fn enter<'c>(&mut self, mut chunk: &'c [u8]) -> Option<&'c [u8]> {
        while let State::Mark(seen) = self.state {
            if *chunk.first()? == BYTE_ORDER_MARK[seen] {
                chunk = &chunk[1..];
                self.state = if seen + 1 == BYTE_ORDER_MARK.len() {
                    State::Open
                } else {
                    State::Mark(seen + 1)
                };
            } else {
                // Not a byte order mark: its first bytes are the start of the first line.
                self.line.extend_from_slice(&BYTE_ORDER_MARK[..seen]);
                self.size = seen;
                self.state = State::Open;
            }
        }
        match self.state {
            State::Open => {}
            State::AfterCr => {
                if *chunk.first()? == b'\n' {
                    chunk = &chunk[1..];
                    // After a blank line, this byte is not part of a block.
                    self.size += usize::from(self.size > 0);
                }
                self.state = State::Open;
            }
            State::Mark(_) | State::Stopped | State::TooLarge => return None,
        }
        (!chunk.is_empty()).then_some(chunk)
    }

    #[inline]
    fn decode<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) -> Result<(), End> {
        // The start of the next line, and the start or continuation of the open block.
        let mut at = 0;
        let mut from = 0;
        let mut block = Block::default();

        if !self.line.is_empty() {
            let found = memchr2(b'\n', b'\r', chunk);
            let end = found.unwrap_or(chunk.len());
            self.check(end)?;
            self.line.extend_from_slice(&chunk[..end]);
            if found.is_none() {
                self.size += chunk.len();
                return Ok(());
            }
            self.carried_line(sink)?;
            at = self.skip_line_end(chunk, end);
        }

        while let Some(&first) = chunk.get(at) {
            if first == b'\n' || first == b'\r' {
                self.dispatch(&block, sink)?;
                block = Block::default();
                at = self.skip_line_end(chunk, at);
                from = at;
                continue;
            }
            let rest = &chunk[at..];
            let Some(length) = memchr2(b'\n', b'\r', rest) else {
                self.check(chunk.len() - from)?;
                self.line.extend_from_slice(rest);
                break;
            };
            self.check(at + length - from)?;
            let field = Field::parse(&rest[..length]);
            // The usual block is one `data` line, followed by a blank line.
            if at == from
                && self.size == 0
                && let Some(Field::Data(data)) = field
                && let Some(closing) = closing(&rest[length..])
            {
                let last_event_id = &self.last_event_id;
                Result::from(sink.event(&Event::of_data(data, last_event_id)))?;
                at += length + closing;
                from = at;
                continue;
            }
            if let Some(field) = field {
                announce(field, sink)?;
                block.set(field, &mut self.held);
            }
            at = self.skip_line_end(chunk, at + length);
        }

        self.held.keep(&block);
        self.size += chunk.len() - from;
        Ok(())
    }

    /// Takes the field of the completed `self.line`.
    fn carried_line<S: Sink>(&mut self, sink: &mut S) -> Result<(), End> {
        let mut line = std::mem::take(&mut self.line);
        if let Some(field) = Field::parse(&line) {
            announce(field, sink)?;
            match field {
                Field::Data(value) if !self.held.data.is_set() => {
                    let start = line.len() - value.len();
                    self.held.data.adopt(&mut line, start);
                }
                _ => {
                    let mut block = Block::default();
                    block.set(field, &mut self.held);
                    self.held.keep(&block);
                }
            }
        }
        self.line = line;
        empty(&mut self.line);
        Ok(())
    }

    /// A blank line: the block is complete.
    #[inline]
    fn dispatch<S: Sink>(&mut self, block: &Block<'_>, sink: &mut S) -> Result<(), End> {
        self.size = 0;
        let id = block.id.or(self.held.id.get());
        if let Some(id) = id {
            empty(&mut self.last_event_id);
            self.last_event_id.extend_from_slice(id);
        }
        let flow = match block.data.or(self.held.data.get()) {
            None => Flow::Continue,
            Some(data) => sink.event(&Event {
                id,
                last_event_id: &self.last_event_id,
                name: block.name.or(self.held.name.get()).unwrap_or_default(),
                data,
                comment: block
                    .comment
                    .or(self.held.comment.get())
                    .unwrap_or_default(),
            }),
        };
        self.held.clear();
        flow.into()
    }

    /// Rejects a block that exceeds the limit with `here` bytes of this chunk.
    ///
    /// A line end counts with the following line, so that the result does not depend on how a stream is split.
    #[inline]
    fn check(&self, here: usize) -> Result<(), End> {
        if self.size.saturating_add(here) > self.limit {
            Err(End::TooLarge)
        } else {
            Ok(())
        }
    }

    /// The position after the line end at `end`.
    #[inline]
    fn skip_line_end(&mut self, chunk: &[u8], end: usize) -> usize {
        let next = end + 1;
        if chunk[end] == b'\r' {
            match chunk.get(next) {
                Some(b'\n') => return next + 1,
                Some(_) => {}
                None => self.state = State::AfterCr,
            }
        }
        next
    }
}

/// The length of a line end and a blank line at the start of `bytes`, if both are complete.
#[inline]
fn closing(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', b'\n', ..] => Some(2),
        [b'\r', b'\n', b'\r', b'\n', ..] => Some(4),
        _ => None,
    }
}

/// Reports fields that apply at the end of their line, even if their block is never completed.
#[inline]
fn announce<S: Sink>(field: Field<'_>, sink: &mut S) -> Result<(), End> {
    match field {
        Field::Comment(comment) => sink.comment(comment).into(),
        Field::Retry(value) => {
            if let Some(delay) = retry(value) {
                sink.retry(delay);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

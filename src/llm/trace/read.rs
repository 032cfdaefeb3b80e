//! Reads a trace line by line.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::time::Duration;

use super::error::TraceError;
use super::format::TraceFormat;
use super::limits::ReplayLimits;
use super::{Due, Trace, Turn, json, table};
use crate::llm::Input;
use crate::llm::dataset::Location;

/// The longest line: beyond it, the file is hardly a trace.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// A line of a trace, in the terms of no format.
#[derive(Debug, Default)]
pub(super) struct TraceRow {
    /// When it came, in seconds of the trace's own clock.
    pub(super) at: Option<f64>,
    /// How long after the answer to the request before it in its session, in seconds.
    pub(super) delay: Option<f64>,
    pub(super) prompt_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) hashes: Vec<u64>,
    pub(super) input: Option<Input>,
    pub(super) session: Session,
}

/// To which session a request belongs.
#[derive(Debug, Default)]
pub(super) enum Session {
    /// To none but its own.
    #[default]
    Own,
    /// To that of this name.
    Named(String),
    /// To that of the request with the second name, if there is one; its own name is the first.
    After(String, Option<String>),
}

impl Trace {
    /// Reads a trace in `format`. Its first request is at time 0. Of the file, no more is held than the limits let in.
    ///
    /// # Errors
    /// The first line that is not as the format has it, and a trace without any request.
    pub(crate) fn read<R: BufRead>(
        reader: R,
        format: TraceFormat,
        limits: &ReplayLimits,
    ) -> Result<Self, TraceError> {
        let mut lines = Lines {
            reader,
            line: Vec::new(),
            number: 0,
        };
        let mut builder = Builder::new(format, limits);
        let mut columns = None;
        while let Some(line) = lines.next()? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let row = match format {
                TraceFormat::Mooncake => json::mooncake(line).map(Some),
                TraceFormat::Bailian => json::bailian(line).map(Some),
                TraceFormat::Azure | TraceFormat::BurstGpt => match &columns {
                    None => table::TraceColumns::new(format, line).map(|found| {
                        columns = Some(found);
                        None
                    }),
                    Some(columns) => columns.row(line).map(Some),
                },
            };
            let location = Location::Line(lines.number);
            let problem = |problem| TraceError::Shape { location, problem };
            let Some(row) = row.map_err(problem)? else {
                continue;
            };
            if !builder.add(row).map_err(problem)? {
                break;
            }
        }
        builder.finish()
    }
}

struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<&[u8]>, TraceError> {
        self.number += 1;
        let location = Location::Line(self.number);
        self.line.clear();
        let read = (&mut self.reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| TraceError::Read { location, error })?;
        if read as u64 > MAX_LINE_BYTES {
            let problem = format!("has more than {MAX_LINE_BYTES} bytes: is this a trace?");
            return Err(TraceError::Shape { location, problem });
        }
        let mark: &[u8] = if self.number == 1 {
            b"\xef\xbb\xbf"
        } else {
            b""
        };
        let line = self.line.strip_prefix(mark).unwrap_or(&self.line);
        Ok((read > 0).then_some(line))
    }
}

/// Puts rows into sessions.
struct Builder<'a> {
    limits: &'a ReplayLimits,
    block_size: u64,
    first: Option<f64>,
    /// The requests of each session, in the order of the file.
    sessions: Vec<Vec<Turn>>,
    by_name: HashMap<String, usize>,
    hashes: Vec<u64>,
    rows: u64,
    skipped: u64,
    is_cut: bool,
}

impl<'a> Builder<'a> {
    fn new(format: TraceFormat, limits: &'a ReplayLimits) -> Self {
        Self {
            limits,
            block_size: limits.block_size.unwrap_or(format.block_size()).max(1),
            first: None,
            sessions: Vec::new(),
            by_name: HashMap::new(),
            hashes: Vec::new(),
            rows: 0,
            skipped: 0,
            is_cut: false,
        }
    }

    /// Adds a row. False if the limits let no more in.
    fn add(&mut self, row: TraceRow) -> Result<bool, String> {
        if row.output_tokens == 0 {
            self.skipped += 1;
            return Ok(true);
        }
        if self
            .limits
            .requests
            .is_some_and(|most| self.rows >= most as u64)
        {
            self.is_cut = true;
            return Ok(false);
        }
        let blocks = row.prompt_tokens.div_ceil(self.block_size);
        if row.hashes.len() as u64 > blocks {
            return Err(format!(
                "{} hash_ids of {} tokens each are more than an input of {} tokens takes: give the size of a block with block_size",
                row.hashes.len(),
                self.block_size,
                row.prompt_tokens
            ));
        }
        let named = match &row.session {
            Session::Own => None,
            Session::Named(name) => Some(name),
            Session::After(_, before) => before.as_ref(),
        };
        let session = named.and_then(|name| self.by_name.get(name)).copied();
        let due = match (row.at, row.delay) {
            (Some(at), _) => {
                let first = *self.first.get_or_insert(at);
                let seconds = (at - first) / self.limits.speed;
                let at = Duration::try_from_secs_f64(seconds).map_err(|_| {
                    "comes before the first line of the file: sort the file by time".to_owned()
                })?;
                if self.limits.duration.is_some_and(|limit| at >= limit) {
                    self.is_cut = true;
                    return Ok(true);
                }
                Due::At(at)
            }
            (None, Some(delay)) if session.is_some() => {
                let seconds = delay / self.limits.speed;
                Due::After(
                    Duration::try_from_secs_f64(seconds)
                        .map_err(|_| "has a delay that is negative or too long".to_owned())?,
                )
            }
            (None, Some(_) | None) => {
                return Err("has no timestamp: a request needs one, or a delay after another of its session_id".to_owned());
            }
        };
        let start = self.hashes.len();
        self.hashes.extend(row.hashes);
        let turn = Turn {
            due,
            prompt_tokens: row.prompt_tokens.max(1),
            output_tokens: row.output_tokens,
            hashes: start..self.hashes.len(),
            input: row.input,
            own: self.rows,
        };
        self.rows += 1;
        let session = if let Some(session) = session {
            self.sessions[session].push(turn);
            session
        } else {
            self.sessions.push(vec![turn]);
            self.sessions.len() - 1
        };
        match row.session {
            Session::Own => {}
            Session::Named(name) => {
                self.by_name.insert(name, session);
            }
            Session::After(name, before) => {
                // A second answer to the same request begins a session of its own.
                if let Some(before) = before {
                    self.by_name.remove(&before);
                }
                self.by_name.insert(name, session);
            }
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<Trace, TraceError> {
        if self.sessions.is_empty() {
            return Err(TraceError::Unusable(match (self.is_cut, self.skipped) {
                (true, _) => "no request of the trace is within the limits".to_owned(),
                (false, 0) => "the trace has no request".to_owned(),
                (false, skipped) => {
                    format!("none of the {skipped} requests of the trace has an answer")
                }
            }));
        }
        self.check_blocks()?;
        for session in &mut self.sessions {
            put_in_order(session);
        }
        self.sessions.sort_by_key(|session| match session[0].due {
            Due::At(at) => at,
            Due::After(_) => Duration::ZERO,
        });
        let mut turns = Vec::with_capacity(usize::try_from(self.rows).unwrap_or(0));
        let mut sessions = Vec::with_capacity(self.sessions.len());
        for session in self.sessions {
            let start = turns.len();
            turns.extend(session);
            sessions.push(start..turns.len());
        }
        Ok(Trace {
            turns,
            sessions,
            hashes: self.hashes,
            block_size: self.block_size,
            seed: self.limits.seed,
            skipped: self.skipped,
            is_cut: self.is_cut,
        })
    }

    /// Refuses hashes that cover little of their inputs: their blocks are larger than was said.
    fn check_blocks(&self) -> Result<(), TraceError> {
        let hashed = self
            .sessions
            .iter()
            .flatten()
            .filter(|turn| !turn.hashes.is_empty());
        let (blocks, tokens) = hashed.fold((0, 0), |(blocks, tokens), turn| {
            (
                blocks + turn.hashes.len() as u64,
                tokens + turn.prompt_tokens,
            )
        });
        if tokens > 0 && blocks * self.block_size * 4 < tokens {
            return Err(TraceError::Unusable(format!(
                "the hash_ids stand for blocks of about {} tokens and not of {}: give the size of a block with block_size",
                (tokens / blocks.max(1)).next_power_of_two(),
                self.block_size
            )));
        }
        Ok(())
    }
}

/// Sorts requests by time. Those that have none of their own stay behind the one they follow.
fn put_in_order(session: &mut Vec<Turn>) {
    let mut at = Duration::ZERO;
    let timed = session.drain(..).map(|turn| {
        if let Due::At(time) = turn.due {
            at = time;
        }
        (at, turn)
    });
    let mut timed: Vec<_> = timed.collect();
    timed.sort_by_key(|(at, _)| *at);
    session.extend(timed.into_iter().map(|(_, turn)| turn));
}

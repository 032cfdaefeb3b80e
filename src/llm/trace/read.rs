//! Reads a trace line by line.

use std::collections::HashMap;
use std::io::BufRead;
use std::time::Duration;

use super::format::TraceFormat;
use super::limits::ReplayLimits;
use super::{Due, Trace, Turn, json, table};
use crate::llm::Input;
use crate::llm::dataset::{DatasetError, LineReader};

/// The longest line in bytes.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// A line of a trace in any format.
#[derive(Debug, Default)]
pub(super) struct TraceRow {
    /// The time of the request, in seconds of the clock of the trace.
    pub(super) at: Option<f64>,
    /// The pause after the answer to the previous request of the session, in seconds.
    pub(super) delay: Option<f64>,
    pub(super) prompt_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) hashes: Vec<u64>,
    pub(super) input: Option<Input>,
    pub(super) session: Session,
}

/// The session of a request.
#[derive(Debug, Default)]
pub(super) enum Session {
    /// A session of this request alone.
    #[default]
    Own,
    /// The session of this name.
    Named(String),
    /// The session of the request with the second name, if there is one; the first name is that of this request.
    After(String, Option<String>),
}

impl Trace {
    /// Reads a trace in `format`. Its first request is at time 0. Only requests within the limits are kept in memory.
    ///
    /// # Errors
    /// The first line that does not match the format, and a trace without requests.
    pub(crate) fn read<R: BufRead>(
        reader: R,
        format: TraceFormat,
        limits: &ReplayLimits,
    ) -> Result<Self, DatasetError> {
        let mut lines = LineReader::new(reader, MAX_LINE_BYTES);
        let mut builder = Builder::new(format, limits);
        let mut columns = None;
        while let Some((location, line)) = lines.next()? {
            let row = match (format, &columns) {
                (TraceFormat::Mooncake, _) => json::mooncake(line).map(Some),
                (TraceFormat::Bailian, _) => json::bailian(line).map(Some),
                (_, Some(columns)) => table::TraceColumns::row(columns, line).map(Some),
                (_, None) => table::TraceColumns::new(format, line).map(|found| {
                    columns = Some(found);
                    None
                }),
            };
            let problem = |problem| DatasetError::Shape { location, problem };
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

/// Groups rows into sessions.
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

    /// Adds a row. Returns false when the limits are reached.
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
                "{} hash_ids of {} tokens each are more than an input of {} tokens takes: give the size of a block with {}",
                row.hashes.len(),
                self.block_size,
                row.prompt_tokens,
                self.limits.block_size_option
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
                // A second answer to the same request begins a new session.
                if let Some(before) = before {
                    self.by_name.remove(&before);
                }
                self.by_name.insert(name, session);
            }
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<Trace, DatasetError> {
        if self.sessions.is_empty() {
            return Err(DatasetError::Unusable(match (self.is_cut, self.skipped) {
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

    /// Rejects hashes that cover only a small part of their inputs: the real blocks are larger.
    fn check_blocks(&self) -> Result<(), DatasetError> {
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
            return Err(DatasetError::Unusable(format!(
                "the hash_ids stand for blocks of about {} tokens and not of {}: give the size of a block with {}",
                (tokens / blocks.max(1)).next_power_of_two(),
                self.block_size,
                self.limits.block_size_option
            )));
        }
        Ok(())
    }
}

/// Sorts requests by time. A request without a time stays after its predecessor.
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

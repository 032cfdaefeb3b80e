//! Reads a saved run as a record.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use super::columns::{bad, json, name, rows};
use super::error::ReadError;
use super::rows::{FigureColumns, time};
use super::{APPLICATION_ID, VERSION};
use crate::metrics::{
    FailureCount, FailureKey, Failures, RunFacts, SampledStream, SeriesInfo, Sink, Tags,
    ThresholdSummary,
};
use crate::parts;
use crate::record::{ClientUse, Frame, Point, Record, RunEnd, RunMetadata};
use crate::spans::Phases;

/// Reads a saved run. If the run was cut off, the totals are computed from the frames.
///
/// # Errors
/// A file that is not a saved run, or is damaged.
pub fn read(path: &Path) -> Result<Record, ReadError> {
    let shown = path.display().to_string();
    let damaged = |what: String| ReadError::Damaged {
        path: shown.clone(),
        what,
    };
    check(path, &shown)?;
    let db = open(path).map_err(|error| damaged(error.to_string()))?;
    let mut record = load(&db).map_err(|error| damaged(what(&error)))?;
    if !record.is_finished() {
        cut_off(&mut record);
    }
    Ok(record)
}

/// Checks the SQLite header of the file.
fn check(path: &Path, shown: &str) -> Result<(), ReadError> {
    let shown = || shown.to_owned();
    let io = |source| ReadError::Io {
        path: shown(),
        source,
    };
    let mut file = File::open(path).map_err(io)?;
    let has = file.metadata().map_err(io)?.len();
    let mut head = Vec::new();
    (&mut file).take(100).read_to_end(&mut head).map_err(io)?;
    if head.is_empty() {
        return Err(ReadError::Empty { path: shown() });
    }
    let word = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    };
    if !head.starts_with(b"SQLite format 3\0") || (word(68) != APPLICATION_ID && head.len() == 100)
    {
        return Err(ReadError::NoRun { path: shown() });
    }
    if word(60) > VERSION {
        return Err(ReadError::Newer {
            path: shown(),
            version: word(60),
            known: VERSION,
        });
    }
    let page = match head.get(16..18) {
        Some(&[0, 1]) => 65_536,
        Some(&[high, low]) => u64::from(u16::from_be_bytes([high, low])),
        _ => 0,
    };
    let needs = page * u64::from(word(28));
    if has < needs.max(100) {
        return Err(ReadError::Truncated {
            path: shown(),
            has,
            needs: needs.max(100),
        });
    }
    if word(60) == 0 {
        return Err(ReadError::Empty { path: shown() });
    }
    Ok(())
}

/// A run that was killed during a transaction leaves a journal, which only a writer can roll back.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let write = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | flags);
    let db = match write {
        Ok(db) => db,
        Err(_) => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | flags)?,
    };
    db.busy_timeout(Duration::from_secs(5))?;
    Ok(db)
}

fn what(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "SQLite cannot read it; copy the original again".to_owned()
        }
        _ => error.to_string(),
    }
}

fn load(db: &Connection) -> rusqlite::Result<Record> {
    // Read one snapshot of the file, in case the run continues.
    db.execute_batch("BEGIN")?;
    let mut record = Record {
        runs: rows(
            db,
            &format!(
                "SELECT command, name, labels, script, script_hash, options, seed, version, machine, started, verdict, reason, {} FROM run ORDER BY id",
                part_columns(db)?
            ),
            run,
        )?,
        series: rows(
            db,
            "SELECT metric, kind, unit, tags, part FROM series ORDER BY id",
            series,
        )?,
        failures: rows(
            db,
            "SELECT source, kind, status, count, first, message FROM errors ORDER BY first",
            failure,
        )?,
        thresholds: rows(
            db,
            "SELECT metric, tags, kind, unit, expression, value, ok FROM thresholds",
            threshold,
        )?,
        notes: rows(db, "SELECT text FROM notes", |row| row.get(0))?,
        streams: rows(db, STREAMS, stream)?,
        ..Record::default()
    };
    record.frames = frames(db, &record.series)?;
    let totals = rows(
        db,
        "SELECT series, count, sum, min, max, value, histogram, negative, samples FROM totals",
        |row| {
            let series: usize = row.get(0)?;
            let samples: Option<Vec<u8>> = row.get(8)?;
            Ok((series, FigureColumns::read(row, 1)?, samples))
        },
    )?;
    record.totals = vec![None; record.series.len()];
    for (series, figures, samples) in totals {
        let info = record.series.get(series).ok_or_else(|| bad("totals"))?;
        let sink = figures.to_sink(info, samples.as_deref());
        record.totals[series] = Some(sink.ok_or_else(|| bad("totals"))?);
    }
    let outcome = "SELECT duration, iterations_complete, iterations_interrupted, vus, vus_max, rejected, streams_seen, client FROM outcome";
    for (facts, rejected, seen, client) in rows(db, outcome, |row| {
        let facts = RunFacts {
            duration: time(row.get(0)?),
            iterations_complete: row.get(1)?,
            iterations_interrupted: row.get(2)?,
            vus: row.get(3)?,
            vus_max: row.get(4)?,
        };
        let client: Option<String> = row.get(7)?;
        Ok((facts, row.get(5)?, row.get(6)?, client))
    })? {
        (record.facts, record.rejected, record.streams_seen) = (facts, rejected, seen);
        record.client = client.and_then(|client| serde_json::from_str(&client).ok());
    }
    db.execute_batch("COMMIT")?;
    Ok(record)
}

/// The columns with the part, which files of early versions lack.
fn part_columns(db: &Connection) -> rusqlite::Result<&'static str> {
    let names: Vec<String> = rows(db, "SELECT name FROM pragma_table_info('run')", |row| {
        row.get(0)
    })?;
    let has = names.iter().any(|name| name == "run_id");
    Ok(if has { "part, run_id" } else { "NULL, NULL" })
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunMetadata> {
    let labels: BTreeMap<String, String> = json(row, 2)?;
    let seed: Option<String> = row.get(6)?;
    let verdict: Option<String> = row.get(10)?;
    let reason: Option<String> = row.get(11)?;
    let part: Option<String> = row.get(12)?;
    let part = part.map(|text| parts::Part::parse(&text).map_err(|_| bad("part")));
    let run_id: Option<String> = row.get(13)?;
    Ok(RunMetadata {
        command: row.get(0)?,
        name: row.get(1)?,
        part: part.transpose()?,
        run_id: run_id.unwrap_or_default(),
        labels: labels.into_iter().collect(),
        script: row.get(3)?,
        script_hash: row.get(4)?,
        options: json(row, 5)?,
        seed: seed.and_then(|seed| seed.parse().ok()),
        version: row.get(7)?,
        machine: json(row, 8)?,
        started: time(row.get(9)?),
        end: verdict
            .map(|verdict| RunEnd::new(verdict.as_str().into(), reason.unwrap_or_default())),
    })
}

fn series(row: &Row<'_>) -> rusqlite::Result<SeriesInfo> {
    Ok(SeriesInfo {
        metric: row.get(0)?,
        kind: name(row, 1)?,
        unit: name(row, 2)?,
        tags: json(row, 3)?,
        role: name(row, 4)?,
    })
}

fn failure(row: &Row<'_>) -> rusqlite::Result<(Duration, FailureCount)> {
    let key = failure_key(row, 0)?;
    let failure = FailureCount {
        key,
        count: row.get(3)?,
        message: row.get(5)?,
    };
    Ok((time(row.get(4)?), failure))
}

fn failure_key(row: &Row<'_>, first: usize) -> rusqlite::Result<FailureKey> {
    Ok(FailureKey {
        source: row.get::<_, String>(first)?.into(),
        kind: row.get::<_, String>(first + 1)?.into(),
        status: row.get(first + 2)?,
    })
}

fn threshold(row: &Row<'_>) -> rusqlite::Result<ThresholdSummary> {
    let source: String = row.get(4)?;
    let parsed: crate::metrics::Expression = source.parse().map_err(|_| bad("expression"))?;
    Ok(ThresholdSummary {
        metric: row.get(0)?,
        tags: json(row, 1)?,
        kind: name(row, 2)?,
        unit: name(row, 3)?,
        source,
        stat: parsed.stat,
        value: row.get(5)?,
        ok: row.get(6)?,
    })
}

/// The frames, by their start.
fn frames(db: &Connection, series: &[SeriesInfo]) -> rusqlite::Result<Vec<Frame>> {
    let mut points: BTreeMap<Duration, Vec<(u32, Point)>> = BTreeMap::new();
    let sql = "SELECT time, series, count, sum, min, max, value, histogram, negative FROM frames";
    for (start, at, figures) in rows(db, sql, |row| {
        let start: f64 = row.get(0)?;
        Ok((
            time(start),
            row.get::<_, u32>(1)?,
            FigureColumns::read(row, 2)?,
        ))
    })? {
        let info = series.get(at as usize).ok_or_else(|| bad("frames"))?;
        let point = figures.to_point(info).ok_or_else(|| bad("histogram"))?;
        points.entry(start).or_default().push((at, point));
    }
    let mut failed: BTreeMap<Duration, Failures> = BTreeMap::new();
    let sql = "SELECT source, kind, status, count, time FROM error_frames";
    for (start, failure) in rows(db, sql, |row| {
        let failure = FailureCount {
            key: failure_key(row, 0)?,
            count: row.get(3)?,
            message: String::new(),
        };
        Ok((time(row.get(4)?), failure))
    })? {
        failed.entry(start).or_default().merge_one(&failure);
    }
    let frames = rows(
        db,
        "SELECT time, length, cpu, memory FROM client ORDER BY time",
        |row| {
            let mut frame = Frame::new(time(row.get(0)?), time(row.get(1)?));
            frame.client = ClientUse {
                cpu: time(row.get(2)?),
                memory: row.get(3)?,
            };
            Ok(frame)
        },
    )?;
    let filled = frames.into_iter().map(|mut frame| {
        frame.failures = failed.remove(&frame.start).unwrap_or_default();
        let points = points.remove(&frame.start).unwrap_or_default();
        frame.with_points(points)
    });
    Ok(filled.collect())
}

const STREAMS: &str = "SELECT id, source, name, scenario, start, blocked, lookup, connecting, tls, sending, waiting, \
    first_event, events, event_times, longest_gap, longest_gap_at, duration, bytes, status, \"end\", error, \
    prompt_tokens, completion_tokens, priority FROM streams ORDER BY start, id";

fn stream(row: &Row<'_>) -> rusqlite::Result<SampledStream> {
    let times: Vec<f64> = json(row, 13)?;
    let seconds =
        |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<f64>>(column)?.map(time));
    let priority: String = row.get(23)?;
    Ok(SampledStream {
        id: row.get(0)?,
        source: row.get::<_, String>(1)?.into(),
        name: row.get(2)?,
        scenario: row.get(3)?,
        start: time(row.get(4)?),
        phases: Phases {
            blocked: time(row.get(5)?),
            lookup: time(row.get(6)?),
            connecting: time(row.get(7)?),
            tls: time(row.get(8)?),
            sending: time(row.get(9)?),
            waiting: time(row.get(10)?),
        },
        first_event: seconds(11)?,
        events: row.get(12)?,
        event_times: times.into_iter().map(time).collect(),
        longest_gap: seconds(14)?,
        longest_gap_at: seconds(15)?,
        duration: time(row.get(16)?),
        bytes: row.get(17)?,
        status: row.get(18)?,
        end: row.get::<_, String>(19)?.into(),
        error: row.get(20)?,
        prompt_tokens: row.get(21)?,
        completion_tokens: row.get(22)?,
        priority: priority.parse().unwrap_or(u64::MAX),
    })
}

/// Computes the fields that a run that was cut off did not write.
fn cut_off(record: &mut Record) {
    if record.totals.iter().all(Option::is_none) {
        record.totals = record.totals_of_frames();
    }
    let sum = |name: &str| match record.total(name, &Tags::new()) {
        Some(Sink::Counter(counter)) => counter.samples,
        _ => 0,
    };
    let greatest = |name: &str| match record.total(name, &Tags::new()) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of VUs; a cast from a float saturates"
        )]
        Some(Sink::Gauge(gauge)) => gauge.max as u64,
        _ => 0,
    };
    if record.facts == RunFacts::default() {
        record.facts = RunFacts {
            duration: record.frames.last().map(Frame::end).unwrap_or_default(),
            iterations_complete: sum("iterations"),
            iterations_interrupted: 0,
            vus: greatest("vus"),
            vus_max: greatest("vus_max"),
        };
    }
    if let Ok(thresholds) = record.judge(&record.threshold_specs()) {
        record.thresholds = thresholds;
    }
    record.streams_seen = record.streams_seen.max(record.streams.len() as u64);
    let seconds = record.facts.duration.as_secs();
    record.notes.push(format!(
        "the run was cut off; the figures cover the first {seconds}s"
    ));
}

//! Writes a run to the database, one transaction at a time.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Null;
use rusqlite::{Connection, Statement, Transaction, params, params_from_iter};

use super::rows::{FigureColumns, packed, whole};
use super::{APPLICATION_ID, VERSION};
use crate::metrics::{FailureCount, SampledStream, SeriesInfo, SeriesRole, Sink, ThresholdSummary};
use crate::record::{Frame, Record, RunEnd, RunMetadata, VerdictKind};

/// The data of a run that is known before the load.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunStart {
    /// The metadata.
    pub runs: Vec<RunMetadata>,
    /// The thresholds, without results.
    pub thresholds: Vec<ThresholdSummary>,
}

/// Creates the tables and writes the data known before the load.
pub(super) fn open(path: &Path, opening: &RunStart) -> rusqlite::Result<Connection> {
    let mut db = Connection::open(path)?;
    // The journal is emptied after each transaction, so that the file alone is complete between transactions.
    db.pragma_update(None, "journal_mode", "truncate")?;
    db.pragma_update(None, "synchronous", "full")?;
    // 256 KiB: rows are not read again.
    db.pragma_update(None, "cache_size", -256)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    let transaction = db.transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    for (id, run) in (1..).zip(&opening.runs) {
        put_run(&transaction, id, run)?;
    }
    put_thresholds(&transaction, &opening.thresholds)?;
    // Last, so that a file with this version has all its tables.
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(db)
}

/// A statement that inserts a row of `columns` values into a table.
fn insert<'a>(
    db: &'a Transaction<'_>,
    table: &str,
    columns: usize,
) -> rusqlite::Result<Statement<'a>> {
    let values = vec!["?"; columns].join(", ");
    db.prepare(&format!("INSERT OR REPLACE INTO {table} VALUES ({values})"))
}

fn put_run(db: &Transaction<'_>, id: i64, run: &RunMetadata) -> rusqlite::Result<()> {
    let labels: serde_json::Map<_, _> = run
        .labels
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    insert(db, "run", 15)?.execute(params![
        id,
        run.command,
        run.name,
        run.part.map(|part| part.to_string()),
        Some(&run.run_id).filter(|id| !id.is_empty()),
        serde_json::Value::Object(labels).to_string(),
        run.script,
        run.script_hash,
        run.options.to_string(),
        run.seed.map(|seed| seed.to_string()),
        run.version,
        serde_json::to_string(&run.machine).unwrap_or_default(),
        run.started.as_secs_f64(),
        Null,
        Null,
    ])?;
    Ok(())
}

pub(super) fn put_series(
    db: &Transaction<'_>,
    first: usize,
    series: &[SeriesInfo],
) -> rusqlite::Result<()> {
    let mut insert = insert(db, "series", 6)?;
    for (id, info) in (first..).zip(series) {
        let tags = serde_json::to_string(&info.tags).unwrap_or_default();
        let (kind, unit) = (info.kind.name(), info.unit.name());
        insert.execute(params![
            whole(id as u64),
            info.metric,
            kind,
            unit,
            tags,
            info.role.name()
        ])?;
    }
    Ok(())
}

pub(super) fn put_frame(db: &Transaction<'_>, frame: &Frame) -> rusqlite::Result<()> {
    let (time, length) = (frame.start.as_secs_f64(), frame.length.as_secs_f64());
    let mut frames = insert(db, "frames", 14)?;
    for (series, point) in frame.points() {
        let figures = FigureColumns::of_point(point);
        let key = params![time, length, whole(series as u64)];
        frames.execute(params_from_iter(key.iter().chain(&figures.columns())))?;
    }
    let (cpu, memory) = (frame.client.cpu.as_secs_f64(), whole(frame.client.memory));
    insert(db, "client", 4)?.execute(params![time, length, cpu, memory])?;
    let mut insert = insert(db, "error_frames", 5)?;
    let mut count = db.prepare(
        "UPDATE errors SET count = count + ?4 WHERE source = ?1 AND kind = ?2 AND status IS ?3",
    )?;
    for failure in &frame.failures {
        let key = &failure.key;
        let n = whole(failure.count);
        insert.execute(params![time, key.source, key.kind, key.status, n])?;
        if count.execute(params![key.source, key.kind, key.status, n])? == 0 {
            put_failure(db, frame.start, failure)?;
        }
    }
    Ok(())
}

fn put_failure(
    db: &Transaction<'_>,
    first: Duration,
    failure: &FailureCount,
) -> rusqlite::Result<()> {
    let FailureCount { key, message, .. } = failure;
    let (count, first) = (whole(failure.count), first.as_secs_f64());
    let row = params![key.source, key.kind, key.status, count, first, message];
    insert(db, "errors", 6)?.execute(row)?;
    Ok(())
}

pub(super) fn put_streams(
    db: &Transaction<'_>,
    new: &[SampledStream],
    gone: &[u64],
) -> rusqlite::Result<()> {
    let mut remove = db.prepare("DELETE FROM streams WHERE id = ?1")?;
    for id in gone {
        remove.execute([whole(*id)])?;
    }
    let mut insert = insert(db, "streams", 24)?;
    for stream in new {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let times = stream.event_times.iter().map(Duration::as_secs_f64);
        let times: Vec<f64> = times.collect();
        let phases = &stream.phases;
        insert.execute(params![
            whole(stream.id),
            stream.source,
            stream.name,
            stream.scenario,
            stream.start.as_secs_f64(),
            phases.blocked.as_secs_f64(),
            phases.lookup.as_secs_f64(),
            phases.connecting.as_secs_f64(),
            phases.tls.as_secs_f64(),
            phases.sending.as_secs_f64(),
            phases.waiting.as_secs_f64(),
            seconds(stream.first_event),
            whole(stream.events),
            serde_json::to_string(&times).unwrap_or_default(),
            seconds(stream.longest_gap),
            seconds(stream.longest_gap_at),
            stream.duration.as_secs_f64(),
            whole(stream.bytes),
            stream.status,
            stream.end,
            stream.error,
            stream.prompt_tokens.map(whole),
            stream.completion_tokens.map(whole),
            stream.priority.to_string(),
        ])?;
    }
    Ok(())
}

fn put_thresholds(db: &Transaction<'_>, thresholds: &[ThresholdSummary]) -> rusqlite::Result<()> {
    db.execute("DELETE FROM thresholds", [])?;
    let mut insert = insert(db, "thresholds", 7)?;
    for threshold in thresholds {
        insert.execute(params![
            threshold.metric,
            serde_json::to_string(&threshold.tags).unwrap_or_default(),
            threshold.kind.name(),
            threshold.unit.name(),
            threshold.source,
            threshold.value,
            threshold.ok,
        ])?;
    }
    Ok(())
}

/// Writes the result of a run; `series` has all of its series.
pub(super) fn put_end(
    db: &Transaction<'_>,
    series: &[SeriesInfo],
    record: &Record,
) -> rusqlite::Result<()> {
    let cut_off = RunEnd::new(VerdictKind::CutOff, "");
    for (id, run) in (1_i64..).zip(&record.runs) {
        let end = run.end.as_ref().unwrap_or(&cut_off);
        let sql = "UPDATE run SET verdict = ?2, reason = ?3 WHERE id = ?1";
        db.execute(sql, params![id, end.verdict.to_string(), end.reason])?;
    }
    let (facts, client) = (&record.facts, record.client.as_ref());
    db.execute("DELETE FROM outcome", [])?;
    insert(db, "outcome", 8)?.execute(params![
        facts.duration.as_secs_f64(),
        whole(facts.iterations_complete),
        whole(facts.iterations_interrupted),
        whole(facts.vus),
        whole(facts.vus_max),
        whole(record.rejected),
        whole(record.streams_seen),
        client.map(|client| serde_json::to_string(client).unwrap_or_default()),
    ])?;
    put_totals(db, series, &record.totals)?;
    put_thresholds(db, &record.thresholds)?;
    db.execute("DELETE FROM errors", [])?;
    for (first, failure) in &record.failures {
        put_failure(db, *first, failure)?;
    }
    db.execute("DELETE FROM notes", [])?;
    let mut insert = insert(db, "notes", 1)?;
    for note in &record.notes {
        insert.execute([note])?;
    }
    Ok(())
}

fn put_totals(
    db: &Transaction<'_>,
    series: &[SeriesInfo],
    totals: &[Option<Sink>],
) -> rusqlite::Result<()> {
    let mut total = insert(db, "totals", 13)?;
    let mut check = insert(db, "checks", 4)?;
    for (id, (info, sink)) in series.iter().zip(totals).enumerate() {
        let Some(sink) = sink else { continue };
        let (figures, samples) = (FigureColumns::of_sink(sink), packed(sink));
        let columns = figures.columns();
        let id = whole(id as u64);
        let (first, last) = (params![id], params![samples]);
        let row = first.iter().chain(&columns).chain(last);
        total.execute(params_from_iter(row))?;
        if let (SeriesRole::Check, Sink::Rate(rate)) = (info.role, sink) {
            let tag = |name| info.tags.get(name).unwrap_or_default();
            let (passes, fails) = (whole(rate.passes), whole(rate.fails()));
            check.execute(params![tag("check"), tag("group"), passes, fails])?;
        }
    }
    Ok(())
}

//! Writes a run to the database, one transaction at a time.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, params};

use super::rows::{Figures, packed, whole};
use super::{APPLICATION_ID, VERSION};
use crate::metrics::{Client, Failure, Part, RunFacts, SeriesInfo, Sink, Stream, ThresholdSummary};
use crate::record::{Frame, Record, Run, RunEnd};

/// What is known of a run before its load.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Who ran what.
    pub runs: Vec<Run>,
    /// What is demanded; without outcomes.
    pub thresholds: Vec<ThresholdSummary>,
}

/// What is known of a run when it is over.
#[derive(Debug, Clone, Default)]
pub struct Closing {
    /// How each part of the run ended.
    pub ends: Vec<RunEnd>,
    /// Time, iterations and VUs.
    pub facts: RunFacts,
    /// What each series came to.
    pub totals: Vec<Option<Sink>>,
    /// Thresholds and whether they hold.
    pub thresholds: Vec<ThresholdSummary>,
    /// What failed, and when the first of a kind did.
    pub failures: Vec<(Duration, Failure)>,
    /// What the reader should know besides.
    pub notes: Vec<String>,
    /// The judgement of the client.
    pub client: Option<Client>,
    /// Samples that were refused.
    pub rejected: u64,
    /// How many streams there were.
    pub streams_seen: u64,
}

impl Closing {
    /// Puts it into the record of the run.
    pub fn fill(self, record: &mut Record) {
        record.facts = self.facts;
        record.totals = self.totals;
        record.thresholds = self.thresholds;
        record.failures = self.failures;
        record.notes = self.notes;
        record.client = self.client;
        record.rejected = self.rejected;
        record.streams_seen = self.streams_seen;
    }
}

impl Record {
    /// What is written of it when it is over.
    pub fn closing(&self) -> Closing {
        let end = |run: &Run| {
            run.end
                .clone()
                .unwrap_or_else(|| RunEnd::new("cut off", ""))
        };
        Closing {
            ends: self.runs.iter().map(end).collect(),
            facts: self.facts,
            totals: self.totals.clone(),
            thresholds: self.thresholds.clone(),
            failures: self.failures.clone(),
            notes: self.notes.clone(),
            client: self.client.clone(),
            rejected: self.rejected,
            streams_seen: self.streams_seen,
        }
    }
}

/// Makes the tables and writes what is known before the load.
pub(super) fn open(path: &Path, opening: &Opening) -> rusqlite::Result<Connection> {
    let mut db = Connection::open(path)?;
    // The journal of each transaction is emptied with it: between two of them the file is whole by itself.
    db.pragma_update(None, "journal_mode", "truncate")?;
    db.pragma_update(None, "synchronous", "full")?;
    // 256 KiB: what is written is not read again.
    db.pragma_update(None, "cache_size", -256)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    let transaction = db.transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    for (id, run) in (1..).zip(&opening.runs) {
        put_run(&transaction, id, run)?;
    }
    put_thresholds(&transaction, &opening.thresholds)?;
    // Last, so that a file is a run only when its tables are there.
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(db)
}

fn put_run(db: &Transaction<'_>, id: i64, run: &Run) -> rusqlite::Result<()> {
    let labels: serde_json::Map<_, _> = run
        .labels
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    db.execute(
        "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, NULL, NULL)",
        params![
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
        ],
    )?;
    Ok(())
}

pub(super) fn put_series(
    db: &Transaction<'_>,
    first: usize,
    series: &[SeriesInfo],
) -> rusqlite::Result<()> {
    let mut insert = db.prepare("INSERT INTO series VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (id, info) in (first..).zip(series) {
        let tags = serde_json::to_string(&info.tags).unwrap_or_default();
        let (kind, unit) = (info.kind.name(), info.unit.name());
        insert.execute(params![
            whole(id as u64),
            info.metric,
            kind,
            unit,
            tags,
            info.part.name()
        ])?;
    }
    Ok(())
}

pub(super) fn put_frame(db: &Transaction<'_>, frame: &Frame) -> rusqlite::Result<()> {
    let (time, length) = (frame.start.as_secs_f64(), frame.length.as_secs_f64());
    let mut insert = db.prepare(
        "INSERT INTO frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for (series, point) in frame.points() {
        let of = Figures::of_point(point);
        let [p50, p90, p95, p99] = of.percentiles;
        insert.execute(params![
            time,
            length,
            whole(series as u64),
            of.count,
            of.sum,
            of.min,
            of.max,
            of.value,
            p50,
            p90,
            p95,
            p99,
            of.histogram,
            of.negative,
        ])?;
    }
    let mut insert = db.prepare("INSERT OR REPLACE INTO client VALUES (?1, ?2, ?3, ?4)")?;
    let client = frame.client;
    insert.execute(params![
        time,
        length,
        client.cpu.as_secs_f64(),
        whole(client.memory)
    ])?;
    let mut insert = db.prepare("INSERT INTO error_frames VALUES (?1, ?2, ?3, ?4, ?5)")?;
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

fn put_failure(db: &Transaction<'_>, first: Duration, failure: &Failure) -> rusqlite::Result<()> {
    let mut insert = db.prepare("INSERT INTO errors VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let key = &failure.key;
    let (count, first) = (whole(failure.count), first.as_secs_f64());
    insert.execute(params![
        key.source,
        key.kind,
        key.status,
        count,
        first,
        failure.message
    ])?;
    Ok(())
}

pub(super) fn put_streams(
    db: &Transaction<'_>,
    new: &[Stream],
    gone: &[u64],
) -> rusqlite::Result<()> {
    let mut remove = db.prepare("DELETE FROM streams WHERE id = ?1")?;
    for id in gone {
        remove.execute([whole(*id)])?;
    }
    let mut insert = db.prepare(
        "INSERT OR REPLACE INTO streams VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
         ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
    )?;
    for stream in new {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let times: Vec<f64> = stream
            .event_times
            .iter()
            .map(Duration::as_secs_f64)
            .collect();
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
    let mut insert = db.prepare("INSERT INTO thresholds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
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

/// Writes what is known at the end; `series` are all of them.
pub(super) fn put_closing(
    db: &Transaction<'_>,
    series: &[SeriesInfo],
    closing: &Closing,
) -> rusqlite::Result<()> {
    for (id, end) in (1..).zip(&closing.ends) {
        let sql = "UPDATE run SET verdict = ?2, reason = ?3 WHERE id = ?1";
        let id: i64 = id;
        db.execute(sql, params![id, end.verdict, end.reason])?;
    }
    let facts = &closing.facts;
    db.execute("DELETE FROM outcome", [])?;
    db.execute(
        "INSERT INTO outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            facts.duration.as_secs_f64(),
            whole(facts.iterations_complete),
            whole(facts.iterations_interrupted),
            whole(facts.vus),
            whole(facts.vus_max),
            whole(closing.rejected),
            whole(closing.streams_seen),
            closing
                .client
                .as_ref()
                .map(|client| serde_json::to_string(client).unwrap_or_default()),
        ],
    )?;
    put_totals(db, series, &closing.totals)?;
    put_thresholds(db, &closing.thresholds)?;
    db.execute("DELETE FROM errors", [])?;
    for (first, failure) in &closing.failures {
        put_failure(db, *first, failure)?;
    }
    db.execute("DELETE FROM notes", [])?;
    let mut insert = db.prepare("INSERT INTO notes VALUES (?1)")?;
    for note in &closing.notes {
        insert.execute([note])?;
    }
    Ok(())
}

fn put_totals(
    db: &Transaction<'_>,
    series: &[SeriesInfo],
    totals: &[Option<Sink>],
) -> rusqlite::Result<()> {
    let mut insert = db.prepare(
        "INSERT OR REPLACE INTO totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    let mut check = db.prepare("INSERT INTO checks VALUES (?1, ?2, ?3, ?4)")?;
    for (id, (info, sink)) in series.iter().zip(totals).enumerate() {
        let Some(sink) = sink else { continue };
        let of = Figures::of_sink(sink);
        let [p50, p90, p95, p99] = of.percentiles;
        insert.execute(params![
            whole(id as u64),
            of.count,
            of.sum,
            of.min,
            of.max,
            of.value,
            p50,
            p90,
            p95,
            p99,
            of.histogram,
            of.negative,
            packed(sink),
        ])?;
        if let (Part::Check, Sink::Rate(rate)) = (info.part, sink) {
            let tag = |name| info.tags.get(name).unwrap_or_default();
            let (passes, fails) = (whole(rate.passes), whole(rate.fails()));
            check.execute(params![tag("check"), tag("group"), passes, fails])?;
        }
    }
    Ok(())
}

//! The end of a run of several parts: part 0 waits for the others, and they wait for its verdict.

use std::time::{Duration, Instant};

use super::{Faults, early_end, judge, show, summarise};
use crate::app::inbox::Inbox;
use crate::app::load::{LoadResult, LoadRun};
use crate::app::phase::Phase;
use crate::app::role::{PartResult, RunResult};
use crate::app::{Ended, Show, Verdict};
use crate::metrics::{RunFacts, Summary};
use crate::output::{Outputs, Terminal};
use crate::record::Record;

/// How often frames are collected while part 0 waits, and how often it checks.
const SECOND: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// On part 0, waits until the load of the other parts has ended, and scrapes the servers for the last time. Returns the time that
/// took.
pub(super) fn await_others(
    load: &LoadRun<'_>,
    loaded: &mut LoadResult,
    terminal: &Terminal,
    inbox: &Inbox,
) -> Duration {
    let since = Instant::now();
    let mut phase = Phase::new(terminal, "waiting for the other parts");
    let mut due = Instant::now() + SECOND;
    while loaded.ledger.role.waits(&load.part_load(inbox, terminal)) {
        if Instant::now() >= due {
            due += SECOND;
            load.collect(&mut loaded.totals, &mut loaded.ledger, &loaded.progress);
        }
        phase.update();
        std::thread::sleep(POLL_INTERVAL);
    }
    loaded.scraper.finish();
    since.elapsed()
}

/// The summary and the facts of the run, over all its parts. The run does not include the time that part 0 `waited` for the
/// others.
pub(super) fn of_the_run(
    load: &LoadRun<'_>,
    loaded: &mut LoadResult,
    waited: Duration,
) -> (Summary, RunFacts) {
    let own = loaded.progress.facts(load.elapsed().saturating_sub(waited));
    let role = &loaded.ledger.role;
    let Some(own_totals) = role.own_totals() else {
        return (summarise(load, loaded, own), own);
    };
    let mut alone = Summary::new(load.registry, own_totals, own, []);
    alone.audit(&loaded.progress.client_facts(&loaded.end));
    let facts = role.facts(own, &mut loaded.totals);
    loaded.raised += role.raised();
    let mut summary = summarise(load, loaded, facts);
    loaded
        .ledger
        .role
        .complete(&mut summary, (own, alone.client));
    (summary, facts)
}

/// Closes the records. Returns that of the run, if it is kept in memory.
pub(super) fn close_records(
    load: &LoadRun<'_>,
    loaded: &mut LoadResult,
    (summary, facts): (&Summary, RunFacts),
    verdict: &mut Verdict,
    (terminal, enough): (&Terminal, &dyn Fn() -> bool),
) -> Option<Record> {
    let own_facts = loaded.progress.facts(summary.duration);
    let ledger = &mut loaded.ledger;
    let (record, own) = (ledger.record.take(), ledger.own.take());
    let own_totals = ledger.role.own_totals().unwrap_or(&loaded.totals);
    let place = (&**load.registry, ledger.catalog());
    let records = [
        record.map(|record| (record, &loaded.totals, facts)),
        own.map(|own| (own, own_totals, own_facts)),
    ];
    let mut kept = None;
    for (record, totals, facts) in records.into_iter().flatten() {
        let result = (summary, &*verdict);
        let (whole, faults) = record.finish(place, totals, facts, result, (terminal, enough));
        kept = kept.or(whole);
        for fault in faults {
            terminal.error(&fault.to_string());
            if *verdict == Verdict::Passed {
                *verdict = Verdict::Output(fault.to_string());
            }
        }
    }
    kept
}

/// The end of all parts except part 0: they send their result and receive the verdict on the run.
pub(super) fn conclude(
    load: &LoadRun<'_>,
    mut loaded: LoadResult,
    outputs: Outputs,
    terminal: &Terminal,
    inbox: &mut Inbox,
) -> Ended {
    let load_end = Instant::now();
    let facts = loaded.progress.facts(load.elapsed());
    let summary = summarise(load, &loaded, facts);
    let own = own_verdict(load, &loaded, terminal, inbox);
    let end = PartResult {
        verdict: &own,
        summary: &summary,
        raised: loaded.raised,
        extra: load.job.extra.as_ref().map(|extra| extra()),
    };
    let RunResult {
        mut verdict,
        part,
        leader,
    } = loaded.ledger.role.await_result(end, inbox, terminal);
    match &leader {
        None if matches!(load.job.show, Show::Whole) => {
            // No other process has this result.
            terminal.warn(&format!("this is the result of {part} alone"));
            show(load, &summary, None, terminal);
        }
        address => {
            let address = address.as_deref().unwrap_or_default();
            let word = verdict.to_end().verdict;
            terminal.info(&format!(
                "{part}: the result of the run is on part 0 at {address} ({word})"
            ));
        }
    }
    let enough = || inbox.stopper.are_outputs_late(load_end);
    let unwritten = outputs.finish(&summary, enough);
    if let (Some(fault), Verdict::Passed) = (unwritten.into_iter().next(), &verdict) {
        verdict = Verdict::Output(fault);
    }
    let result = (&summary, facts);
    let record = close_records(load, &mut loaded, result, &mut verdict, (terminal, &enough));
    Ended {
        verdict,
        summary,
        raised: loaded.raised,
        record,
        extras: Vec::new(),
        is_elsewhere: leader.is_some(),
    }
}

/// The verdict on the load of this part; part 0 judges thresholds.
fn own_verdict(
    load: &LoadRun<'_>,
    loaded: &LoadResult,
    terminal: &Terminal,
    inbox: &Inbox,
) -> Verdict {
    if inbox.stopper.is_stopped() && early_end(load, &loaded.end.cause, terminal).is_none() {
        return Verdict::Stopped;
    }
    judge(load, loaded, Faults::default(), false, terminal)
}

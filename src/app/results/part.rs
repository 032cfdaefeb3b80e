//! The end of a run of several parts: part 0 waits for the others, and they wait for its verdict.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Faults, early_end, judge, show, summarise};
use crate::app::inbox::Inbox;
use crate::app::joined::{self, Role};
use crate::app::load::{LoadResult, LoadRun};
use crate::app::phase::Phase;
use crate::app::{Ended, Show, Verdict};
use crate::join::PartEnd;
use crate::metrics::{RunFacts, Summary};
use crate::output::{Outputs, Terminal};
use crate::record::{Record, RunEnd};

/// How often frames are collected while part 0 waits, and how often it checks.
const SECOND: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// On part 0, waits until the load of the other parts has ended. Returns the time that took.
pub(super) fn await_others(
    load: &LoadRun<'_>,
    loaded: &mut LoadResult,
    terminal: &Terminal,
    inbox: &Inbox,
) -> Duration {
    let since = Instant::now();
    let mut phase = Phase::new(terminal, "waiting for the other parts");
    let mut due = Instant::now() + SECOND;
    loop {
        let Some(Role::Leader(leader)) = &mut loaded.ledger.role else {
            return Duration::ZERO;
        };
        if !leader.waits(inbox, load.state, load.grace(), terminal) {
            return since.elapsed();
        }
        if Instant::now() >= due {
            due += SECOND;
            load.collect(&mut loaded.totals, &mut loaded.ledger, &loaded.progress);
        }
        phase.update();
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// The summary and the facts of the run, over all its parts. The run does not include the time that part 0 `waited` for the
/// others.
pub(super) fn of_the_run(
    load: &LoadRun<'_>,
    loaded: &mut LoadResult,
    waited: Duration,
) -> (Summary, RunFacts) {
    let own = loaded.progress.facts(load.elapsed().saturating_sub(waited));
    let Some(Role::Leader(leader)) = &loaded.ledger.role else {
        return (summarise(load, loaded, own), own);
    };
    let facts = leader.facts(own, &mut loaded.totals);
    let mut alone = Summary::new(load.registry, leader.own_totals(), own, []);
    alone.audit(&loaded.progress.client_facts(&loaded.end));
    loaded.raised += leader.raised();
    let mut summary = summarise(load, loaded, facts);
    if let Some(Role::Leader(leader)) = &loaded.ledger.role {
        leader.complete(&mut summary, (own, alone.client));
    }
    (summary, facts)
}

/// The verdict on a run that another part ended.
pub(super) fn fault_of_others(loaded: &LoadResult) -> Option<Verdict> {
    let Some(Role::Leader(leader)) = &loaded.ledger.role else {
        return None;
    };
    let (part, end) = leader.fault()?;
    let reason = format!("part {part}: {}", end.reason);
    Some(joined::verdict_of(&RunEnd::new(end.verdict, reason)))
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
    let own_totals = match &ledger.role {
        Some(Role::Leader(leader)) => leader.own_totals(),
        _ => &loaded.totals,
    };
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

/// On part 0, sends the others the verdict. Returns what they collected besides metrics.
pub(super) fn announce_end(
    loaded: &mut LoadResult,
    verdict: &Verdict,
) -> Vec<(u64, Option<Value>)> {
    let Some(Role::Leader(leader)) = &mut loaded.ledger.role else {
        return Vec::new();
    };
    leader.announce_end(&verdict.to_end());
    leader.extras()
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
    let end = part_end(load, &loaded, &summary, &own);
    let Some(Role::Follower(follower)) = &mut loaded.ledger.role else {
        unreachable!("only a part that follows ends like this");
    };
    let run_end = follower.end(&end, inbox, terminal);
    let (name, address) = follower.names();
    let place = format!("{name}: the result of the run is on part 0 at {address}");
    let (lost, fault) = (
        follower.lost().cloned(),
        follower.fault().map(str::to_owned),
    );
    let is_alone = lost.is_some();
    let mut verdict = match (run_end, lost, fault) {
        _ if own != Verdict::Passed => own,
        (Some(end), ..) => joined::verdict_of(&end),
        (None, Some(lost), _) => Verdict::Lost(lost.to_string()),
        (None, None, Some(fault)) => Verdict::Lost(fault),
        (None, None, None) => Verdict::Stopped,
    };
    if is_alone && matches!(load.job.show, Show::Whole) {
        // No other process has this result.
        terminal.warn(&format!("this is the result of {name} alone"));
        show(load, &summary, None, terminal);
    } else {
        let word = verdict.to_end().verdict;
        terminal.info(&format!("{place} ({word})"));
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
        is_elsewhere: !is_alone,
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

fn part_end(load: &LoadRun<'_>, loaded: &LoadResult, summary: &Summary, own: &Verdict) -> PartEnd {
    let end = own.to_end();
    PartEnd {
        verdict: end.verdict,
        reason: end.reason,
        duration: summary.duration,
        complete: summary.iterations_complete,
        interrupted: summary.iterations_interrupted,
        vus: summary.vus,
        vus_max: summary.vus_max,
        raised: loaded.raised,
        rejected: summary.rejected,
        client: summary.client.clone(),
        notes: Vec::new(),
        extra: load.job.extra.as_ref().map(|extra| extra()),
    }
}

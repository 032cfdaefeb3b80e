//! The rows of parts in the summary of a joined run, and the verdict on all clients.

use std::time::Duration;

use super::RunLeader;
use crate::join::{PartState, PartTally};
use crate::metrics::{
    ClientAudit, ClientVerdict, PartOutcome, PartSummary, RunFacts, Summary, Totals,
};
use crate::record::VerdictKind;

/// The difference between clocks, in seconds, from which it is reported.
const APART: f64 = 90.0;

/// Adds what the other parts counted besides samples: iterations, VUs, rejected samples.
pub(super) fn facts(parts: &[PartState], own: RunFacts, totals: &mut Totals) -> RunFacts {
    let mut all = own;
    for part in parts {
        if let Some(end) = &part.end {
            all.duration = all.duration.max(end.duration);
            all.iterations_complete += end.complete;
            all.iterations_interrupted += end.interrupted;
            all.vus += end.vus;
            all.vus_max += end.vus_max;
            totals.reject(end.rejected);
        } else {
            // As of its last message.
            all.iterations_complete += completed(part);
            all.iterations_interrupted += part.beat.interrupted;
            all.vus += part.beat.vus;
            all.vus_max += part.beat.made;
        }
    }
    all
}

impl RunLeader {
    /// Completes the summary of the run; `own` has the facts and the client verdict of this part alone.
    pub(super) fn complete_summary(&self, summary: &mut Summary, own: (RunFacts, ClientAudit)) {
        let parts = self.leader.members().parts();
        let (facts, client) = own;
        let mut rows = vec![PartSummary {
            part: self.hello().part,
            host: self.hello().machine.host.clone(),
            iterations: facts.iterations_complete,
            vus: facts.vus,
            client: Some(client.verdict),
            end: PartOutcome::Ended,
            until: self.until(),
            ..row(self.own_tally())
        }];
        summary.client = client;
        let mut lost = 0;
        for part in parts {
            let end = outcome(&part);
            let until = part.until.as_secs();
            let (number, host) = (part.hello.part, &part.hello.machine.host);
            match end {
                PartOutcome::Ended => {}
                PartOutcome::Lost => {
                    lost += 1;
                    summary.notes.push(format!(
                        "part {number} on {host} was lost: its last second is {until}; no figure includes what it did after that"
                    ));
                }
                PartOutcome::Interrupted => {
                    lost += 1;
                    summary.notes.push(format!(
                        "part {number} on {host} was interrupted after {until}s"
                    ));
                }
            }
            let apart = part.hello.clock - self.hello().clock;
            if apart.abs() > APART {
                let word = if apart > 0.0 { "ahead of" } else { "behind" };
                let apart =
                    Duration::from_secs(Duration::from_secs_f64(apart.abs().min(1e12)).as_secs());
                summary.notes.push(format!(
                    "the clock of part {number} on {host} is about {} {word} that of part 0; times here are by that of part 0",
                    crate::units::format_duration(apart)
                ));
            }
            rows.push(PartSummary {
                part: number,
                host: host.clone(),
                iterations: completed(&part),
                vus: part.end.as_ref().map_or(part.beat.vus, |end| end.vus),
                client: part.end.as_ref().map(|end| end.client.verdict),
                end,
                until: part.until,
                ..row(part.tally)
            });
            if let Some(end) = part.end {
                for note in &end.notes {
                    summary.notes.push(format!("part {number}: {note}"));
                }
                summary.client.join(end.client.clone());
            }
        }
        if lost > 0 {
            summary.client.lose(lost, &summary.metrics);
        }
        summary.parts = rows;
        let starts = self.starts_of_parts();
        let skew = starts.iter().max().zip(starts.iter().min());
        summary.start_skew = skew
            .filter(|_| starts.len() > 1)
            .map(|(last, first)| Duration::from_nanos(last.abs_diff(*first)));
    }
}

/// Iterations that a part completed, as of its last message.
fn completed(part: &PartState) -> u64 {
    let heard = part.beat.complete.max(row(part.tally).iterations);
    part.end.as_ref().map_or(heard, |end| end.complete)
}

fn outcome(part: &PartState) -> PartOutcome {
    match &part.end {
        Some(end) if end.verdict == VerdictKind::Stopped => PartOutcome::Interrupted,
        Some(_) => PartOutcome::Ended,
        None => PartOutcome::Lost,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counters of whole things"
)]
fn row(tally: PartTally) -> PartSummary {
    PartSummary {
        part: 0,
        host: String::new(),
        iterations: tally.iterations as u64,
        requests: tally.requests as u64,
        events: tally.events as u64,
        failures: tally.failures,
        vus: 0,
        client: None::<ClientVerdict>,
        end: PartOutcome::Ended,
        until: Duration::ZERO,
    }
}

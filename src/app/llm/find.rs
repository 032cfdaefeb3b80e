//! `--find-max-rate`: runs probes until the highest rate that keeps a goal is found.

use std::time::Duration;

use super::super::Verdict;
use super::bench::{Bench, LoadLevel, LoadLimits};
use super::goal::Goal;
use super::judge::{ProbeJudgement, figure, judge};
use super::measure::{BenchRunner, Measured};
use super::run::BenchEnd;
use super::save::Save;
use super::search::{Probe, Search};
use super::warmup::Warmup;
use crate::error::Error;
use crate::report::seconds;
use crate::units::counted;

/// A percentile of fewer requests is not meaningful.
const FEWEST: u64 = 20;
/// The minimum length of a probe in seconds; shorter ones are bursts, not rates.
const SHORTEST: f64 = 1.0;
/// The growth of a figure at the boundary that counts as a cliff.
const CLIFF: f64 = 2.0;

/// A search with its probes.
struct Found<'a> {
    goal: &'a Goal,
    search: Search,
    probes: Vec<(f64, u64, ProbeJudgement)>,
}

/// Searches from the rate `start` on, reports each probe, and prints the result.
///
/// # Errors
/// As [`BenchRunner::measure`]. An interrupted search ends with its result so far.
pub(crate) fn find_max_rate(
    runner: &BenchRunner<'_>,
    bench: &Bench,
    goal: &Goal,
    start: f64,
    mut save: Option<&mut Save>,
) -> Result<BenchEnd, Error> {
    let time = bench.amount.duration.unwrap_or_default();
    let least = if time.is_zero() {
        0.0
    } else {
        1.0 / time.as_secs_f64()
    };
    let mut found = Found {
        goal,
        search: Search::new(start).no_lower_than(least),
        probes: Vec::new(),
    };
    let mut probe = bench.clone();
    while let Some(rate) = found.search.next() {
        probe.load = bench.load.at(LoadLevel::Rate(rate));
        probe.amount = amount(bench, rate);
        probe.change_prompts();
        let measured = match runner.step(&probe, save.as_deref_mut()) {
            Err(Error::Stopped) if !found.probes.is_empty() => None,
            other => Some(other?),
        };
        if runner.stopper.is_stopped() {
            if let Some(measured) = measured {
                runner.terminal.note(&cut_short(rate, goal, &measured));
            }
            runner.print(&found.words("; the search was stopped"));
            return Ok(BenchEnd::Run(Verdict::Stopped));
        }
        let Some(measured) = measured else {
            return Err(Error::Stopped);
        };
        if measured.is_hopeless() {
            runner
                .terminal
                .error(&measured.failure().unwrap_or_default());
            if found.search.kept().is_some() {
                runner.print(&found.words("; the search was abandoned"));
            }
            return Ok(BenchEnd::NoAnswer);
        }
        // The server is warm after the first probe.
        probe.warmup = Warmup::NONE;
        let judgement = judge(goal, &probe, &measured);
        let requests = measured.result.completed + measured.result.failed;
        found
            .search
            .take(rate, judgement.probe, judgement.capacity());
        let number = found.search.probes();
        let next = found.search.next();
        let next = next.map_or(String::new(), |next| format!("; next {next}/s"));
        let line = row(number, rate, requests, &judgement.to_string());
        runner.terminal.note(&(line + &next));
        found.probes.push((rate, requests, judgement));
    }
    let end = match found.search.missed().or(found.search.unclear()) {
        Some(_) => "",
        None => ": the search tries no higher rate",
    };
    runner.print(&found.words(end));
    Ok(match found.search.kept() {
        Some(_) => BenchEnd::Run(Verdict::Passed),
        None => BenchEnd::GoalMissed,
    })
}

fn row(number: u32, rate: f64, requests: u64, words: &str) -> String {
    let rate = format!("{rate}/s");
    format!("  {number:>2}  {rate:>8}  {requests:>5} requests  {words}")
}

/// The row of an interrupted probe, which has figures but no judgement.
fn cut_short(rate: f64, goal: &Goal, measured: &Measured) -> String {
    let readings = goal.readings(&measured.result, (0.0, 0.0), |_| 0.0);
    let figures: Vec<String> = readings.iter().map(figure).collect();
    let requests = measured.result.completed + measured.result.failed;
    format!(
        "      {:>8}  {requests:>5} requests  interrupted: {}",
        format!("{rate}/s"),
        figures.join(", ")
    )
}

/// The requests of a probe: those of its duration or as many as given, but enough to show the rate. Their number is fixed to
/// reduce the variance.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests is neither negative nor beyond u64"
)]
fn amount(bench: &Bench, rate: f64) -> LoadLimits {
    let LoadLimits { requests, duration } = bench.amount;
    let in_time = rate * duration.unwrap_or_default().as_secs_f64();
    let wanted = requests.map_or(in_time, |requests| in_time.min(requests as f64));
    let requests = wanted.max(rate * SHORTEST).ceil().max(1.0);
    LoadLimits {
        requests: Some(requests as u64),
        // The gaps are scaled to this time: beyond it, nothing is sent.
        duration: Duration::try_from_secs_f64((requests / rate).ceil()).ok(),
    }
}

impl Found<'_> {
    /// The last judgement of a rate that agrees with the result.
    fn at(&self, rate: f64) -> Option<&ProbeJudgement> {
        let is_kept = self.search.kept() == Some(rate);
        let probes = || {
            let probes = self.probes.iter().rev();
            let at = probes.filter(|(tried, ..)| tried.total_cmp(&rate).is_eq());
            at.map(|(.., judgement)| judgement)
        };
        let mut agreeing = probes().filter(|judgement| judgement.probe.is_kept() == is_kept);
        agreeing.next().or_else(|| probes().next())
    }

    /// The result in words: the highest rate that kept the goal, the figures of the lowest rate that missed it, and why.
    fn words(&self, end: &str) -> String {
        let goal = self.goal;
        let kept = self.search.kept();
        let (missed, unclear) = (self.search.missed(), self.search.unclear());
        let said = |rate: f64| {
            self.at(rate)
                .map_or("", |judgement| judgement.words.as_str())
        };
        let unclear = unclear.filter(|unclear| missed.is_none_or(|missed| *unclear < missed));
        let mut lines = vec![
            match (kept, missed, unclear) {
                (Some(kept), _, Some(rate)) => {
                    format!(
                        "max rate: at least {kept} requests/s keep {goal}; at {rate}/s {}",
                        said(rate)
                    )
                }
                (Some(kept), Some(missed), None) => {
                    format!(
                        "max rate: {kept} requests/s keep {goal}; {missed}/s do not: {}",
                        said(missed)
                    )
                }
                (Some(kept), None, None) => {
                    format!("max rate: at least {kept} requests/s keep {goal}")
                }
                (None, _, Some(rate)) => {
                    format!("max rate: none found: at {rate} requests/s {}", said(rate))
                }
                (None, Some(missed), None) => format!(
                    "max rate: none found: not even {missed} requests/s keep {goal}: {}",
                    said(missed)
                ),
                (None, None, None) => "max rate: none found".to_owned(),
            } + end,
        ];
        if let Some(late) = self.search.hopelessly_late() {
            lines.push(format!(
                "  this machine is too busy: ssel was {} late at the last two rates, which a lower rate does not fix; \
                 give it a dedicated core, or use a goal further from its lag",
                seconds(late)
            ));
        }
        if let Some((kept, missed)) = kept.zip(missed).filter(|_| unclear.is_none()) {
            lines.extend(self.shape(kept, missed));
            lines.push(format!("  why: {}", self.why(missed)));
        }
        lines.extend(kept.and_then(|kept| self.too_few(kept)));
        lines.join("\n") + "\n"
    }

    /// The shape of the figure at the boundary: a knee or a cliff.
    fn shape(&self, kept: f64, missed: f64) -> Option<String> {
        let before = self.at(kept)?.reading.as_ref()?;
        let Some(after) = self.at(missed)?.reading.as_ref() else {
            return Some(format!(
                "  cliff: {} at {kept}/s, within its limit, and at {missed}/s the rate fails",
                figure(before)
            ));
        };
        let word = if after.times / before.times >= CLIFF {
            "cliff"
        } else {
            "knee"
        };
        let limit = seconds(after.limit);
        Some(format!(
            "  {word}: {} at {kept}/s, {} at {missed}/s; the limit is {limit}",
            figure(before),
            figure(after)
        ))
    }

    /// Why a rate fails.
    fn why(&self, missed: f64) -> String {
        // At the boundary the queue may grow too slowly to be seen; a higher rate shows it.
        let above = self.probes.iter().filter(|(rate, ..)| *rate >= missed);
        let growing = above.filter(|(.., judgement)| judgement.capacity().is_some());
        let lowest = growing.min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((
            rate,
            _,
            ProbeJudgement {
                queue: Some(queue), ..
            },
        )) = lowest
        {
            return format!("at {rate}/s {queue}");
        }
        match self.at(missed) {
            Some(judgement) if judgement.probe == Probe::Failed => judgement.words.clone(),
            Some(judgement) if judgement.queue.is_some() => {
                "no queue grows: all requests are answered, but later".to_owned()
            }
            _ => "the probes are too short to show whether a queue grows".to_owned(),
        }
    }

    fn too_few(&self, kept: f64) -> Option<String> {
        let mut probes = self.probes.iter();
        let (_, requests, _) = probes.find(|(rate, ..)| rate.total_cmp(&kept).is_eq())?;
        (*requests < FEWEST).then(|| {
            let requests = counted(*requests, "request");
            format!("  a probe at this rate had only {requests}: use a longer --duration")
        })
    }
}

#[cfg(test)]
mod tests;

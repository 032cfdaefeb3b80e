//! The highest rate that keeps a goal, found by trying.

use std::fmt;
use std::time::Duration;

use super::super::Verdict;
use super::bench::{Amount, Bench, Load, Step};
use super::goal::{Goal, Reading};
use super::measure::{Lab, Measured};
use super::run::End;
use super::save::Save;
use super::search::{Probe, Search};
use crate::error::Error;
use crate::report::seconds;
use crate::units::counted;

/// Beyond this share of failed requests a rate is too high, whatever the others' latencies.
const MOST_FAILURES: f64 = 0.01;
/// A figure up to so many times its limit may be a chance.
const CLOSE: f64 = 1.25;

/// A percentile of fewer requests says nothing.
const FEWEST: f64 = 20.0;
/// Requests that are sent in less time than this, in seconds, are a burst and show no rate.
const SHORTEST: f64 = 1.0;

/// What a probe says of its rate.
struct Judgement {
    probe: Probe,
    /// Why it is too high, or how well it did.
    words: String,
    /// It was ssel that could not keep up, so that nothing is known of the server.
    is_client: bool,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.probe {
            Probe::Kept => "kept",
            Probe::Close => "missed closely",
            Probe::Missed => "missed",
        };
        write!(f, "{verdict}: {}", self.words)
    }
}

/// Searches from the rate `start` on, tells of each probe, and prints what was found.
///
/// # Errors
/// As [`Lab::measure`]. A search that is stopped ends with what it knows.
pub fn find_max_rate(
    lab: &Lab<'_>,
    bench: &Bench,
    goal: &Goal,
    start: f64,
    mut save: Option<&mut Save>,
) -> Result<End, Error> {
    let mut search = Search::new(start);
    let mut probe = bench.clone();
    let mut limit = None;
    while let Some(rate) = search.next() {
        probe.load = bench.load.at(Step::Rate(rate));
        probe.amount = amount(bench, rate);
        probe.change_prompts();
        let measured = match lab.step(&probe, save.as_deref_mut()) {
            Err(Error::Stopped) if search.kept().is_some() => None,
            other => Some(other?),
        };
        let Some(measured) = measured.filter(|_| !lab.stopper.is_stopped()) else {
            lab.print(&format!(
                "{}; the search was stopped\n",
                found(&search, goal, limit.as_ref())
            ));
            return Ok(End::Run(Verdict::Stopped));
        };
        if measured.is_hopeless() {
            lab.terminal.error(&measured.failure().unwrap_or_default());
            if search.kept().is_some() {
                lab.print(&(found(&search, goal, limit.as_ref()) + "; the search was given up\n"));
            }
            return Ok(End::NoAnswer);
        }
        // The server is warm from here on.
        probe.warmup = 0;
        let judgement = judge(goal, &probe, &measured);
        search.take(judgement.probe);
        lab.terminal.note(&format!(
            "  {:>9}  {:>5} requests  {}{}",
            format!("{rate}/s"),
            measured.result.completed + measured.result.failed,
            judgement,
            if search.is_again() { "; once more" } else { "" }
        ));
        if search.missed() == Some(rate) {
            limit = Some(judgement);
        }
    }
    let more = if search.missed().is_some() {
        ""
    } else {
        ": no higher rate is tried"
    };
    lab.print(&format!("{}{more}\n", found(&search, goal, limit.as_ref())));
    Ok(match search.kept() {
        Some(_) => End::Run(Verdict::Passed),
        None => End::GoalMissed,
    })
}

fn judge(goal: &Goal, bench: &Bench, measured: &Measured) -> Judgement {
    let missed = |words: String| Judgement {
        probe: Probe::Missed,
        words,
        is_client: false,
    };
    let result = &measured.result;
    let dropped = measured.dropped;
    if dropped > 0 && measured.is_full(bench) {
        return missed(format!(
            "{dropped} requests were not sent: as many as --max-concurrency allows were going on"
        ));
    }
    // What the server has said itself is its own, however busy this machine was.
    let made = (result.completed + result.failed) as f64;
    if measured.refused() as f64 / made > MOST_FAILURES {
        return missed(failed_words(measured));
    }
    if measured.is_client_limited() {
        let causes = measured
            .client
            .limits
            .iter()
            .map(|limit| limit.cause.name());
        let words = format!(
            "ssel is the limit here, not the server (client: limited by {})",
            causes.collect::<Vec<_>>().join(", ")
        );
        return Judgement {
            is_client: true,
            ..missed(words)
        };
    }
    if let Some(failure) = measured.failure() {
        return missed(failure);
    }
    if result.failed as f64 / made > MOST_FAILURES {
        return missed(failed_words(measured));
    }
    if measured.interrupted > 0 {
        return missed(format!(
            "{} requests were not answered in time",
            measured.interrupted
        ));
    }
    let reading = goal.reading(result);
    let probe = match reading.times {
        times if times < 1.0 => Probe::Kept,
        times if times < CLOSE => Probe::Close,
        _ => Probe::Missed,
    };
    Judgement {
        probe,
        words: figure(&reading),
        is_client: false,
    }
}

fn failed_words(measured: &Measured) -> String {
    let failed = counted(measured.result.failed, "request");
    let words = measured.main_failure().unwrap_or_default();
    format!("{failed} failed: {words}")
}

fn figure(reading: &Reading) -> String {
    match reading.value {
        Some(value) => format!("{} {}", reading.name, seconds(value)),
        None => format!("{} was never measured", reading.name),
    }
}

/// As many requests as come in the time of a probe, but no fewer than say something. Their number is fixed, so that chance
/// has one part less in it. The time is what they take to be sent, with room for chance: no probe waits for ever for a
/// server that has gone silent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests is neither negative nor beyond u64"
)]
fn amount(bench: &Bench, rate: f64) -> Amount {
    let Amount { requests, duration } = bench.amount;
    let in_time = rate * duration.unwrap_or_default().as_secs_f64();
    let wanted = requests.map_or(in_time.max(FEWEST), |requests| requests as f64);
    let requests = wanted.max(rate * SHORTEST).ceil();
    let burstiness = match bench.load {
        Load::Rate { burstiness, .. } => burstiness,
        Load::Concurrency(_) | Load::Trace { .. } => 1.0,
    };
    // The sum of so many gaps is gamma distributed; five times its standard deviation is never passed by chance.
    let most = (requests + 5.0 * (requests / burstiness).sqrt()) / rate;
    Amount {
        requests: Some(requests as u64),
        duration: Duration::try_from_secs_f64(most.ceil()).ok(),
    }
}

/// The result in words: the highest rate that kept the goal, and what the lowest one came to that did not.
fn found(search: &Search, goal: &Goal, limit: Option<&Judgement>) -> String {
    let kept = search.kept();
    let Some((missed, limit)) = search.missed().zip(limit) else {
        return match kept {
            Some(rate) => format!("max rate: at least {rate} requests/s keep {goal}"),
            None => "max rate: none found".to_owned(),
        };
    };
    let words = &limit.words;
    match kept {
        Some(rate) if limit.is_client => {
            format!("max rate: at least {rate} requests/s keep {goal}; at {missed}/s {words}")
        }
        Some(rate) => {
            format!("max rate: {rate} requests/s keep {goal}; {missed}/s do not: {words}")
        }
        None if limit.is_client => {
            format!("max rate: none found: at {missed} requests/s {words}")
        }
        None => {
            format!("max rate: none found: not even {missed} requests/s keep {goal}: {words}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::script::tests::bench;
    use super::*;
    use crate::llm::{Aggregate, Settings};
    use crate::metrics::{Client, ClientVerdict, Failure, FailureKey};

    type Change = fn(&mut Measured);

    /// A hundred requests with this p99.
    fn measured(seconds: f64) -> Measured {
        let mut result = Aggregate::new(Settings::default()).finish(Duration::from_secs(1));
        result.completed = 100;
        result.ttft.count = 100;
        result.ttft.percentiles = vec![(99.0, seconds)];
        Measured {
            part: crate::parts::Part::WHOLE,
            thresholds: Vec::new(),
            result,
            failures: Vec::new(),
            resent: 0,
            dropped: 0,
            interrupted: 0,
            client: Client::default(),
            verdict: Verdict::Passed,
            record: None,
        }
    }

    /// Failures of this kind and status.
    fn failures(key: (&'static str, Option<u16>), count: u64, message: &str) -> Failure {
        Failure {
            key: FailureKey {
                source: "llm".into(),
                kind: key.0.into(),
                status: key.1,
            },
            count,
            message: message.to_owned(),
        }
    }

    /// What a goal of 500 ms says of them.
    fn judged(seconds: f64, change: impl FnOnce(&mut Measured)) -> (Probe, String) {
        let mut measured = measured(seconds);
        change(&mut measured);
        let mut bench = bench();
        bench.load = bench.load.at(Step::Rate(100.0));
        let judgement = judge(&"p99(ttft)<500ms".parse().unwrap(), &bench, &measured);
        (judgement.probe, judgement.words)
    }

    #[test]
    fn a_rate_is_too_high_for_several_reasons() {
        assert_eq!(
            judged(0.4, |_| {}),
            (Probe::Kept, "p99(ttft) 400ms".to_owned())
        );
        assert_eq!(judged(0.6, |_| {}).0, Probe::Close);
        assert_eq!(judged(0.7, |_| {}).0, Probe::Missed);
        let one_failed = |measured: &mut Measured| {
            measured.result.failed = 1;
        };
        assert_eq!(judged(0.4, one_failed).0, Probe::Kept);
        let table: [(Change, &str); 5] = [
            (
                |measured| {
                    measured.result.failed = 5;
                    measured.failures = vec![
                        failures(("status", Some(429)), 2, "status 429"),
                        failures(("status", Some(503)), 3, "status 503: full"),
                    ];
                },
                "5 requests failed: status 503: full",
            ),
            (
                |measured| measured.interrupted = 3,
                "3 requests were not answered in time",
            ),
            (
                |measured| {
                    measured.dropped = 7;
                    measured.result.max_concurrent_requests = 1000;
                },
                "7 requests were not sent: as many as --max-concurrency allows were going on",
            ),
            (
                |measured| measured.client.verdict = ClientVerdict::Limited,
                "ssel is the limit here, not the server",
            ),
            (
                |measured| measured.result.completed = 0,
                "no request was made",
            ),
        ];
        for (change, words) in table {
            let (probe, said) = judged(0.4, change);
            assert!(probe == Probe::Missed && said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn a_rate_that_ssel_could_not_keep_is_no_verdict_on_the_server() {
        let goal = "p99(ttft)<500ms".parse().unwrap();
        let limit = |is_client| Judgement {
            probe: Probe::Missed,
            words: "so it was".to_owned(),
            is_client,
        };
        let mut search = Search::new(1.0);
        assert_eq!(found(&search, &goal, None), "max rate: none found");
        search.take(Probe::Kept);
        assert_eq!(
            found(&search, &goal, None),
            "max rate: at least 1 requests/s keep p99(ttft)<500ms"
        );
        search.take(Probe::Missed);
        assert_eq!(
            found(&search, &goal, Some(&limit(false))),
            "max rate: 1 requests/s keep p99(ttft)<500ms; 2/s do not: so it was"
        );
        assert_eq!(
            found(&search, &goal, Some(&limit(true))),
            "max rate: at least 1 requests/s keep p99(ttft)<500ms; at 2/s so it was"
        );
        let mut search = Search::new(1.0);
        search.take(Probe::Missed);
        assert_eq!(
            found(&search, &goal, Some(&limit(false))),
            "max rate: none found: not even 1 requests/s keep p99(ttft)<500ms: so it was"
        );
        assert_eq!(
            found(&search, &goal, Some(&limit(true))),
            "max rate: none found: at 1 requests/s so it was"
        );
    }

    #[test]
    fn what_a_lower_rate_cannot_mend_ends_the_search() {
        let hopeless = |keys: &[(&'static str, Option<u16>)]| {
            let mut measured = measured(0.4);
            measured.result.completed = 0;
            let all = keys.iter().map(|key| failures(*key, 1, ""));
            measured.failures = all.collect();
            measured.is_hopeless()
        };
        assert!(hopeless(&[("status", Some(401)), ("connect", None)]));
        for answer_to_a_load in [
            ("status", Some(429)),
            ("status", Some(503)),
            ("timeout", None),
        ] {
            assert!(!hopeless(&[("status", Some(401)), answer_to_a_load]));
        }
        assert!(!hopeless(&[]));
        let mut one_answered = measured(0.4);
        one_answered.failures = vec![failures(("status", Some(404)), 9, "")];
        assert!(!one_answered.is_hopeless());
    }

    #[test]
    fn a_probe_has_no_fewer_requests_than_say_something_or_than_show_its_rate() {
        let seconds = |n| Amount {
            requests: None,
            duration: Some(Duration::from_secs(n)),
        };
        let of = |given: Amount, rate| {
            let mut bench = bench();
            bench.amount = given;
            bench.load = bench.load.at(Step::Rate(rate));
            amount(&bench, rate)
        };
        assert_eq!(of(seconds(10), 0.5).requests, Some(20));
        assert_eq!(of(seconds(10), 12.34).requests, Some(124));
        let given = Amount {
            requests: Some(7),
            ..seconds(10)
        };
        assert_eq!(of(given, 2.0).requests, Some(7));
        assert_eq!(of(given, 100.0).requests, Some(100));
        // And it is over some time after the last of them was to be sent.
        assert_eq!(
            of(seconds(10), 10.0).duration,
            Some(Duration::from_secs(15))
        );
    }
}

//! `ssel wrk`: load on one URL, with wrk's flags and scripts.

use std::process::ExitCode;
use std::time::Duration;

use super::super::args::Wrk;
use super::super::job::warn_of_ignored_variables;
use super::super::{exit_code, resolve, signals};
use crate::app::wrk::{self, Job};
use crate::app::{RecordOptions, Stopper};
use crate::error::Error;
use crate::output::Terminal;
use crate::push;
use crate::script::Source;
use crate::units;
use crate::wrk::Target;

pub(in crate::cli) fn wrk(
    args: &Wrk,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<ExitCode, Error> {
    let job = job(args)?;
    warn_of_ignored_variables("ssel wrk", terminal);
    enough_files(&job)?;
    signals::listen(stopper)?;
    let asked = wrk::run(job, terminal, stopper)?;
    Ok(match asked {
        Some(code) => code.into(),
        None if stopper.is_stopped() => exit_code::STOPPED.into(),
        None => ExitCode::SUCCESS,
    })
}

/// Connections are open files, of which the system allows so many.
fn enough_files(job: &Job) -> Result<(), Error> {
    let Ok(limit) = rlimit::increase_nofile_limit(u64::MAX) else {
        return Ok(());
    };
    // Each thread has two for itself; the rest is for the streams of the process, scripts and whatever else is open.
    let wanted = (job.connections + 2 * job.threads + 32) as u64;
    if wanted <= limit {
        return Ok(());
    }
    Err(Error::Io {
        what: format!("cannot open {} connections", job.connections),
        source: std::io::Error::other(format!(
            "the limit of open files is {limit}; raise it to {wanted} (ulimit -n {wanted}) or use fewer connections"
        )),
    })
}

fn job(args: &Wrk) -> Result<Job, Error> {
    let threads = whole("--threads", &args.threads, 1024)?;
    let connections = whole("--connections", &args.connections, 1_000_000)?;
    if connections < threads {
        return Err(mistake(
            "--connections",
            &args.connections,
            "each thread needs a connection: use a number not below that of --threads",
        ));
    }
    let rate = match &args.rate {
        None => None,
        Some(text) => Some(rate(text)?),
    };
    Ok(Job {
        target: Target::parse(&args.url).map_err(Error::Usage)?,
        threads,
        connections,
        duration: match (&args.duration, &args.requests) {
            (None, Some(_)) => None,
            (text, _) => Some(time("--duration", text.as_deref().unwrap_or("10s"))?),
        },
        requests: match &args.requests {
            None => None,
            Some(text) => Some(whole("--requests", text, u32::MAX)? as u64),
        },
        timeout: time("--timeout", &args.timeout)?,
        rate,
        headers: args
            .headers
            .iter()
            .map(|text| header(text))
            .collect::<Result<_, _>>()?,
        latency: args.latency,
        source: args.script.clone().map(Source::File),
        args: args.args.clone(),
        record: RecordOptions {
            save: args.save.clone(),
            report: args.report.clone(),
            labels: resolve::labels(&args.labels)?,
            pushes: pushes(&args.outputs)?,
            ..RecordOptions::default()
        },
    })
}

fn pushes(outputs: &[String]) -> Result<Vec<push::Named>, Error> {
    if let Some(text) = outputs.iter().find(|text| !push::is_pushed(text)) {
        return Err(mistake("--out", text, "use prometheus=URL or otlp=URL"));
    }
    let pushes = resolve::pushes(outputs)?;
    if pushes.iter().any(|push| push.spans().is_some()) {
        return Err(Error::Usage(
            "--out otlp: ssel wrk has no spans to push; leave traces out".to_owned(),
        ));
    }
    Ok(pushes)
}

/// `Name: value`.
fn header(text: &str) -> Result<(String, String), Error> {
    let wrong = || mistake("--header", &units::shown_header(text), "use NAME: VALUE");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let value = value.trim();
    crate::http::parse_header(name, value.as_bytes()).map_err(|_| wrong())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A number with `k`, `M` or `G` behind it, or none.
fn number(text: &str) -> Option<f64> {
    let scale = match text.chars().last()? {
        'k' | 'K' => 1e3,
        'm' | 'M' => 1e6,
        'g' | 'G' => 1e9,
        _ => 1.0,
    };
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let one_unit = text.len() - digits.len() <= 1;
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits
        .parse::<f64>()
        .ok()
        .filter(|_| plain && one_unit)
        .map(|number| number * scale)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number from 1 to `most`"
)]
fn whole(flag: &'static str, text: &str, most: u32) -> Result<usize, Error> {
    match number(text) {
        Some(n) if n.fract() == 0.0 && n >= 1.0 && n <= f64::from(most) => Ok(n as usize),
        _ => Err(mistake(
            flag,
            text,
            match most {
                1024 => "use a whole number from 1 to 1024",
                u32::MAX => "use a whole number from 1 on; 1k is 1000",
                _ => "use a whole number from 1 to 1000000; 1k is 1000",
            },
        )),
    }
}

fn rate(text: &str) -> Result<f64, Error> {
    let remedy = "use a number of requests per second from 0.001 on; 1k is 1000";
    number(text)
        .filter(|rate| *rate >= 0.001 && *rate <= 1e9)
        .ok_or_else(|| mistake("--rate", text, remedy))
}

/// A plain number is seconds.
fn time(flag: &'static str, text: &str) -> Result<Duration, Error> {
    let wrong = || mistake(flag, text, "use a time such as 10s, 2m, 1h or 500ms");
    let read = match text.parse::<f64>() {
        Ok(seconds) => units::duration_from_secs(seconds),
        Err(_) => units::parse_duration(text),
    };
    read.ok().filter(|time| !time.is_zero()).ok_or_else(wrong)
}

fn mistake(flag: &'static str, got: &str, remedy: &'static str) -> Error {
    Error::Flag {
        flag,
        got: got.to_owned(),
        remedy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_read_as_wrk_reads_them() {
        assert_eq!(number("2k"), Some(2_000.0));
        assert_eq!(number("1.5M"), Some(1_500_000.0));
        for wrong in ["", "k", "-1", "1kk", "nan", "inf", "1e3", "ten"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        let seconds = |text| time("--duration", text).unwrap().as_secs_f64();
        assert_eq!(
            (seconds("3"), seconds("2m"), seconds("1h")),
            (3.0, 120.0, 3_600.0)
        );
        for wrong in ["", "0", "-1s", "soon", "NaN", "1 s"] {
            assert!(time("--duration", wrong).is_err(), "{wrong}");
        }
    }
}

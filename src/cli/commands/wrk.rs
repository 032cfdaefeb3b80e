//! `ssel wrk`: load on one URL, with the flags and scripts of wrk and wrk2.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::super::flags::{Parsed, header, pair, pushes, wrong};
use super::super::job::warn_of_ignored_variables;
use super::super::{exit_code, signals};
use crate::app::wrk::{self, WrkJob};
use crate::app::{RecordOptions, Stopper, Stores};
use crate::error::Error;
use crate::options::Source;
use crate::output::Terminal;
use crate::push;
use crate::units;
use crate::wrk::Endpoint;

#[derive(Debug, clap::Args)]
#[command(
    version,
    disable_version_flag = true,
    after_help = "\
Examples:
  ssel wrk -c100 -d30s --latency http://127.0.0.1:8080/            # as fast as the server answers
  ssel wrk -c100 -d30s -R 2000 --latency http://127.0.0.1:8080/    # 2000 requests per second
  ssel wrk -s post.lua http://127.0.0.1:8080/ -- arguments of init
  ssel wrk -c1000 http://127.0.0.1:8080/events                     # a thousand event streams

Exit status:
  0    requests were answered, with whatever status
  1    no request was answered, or the report could not be written
  104  a flag or the URL is invalid
  105  a signal stopped the run
  107  the script raised an error in setup, init or done

Documentation:
  docs/wrk.md"
)]
pub(in crate::cli) struct Wrk {
    /// URL to load
    url: String,

    /// Arguments for the script's `init`; those that begin with a dash after `--`
    #[arg(value_name = "ARGS")]
    args: Vec<String>,

    /// Number of threads
    #[arg(short = 't', long, value_name = "N", default_value = "2", value_parser = whole(1024.0, "use a whole number from 1 to 1024"))]
    threads: usize,

    /// Number of connections to keep open, over all threads
    #[arg(short = 'c', long, value_name = "N", default_value = "10", value_parser = whole(1e6, "use a whole number from 1 to 1000000; 1k is 1000"))]
    connections: usize,

    /// Duration, e.g. 30s, 2m, 1h; a plain number is in seconds [default: 10s; with -n no limit]
    #[arg(short = 'd', long, value_name = "TIME", value_parser = time)]
    duration: Option<Duration>,

    /// Stop after this number of requests, over all connections
    #[arg(short = 'n', long, value_name = "N", value_parser = whole(u32::MAX.into(), "use a whole number from 1 on; 1k is 1000"))]
    requests: Option<usize>,

    /// Lua script, as for wrk
    #[arg(short = 's', long, value_name = "FILE")]
    script: Option<PathBuf>,

    /// Header of each request; repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Print the distribution of latencies
    #[arg(short = 'L', long)]
    latency: bool,

    /// Time after which a request counts as timed out
    #[arg(short = 'T', long, value_name = "TIME", default_value = "2s", value_parser = time)]
    timeout: Duration,

    /// Requests per second over all connections, at planned times from which latencies count, as in wrk2
    #[arg(short = 'R', long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,

    /// Push metrics to prometheus=URL or otlp=URL during the run; repeatable
    #[arg(short = 'o', long = "out", value_name = "NAME=URL")]
    outputs: Vec<String>,

    /// Save the run second by second to this file (SQLite), for `ssel report`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Write an HTML report to this file, which works offline
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Label of the saved run; repeatable
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = pair)]
    labels: Vec<(String, String)>,

    /// Print the version
    #[arg(short = 'v', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

impl Wrk {
    pub(in crate::cli) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        let job = self.job()?;
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

    fn job(&self) -> Result<WrkJob, Error> {
        if self.connections < self.threads {
            let remedy = "each thread needs a connection: use a number not below that of --threads";
            let connections = wrong(&self.connections.to_string(), remedy);
            return Err(Error::Usage(format!("--connections {connections}")));
        }
        let default_duration = self.requests.is_none().then_some(Duration::from_secs(10));
        Ok(WrkJob {
            target: Endpoint::parse(&self.url).map_err(Error::Usage)?,
            threads: self.threads,
            connections: self.connections,
            duration: self.duration.or(default_duration),
            requests: self.requests.map(|requests| requests as u64),
            timeout: self.timeout,
            rate: self.rate,
            headers: self.headers.clone(),
            latency: self.latency,
            source: self.script.clone().map(Source::File),
            args: self.args.clone(),
            record: RecordOptions {
                save: self.save.clone(),
                report: self.report.clone(),
                labels: self.labels.clone(),
                pushes: self.pushes()?,
                ..RecordOptions::default()
            },
        })
    }

    fn pushes(&self) -> Result<Stores, Error> {
        if let Some(text) = self.outputs.iter().find(|text| !push::is_pushed(text)) {
            let text = wrong(text, "use prometheus=URL or otlp=URL");
            return Err(Error::Usage(format!("--out {text}")));
        }
        let pushes = pushes(&self.outputs)?;
        if pushes.spans().is_some() {
            let what = "--out otlp: ssel wrk has no spans to push; remove the word traces";
            return Err(Error::Usage(what.to_owned()));
        }
        Ok(pushes)
    }
}

/// Checks that the system allows as many open files as the connections need.
fn enough_files(job: &WrkJob) -> Result<(), Error> {
    let Ok(limit) = rlimit::increase_nofile_limit(u64::MAX) else {
        return Ok(());
    };
    // Each thread needs two; the rest is for the streams of the process, scripts and other files.
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

/// Parses a number with an optional suffix `k`, `M` or `G`.
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
fn whole(most: f64, remedy: &'static str) -> impl Fn(&str) -> Parsed<usize> + Clone {
    move |text| {
        let number = number(text).filter(|n| n.fract() == 0.0 && (1.0..=most).contains(n));
        number
            .map(|n| n as usize)
            .ok_or_else(|| wrong(text, remedy))
    }
}

fn rate(text: &str) -> Parsed<f64> {
    let rate = number(text).filter(|rate| (0.001..=1e9).contains(rate));
    rate.ok_or_else(|| {
        wrong(
            text,
            "use a number of requests per second from 0.001 on; 1k is 1000",
        )
    })
}

/// Parses a duration; a plain number is in seconds.
fn time(text: &str) -> Parsed<Duration> {
    let read = match text.parse::<f64>() {
        Ok(seconds) => units::duration_from_secs(seconds),
        Err(_) => units::parse_duration(text),
    };
    let time = read.ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| wrong(text, "use a time such as 10s, 2m, 1h or 500ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_parsed_as_in_wrk() {
        assert_eq!(number("2k"), Some(2_000.0));
        assert_eq!(number("1.5M"), Some(1_500_000.0));
        for wrong in ["", "k", "-1", "1kk", "nan", "inf", "1e3", "ten"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        let seconds = |text| time(text).unwrap().as_secs_f64();
        assert_eq!(
            (seconds("3"), seconds("2m"), seconds("1h")),
            (3.0, 120.0, 3_600.0)
        );
        for wrong in ["", "0", "-1s", "soon", "NaN", "1 s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}

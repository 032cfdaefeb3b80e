//! The flags for recording a run, shared by all commands that generate load.

use std::net::{AddrParseError, IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use url::Url;

use super::part_files::PartFiles;
use super::values::{Parsed, Suggest, pair, whole, wrong};
use crate::app::{RecordOptions, ServerMetrics, Stores};
use crate::error::Error;
use crate::metrics::Keep;
use crate::output::{Output, Terminal, named};
use crate::push::{self, PushOutput};
use crate::scrape;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RecordFlags {
    /// Save the run second by second to this file (SQLite), for `ssel report`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Streams to save individually: sample, all or none
    #[arg(long, value_name = "WHICH", default_value = "sample", hide_possible_values = true, value_parser = streams())]
    streams: Keep,

    /// Write an HTML report to this file, which works offline
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Serve the report during the run, by default on a free port for this machine only
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:0", value_parser = live_address)]
    live: Option<SocketAddr>,

    /// Perform N runs, one after the other, saved to FILE-1, FILE-2 and so on, for `ssel compare`
    #[arg(long, value_name = "N", requires = "save", value_parser = whole::<NonZeroU32>(1..=1000))]
    repeat: Option<NonZeroU32>,

    /// Record the metrics of servers, at these URLs, together with those of the run; none disables it [default: for `ssel llm`
    /// the /metrics of its server]
    #[arg(long, value_name = "URL[,URL]", value_delimiter = ',', value_parser = metrics_url)]
    server_metrics: Vec<String>,

    /// Names of further metrics of servers to record; * matches anything
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    server_metric: Vec<String>,

    /// Label of the saved run; repeatable
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = pair)]
    labels: Vec<(String, String)>,
}

impl RecordFlags {
    /// The options for recording a run of `command`.
    ///
    /// # Errors
    /// An output with invalid settings, or a file that all parts of the run would write.
    pub(in crate::cli) fn record(
        &self,
        command: &'static str,
        outputs: &[String],
        files: PartFiles,
    ) -> Result<RecordOptions, Error> {
        let file = |flag, path: &Option<PathBuf>| files.result(flag, path.as_deref());
        let save_part = self.save.as_deref().and_then(|path| files.apart(path));
        // Part 0 of a joined run shows and pushes it.
        let is_shown = !files.is_following();
        Ok(RecordOptions {
            command,
            save: match save_part {
                Some(_) => None,
                None => file("--save", &self.save)?,
            },
            save_part,
            streams: self.streams,
            report: file("--report", &self.report)?,
            live: self.live.filter(|_| is_shown),
            labels: self.labels.clone(),
            pushes: if is_shown {
                pushes(outputs)?
            } else {
                Stores::default()
            },
            server_metrics: ServerMetrics {
                urls: self
                    .server_metrics
                    .iter()
                    .filter(|url| *url != NONE)
                    .cloned()
                    .collect(),
                wanted: scrape::Wanted {
                    patterns: self.server_metric.clone(),
                },
                ..ServerMetrics::default()
            },
            ..RecordOptions::default()
        })
    }

    /// Whether `--server-metrics` is absent.
    pub(in crate::cli) fn has_default_servers(&self) -> bool {
        self.server_metrics.is_empty()
    }

    /// The number of runs by `--repeat`; `has_other_files` if the command writes other files too.
    ///
    /// # Errors
    /// A file that each run would overwrite.
    pub(in crate::cli) fn repeat(
        &self,
        has_other_files: bool,
    ) -> Result<Option<NonZeroU32>, Error> {
        if self.repeat.is_some() && has_other_files {
            let what = "--repeat writes a file for each run only with --save and --report; remove --out and --summary-export";
            return Err(Error::Usage(what.to_owned()));
        }
        Ok(self.repeat)
    }
}

fn streams() -> impl TypedValueParser<Value = Keep> {
    let keep =
        |text: String| Keep::parse(&text).ok_or_else(|| wrong(&text, "use sample, all or none"));
    Suggest(&["sample", "all", "none"]).try_map(keep)
}

/// Parses an address with a port, a port alone, or an address alone.
fn live_address(text: &str) -> Parsed<SocketAddr> {
    let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
    let port = text.strip_prefix(':').unwrap_or(text);
    text.replace("localhost", "127.0.0.1")
        .parse()
        .or_else(|_| port.parse().map(|port| SocketAddr::new(loopback, port)))
        .or_else(|_| text.parse().map(|ip| SocketAddr::new(ip, 0)))
        .map_err(|_: AddrParseError| {
            wrong(text, "use an address and a port, as in 127.0.0.1:5665, or 0.0.0.0:5665 for other machines")
        })
}

/// The value that disables server metrics.
const NONE: &str = "none";

/// Parses the URL of the metrics of a server, and completes its scheme and path.
fn metrics_url(text: &str) -> Parsed<String> {
    if text == NONE {
        return Ok(text.to_owned());
    }
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&full).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let mut url = url.ok_or_else(|| {
        wrong(
            text,
            "use the URL of a server's metrics, such as http://localhost:8000/metrics, or none",
        )
    })?;
    if url.path() == "/" {
        url.set_path("/metrics");
    }
    Ok(url.into())
}

/// The outputs of `--out` for samples.
///
/// # Errors
/// An output that does not exist, lacks its file, or is the second one on standard output.
pub(in crate::cli) fn outputs(
    texts: &[String],
    files: PartFiles,
    terminal: &Terminal,
) -> Result<Vec<Box<dyn Output>>, Error> {
    let output = |text: &String| {
        let text = files.output(text)?;
        named(&text, terminal).map_err(|why| Error::Usage(format!("--out {}", wrong(&text, why))))
    };
    let texts = texts.iter().filter(|text| !push::is_pushed(text));
    texts.map(output).collect()
}

/// The outputs of `--out` that push.
///
/// # Errors
/// An output whose URL or settings are invalid.
pub(in crate::cli) fn pushes(texts: &[String]) -> Result<Stores, Error> {
    let env = |name: &str| std::env::var(name).ok();
    let pushes = texts.iter().filter_map(|text| push::named(text, env));
    let mut all: Vec<PushOutput> = Vec::new();
    for named in pushes {
        all.extend(named.map_err(|problem| Error::Usage(format!("--out {problem}")))?);
    }
    if all.iter().filter(|named| named.spans().is_some()).count() > 1 {
        let what =
            "--out otlp: traces can go to one store only; remove the word traces from the others";
        return Err(Error::Usage(what.to_owned()));
    }
    Ok(Stores(all))
}

/// Whether one of the outputs is a file.
pub(in crate::cli) fn has_file(outputs: &[String]) -> bool {
    outputs.iter().any(|text| !push::is_pushed(text))
}

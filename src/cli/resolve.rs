//! What was typed, as a layer of options and the rest of what a run needs.

mod join;
mod llm;
mod part;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use url::Url;

use super::args::RecordFlags;
use crate::app::{RecordOptions, ServerMetrics};
use crate::error::Error;
use crate::metrics::Keep;
use crate::output::{Output, Terminal, named};
use crate::push;
use crate::scrape;

pub(super) use self::join::{join, one_start};
pub(super) use self::llm::{Mode, SPARE, Wanted, llm};
pub(super) use self::part::{PartFiles, common_seed, placement, start_at};

/// What `--workers` says.
///
/// # Errors
/// Anything but a whole number from 1 to 1024.
pub(super) fn workers(text: Option<&str>) -> Result<Option<NonZeroUsize>, Error> {
    let Some(text) = text else {
        return Ok(None);
    };
    match text.parse().ok().and_then(NonZeroUsize::new) {
        Some(n) if n.get() <= 1024 => Ok(Some(n)),
        _ => Err(mistake(
            "--workers",
            text,
            "use a whole number from 1 to 1024",
        )),
    }
}

/// What `--out` says of outputs for samples, each time it is there.
///
/// # Errors
/// An output that does not exist, lacks its file, or is the second one on standard output.
pub(super) fn outputs(
    texts: &[String],
    files: PartFiles,
    terminal: &Terminal,
) -> Result<Vec<Box<dyn Output>>, Error> {
    let output = |text: &String| {
        let text = files.output(text)?;
        named(&text, terminal).map_err(|why| mistake("--out", &text, why))
    };
    let texts = texts.iter().filter(|text| !push::is_pushed(text));
    texts.map(output).collect()
}

/// What `--out` says of outputs that push, each time it is there.
///
/// # Errors
/// An output whose URL or settings will not do.
pub(super) fn pushes(texts: &[String]) -> Result<Vec<push::Named>, Error> {
    let env = |name: &str| std::env::var(name).ok();
    let pushes = texts.iter().filter_map(|text| push::named(text, env));
    let mut all: Vec<push::Named> = Vec::new();
    for named in pushes {
        all.extend(named.map_err(|problem| Error::Usage(format!("--out {problem}")))?);
    }
    if all.iter().filter(|named| named.spans().is_some()).count() > 1 {
        return Err(Error::Usage(
            "--out otlp: traces go to one store; leave the word out of the others".to_owned(),
        ));
    }
    Ok(all)
}

/// What the flags say of the record of a run of `command`, and `--out` of where it is pushed to.
///
/// # Errors
/// A choice of streams that there is not, a label without `=`, an output that will not do, a file that all parts of the run would
/// write.
pub(super) fn record(
    command: &'static str,
    flags: &RecordFlags,
    outputs: &[String],
    files: PartFiles,
) -> Result<RecordOptions, Error> {
    let remedy = "use sample, all or none";
    let streams = Keep::parse(&flags.streams);
    let file = |flag, path: &Option<PathBuf>| -> Result<Option<PathBuf>, Error> {
        let path = path.as_deref();
        let path = path.map(|path| files.result(flag, path));
        Ok(path.transpose()?.flatten())
    };
    let save_part = flags.save.as_deref().and_then(|path| files.apart(path));
    // Of a joined run, part 0 shows it, and pushes it.
    let is_shown = !files.is_following();
    let live = flags.live.as_deref().map(live_address).transpose()?;
    Ok(RecordOptions {
        command,
        save: match save_part {
            Some(_) => None,
            None => file("--save", &flags.save)?,
        },
        save_part,
        streams: streams.ok_or_else(|| mistake("--streams", &flags.streams, remedy))?,
        report: file("--report", &flags.report)?,
        live: live.filter(|_| is_shown),
        labels: labels(&flags.labels)?,
        pushes: if is_shown {
            pushes(outputs)?
        } else {
            Vec::new()
        },
        server_metrics: server_metrics(flags)?,
        ..RecordOptions::default()
    })
}

/// The servers that `--server-metrics` names.
fn server_metrics(flags: &RecordFlags) -> Result<ServerMetrics, Error> {
    let mut urls = Vec::new();
    for text in flags.server_metrics.iter().filter(|text| *text != "none") {
        let full = if text.contains("://") {
            text.clone()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&full).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let remedy =
            "use the URL of a server's metrics, such as http://localhost:8000/metrics, or none";
        let mut url = url.ok_or_else(|| mistake("--server-metrics", text, remedy))?;
        if url.path() == "/" {
            url.set_path("/metrics");
        }
        urls.push(url.to_string());
    }
    Ok(ServerMetrics {
        urls,
        wanted: scrape::Wanted {
            patterns: flags.server_metric.clone(),
        },
        ..ServerMetrics::default()
    })
}

/// What `--label` says, each time it is there.
///
/// # Errors
/// A label without `=`.
pub(super) fn labels(texts: &[String]) -> Result<Vec<(String, String)>, Error> {
    pairs("--label", texts)
}

/// What `--repeat` says of a command that may write other files as well.
///
/// # Errors
/// Anything but a whole number from 1 to 1000; a file that each run would write anew.
pub(super) fn repeat(
    flags: &RecordFlags,
    has_other_files: bool,
) -> Result<Option<NonZeroU32>, Error> {
    let Some(text) = &flags.repeat else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|n: &NonZeroU32| n.get() <= 1000);
    let number =
        number.ok_or_else(|| mistake("--repeat", text, "use a whole number from 1 to 1000"))?;
    if has_other_files {
        return Err(Error::Usage(
            "--repeat writes a file for each run with --save and --report only; leave --out and --summary-export out"
                .to_owned(),
        ));
    }
    Ok(Some(number))
}

/// An address with a port, a port alone, or an address alone.
fn live_address(text: &str) -> Result<SocketAddr, Error> {
    let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
    let port = text.strip_prefix(':').unwrap_or(text);
    text.replace("localhost", "127.0.0.1")
        .parse()
        .or_else(|_| port.parse().map(|port| SocketAddr::new(loopback, port)))
        .or_else(|_| text.parse().map(|ip| SocketAddr::new(ip, 0)))
        .map_err(|_: std::net::AddrParseError| {
            mistake("--live", text, "write an address and a port, as in 127.0.0.1:5665, or 0.0.0.0:5665 for other machines")
        })
}

fn pairs(flag: &'static str, texts: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(mistake(flag, text, "use NAME=VALUE")),
    };
    texts.iter().map(pair).collect()
}

fn mistake(flag: &'static str, got: &str, remedy: &'static str) -> Error {
    Error::Flag {
        flag,
        got: got.to_owned(),
        remedy,
    }
}

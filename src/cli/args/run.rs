//! `ssel run`, and what every command takes that runs a script.

use std::path::PathBuf;

use super::suggest::Suggest;
use super::{JoinFlags, OptionFlags, PartFlags};

/// The flags of `ssel run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel run script.lua                       # the load of the script, else one iteration
  ssel run script.lua -u 50 -d 1m           # 50 VUs for a minute
  ssel run script.lua -s 30s:50 -s 30s:0    # ramp up to 50 VUs, and down again
  ssel run script.lua --save run.ssel --report report.html

Environment:
  SSEL_DURATION=1m, SSEL_VUS=50, ...        any option; flags override it
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY         proxies
  SSL_CERT_FILE, SSL_CERT_DIR               certificate authorities
  NO_COLOR                                  no colours

Exit status:
  0    the run passed
  99   a threshold failed
  104  an option, a flag or the script's file is wrong
  105  a signal stopped the run
  107  the script raised an error outside of iterations
  108  the script called exec.test.abort
  1, 100, 101, 109, 110 and the order of precedence: docs/options.md

Documentation:
  docs/tour.md, docs/options.md, docs/lua/README.md")]
pub(in crate::cli) struct Run {
    /// The script, a Lua file; `-` reads it from standard input
    pub(in crate::cli) script: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) flags: RunFlags,
}

/// The flags of a run, wherever its script comes from.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunFlags {
    #[command(flatten)]
    pub(in crate::cli) options: OptionFlags,

    /// Number of worker threads [default: one for each core]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) workers: Option<String>,

    /// Write every sample to json=FILE or csv=FILE (.gz compresses, - is standard output), or push figures to
    /// prometheus=URL or otlp=URL during the run; repeatable
    #[arg(
        short = 'o',
        long = "out",
        value_name = "NAME=PLACE",
        help_heading = "Results"
    )]
    pub(in crate::cli) outputs: Vec<String>,

    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(in crate::cli) summary_export: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) part: PartFlags,

    #[command(flatten)]
    pub(in crate::cli) join: JoinFlags,

    #[command(flatten)]
    pub(in crate::cli) record: RecordFlags,
}

/// The flags of what is kept of a run, for every command that makes load.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RecordFlags {
    /// Save the run, second by second, to this file (SQLite); `ssel report` reads it
    #[arg(long, value_name = "FILE", help_heading = "Recording")]
    pub(in crate::cli) save: Option<PathBuf>,

    /// Streams to save one by one: sample, all or none
    #[arg(long, value_name = "WHICH", default_value = "sample", hide_possible_values = true, value_parser = Suggest(&["sample", "all", "none"]), help_heading = "Recording")]
    pub(in crate::cli) streams: String,

    /// Write the report to this file: one HTML page that works offline
    #[arg(long, value_name = "FILE", help_heading = "Recording")]
    pub(in crate::cli) report: Option<PathBuf>,

    /// Serve the report during the run; default address: this machine only, a free port
    #[arg(long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:0", help_heading = "Recording")]
    pub(in crate::cli) live: Option<String>,

    /// Make N runs, one after the other, saved to FILE-1, FILE-2 and so on, for `ssel compare`
    #[arg(long, value_name = "N", requires = "save", help_heading = "Recording")]
    pub(in crate::cli) repeat: Option<String>,

    /// Record the metrics of servers beside those of the run: the URLs of their /metrics, or none [default: for
    /// `ssel llm` the /metrics of its server, if it answers]
    #[arg(
        long,
        value_name = "URL[,URL]",
        value_delimiter = ',',
        help_heading = "Recording"
    )]
    pub(in crate::cli) server_metrics: Vec<String>,

    /// Record these metrics of servers as well, by name; * matches anything
    #[arg(
        long,
        value_name = "NAME[,NAME]",
        value_delimiter = ',',
        help_heading = "Recording"
    )]
    pub(in crate::cli) server_metric: Vec<String>,

    /// A label of the saved run; repeatable
    #[arg(long = "label", value_name = "NAME=VALUE", help_heading = "Recording")]
    pub(in crate::cli) labels: Vec<String>,
}

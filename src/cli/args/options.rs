//! The flags that set options, for every command that resolves them.

use std::path::PathBuf;

use clap::ArgAction;

/// Flags that set options. Values are taken as text and checked with those of all other sources.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct OptionFlags {
    /// Number of virtual users
    #[arg(short = 'u', long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) vus: Option<String>,

    /// How long to run, e.g. 30s or 1m30s
    #[arg(short = 'd', long, value_name = "TIME", allow_hyphen_values = true)]
    pub(in crate::cli) duration: Option<String>,

    /// How many iterations to share among the VUs
    #[arg(short = 'i', long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) iterations: Option<String>,

    /// A stage of a ramp of VUs; repeat it or use commas for more
    #[arg(
        short = 's',
        long = "stage",
        value_name = "TIME:VUS",
        allow_hyphen_values = true
    )]
    pub(in crate::cli) stages: Vec<String>,

    /// A variable for the script's `env`; repeat for several
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE")]
    pub(in crate::cli) env: Vec<String>,

    /// A tag of every sample; repeat for several
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    pub(in crate::cli) tags: Vec<String>,

    /// Options in a JSON or TOML file; the script's own, the environment and flags override them
    #[arg(short = 'c', long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,

    /// How long iterations may go on when their scenario ends, or ssel is stopped by a signal
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(in crate::cli) graceful_stop: Option<String>,

    /// Makes whatever is random repeatable
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) seed: Option<String>,

    /// The figures shown of a trend, e.g. avg,p(99),max
    #[arg(long, value_name = "LIST")]
    pub(in crate::cli) summary_trend_stats: Option<String>,

    /// One unit for all times of the summary: s, ms or us
    #[arg(long, value_name = "UNIT")]
    pub(in crate::cli) summary_time_unit: Option<String>,

    /// How much the summary shows: compact, full or disabled
    #[arg(long, value_name = "MODE")]
    pub(in crate::cli) summary_mode: Option<String>,

    /// Show no summary
    #[arg(long, conflicts_with = "summary_mode")]
    pub(in crate::cli) no_summary: bool,

    /// Do not evaluate thresholds
    #[arg(long, action = ArgAction::SetTrue)]
    pub(in crate::cli) no_thresholds: bool,

    /// Leave `setup()` out
    #[arg(long)]
    pub(in crate::cli) no_setup: bool,

    /// Leave `teardown()` out
    #[arg(long)]
    pub(in crate::cli) no_teardown: bool,

    /// A VU's next iteration starts no sooner than this after the last
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(in crate::cli) min_iteration_duration: Option<String>,

    /// The User-Agent of requests
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) user_agent: Option<String>,

    /// How many redirects a request follows
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) max_redirects: Option<String>,

    /// Accept any certificate
    #[arg(long)]
    pub(in crate::cli) insecure_skip_tls_verify: bool,

    /// A new connection for each request
    #[arg(long)]
    pub(in crate::cli) no_connection_reuse: bool,

    /// New connections for each iteration
    #[arg(long)]
    pub(in crate::cli) no_vu_connection_reuse: bool,
}

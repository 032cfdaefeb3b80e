//! The flags that set options, for every command that resolves them.

use std::path::PathBuf;

use clap::ArgAction;

use super::suggest::Suggest;

/// Flags that set options. Values are taken as text and checked with those of all other sources.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct OptionFlags {
    /// Number of virtual users
    #[arg(
        short = 'u',
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) vus: Option<String>,

    /// How long to run, e.g. 30s or 1m30s
    #[arg(
        short = 'd',
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) duration: Option<String>,

    /// Number of iterations, shared among the VUs
    #[arg(
        short = 'i',
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) iterations: Option<String>,

    /// A stage of a ramp of VUs, e.g. 30s:50; repeat it, or separate stages by commas
    #[arg(
        short = 's',
        long = "stage",
        value_name = "TIME:VUS",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) stages: Vec<String>,

    /// A variable for `env` of the script; repeatable
    #[arg(
        short = 'e',
        long = "env",
        value_name = "NAME=VALUE",
        help_heading = "Script"
    )]
    pub(in crate::cli) env: Vec<String>,

    /// A tag for every sample; repeatable
    #[arg(long = "tag", value_name = "NAME=VALUE", help_heading = "Script")]
    pub(in crate::cli) tags: Vec<String>,

    /// Options from a JSON or TOML file; the script, the environment and flags override them
    #[arg(short = 'c', long, value_name = "FILE", help_heading = "Script")]
    pub(in crate::cli) config: Option<PathBuf>,

    /// Time that running iterations get to finish when their scenario ends or a signal stops the run
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) graceful_stop: Option<String>,

    /// Seed of everything random, to repeat a run
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) seed: Option<String>,

    /// Figures shown for trends, e.g. avg,p(99),max
    #[arg(long, value_name = "LIST", help_heading = "Results")]
    pub(in crate::cli) summary_trend_stats: Option<String>,

    /// One unit for all times in the summary: s, ms or us
    #[arg(long, value_name = "UNIT", hide_possible_values = true, value_parser = Suggest(&["s", "ms", "us"]), help_heading = "Results")]
    pub(in crate::cli) summary_time_unit: Option<String>,

    /// Amount of detail in the summary: compact, full or disabled
    #[arg(long, value_name = "MODE", hide_possible_values = true, value_parser = Suggest(&["compact", "full", "disabled"]), help_heading = "Results")]
    pub(in crate::cli) summary_mode: Option<String>,

    /// Show no summary
    #[arg(long, conflicts_with = "summary_mode", help_heading = "Results")]
    pub(in crate::cli) no_summary: bool,

    /// Do not evaluate thresholds
    #[arg(long, action = ArgAction::SetTrue, help_heading = "Results")]
    pub(in crate::cli) no_thresholds: bool,

    /// Skip `setup()`
    #[arg(long, help_heading = "Script")]
    pub(in crate::cli) no_setup: bool,

    /// Skip `teardown()`
    #[arg(long, help_heading = "Script")]
    pub(in crate::cli) no_teardown: bool,

    /// Minimum time from the start of one iteration of a VU to the start of its next
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) min_iteration_duration: Option<String>,

    /// The User-Agent of requests
    #[arg(long, value_name = "TEXT", help_heading = "Connections")]
    pub(in crate::cli) user_agent: Option<String>,

    /// Number of redirects that a request follows
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "Connections"
    )]
    pub(in crate::cli) max_redirects: Option<String>,

    /// Accept any certificate
    #[arg(long, help_heading = "Connections")]
    pub(in crate::cli) insecure_skip_tls_verify: bool,

    /// Use a new connection for each request
    #[arg(long, help_heading = "Connections")]
    pub(in crate::cli) no_connection_reuse: bool,

    /// Use new connections in each iteration
    #[arg(long, help_heading = "Connections")]
    pub(in crate::cli) no_vu_connection_reuse: bool,
}

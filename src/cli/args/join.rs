//! The flag that joins the parts of a run.

/// How the parts of a run find each other.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct JoinFlags {
    /// Join all parts into one run with one result: part 0 listens at HOST:PORT, the others connect; auto takes the host from
    /// the engine. The variable `SSEL_JOIN_TOKEN` holds a secret that all parts share
    #[arg(long, value_name = "HOST:PORT", help_heading = "Load")]
    pub(in crate::cli) join: Option<String>,
}

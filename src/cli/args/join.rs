//! The flag that joins the parts of a run.

/// How the parts of a run find each other.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct JoinFlags {
    /// Join all parts to one run with one result: part 0 listens at HOST:PORT, the others connect to it; auto takes the host
    /// from the engine. All parts share a secret in the variable SSEL_JOIN_TOKEN
    #[arg(long, value_name = "HOST:PORT")]
    pub(in crate::cli) join: Option<String>,
}

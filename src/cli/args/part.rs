//! The flags of a run that several processes make together.

/// Which part of a run this process makes, and when all of them begin.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct PartFlags {
    /// Run part I of N of the load, I from 0. With auto, the engine that started this process (Slurm, MPI,
    /// Kubernetes, a CI job, ...) names the part; under MPI and srun, auto is the default
    #[arg(
        long,
        value_name = "I/N",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) part: Option<String>,

    /// Start the load at this time in all parts, e.g. 2026-11-27T07:00:00Z
    #[arg(
        long,
        value_name = "TIME",
        allow_hyphen_values = true,
        help_heading = "Load"
    )]
    pub(in crate::cli) start_at: Option<String>,
}

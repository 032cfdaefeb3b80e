//! The flags of a run that several processes make together.

/// Which part of a run this process makes, and when all of them begin.
#[derive(Debug, Clone, Default, clap::Args)]
pub(in crate::cli) struct PartFlags {
    /// Make part I of N of the load, I from 0: as many processes share it. With auto, the engine that started this process
    /// says which (Slurm, MPI, Kubernetes, a CI job, ...); MPI and srun are believed without it
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    pub(in crate::cli) part: Option<String>,

    /// Begin the load at this time, e.g. 2026-11-27T07:00:00Z, in all parts
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(in crate::cli) start_at: Option<String>,
}

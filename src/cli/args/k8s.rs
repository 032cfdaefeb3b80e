//! `ssel k8s`.

use std::path::PathBuf;

/// The flags of `ssel k8s`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct K8s {
    /// The script, a Lua file; the files that it reads in its init stage go with it
    pub(in crate::cli) script: PathBuf,

    /// How many parts make the load, a pod each
    #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) parts: String,

    /// The image of the pods, in which ssel is in the path
    #[arg(long, value_name = "IMAGE")]
    pub(in crate::cli) image: String,

    /// The name of the Job [default: that of the script]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,

    /// The namespace [default: that of kubectl's context]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) namespace: Option<String>,

    /// Processor time of each pod, e.g. 2 or 500m
    #[arg(long, value_name = "AMOUNT")]
    pub(in crate::cli) cpu: Option<String>,

    /// Memory of each pod, e.g. 1Gi
    #[arg(long, value_name = "AMOUNT")]
    pub(in crate::cli) memory: Option<String>,

    /// Flags of `ssel run` for all parts, after --
    #[arg(last = true, value_name = "FLAGS")]
    pub(in crate::cli) flags: Vec<String>,
}

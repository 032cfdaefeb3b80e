//! `ssel serve`.

/// The flags of `ssel serve`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(in crate::cli) addr: String,
}

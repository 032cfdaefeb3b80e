//! `ssel dashboard`: a Grafana dashboard for runs in Prometheus.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::flags::Parsed;
use super::written;
use crate::error::Error;
use crate::output::Terminal;
use crate::push::prometheus;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel dashboard > ssel.json        # import it in Grafana: Dashboards, New, Import
  ssel run script.lua -o prometheus=http://127.0.0.1:9090")]
pub(in crate::cli) struct Dashboard {
    /// Prefix of metric names, as in -o prometheus=URL,prefix=PREFIX
    #[arg(long, value_name = "PREFIX", default_value = "ssel_", value_parser = prefix)]
    prefix: String,

    /// Output file; default: standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Dashboard {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let text = prometheus::dashboard(&self.prefix);
        written(&text, self.output.as_deref(), terminal)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn prefix(text: &str) -> Parsed<String> {
    prometheus::check_prefix(text).map_err(|problem| problem.to_string())?;
    Ok(text.to_owned())
}

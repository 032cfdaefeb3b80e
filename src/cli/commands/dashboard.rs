//! `ssel dashboard`: a dashboard of Grafana for runs in Prometheus.

use std::process::ExitCode;

use super::super::args::Dashboard;
use super::written;
use crate::error::Error;
use crate::output::Terminal;
use crate::push::prometheus;

pub(in crate::cli) fn dashboard(args: &Dashboard, terminal: &Terminal) -> Result<ExitCode, Error> {
    prometheus::check_prefix(&args.prefix)
        .map_err(|problem| Error::Usage(format!("--prefix: {problem}")))?;
    written(
        &prometheus::dashboard(&args.prefix),
        args.output.as_deref(),
        terminal,
    )?;
    Ok(ExitCode::SUCCESS)
}

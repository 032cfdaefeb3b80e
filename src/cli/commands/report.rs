//! `ssel report`: a saved run in other forms.

use std::process::ExitCode;

use super::super::args::{Report, ReportFormat};
use super::{saved_run, written};
use crate::error::Error;
use crate::output::Terminal;
use crate::report::{self, html};

pub(in crate::cli) fn report(args: &Report, terminal: &Terminal) -> Result<ExitCode, Error> {
    let record = saved_run(&args.run)?;
    let palette = match args.output {
        Some(_) => report::Palette::PLAIN,
        None => terminal.out_palette(),
    };
    let text = match args.format {
        ReportFormat::Text => report::record_text(&record, &palette),
        ReportFormat::Json => {
            let json = serde_json::to_string_pretty(&record.summary());
            json.unwrap_or_default() + "\n"
        }
        ReportFormat::Csv => report::frames_csv(&record),
        ReportFormat::Markdown => report::markdown(&record),
        ReportFormat::Junit => report::junit(&record),
        ReportFormat::Hdr => report::hdr_log(&record),
        ReportFormat::Html => html::page(&record),
    };
    written(&text, args.output.as_deref(), terminal)?;
    Ok(ExitCode::SUCCESS)
}

//! The flags of `ssel llm` for its figures and their destinations.

use std::path::PathBuf;

use super::super::super::flags::{Parsed, number, whole, wrong};
use super::load::BenchMode;
use super::{MOST, usage};
use crate::app::llm::{Goal, SavePaths};
use crate::error::Error;
use crate::llm::{Goodput, Hardware};

#[derive(Debug, clap::Args)]
pub(super) struct ResultFlags {
    /// Objectives of a good request, e.g. ttft:500ms,tpot:50ms; numbers without a unit are milliseconds, as in vLLM
    #[arg(long, value_name = "LIST")]
    pub(super) goodput: Vec<String>,

    /// Number of GPUs of the server, to show tokens per second per GPU and per user
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    gpus: Option<u64>,

    /// Dollars per GPU and hour, to show the price of a million output tokens
    #[arg(long, value_name = "DOLLARS", requires = "gpus", value_parser = amount())]
    price: Option<f64>,

    /// Watts per GPU, to show the energy per output token
    #[arg(long, value_name = "WATTS", requires = "gpus", value_parser = amount())]
    power: Option<f64>,

    /// Percentiles to show and save
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "90,99", value_parser = percentile)]
    percentiles: Vec<f64>,

    /// Condition for the run to pass, e.g. 'p99(ttft)<500ms'; exit status 99 if it fails; repeatable
    #[arg(long = "threshold", value_name = "GOAL", conflicts_with_all = ["sweep", "find_max_rate"])]
    pub(super) thresholds: Vec<Goal>,

    /// Write the result in the format of `vllm bench serve` to vllm=FILE or of AIPerf to aiperf=FILE, or every sample to
    /// json=FILE or csv=FILE, or push metrics to prometheus=URL or otlp=URL during the run; repeatable
    #[arg(short = 'o', long = "out", value_name = "NAME=PLACE")]
    pub(super) outputs: Vec<String>,

    /// Include every request and its text in vllm=FILE
    #[arg(long, requires = "outputs")]
    pub(super) save_detailed: bool,

    /// Print the script of this benchmark instead of running it
    #[arg(long)]
    pub(super) emit_script: bool,
}

impl ResultFlags {
    /// The hardware of the server.
    pub(super) fn hardware(&self) -> Option<Hardware> {
        Some(Hardware {
            gpus: self.gpus?,
            price: self.price,
            power: self.power,
        })
    }

    pub(super) fn goodput(&self) -> Result<Option<Goodput>, Error> {
        if self.goodput.is_empty() {
            return Ok(None);
        }
        let goodput = self.goodput.join(" ").parse();
        goodput.map(Some).map_err(|error| usage("--goodput", error))
    }

    /// The percentiles to compute, in ascending order.
    pub(super) fn percentiles(&self, mode: &BenchMode) -> Vec<f64> {
        let mut percentiles = self.percentiles.clone();
        if let BenchMode::FindMaxRate(goal, _) = mode {
            percentiles.extend(goal.percentiles());
        }
        percentiles.sort_by(f64::total_cmp);
        percentiles.dedup();
        percentiles
    }

    /// The result files in the formats of other tools, and the outputs for samples.
    pub(super) fn files(&self, mode: &BenchMode) -> Result<(SavePaths, Vec<String>), Error> {
        let mut paths = SavePaths::default();
        let mut others = Vec::new();
        for text in &self.outputs {
            let (name, file) = text.split_once('=').unwrap_or((text, ""));
            let slot = match name {
                "vllm" => &mut paths.vllm,
                "aiperf" => &mut paths.aiperf,
                _ if crate::push::is_pushed(text) => continue,
                _ => {
                    others.push(text.clone());
                    continue;
                }
            };
            if file.is_empty() {
                let text = wrong(text, &format!("use {name}=FILE"));
                return Err(Error::Usage(format!("--out {text}")));
            }
            if slot.replace(PathBuf::from(file)).is_some() {
                let what = format!("the result can be written to one {name}=FILE only");
                return Err(usage("--out", what));
            }
        }
        if self.save_detailed && paths.vllm.is_none() {
            return Err(usage("--save-detailed", "it goes with -o vllm=FILE"));
        }
        if matches!(mode, BenchMode::Sweep(_) | BenchMode::FindMaxRate(..)) && !others.is_empty() {
            let what = "it writes the samples of a single run only; --save gives each run a file of its own";
            return Err(usage("--out", what));
        }
        Ok((paths, others))
    }
}

fn amount() -> impl Fn(&str) -> Parsed<f64> + Clone {
    number(0.0..=1e9, "use a number, such as 2.5")
}

/// `90`, `p90` or `99.9`.
fn percentile(text: &str) -> Parsed<f64> {
    const REMEDY: &str = "use numbers from 0 to 100, such as 90,99";
    let bare = text.trim().trim_start_matches('p');
    number(0.0..=100.0, REMEDY)(bare).map_err(|_| wrong(text, REMEDY))
}

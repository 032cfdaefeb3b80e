//! `ssel llm`: the benchmark of an inference server without a script.

mod bench;
mod connection;
mod load;
mod prompts;
mod result;

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::process::ExitCode;

use clap::builder::TypedValueParser;

use self::connection::{ConnectionFlags, OPENAI_VARIABLE, openai_key};
use self::load::{BenchMode, LoadFlags};
use self::prompts::PromptFlags;
use self::result::ResultFlags;
use super::super::flags::{PartFlags, RecordFlags, Suggest, outputs, wrong};
use super::super::{exit_code, job, signals};
use crate::app::llm::{self, BenchEnd, BenchRunner, Save, SavePaths, ScoreApi};
use crate::app::{Job, Stopper, Verdict};
use crate::error::Error;
use crate::llm::Api;
use crate::options::Source;
use crate::output::Terminal;

/// The highest count that a flag accepts.
const MOST: u64 = 1_000_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel llm http://localhost:8000                          # 8 concurrent requests for 20 s
  ssel llm http://localhost:8000 -n 500 --rate 4          # 500 requests, 4 per second
  ssel llm http://localhost:8000 --sweep concurrency=1..64
  ssel llm http://localhost:8000 --find-max-rate 'p99(ttft)<500ms'
  ssel llm https://api.openai.com --bearer-env OPENAI_API_KEY -m NAME
  ssel llm target                                         # without a server

Environment:
  OPENAI_API_KEY                        the key, if the server asks for one and no flag gives it
  SSEL_PART, SSEL_JOIN                  in place of --part and --join
  SSEL_JOIN_TOKEN                       the secret that the parts of a joined run share
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY     proxies
  SSL_CERT_FILE, SSL_CERT_DIR           certificate authorities
  NO_COLOR                              disables colours

Exit status:
  0    there is a result, even if some requests failed
  1    no request succeeded, the server cannot be reached, or a file cannot be written
  99   a --threshold failed, --find-max-rate found no rate, or --max-errors was exceeded
  104  a flag, a dataset or a trace is invalid, or the server has several models
  105  a signal stopped the run

Documentation:
  docs/llm-command.md, docs/llm.md")]
pub(in crate::cli) struct Llm {
    /// Server: its root, its /v1 or an endpoint; `target` is the built-in server. Several servers take turns
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,

    /// Model to use [default: the only model of the server]
    #[arg(short, long, value_name = "NAME")]
    model: Option<String>,

    /// API to use: chat, completions, responses, anthropic, ollama, gemini, llama, embeddings or rerank [default: inferred
    /// from the URL path, else chat]
    #[arg(long, value_name = "NAME", alias = "dialect", hide_possible_values = true, value_parser = any_api())]
    api: Option<AnyApi>,

    #[command(flatten, next_help_heading = "Load")]
    load: LoadFlags,

    #[command(flatten, next_help_heading = "Load")]
    part: PartFlags,

    #[command(flatten, next_help_heading = "Prompts")]
    prompts: PromptFlags,

    #[command(flatten, next_help_heading = "Connection")]
    connection: ConnectionFlags,

    #[command(flatten, next_help_heading = "Result")]
    result: ResultFlags,

    #[command(flatten, next_help_heading = "Recording")]
    record: RecordFlags,
}

/// The API of a server: one that generates text, or one that returns scores.
#[derive(Debug, Clone, Copy)]
enum AnyApi {
    Text(Api),
    Scores(ScoreApi),
}

fn any_api() -> impl TypedValueParser<Value = AnyApi> {
    const NAMES: &[&str] = &[
        "chat",
        "completions",
        "responses",
        "anthropic",
        "ollama",
        "gemini",
        "llama",
        "embeddings",
        "rerank",
    ];
    Suggest(NAMES).try_map(|name| match name.as_str() {
        "embeddings" => Ok(AnyApi::Scores(ScoreApi::Embeddings)),
        "rerank" => Ok(AnyApi::Scores(ScoreApi::Rerank)),
        name => name.parse().map(AnyApi::Text).map_err(|_| {
            wrong(
                name,
                "use chat, completions, anthropic, responses, ollama, gemini, llama, embeddings or rerank",
            )
        }),
    })
}

impl Llm {
    #[expect(
        clippy::too_many_lines,
        reason = "the command from beginning to end, one step after the other"
    )]
    pub(in crate::cli) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        let mode = self.load.mode(self.result.emit_script);
        let (mut paths, sample_outputs) = self.result.files(&mode)?;
        let mut bench = self.bench(&mode, &paths)?;
        job::warn_of_ignored_variables("ssel llm", terminal);
        signals::listen(stopper)?;
        let timeout = self.connection.timeout.unwrap_or(llm::Bench::LOOKUP);
        let is_asked = bench.model.is_empty();
        let is_contacted = is_asked || !matches!(mode, BenchMode::Emit);
        if let Some(key) = openai_key(&bench).filter(|_| is_contacted)
            && llm::asks_for_key(&bench.endpoint, &bench.access, timeout, stopper)?
        {
            terminal.note(&format!(
                "The server requires a key: using that of {OPENAI_VARIABLE}."
            ));
            bench.access.bearer_env = Some(OPENAI_VARIABLE.to_owned());
            bench.access.key = Some(key);
        }
        if is_asked {
            bench.model = llm::only_model(&bench.endpoint, &bench.access, timeout, stopper)?;
        }
        if self.prompts.counts_tokens() {
            if !matches!(bench.dataset, llm::Dataset::Random { .. }) {
                let what = "--exact-len and --tokenizer apply to random prompts: remove them";
                return Err(Error::Usage(what.to_owned()));
            }
            let wording = llm::wording(&bench, self.prompts.tokenizer.as_deref(), stopper)?;
            bench.wording = Some(wording);
        }
        if let BenchMode::Emit = mode {
            terminal.write(&llm::script(&bench));
            return Ok(ExitCode::SUCCESS);
        }
        let part = self.part.resolve(false)?;
        if part.of_several().is_some() && !bench.is_seed_given {
            // All parts share one set of prompts.
            let seed = part.common_seed();
            bench.is_seed_given = seed.is_none();
            bench.seed = seed.unwrap_or_default();
        }
        let files = part.files;
        let mut record = self.record.record("llm", &self.result.outputs, files)?;
        let is_default = self.record.has_default_servers();
        record.server_metrics = llm::own_metrics(&bench, record.server_metrics, is_default);
        let repeat = self.record.repeat(!sample_outputs.is_empty())?;
        if repeat.is_some() && !matches!(mode, BenchMode::Once) {
            let what = "--repeat repeats a single load; remove --sweep and --find-max-rate";
            return Err(Error::Usage(what.to_owned()));
        }
        let is_series = repeat.is_some() || !matches!(mode, BenchMode::Once);
        if is_series && (part.of_several().is_some() || part.start_at.is_some()) {
            let what = "--sweep, --find-max-rate and --repeat make several loads, but --part and --start-at apply to one: run each load by itself";
            return Err(Error::Usage(what.to_owned()));
        }
        if part.join.is_some() && (self.result.save_detailed || paths.aiperf.is_some()) {
            let what = "--save-detailed and -o aiperf write single requests, which stay on the part that sent them; remove them or --join";
            return Err(Error::Usage(what.to_owned()));
        }
        let is_saved = paths != SavePaths::default();
        for path in [&mut paths.vllm, &mut paths.aiperf] {
            *path = files.result("--out", path.as_deref())?;
        }
        let save = is_saved.then(|| Save::new(paths, self.result.save_detailed, &bench.dataset));
        let mut save = save.transpose()?;
        // The levels of a sweep are saved together.
        let mut levels = None;
        if let BenchMode::Sweep(_) = mode {
            levels = record.save.take();
            record.in_memory |= levels.is_some();
            if let Some(path) = levels.as_ref().filter(|path| path.exists()) {
                return Err(Error::Output(format!(
                    "{} already exists: choose another name, or remove the file",
                    path.display()
                )));
            }
        }
        let runner = BenchRunner {
            terminal,
            stopper,
            graceful_stop: self.load.graceful_stop,
            percentiles: self.result.percentiles(&mode),
            job: RefCell::new(Job {
                workers: self.connection.workers,
                record,
                join: part.rendezvous(),
                placement: part.placement.clone(),
                start_at: part.start_at,
                outputs: outputs(&sample_outputs, files, terminal)?,
                ..Job::script(Source::text("", ""))
            }),
            is_series,
            runs: Cell::new(0),
        };
        let load = match &mode {
            BenchMode::Emit | BenchMode::Once => llm::describe_load(&bench),
            BenchMode::Sweep(sweep) => llm::describe_sweep(&bench, sweep),
            BenchMode::FindMaxRate(goal, start) => llm::describe_search(&bench, goal, *start),
        };
        terminal.note(&llm::describe(&bench, is_asked, &load));
        if let Some(placement) = part.of_several() {
            terminal.note(&format!(
                "Part {} of this load, by {}.",
                placement.part, placement.from
            ));
        }
        let end = match mode {
            BenchMode::Emit | BenchMode::Once => match repeat {
                None => llm::once(&runner, &bench, save.as_mut()),
                Some(runs) => llm::repeated(&runner, &bench, runs, save.as_mut()),
            },
            BenchMode::Sweep(sweep) => {
                llm::sweep(&runner, &bench, &sweep, save.as_mut(), levels.as_deref())
            }
            BenchMode::FindMaxRate(goal, start) => {
                llm::find_max_rate(&runner, &bench, &goal, start, save.as_mut())
            }
        }?;
        let is_unsaved = save.is_some_and(|save| save.has_failed());
        Ok(match end {
            BenchEnd::Run(Verdict::Passed) if is_unsaved => exit_code::FAILED.into(),
            BenchEnd::Run(verdict) => exit_code::of_verdict(&verdict),
            BenchEnd::NoAnswer => exit_code::FAILED.into(),
            BenchEnd::GoalMissed | BenchEnd::TooManyErrors => exit_code::THRESHOLDS.into(),
        })
    }
}

/// The error for a flag.
fn usage(flag: &str, what: impl Display) -> Error {
    Error::Usage(format!("{flag}: {what}"))
}

//! The flags of `ssel llm`.

use super::suggest::Suggest;
use super::{JoinFlags, PartFlags, RecordFlags};

const APIS: &[&str] = &[
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

/// The flags of `ssel llm`. Values are taken as text and checked in `resolve/llm.rs`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Llm {
    /// The server: its root, its /v1 or an endpoint; `target` is the built-in one. Requests rotate over several
    #[arg(value_name = "URL", required = true)]
    pub(in crate::cli) urls: Vec<String>,

    /// The model [default: the only model of the server]
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) model: Option<String>,

    /// API to use: chat, completions, responses, anthropic, ollama, gemini, llama, embeddings or rerank [default: inferred
    /// from the URL path, else chat]
    #[arg(long, value_name = "NAME", alias = "dialect", hide_possible_values = true, value_parser = Suggest(APIS))]
    pub(in crate::cli) api: Option<String>,

    /// Number of texts or documents in a request for embeddings or rerank [default: 8]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) batch: Option<String>,

    /// Number of concurrent requests [default: 8]
    #[arg(short, long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) concurrency: Option<String>,

    /// Requests per second, regardless of the answers, with the gaps of independent users (Poisson)
    #[arg(
        short,
        long,
        value_name = "R",
        conflicts_with = "concurrency",
        help_heading = "Load"
    )]
    pub(in crate::cli) rate: Option<String>,

    /// Shape of the gaps between requests at a rate: 1 is Poisson, less comes in bursts [default: 1]
    #[arg(long, value_name = "SHAPE", help_heading = "Load")]
    pub(in crate::cli) burstiness: Option<String>,

    /// Limit of concurrent requests at a rate; requests beyond it are dropped and counted [default: 1000]
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) max_concurrency: Option<String>,

    /// Share of requests to cancel by closing their streams, e.g. 5%; they are counted separately
    #[arg(long, value_name = "SHARE", help_heading = "Load")]
    pub(in crate::cli) cancel: Option<String>,

    /// Time from the request to its cancellation [default: 1s]
    #[arg(long, value_name = "TIME", requires = "cancel", help_heading = "Load")]
    pub(in crate::cli) cancel_after: Option<String>,

    /// Number of requests
    #[arg(short, long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) num_prompts: Option<String>,

    /// Time during which requests start; with --num-prompts, whichever comes first [default: 20s]
    #[arg(short, long, value_name = "TIME", help_heading = "Load")]
    pub(in crate::cli) duration: Option<String>,

    /// Requests per second of a bystander beside the load, one token each, with figures of their own
    #[arg(
        long,
        value_name = "R",
        conflicts_with_all = ["trace", "find_max_rate"],
        help_heading = "Load"
    )]
    pub(in crate::cli) probe_rate: Option<String>,

    /// End the run when more requests than this have failed: a number, or a share such as 5%
    #[arg(
        long,
        value_name = "N|P%",
        conflicts_with_all = ["find_max_rate", "emit_script"],
        help_heading = "Load"
    )]
    pub(in crate::cli) max_errors: Option<String>,

    /// Unmeasured requests before the load, or how long to send them, such as 5s; one that fails ends the run [default: 1]
    #[arg(long, value_name = "N|TIME", help_heading = "Load")]
    pub(in crate::cli) warmup: Option<String>,

    /// Run several loads, concurrency=1,2,4,8 or rate=1..64 (doubling), and print the curve
    #[arg(long,
        value_name = "WHAT=LEVELS",
        conflicts_with_all = ["concurrency", "rate", "find_max_rate", "emit_script"], help_heading = "Load")]
    pub(in crate::cli) sweep: Option<String>,

    /// Search for the highest rate that keeps a goal such as 'p99(ttft)<500ms', starting at --rate [default: 1]
    #[arg(long,
        value_name = "GOAL",
        conflicts_with_all = ["concurrency", "emit_script"], help_heading = "Load")]
    pub(in crate::cli) find_max_rate: Option<String>,

    /// Replay a trace, FORMAT=FILE: mooncake, bailian, azure or burstgpt, at its own times
    #[arg(long,
        value_name = "FORMAT=FILE",
        conflicts_with_all = ["concurrency", "rate", "sweep", "find_max_rate", "dataset", "input_len", "output_len", "burstiness"], help_heading = "Load")]
    pub(in crate::cli) trace: Option<String>,

    /// Speed of the replay: 2 halves all gaps [default: 1]
    #[arg(long, value_name = "N", requires = "trace", help_heading = "Load")]
    pub(in crate::cli) trace_speed: Option<String>,

    /// Tokens of a block of `hash_ids` [default: 512 for mooncake, 16 for bailian]
    #[arg(long, value_name = "N", requires = "trace", help_heading = "Load")]
    pub(in crate::cli) trace_block_size: Option<String>,

    /// Source of prompts: random, prefix, sharegpt=FILE or jsonl=FILE [default: random]
    #[arg(long, value_name = "WHAT", help_heading = "Prompts")]
    pub(in crate::cli) dataset: Option<String>,

    /// Length of a random prompt: 512, 512±20%, 100..900, normal(MEAN,SD), lognormal(MEAN,P99), histogram=FILE
    /// [default: 128]
    #[arg(long, value_name = "LENGTH", help_heading = "Prompts")]
    pub(in crate::cli) input_len: Option<String>,

    /// Number of tokens to request, in the same forms [default: that of the dataset, 128 for random]
    #[arg(long, value_name = "LENGTH", help_heading = "Prompts")]
    pub(in crate::cli) output_len: Option<String>,

    /// Length of the prefixes of --dataset prefix [default: 256]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) prefix_len: Option<String>,

    /// Number of prefixes of --dataset prefix [default: 10]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) prefixes: Option<String>,

    /// Ask the server for token counts, so that random prompts have exactly --input-len tokens
    #[arg(long, help_heading = "Prompts")]
    pub(in crate::cli) exact_len: bool,

    /// Count tokens with the tokenizer.json of the model, to the same end
    #[arg(long, value_name = "FILE", help_heading = "Prompts")]
    pub(in crate::cli) tokenizer: Option<std::path::PathBuf>,

    /// Hold conversations of N questions, e.g. 3 or 2..5; for a `ShareGPT` file the maximum, or all
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "trace",
        help_heading = "Prompts"
    )]
    pub(in crate::cli) turns: Option<String>,

    /// Pause of the user before the next question, e.g. 2s or 1s..3s [default: 0s]
    #[arg(
        long,
        value_name = "TIME",
        requires = "turns",
        help_heading = "Prompts"
    )]
    pub(in crate::cli) think_time: Option<String>,

    /// An image in every request, by its URL or from a file; repeatable
    #[arg(long = "image", value_name = "FILE|URL", help_heading = "Prompts")]
    pub(in crate::cli) images: Vec<String>,

    /// Ask for replies of exactly the requested length (vLLM, llama.cpp)
    #[arg(long, help_heading = "Prompts")]
    pub(in crate::cli) ignore_eos: bool,

    /// Seed of the prompts and of the request times [default: new in each run, so that no server has the prompts in its cache]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) seed: Option<String>,

    /// Further members of the request body, e.g. '{"temperature": 0}'
    #[arg(long, value_name = "JSON", help_heading = "Prompts")]
    pub(in crate::cli) extra_body: Option<String>,

    /// Name of the environment variable with the API key
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(in crate::cli) bearer_env: Option<String>,

    /// A header of every request, 'Name: value'; repeatable
    #[arg(
        short = 'H',
        long = "header",
        value_name = "LINE",
        help_heading = "Connection"
    )]
    pub(in crate::cli) headers: Vec<String>,

    /// Name of a header with the session of each request, for routers with session affinity
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(in crate::cli) session_header: Option<String>,

    /// Time that open requests get when the duration is over, or after a signal [default: 30s, or 500ms after a signal]
    #[arg(long, value_name = "TIME", help_heading = "Load")]
    pub(in crate::cli) graceful_stop: Option<String>,

    /// Time limit of a request, and of the model lookup [default: 5m; 30s for the lookup]
    #[arg(long, value_name = "TIME", help_heading = "Connection")]
    pub(in crate::cli) timeout: Option<String>,

    /// Accept any certificate
    #[arg(long, help_heading = "Connection")]
    pub(in crate::cli) insecure_skip_tls_verify: bool,

    /// Number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", help_heading = "Connection")]
    pub(in crate::cli) workers: Option<String>,

    /// Objectives of a good request, e.g. ttft:500ms,tpot:50ms; numbers without a unit are milliseconds, as in vLLM
    #[arg(long, value_name = "LIST", help_heading = "Result")]
    pub(in crate::cli) goodput: Vec<String>,

    /// Number of GPUs of the server: shows tokens per second per GPU and per user
    #[arg(long, value_name = "N", help_heading = "Result")]
    pub(in crate::cli) gpus: Option<String>,

    /// Price of a GPU in dollars per hour: shows the price of a million output tokens
    #[arg(
        long,
        value_name = "DOLLARS",
        requires = "gpus",
        help_heading = "Result"
    )]
    pub(in crate::cli) price: Option<String>,

    /// Power of a GPU in watts: shows the energy of an output token
    #[arg(long, value_name = "WATTS", requires = "gpus", help_heading = "Result")]
    pub(in crate::cli) power: Option<String>,

    /// Percentiles to show and save [default: 90,99]
    #[arg(long, value_name = "LIST", help_heading = "Result")]
    pub(in crate::cli) percentiles: Option<String>,

    /// A condition for the whole run, e.g. 'p99(ttft)<500ms'; exit status 99 if it fails; repeatable
    #[arg(long = "threshold",
        value_name = "GOAL",
        conflicts_with_all = ["sweep", "find_max_rate"], help_heading = "Result")]
    pub(in crate::cli) thresholds: Vec<String>,

    /// Write the result in the format of `vllm bench serve` to vllm=FILE or of `AIPerf` to aiperf=FILE, or every sample to
    /// json=FILE or csv=FILE, or push figures to prometheus=URL or otlp=URL during the run; repeatable
    #[arg(
        short = 'o',
        long = "out",
        value_name = "NAME=PLACE",
        help_heading = "Result"
    )]
    pub(in crate::cli) outputs: Vec<String>,

    /// Include every request and its text in vllm=FILE
    #[arg(long, requires = "outputs", help_heading = "Result")]
    pub(in crate::cli) save_detailed: bool,

    #[command(flatten, next_help_heading = "Load")]
    pub(in crate::cli) part: PartFlags,

    #[command(flatten, next_help_heading = "Load")]
    pub(in crate::cli) join: JoinFlags,

    #[command(flatten, next_help_heading = "Recording")]
    pub(in crate::cli) record: RecordFlags,

    /// Print the script of this benchmark and exit
    #[arg(long, help_heading = "Result")]
    pub(in crate::cli) emit_script: bool,
}

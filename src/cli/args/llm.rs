//! The flags of `ssel llm`.

use super::{JoinFlags, PartFlags, RecordFlags};

/// The flags of `ssel llm`. Values are taken as text and checked in `resolve/llm.rs`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Llm {
    /// The server: its root, its /v1 or a whole endpoint; `target` is the one built into ssel. Several take turns
    #[arg(value_name = "URL", required = true)]
    pub(in crate::cli) urls: Vec<String>,

    /// The model; without it, the server's only one
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) model: Option<String>,

    /// How the server is spoken to: chat, completions, anthropic, responses, ollama, gemini or llama; by default as the
    /// path says, else chat
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) dialect: Option<String>,

    /// What is asked for: chat (words), embeddings or rerank; by default as the path says [default: chat]
    #[arg(long, value_name = "NAME", conflicts_with = "dialect")]
    pub(in crate::cli) api: Option<String>,

    /// Texts or documents of a request for embeddings or rerank [default: 8]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) batch: Option<String>,

    /// Requests at once, each followed by the next [default: 8]
    #[arg(short, long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) concurrency: Option<String>,

    /// Requests per second, whatever the server does, spread as independent users come
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

    /// The most requests at once at a rate; what goes beyond is not sent, and counted [default: 1000]
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) max_concurrency: Option<String>,

    /// The share of requests to give up on purpose, such as 5%: their streams are closed, and they are counted apart
    #[arg(long, value_name = "SHARE", help_heading = "Load")]
    pub(in crate::cli) cancel: Option<String>,

    /// When they are given up, from the request on [default: 1s]
    #[arg(long, value_name = "TIME", requires = "cancel", help_heading = "Load")]
    pub(in crate::cli) cancel_after: Option<String>,

    /// How many requests to make
    #[arg(short, long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) num_prompts: Option<String>,

    /// How long to start requests; with --num-prompts, whichever comes first [default: 20s]
    #[arg(short, long, value_name = "TIME", help_heading = "Load")]
    pub(in crate::cli) duration: Option<String>,

    /// Requests before the load that are not measured; one that fails ends the run [default: 1]
    #[arg(long, value_name = "N", help_heading = "Load")]
    pub(in crate::cli) warmup: Option<String>,

    /// Run several loads: concurrency=1,2,4,8 or rate=1..64 (doubling), and print the curve
    #[arg(
        long,
        value_name = "WHAT=LEVELS",
        conflicts_with_all = ["concurrency", "rate", "find_max_rate", "emit_script"],
        help_heading = "Load"
    )]
    pub(in crate::cli) sweep: Option<String>,

    /// Search for the highest rate that keeps a goal such as 'p99(ttft)<500ms'; --rate is where to begin [default: 1]
    #[arg(
        long,
        value_name = "GOAL",
        conflicts_with_all = ["concurrency", "emit_script"],
        help_heading = "Load"
    )]
    pub(in crate::cli) find_max_rate: Option<String>,

    /// Replay a trace, FORMAT=FILE: mooncake, bailian, azure or burstgpt; sends what was asked, when it was asked
    #[arg(
        long,
        value_name = "FORMAT=FILE",
        conflicts_with_all = ["concurrency", "rate", "sweep", "find_max_rate", "dataset", "input_len", "output_len", "burstiness"],
        help_heading = "Load"
    )]
    pub(in crate::cli) trace: Option<String>,

    /// Replay the trace so many times as fast [default: 1]
    #[arg(long, value_name = "N", requires = "trace", help_heading = "Load")]
    pub(in crate::cli) trace_speed: Option<String>,

    /// Tokens of a block of the trace's hash_ids [default: 512 for mooncake, 16 for bailian]
    #[arg(long, value_name = "N", requires = "trace", help_heading = "Load")]
    pub(in crate::cli) trace_block_size: Option<String>,

    /// Where prompts are from: random, prefix, sharegpt=FILE or jsonl=FILE [default: random]
    #[arg(long, value_name = "WHAT", help_heading = "Prompts")]
    pub(in crate::cli) dataset: Option<String>,

    /// Length of a random prompt: 512, 512±20%, 100..900, normal(MEAN,SD), lognormal(MEAN,P99), histogram=FILE
    /// [default: 128]
    #[arg(long, value_name = "LENGTH", help_heading = "Prompts")]
    pub(in crate::cli) input_len: Option<String>,

    /// Tokens to ask for, written likewise [default: what the dataset says, or 128 for random]
    #[arg(long, value_name = "LENGTH", help_heading = "Prompts")]
    pub(in crate::cli) output_len: Option<String>,

    /// Length of a prefix that prompts share, with --dataset prefix [default: 256]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) prefix_len: Option<String>,

    /// How many such prefixes there are [default: 10]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) prefixes: Option<String>,

    /// Ask the server how many tokens words are, so that random prompts have exactly the tokens of --input-len
    #[arg(long, help_heading = "Prompts")]
    pub(in crate::cli) exact_len: bool,

    /// The same, counted with the tokenizer.json of the model
    #[arg(long, value_name = "FILE", help_heading = "Prompts")]
    pub(in crate::cli) tokenizer: Option<std::path::PathBuf>,

    /// Make conversations of so many questions, 3 or 2..5; of a ShareGPT file at most so many, or all
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "trace",
        help_heading = "Prompts"
    )]
    pub(in crate::cli) turns: Option<String>,

    /// How long a user thinks before the next question: 2s or 1s..3s [default: 0s]
    #[arg(
        long,
        value_name = "TIME",
        requires = "turns",
        help_heading = "Prompts"
    )]
    pub(in crate::cli) think_time: Option<String>,

    /// An image of every request, by its URL or from a file; repeat for several
    #[arg(long = "image", value_name = "FILE|URL", help_heading = "Prompts")]
    pub(in crate::cli) images: Vec<String>,

    /// Ask for replies that do not end before their length is reached (for vLLM and llama.cpp)
    #[arg(long, help_heading = "Prompts")]
    pub(in crate::cli) ignore_eos: bool,

    /// Which prompts, and when requests come [default: one of the run's own, so that no server has its prompts in its cache]
    #[arg(long, value_name = "N", help_heading = "Prompts")]
    pub(in crate::cli) seed: Option<String>,

    /// More for the body of each request, e.g. '{"temperature": 0}'
    #[arg(long, value_name = "JSON", help_heading = "Prompts")]
    pub(in crate::cli) extra_body: Option<String>,

    /// The environment variable that holds the server's key
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(in crate::cli) bearer_env: Option<String>,

    /// A header of every request, as 'Name: value'; repeat for several
    #[arg(
        short = 'H',
        long = "header",
        value_name = "LINE",
        help_heading = "Connection"
    )]
    pub(in crate::cli) headers: Vec<String>,

    /// A header that names the session of each request, for routers that keep sessions together
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(in crate::cli) session_header: Option<String>,

    /// How long requests may go on when the duration is over, or after a signal [default: 30s, or 500ms after a signal]
    #[arg(long, value_name = "TIME", help_heading = "Load")]
    pub(in crate::cli) graceful_stop: Option<String>,

    /// Limit for a whole request, and for asking for the models [default: 5m; 30s for the models]
    #[arg(long, value_name = "TIME", help_heading = "Connection")]
    pub(in crate::cli) timeout: Option<String>,

    /// Accept any certificate
    #[arg(long, help_heading = "Connection")]
    pub(in crate::cli) insecure_skip_tls_verify: bool,

    /// Worker threads; one for each core by default
    #[arg(long, value_name = "N", help_heading = "Connection")]
    pub(in crate::cli) workers: Option<String>,

    /// Objectives of a good request, e.g. ttft:500ms,tpot:50ms; a bare number is in milliseconds, as in vLLM
    #[arg(long, value_name = "LIST", help_heading = "Result")]
    pub(in crate::cli) goodput: Vec<String>,

    /// Accelerators behind the server: shows tokens per second of one GPU and of one user
    #[arg(long, value_name = "N", help_heading = "Result")]
    pub(in crate::cli) gpus: Option<String>,

    /// Dollars that one GPU costs for an hour: shows the price of a million output tokens
    #[arg(
        long,
        value_name = "DOLLARS",
        requires = "gpus",
        help_heading = "Result"
    )]
    pub(in crate::cli) price: Option<String>,

    /// Watts that one GPU takes: shows the energy of an output token
    #[arg(long, value_name = "WATTS", requires = "gpus", help_heading = "Result")]
    pub(in crate::cli) power: Option<String>,

    /// Percentiles to show and save [default: 90,99]
    #[arg(long, value_name = "LIST", help_heading = "Result")]
    pub(in crate::cli) percentiles: Option<String>,

    /// What has to hold of the whole run, such as 'p99(ttft)<500ms', or the exit code is 99; repeat for several
    #[arg(
        long = "threshold",
        value_name = "GOAL",
        conflicts_with_all = ["sweep", "find_max_rate"],
        help_heading = "Result"
    )]
    pub(in crate::cli) thresholds: Vec<String>,

    /// Write the result as `vllm bench serve` does, to vllm=FILE, each request as AIPerf does, to aiperf=FILE, or each sample
    /// to json=FILE or csv=FILE, or push the run to prometheus=URL or otlp=URL while it goes on; repeat for several
    #[arg(
        short = 'o',
        long = "out",
        value_name = "NAME=PLACE",
        help_heading = "Result"
    )]
    pub(in crate::cli) outputs: Vec<String>,

    /// With -o vllm=FILE: every request too, with its text
    #[arg(long, requires = "outputs", help_heading = "Result")]
    pub(in crate::cli) save_detailed: bool,

    #[command(flatten, next_help_heading = "Load")]
    pub(in crate::cli) part: PartFlags,

    #[command(flatten, next_help_heading = "Load")]
    pub(in crate::cli) join: JoinFlags,

    #[command(flatten, next_help_heading = "Record")]
    pub(in crate::cli) record: RecordFlags,

    /// Print the script that this command runs, and do not run it
    #[arg(long, help_heading = "Result")]
    pub(in crate::cli) emit_script: bool,
}

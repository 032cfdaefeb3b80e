//! The description of a benchmark: the flags of `ssel llm`, parsed.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::goal::Goal;
use super::trace::TraceFile;
use super::warmup::Warmup;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::llm::{Goodput, Hardware};
use crate::units::{is_secret, without_secrets};

/// A benchmark of an inference server.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Bench {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// Further servers: they and the first take turns.
    pub others: Vec<Endpoint>,
    /// The header that names the session of a request, which is one prompt with all that follows from it.
    pub session_header: Option<String>,
    /// Which requests are given up on purpose.
    pub cancel: Option<Cancel>,
    /// The model; empty for a server that has but one and wants no name.
    pub model: String,
    /// How many requests at once, or how often.
    pub load: Load,
    /// How many requests, or for how long.
    pub amount: Amount,
    /// What is asked.
    pub dataset: Dataset,
    /// Tokens to ask for; `None` for as many as the dataset says.
    pub output_len: Option<Lengths>,
    /// Requests that are conversations, if they are.
    pub conversation: Option<Conversation>,
    /// What is asked for in place of words, if it is.
    pub scores: Option<Scores>,
    /// Images of every request: files and URLs.
    pub images: Vec<String>,
    /// How words become tokens, as far as the server was asked.
    pub wording: Option<Wording>,
    /// Which prompts are drawn or made up, and when requests come.
    pub seed: u64,
    /// The seed was asked for, so the prompts may be those of another run.
    pub is_seed_given: bool,
    /// Requests before the load that are not measured. One that fails ends the run.
    pub warmup: Warmup,
    /// How the server lets us in.
    pub access: Access,
    /// More for the body of each request.
    pub extra: Map<String, Value>,
    /// Objectives of a request.
    pub goodput: Option<Goodput>,
    /// What the server runs on, for figures of one accelerator and of costs.
    pub hardware: Option<Hardware>,
    /// Requests per second of a bystander, beside the load.
    pub probe_rate: Option<f64>,
    /// When so many requests have failed that the run is ended.
    pub max_errors: Option<MaxErrors>,
    /// What has to hold of the whole run.
    pub thresholds: Vec<Goal>,
    /// Limit for a whole request.
    pub timeout: Duration,
    /// How long requests may go on when the duration is over.
    pub graceful_stop: Duration,
    /// Ask for replies that do not end before their length is reached.
    pub ignore_eos: bool,
    /// Keep each request, for a file with every one in it.
    pub keep_requests: bool,
    /// Keep the text of replies too, for a file with every request in it.
    pub keep_text: bool,
}

/// How requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// So many at once: each answer is followed by the next request.
    Concurrency(u64),
    /// At a rate, however long answers take.
    Rate {
        /// Requests per second.
        rate: f64,
        /// Shape of the gamma distribution of the gaps; 1 is a Poisson process.
        burstiness: f64,
        /// The most requests at once; a request beyond is dropped and counted.
        max_concurrency: u64,
    },
    /// As they came in a trace, which is the dataset too.
    Trace {
        /// The most sessions at once; one beyond is dropped and counted.
        max_concurrency: u64,
    },
}

impl Load {
    /// The same kind of load at another level: of concurrency, or requests per second.
    #[must_use]
    pub fn at(self, step: Step) -> Self {
        let (burstiness, max_concurrency) = match self {
            Self::Rate {
                burstiness,
                max_concurrency,
                ..
            } => (burstiness, max_concurrency),
            Self::Concurrency(_) => (1.0, Self::MAX_CONCURRENCY),
            Self::Trace { max_concurrency } => (1.0, max_concurrency),
        };
        match step {
            Step::Concurrency(n) => Self::Concurrency(n),
            Step::Rate(rate) => Self::Rate {
                rate,
                burstiness,
                max_concurrency,
            },
        }
    }

    /// Requests per second, if that is what the load is.
    pub fn rate(self) -> Option<f64> {
        match self {
            Self::Rate { rate, .. } => Some(rate),
            Self::Concurrency(_) | Self::Trace { .. } => None,
        }
    }

    /// How many requests are in flight unless another number is given.
    pub const CONCURRENCY: u64 = 8;
    /// The most of them at a rate unless another number is given.
    pub const MAX_CONCURRENCY: u64 = 1000;
}

/// Requests that are given up on purpose, as users do who have seen enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cancel {
    /// The share of requests, from 0 to 1.
    pub share: f64,
    /// When, from the request on. What is over by then is not cancelled.
    pub after: Duration,
}

/// One level of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Requests at once.
    Concurrency(u64),
    /// Requests per second.
    Rate(f64),
}

/// Failed requests that a run may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxErrors {
    /// So many.
    Count(u64),
    /// This share of all that are over.
    Share(f64),
}

impl MaxErrors {
    /// A share of fewer requests is chance.
    const FEWEST: u64 = 20;

    /// Whether more have failed.
    pub(super) fn is_passed(self, failed: u64, done: u64) -> bool {
        match self {
            Self::Count(most) => failed > most,
            Self::Share(most) => done >= Self::FEWEST && failed as f64 > most * done as f64,
        }
    }
}

/// When the load is over: at whichever limit comes first. At least one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Requests.
    pub requests: Option<u64>,
    /// Time, after which no request is started.
    pub duration: Option<Duration>,
}

/// Where prompts are from.
#[derive(Debug, Clone, PartialEq)]
pub enum Dataset {
    /// A file in the format of `ShareGPT`.
    ShareGpt(PathBuf),
    /// A file with a JSON object a line.
    Jsonl(PathBuf),
    /// Made up.
    Random {
        /// Tokens of a prompt.
        input_len: Lengths,
        /// What prompts have in common before that.
        prefixes: Option<Prefixes>,
    },
    /// Those of the requests of a trace.
    Trace(TraceFile),
}

/// Conversations: each answer is sent along with the next question.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Questions, as they were typed: a number, a spread such as `2..5`, or for a file `all`.
    pub turns: String,
    /// How long a user thinks before the next question: not less and not more.
    pub think_time: (Duration, Duration),
}

impl Conversation {
    /// The mean number of questions, where that is known.
    fn mean(&self) -> f64 {
        let turns = Lengths::parse(&self.turns, |_| Err(String::new()));
        turns.map_or(1.0, |turns| turns.mean())
    }
}

/// Requests whose answer is scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scores {
    /// Which.
    pub api: ScoreApi,
    /// Texts, or documents, of a request.
    pub batch: u64,
}

/// What texts are scored for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreApi {
    /// Texts become vectors.
    Embeddings,
    /// Documents are sorted by what they have to do with a query.
    Rerank,
}

impl ScoreApi {
    pub(super) const ALL: [Self; 2] = [Self::Embeddings, Self::Rerank];

    /// The paths at which servers offer it, the usual one first and longer ones before their ends.
    pub(super) const fn paths(self) -> [&'static str; 3] {
        match self {
            Self::Embeddings => ["/v1/embeddings", "/v2/embeddings", "/embeddings"],
            Self::Rerank => ["/v1/rerank", "/v2/rerank", "/rerank"],
        }
    }

    /// Whether a path is one of these.
    pub(super) fn is_at(self, path: &str) -> bool {
        self.paths().iter().any(|end| path.ends_with(end))
    }

    /// The API at the path of a URL.
    pub fn of_path(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|api| api.is_at(path))
    }
}

/// How words become tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wording {
    /// Words that are more than one token.
    pub avoid: Vec<String>,
    /// Tokens of a word, where none is just one.
    pub tokens_per_word: Option<f64>,
    /// Tokens that the server adds to a prompt.
    pub added_tokens: u64,
}

/// How the server lets us in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The environment variable that holds the key.
    pub bearer_env: Option<String>,
    /// The key itself, where it is known. It is in no script and no message.
    pub key: Option<String>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Accept any certificate.
    pub insecure: bool,
}

impl Access {
    /// The header that holds a secret is named by the script as a variable of this name.
    pub(super) fn variable_of(header: &str) -> String {
        let name: String = header
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        format!("LLM_HEADER_{name}")
    }

    /// A text of the server without the secrets that it was shown.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let headers = self.secret_headers();
        // Of `Bearer sk-1`, a server repeats the last word.
        let words = headers.flat_map(|(_, value)| [value.as_str(), last_word(value)]);
        without_secrets(text, words.chain(self.key.as_deref()))
    }

    fn secret_headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.headers.iter().filter(|(name, _)| is_secret(name))
    }
}

impl Bench {
    /// All servers, in the order of their turns.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        std::iter::once(&self.endpoint).chain(&self.others)
    }

    /// The variable that holds the URL of a server, by its place among all.
    pub(super) fn url_variable(place: usize) -> String {
        match place {
            0 => "LLM_URL".to_owned(),
            place => format!("LLM_URL_{}", place + 1),
        }
    }

    /// The variables of the seed and of the salt. They are not in the script, so that runs which differ in nothing else
    /// have the same one.
    pub(super) const SEED: &str = "LLM_SEED";
    pub(super) const SALT: &str = "LLM_SALT";

    /// What stands before each prompt of a file in this run, so that no server has it in its cache; nothing if the seed was
    /// asked for. Prompts that are made up differ by the seed.
    pub(super) fn salt(&self) -> Option<String> {
        let is_file = matches!(self.dataset, Dataset::ShareGpt(_) | Dataset::Jsonl(_));
        (is_file && !self.is_seed_given).then(|| format!("run {:x}", self.seed))
    }

    /// Why the server may know prompts of a run of so many requests, if it may.
    pub(super) fn repeats(&self, requests: u64) -> Option<&'static str> {
        let is_trace = matches!(self.dataset, Dataset::Trace(_));
        if !is_trace && requests.saturating_add(self.warmup_prompts()) > self.prompts() {
            return Some("some prompts came again");
        }
        self.is_seed_given
            .then_some("--seed repeats the prompts of earlier runs")
    }

    /// What the script reads from variables, so that neither secrets nor what differs from run to run are in its text: their
    /// names and values.
    pub fn variables(&self) -> Vec<(String, String)> {
        let headers = self.access.secret_headers();
        let headers = headers.map(|(name, value)| (Access::variable_of(name), value.clone()));
        let urls = self.endpoints().enumerate();
        let urls = urls.filter(|(_, endpoint)| endpoint.is_secret());
        let urls = urls.map(|(place, endpoint)| (Self::url_variable(place), endpoint.url.clone()));
        let seed = (Self::SEED.to_owned(), self.seed.to_string());
        let salt = self.salt().map(|salt| (Self::SALT.to_owned(), salt));
        headers.chain(urls).chain([seed]).chain(salt).collect()
    }

    /// Prompts for a run that ends by time, from a file and made up: more than most servers answer, and, as far as is
    /// known, no more than so many bytes of text.
    const PROMPTS_OF_FILE: u64 = 1000;
    const MANY_PROMPTS: u64 = 10_000;
    const PROMPT_BYTES: u64 = 32 << 20;

    /// Other prompts from here on, so that no run finds those of the one before in the server's cache.
    pub(super) fn change_prompts(&mut self) {
        // The numbers that Lua holds exactly.
        self.seed = (self.seed + 1) % (1 << 53);
    }

    /// How long the schedule of a rate has starts: up to its duration, or as long as its requests take.
    pub(super) fn planned_time(&self) -> Option<Duration> {
        let rate = self.load.rate()?;
        let requests = self.amount.requests.map(|n| n as f64 / rate);
        let requests = requests.and_then(|time| Duration::try_from_secs_f64(time).ok());
        requests.into_iter().chain(self.amount.duration).min()
    }

    /// How many prompts are read or made up. A run that needs more takes them again from the first.
    pub fn prompts(&self) -> u64 {
        let measured = self
            .amount
            .requests
            .filter(|_| !matches!(self.dataset, Dataset::Trace(_)));
        let measured = measured.unwrap_or_else(|| match self.dataset {
            // A word has about six bytes with its space.
            Dataset::Random {
                ref input_len,
                prefixes,
            } => {
                let shared = prefixes.map_or(0, |prefixes| prefixes.tokens);
                let turns = self.conversation.as_ref().map_or(1.0, Conversation::mean);
                let bytes = 6.0 * (input_len.mean() * turns + shared as f64).max(1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a cast from float saturates, and sizes are not negative"
                )]
                let fitting = (Self::PROMPT_BYTES as f64 / bytes) as u64;
                fitting.clamp(100, Self::MANY_PROMPTS)
            }
            Dataset::ShareGpt(_) | Dataset::Jsonl(_) => Self::PROMPTS_OF_FILE,
            // They are made as they are asked; these are for the warm-up.
            Dataset::Trace(_) => 0,
        });
        // A request for scores takes several prompts, and a query.
        let of_request = self.scores.map_or(1, |scores| scores.batch + 1);
        let wanted = measured.saturating_add(self.warmup_prompts());
        match of_request {
            1 => wanted,
            // They may come again, as those of other requests do.
            n => wanted.saturating_mul(n).min(Self::MANY_PROMPTS),
        }
    }
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

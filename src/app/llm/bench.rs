//! The description of a benchmark: the flags of `ssel llm`, parsed.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::access::Access;
use super::endpoint::ApiEndpoint;
use super::goal::Goal;
use super::scores::Scores;
use super::trace::TraceFile;
use super::warmup::Warmup;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::llm::{Goodput, Hardware};

/// A benchmark of an inference server.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Bench {
    /// The server.
    pub endpoint: ApiEndpoint,
    /// Further servers; requests rotate over all of them.
    pub others: Vec<ApiEndpoint>,
    /// The header with the session of a request: one prompt and all requests that follow from it.
    pub session_header: Option<String>,
    /// The requests to cancel.
    pub cancel: Option<Cancel>,
    /// The model; empty for a server that needs no name.
    pub model: String,
    /// The concurrency or the rate.
    pub load: Load,
    /// The number of requests, or the duration.
    pub amount: LoadLimits,
    /// The prompts.
    pub dataset: Dataset,
    /// Tokens to request; `None` for those of the dataset.
    pub output_len: Option<Lengths>,
    /// The conversations, if requests are conversations.
    pub conversation: Option<Conversation>,
    /// The scores to request instead of text.
    pub scores: Option<Scores>,
    /// Images in every request: files and URLs.
    pub images: Vec<String>,
    /// How words become tokens, if that was determined.
    pub wording: Option<Wording>,
    /// The seed of prompts and request times.
    pub seed: u64,
    /// The seed was given, so the prompts may repeat those of another run.
    pub is_seed_given: bool,
    /// Unmeasured requests before the load. One that fails ends the run.
    pub warmup: Warmup,
    /// Credentials and headers.
    pub access: Access,
    /// Further members of the body of each request.
    pub extra: Map<String, Value>,
    /// Objectives of a request.
    pub goodput: Option<Goodput>,
    /// The hardware of the server, for figures per GPU and costs.
    pub hardware: Option<Hardware>,
    /// The rate of probe requests beside the load.
    pub probe_rate: Option<f64>,
    /// The number of failures that ends the run.
    pub max_errors: Option<MaxErrors>,
    /// Conditions for the whole run.
    pub thresholds: Vec<Goal>,
    /// Time limit of a request.
    pub timeout: Duration,
    /// How long requests may continue after the duration.
    pub graceful_stop: Duration,
    /// Ask for replies of exactly the requested length.
    pub ignore_eos: bool,
    /// Keep each request, for a file of all requests.
    pub keep_requests: bool,
    /// Keep the text of replies too.
    pub keep_text: bool,
}

impl Bench {
    /// Tokens of a random prompt and of its response, by default.
    pub(crate) const LENGTH: u64 = 128;
    /// How long a load lasts by default.
    pub(crate) const DURATION: Duration = Duration::from_secs(20);
    /// Limit for a whole request, by default.
    pub(crate) const TIMEOUT: Duration = Duration::from_mins(5);
    /// How long requests may go on after the duration, by default.
    pub(crate) const GRACEFUL_STOP: Duration = Duration::from_secs(30);
    /// Time limit of the model lookup.
    pub(crate) const LOOKUP: Duration = Duration::from_secs(30);
}

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    /// This number of concurrent requests: the next one follows each answer.
    Concurrency(u64),
    /// At a rate, regardless of the answers.
    Rate {
        /// Requests per second.
        rate: f64,
        /// Shape of the gamma distribution of the gaps; 1 is a Poisson process.
        burstiness: f64,
        /// The limit of concurrent requests; those beyond it are dropped and counted.
        max_concurrency: u64,
    },
    /// At the times of a trace, which is also the dataset.
    Trace {
        /// The limit of concurrent sessions; those beyond it are dropped and counted.
        max_concurrency: u64,
    },
}

impl Load {
    /// The same kind of load at another level.
    #[must_use]
    pub(crate) fn at(self, level: LoadLevel) -> Self {
        match level {
            LoadLevel::Concurrency(n) => Self::Concurrency(n),
            LoadLevel::Rate(rate) => Self::Rate {
                rate,
                burstiness: self.burstiness(),
                max_concurrency: self.concurrency(),
            },
        }
    }

    /// The maximum number of concurrent requests, or of concurrent sessions of a trace.
    pub(super) fn concurrency(self) -> u64 {
        match self {
            Self::Concurrency(most)
            | Self::Rate {
                max_concurrency: most,
                ..
            }
            | Self::Trace {
                max_concurrency: most,
            } => most,
        }
    }

    /// The shape of the gaps between requests.
    pub(super) fn burstiness(self) -> f64 {
        match self {
            Self::Rate { burstiness, .. } => burstiness,
            Self::Concurrency(_) | Self::Trace { .. } => 1.0,
        }
    }

    /// The requests per second of a load at a rate.
    pub(crate) fn rate(self) -> Option<f64> {
        match self {
            Self::Rate { rate, .. } => Some(rate),
            Self::Concurrency(_) | Self::Trace { .. } => None,
        }
    }

    /// The default number of concurrent requests.
    pub(crate) const CONCURRENCY: u64 = 8;
    /// The default limit of concurrent requests at a rate.
    pub(crate) const MAX_CONCURRENCY: u64 = 1000;
}

/// Requests to cancel, as users do who have seen enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cancel {
    /// The share of requests, from 0 to 1.
    pub share: f64,
    /// The time from the request to its cancellation. Requests that end earlier are not cancelled.
    pub after: Duration,
}

/// A level of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LoadLevel {
    /// Concurrent requests.
    Concurrency(u64),
    /// Requests per second.
    Rate(f64),
}

/// The limit of failed requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MaxErrors {
    /// A number.
    Count(u64),
    /// A share of all finished requests.
    Share(f64),
}

impl MaxErrors {
    /// A share of fewer requests is not significant.
    const FEWEST: u64 = 20;

    /// Whether more requests have failed.
    pub(super) fn is_passed(self, failed: u64, done: u64) -> bool {
        match self {
            Self::Count(most) => failed > most,
            Self::Share(most) => done >= Self::FEWEST && failed as f64 > most * done as f64,
        }
    }
}

/// The end of the load: whichever limit comes first. At least one is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LoadLimits {
    /// Requests.
    pub requests: Option<u64>,
    /// The time after which no request starts.
    pub duration: Option<Duration>,
}

/// The source of prompts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Dataset {
    /// A file in the format of `ShareGPT`.
    ShareGpt(PathBuf),
    /// A file with one JSON object per line.
    Jsonl(PathBuf),
    /// Random prompts.
    Random {
        /// Tokens of a prompt.
        input_len: Lengths,
        /// Shared prefixes of prompts.
        prefixes: Option<Prefixes>,
    },
    /// The prompts of a trace.
    Trace(TraceFile),
}

/// Conversations: each question is sent with all earlier messages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversation {
    /// The number of questions as given: a number, a range such as `2..5`, or for a file `all`.
    pub turns: String,
    /// The minimum and maximum pause before the next question.
    pub think_time: (Duration, Duration),
}

impl Conversation {
    /// The mean number of questions, if known.
    fn mean(&self) -> f64 {
        let turns = Lengths::parse(&self.turns, |_| Err(String::new()));
        turns.map_or(1.0, |turns| turns.mean())
    }
}

/// How words become tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Wording {
    /// Words that are several tokens.
    pub avoid: Vec<String>,
    /// Tokens per word, if too few words are single tokens.
    pub tokens_per_word: Option<f64>,
    /// Tokens that the server adds to a prompt.
    pub added_tokens: u64,
}

impl Bench {
    /// All servers, in the order of rotation.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &ApiEndpoint> {
        std::iter::once(&self.endpoint).chain(&self.others)
    }

    /// The variable with the URL of a server, by its index.
    pub(super) fn url_variable(place: usize) -> String {
        match place {
            0 => "LLM_URL".to_owned(),
            place => format!("LLM_URL_{}", place + 1),
        }
    }

    /// The variables of the seed and of the salt. They are not part of the script, so that runs that differ only in them have
    /// the same script.
    pub(super) const SEED: &str = "LLM_SEED";
    pub(super) const SALT: &str = "LLM_SALT";

    /// The text before each prompt of a file in this run, so that no server has it in its cache; `None` if the seed was given.
    /// Random prompts differ by the seed.
    pub(super) fn salt(&self) -> Option<String> {
        let is_file = matches!(self.dataset, Dataset::ShareGpt(_) | Dataset::Jsonl(_));
        (is_file && !self.is_seed_given).then(|| format!("run {:x}", self.seed))
    }

    /// Why the server may have prompts of a run with this number of requests in its cache, if it may.
    pub(super) fn repeats(&self, requests: u64) -> Option<&'static str> {
        let is_trace = matches!(self.dataset, Dataset::Trace(_));
        if !is_trace && requests.saturating_add(self.warmup_prompts()) > self.prompts() {
            return Some("some prompts were repeated");
        }
        self.is_seed_given
            .then_some("--seed repeats the prompts of earlier runs")
    }

    /// The variables of the script, by name and value: secrets, and what differs from run to run.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let headers = self.access.secret_headers();
        let headers = headers.map(|(name, value)| (Access::variable_of(name), value.clone()));
        let urls = self.endpoints().enumerate();
        let urls = urls.filter(|(_, endpoint)| endpoint.is_secret());
        let urls = urls.map(|(place, endpoint)| (Self::url_variable(place), endpoint.url.clone()));
        let seed = (Self::SEED.to_owned(), self.seed.to_string());
        let salt = self.salt().map(|salt| (Self::SALT.to_owned(), salt));
        headers.chain(urls).chain([seed]).chain(salt).collect()
    }

    /// Prompts for a run with a duration, from a file and random: more than most servers answer, and limited in bytes.
    const PROMPTS_OF_FILE: u64 = 1000;
    const MANY_PROMPTS: u64 = 10_000;
    const PROMPT_BYTES: u64 = 32 << 20;

    /// Changes the prompts, so that the next run does not find those of the last one in the cache of the server.
    pub(super) fn change_prompts(&mut self) {
        // Lua numbers are exact up to 2^53.
        self.seed = (self.seed + 1) % (1 << 53);
    }

    /// The length of the schedule of a rate: its duration, or the time of its requests.
    pub(super) fn planned_time(&self) -> Option<Duration> {
        let rate = self.load.rate()?;
        let requests = self.amount.requests.map(|n| n as f64 / rate);
        let requests = requests.and_then(|time| Duration::try_from_secs_f64(time).ok());
        requests.into_iter().chain(self.amount.duration).min()
    }

    /// The number of prompts to read or create. A run that needs more repeats them from the first.
    pub(crate) fn prompts(&self) -> u64 {
        let measured = self
            .amount
            .requests
            .filter(|_| !matches!(self.dataset, Dataset::Trace(_)));
        let measured = measured.unwrap_or_else(|| match self.dataset {
            // A word has about six bytes, including its space.
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
            // A trace creates its prompts as it sends them; these are for the warm-up.
            Dataset::Trace(_) => 0,
        });
        // A request for scores uses several prompts, and a query.
        let of_request = self.scores.map_or(1, |scores| scores.batch + 1);
        let wanted = measured.saturating_add(self.warmup_prompts());
        match of_request {
            1 => wanted,
            // They may be repeated.
            n => wanted.saturating_mul(n).min(Self::MANY_PROMPTS),
        }
    }
}

//! Maps words of generated prompts to tokens of the model, by asking the server or with a tokenizer file.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::super::{Stopper, connections, target};
use super::bench::{Bench, Wording};
use super::lookup::block_on;
use crate::chat::{self, ModelRequest};
use crate::error::Error;
use crate::http::{Client, ClientContext, Request, parse_method};
use crate::llm::dataset::{Lengths, RandomPrompts, Words};
use crate::llm::{ChatRequest, Input};
use crate::options::{Layer, OptionOrigin, resolve};

/// Time limit for a list of tokens.
const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_LIST: usize = 4 << 20;
/// The number of words of the two prompts that are measured.
const FEW: u64 = 40;
const MANY: u64 = 200;

/// Determines how words become tokens, with the file `tokenizer`, or with `/tokenize` of the server, or with the prompt
/// lengths that the server reports for two requests of one token.
///
/// # Errors
/// A tokenizer that cannot be read, a server that cannot be reached or does not report lengths, and a stop.
pub(crate) fn wording(
    bench: &Bench,
    tokenizer: Option<&Path>,
    stopper: &Stopper,
) -> Result<Wording, Error> {
    let local = tokenizer.map(Local::open).transpose()?;
    let server = bench.endpoint.is_target.then(target::on_first_use);
    let base = match &server {
        Some(base) => base().map_err(Error::Server)?,
        None => String::new(),
    };
    let asker = Asker {
        bench,
        base,
        client: client(bench)?,
    };
    block_on("counting tokens", stopper, asker.find(local.as_ref()))?
}

fn client(bench: &Bench) -> Result<Client, Error> {
    let mut layer = Layer::new();
    if bench.access.insecure {
        let flag = OptionOrigin::Flag("--insecure-skip-tls-verify".to_owned());
        layer.set("insecure_skip_tls_verify", true, flag);
    }
    let settings = connections::setup(&resolve(&[layer])?.http)?.settings;
    let shared = ClientContext::new(settings).map_err(|error| Error::Usage(error.to_string()))?;
    Ok(Client::new(shared))
}

struct Asker<'a> {
    bench: &'a Bench,
    /// The base URL of the built-in target, else empty.
    base: String,
    client: Client,
}

impl Asker<'_> {
    async fn find(&self, local: Option<&Local>) -> Result<Wording, Error> {
        let all = Words::all();
        let mut wording = Wording::default();
        if let Some(count) = self.count(local, &all.join(" ")).await? {
            if count != all.len() as u64 {
                for word in all {
                    // Repeated, as a word at the start may have other tokens than one after a space.
                    let text = [*word; 4].join(" ");
                    if self.count(local, &text).await? != Some(4) {
                        wording.avoid.push((*word).to_owned());
                    }
                }
            }
            if all.len() - wording.avoid.len() < Words::FEWEST {
                wording.avoid.clear();
                wording.tokens_per_word = Some(count as f64 / all.len() as f64);
            }
            // The tokens of the chat template of the server.
            let of_words = FEW as f64 * wording.tokens_per_word.unwrap_or(1.0);
            if let Some(tokens) = self.prompt_tokens(&wording, FEW).await? {
                wording.added_tokens = difference(tokens as f64, of_words);
            }
            return Ok(wording);
        }
        let few = self.prompt_tokens(&wording, FEW).await?;
        let many = self.prompt_tokens(&wording, MANY).await?;
        let (Some(few), Some(many)) = (few, many) else {
            return Err(Error::Server(
                "the server neither counts tokens (/tokenize) nor reports the length of prompts: give the tokenizer of its \
                 model with --tokenizer FILE, or remove --exact-len"
                    .to_owned(),
            ));
        };
        Ok(line(few, many))
    }

    /// The number of tokens of a text; `None` if the server does not count tokens.
    async fn count(&self, local: Option<&Local>, text: &str) -> Result<Option<u64>, Error> {
        if let Some(local) = local {
            return local.count(text).map(Some);
        }
        let Some(url) = self.bench.endpoint.tokenize() else {
            return Ok(None);
        };
        let bad = |error: crate::http::Error| Error::Usage(error.to_string());
        let url = crate::http::parse_url(&(self.base.clone() + &url)).map_err(bad)?;
        let mut request = Request::new(parse_method("POST").map_err(bad)?, url);
        request.timeout = Some(TIMEOUT);
        // The fields of vLLM, of llama.cpp, and of TGI.
        let mut body = json!({
            "prompt": text, "add_special_tokens": false,
            "content": text, "add_special": false,
            "inputs": text,
        });
        if !self.bench.model.is_empty() {
            body["model"] = self.bench.model.as_str().into();
        }
        request.body = body.to_string().into_bytes().into();
        request
            .header("content-type", "application/json")
            .map_err(bad)?;
        let access = &self.bench.access;
        for (name, value) in self
            .bench
            .endpoint
            .api
            .access_headers(access.key.as_deref())
        {
            request.header(name, value).map_err(bad)?;
        }
        for (name, value) in &access.headers {
            request.header(name, value).map_err(bad)?;
        }
        let Ok(mut response) = self.client.send(request).await else {
            return Ok(None);
        };
        let body = response.body.read(MAX_LIST).await;
        let is_fine = response.head.status == 200;
        let list = body.ok().filter(|_| is_fine);
        let list = list.and_then(|(body, _)| serde_json::from_slice::<Value>(&body).ok());
        Ok(list.as_ref().and_then(tokens_of))
    }

    /// The length in tokens that the server reports for a prompt with this number of words.
    async fn prompt_tokens(&self, wording: &Wording, words: u64) -> Result<Option<u64>, Error> {
        let bench = self.bench;
        let mut prompts = RandomPrompts::new(Lengths::fixed(words), None, !bench.seed ^ words);
        if let Some(words) = Words::new(&wording.avoid, 1.0, 0) {
            prompts.words = words.into();
        }
        let input = prompts
            .next()
            .map_or_else(|| Input::Prompt(String::new()), |sample| sample.input);
        let mut ask = ChatRequest::new(bench.model.as_str(), "");
        ask.input = input;
        ask.max_tokens = Some(1);
        ask.extra.clone_from(&bench.extra);
        let url = self.base.clone() + &bench.endpoint.url;
        let url = Url::parse(&url).map_err(|error| Error::Usage(error.to_string()))?;
        let api = bench.endpoint.api;
        let call = ModelRequest::new(&url, &ask, Some(api), bench.access.key.as_deref());
        let mut call = call.map_err(|error| Error::Usage(error.to_string()))?;
        call.request.timeout = Some(bench.timeout);
        for (name, value) in &bench.access.headers {
            let header = call.request.header(name, value);
            header.map_err(|error| Error::Usage(error.to_string()))?;
        }
        let exchange = chat::exchange(&self.client, &call, &mut ()).await;
        if let Some(failure) = exchange.reply.outcome.failure() {
            let what = bench.access.without_secrets(&failure.message);
            return Err(Error::Server(format!(
                "cannot get the length of a prompt from the server: {what}"
            )));
        }
        Ok(exchange.reply.tokens.prompt.filter(|tokens| *tokens > 0))
    }
}

/// The number of tokens in an answer of vLLM, llama.cpp or TGI.
fn tokens_of(answer: &Value) -> Option<u64> {
    let list = answer.as_array().or_else(|| answer["tokens"].as_array());
    answer["count"]
        .as_u64()
        .or_else(|| list.map(|list| list.len() as u64))
}

/// The line through the lengths of two prompts: tokens per word, and constant tokens.
fn line(few: u64, many: u64) -> Wording {
    let ratio = (many as f64 - few as f64) / (MANY - FEW) as f64;
    let is_one = (ratio - 1.0).abs() < 1e-9 || !(0.1..=10.0).contains(&ratio);
    let ratio = if is_one { 1.0 } else { ratio };
    Wording {
        avoid: Vec::new(),
        tokens_per_word: (!is_one).then_some(ratio),
        added_tokens: difference(few as f64, FEW as f64 * ratio),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates"
)]
fn difference(all: f64, part: f64) -> u64 {
    (all - part).round().max(0.0) as u64
}

/// A tokenizer file.
#[cfg(feature = "tokenizer")]
struct Local(Box<tokenizers::Tokenizer>);

#[cfg(feature = "tokenizer")]
impl Local {
    fn open(path: &Path) -> Result<Self, Error> {
        let tokenizer = tokenizers::Tokenizer::from_file(path);
        let tokenizer = tokenizer.map_err(|error| {
            Error::Usage(format!(
                "cannot read the tokenizer {}: {error}",
                path.display()
            ))
        })?;
        Ok(Self(Box::new(tokenizer)))
    }

    fn count(&self, text: &str) -> Result<u64, Error> {
        let encoding = self.0.encode(text, false);
        let encoding =
            encoding.map_err(|error| Error::Usage(format!("the tokenizer fails: {error}")))?;
        Ok(encoding.len() as u64)
    }
}

/// The placeholder of a build without tokenizers.
#[cfg(not(feature = "tokenizer"))]
enum Local {}

#[cfg(not(feature = "tokenizer"))]
impl Local {
    fn open(_: &Path) -> Result<Self, Error> {
        Err(Error::Usage(
            "--tokenizer: this build of ssel has no tokenizers: build it with `cargo install ssel --features tokenizer`, or ask \
             the server with --exact-len"
                .to_owned(),
        ))
    }

    fn count(&self, _: &str) -> Result<u64, Error> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_prompts_determine_tokens_per_word() {
        let wording = line(FEW + 7, MANY + 7);
        assert_eq!(
            wording,
            Wording {
                added_tokens: 7,
                ..Wording::default()
            }
        );
        let wording = line(FEW * 3 / 2 + 10, MANY * 3 / 2 + 10);
        assert_eq!(
            (wording.tokens_per_word, wording.added_tokens),
            (Some(1.5), 10)
        );
        // With implausible counts, a word counts as one token.
        assert_eq!(line(5, 5).tokens_per_word, None);
    }

    #[test]
    fn token_lists_of_servers_are_counted() {
        for answer in [
            r#"{"count": 3, "tokens": [1, 2, 3]}"#,
            r#"{"tokens": [1, 2, 3]}"#,
            r#"[{"id": 1}, {"id": 2}, {"id": 3}]"#,
        ] {
            assert_eq!(
                tokens_of(&serde_json::from_str(answer).unwrap()),
                Some(3),
                "{answer}"
            );
        }
        assert_eq!(tokens_of(&json!({"error": "no"})), None);
    }
}

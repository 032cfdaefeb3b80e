//! Requests for scores: embeddings and ranking.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::exchange::{ChatExchange, unanswered};
use crate::http::{Client, Request, Response};
use crate::llm::{Api, Reader, ReaderOptions, Reply, ReplyOutcome, StreamEnd, kind};
use crate::samples::RequestTimes;
use crate::units::without_secrets;

/// The items to score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scored {
    /// Texts to convert to vectors: `POST /v1/embeddings`.
    Embeddings(Vec<String>),
    /// Documents to rank by their relevance to a query: `POST /v1/rerank`.
    Rerank(String, Vec<String>),
}

/// The maximum size of an answer: 64 MiB are enough for a thousand vectors of 4096 numbers.
const MAX_ANSWER: usize = 64 << 20;

impl Scored {
    /// The number of items that the answer must have.
    pub(crate) fn items(&self) -> u64 {
        match self {
            Self::Embeddings(items) | Self::Rerank(_, items) => items.len() as u64,
        }
    }

    /// The default path.
    pub(crate) fn path(&self) -> &'static str {
        match self {
            Self::Embeddings(_) => "/v1/embeddings",
            Self::Rerank(..) => "/v1/rerank",
        }
    }

    /// The body of the request.
    pub(crate) fn body(&self, model: &str, extra: &Map<String, Value>) -> Vec<u8> {
        let mut body = match self {
            Self::Embeddings(texts) => json!({"input": texts}),
            Self::Rerank(query, documents) => json!({"query": query, "documents": documents}),
        };
        if !model.is_empty() {
            body["model"] = model.into();
        }
        for (key, value) in extra {
            body[key] = value.clone();
        }
        body.to_string().into_bytes()
    }

    /// The number of items in an answer.
    fn found(&self, answer: &Value) -> usize {
        let list = match self {
            Self::Rerank(..) if answer["results"].is_array() => &answer["results"],
            // TEI answers with a list only.
            Self::Rerank(..) if answer.is_array() => answer,
            Self::Rerank(..) | Self::Embeddings(_) => &answer["data"],
        };
        list.as_array().map_or(0, Vec::len)
    }
}

/// Sends a request for scores and reads its answer to the end. It succeeds if the answer has all requested items. Its
/// end-to-end latency ends with the last byte.
pub(crate) async fn score(client: &Client, request: Request, scored: &Scored) -> ChatExchange {
    let secrets = request.clone();
    let mut exchange = match client.send(request).await {
        Ok(response) => read(response, scored).await,
        Err(failure) => unanswered(*failure, None, reader()),
    };
    if let ReplyOutcome::Failed(failure) = &mut exchange.reply.outcome {
        failure.message = without_secrets(&failure.message, secrets.secrets());
    }
    exchange
}

/// Scores have no chunks to read: the reader only makes the reply.
fn reader() -> Reader {
    Reader::new(Api::ChatCompletions, ReaderOptions::default())
}

async fn read(response: Response, scored: &Scored) -> ChatExchange {
    let Response {
        head,
        timings,
        mut body,
        reconnects,
        ..
    } = response;
    let read = body.read(MAX_ANSWER).await;
    let end = Instant::now();
    let at = end.saturating_duration_since(timings.start);
    let status = head.status.as_u16();
    let finish = |end| reader().finish(at, end);
    let (reply, error) = match read {
        Err(error) => {
            let (kind, message) = (error.kind.as_str(), &error.message);
            (finish(StreamEnd::Failed { kind, message }), Some(error))
        }
        Ok((body, _)) if status != 200 => {
            let body = &body;
            (finish(StreamEnd::Status { status, body }), None)
        }
        Ok((body, _)) => (judged(at, scored, &body), None),
    };
    ChatExchange {
        reply,
        start: timings.start,
        times: RequestTimes::answered(&timings, end),
        traffic: body.traffic(),
        error,
        body: None,
        reconnects,
        head: Some(head),
    }
}

/// The reply of a response with status 200.
fn judged(at: Duration, scored: &Scored, body: &[u8]) -> Reply {
    let malformed = |message: &str| {
        let kind = kind::MALFORMED;
        reader().finish(at, StreamEnd::Failed { kind, message })
    };
    let answer: Value = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(error) => return malformed(&format!("the answer is not JSON: {error}")),
    };
    let (found, wanted) = (scored.found(&answer), scored.items());
    if found as u64 != wanted {
        return malformed(&format!("the answer has {found} items and not {wanted}"));
    }
    let mut reply = malformed("");
    reply.outcome = ReplyOutcome::Ok;
    reply.chunks = wanted;
    reply.done = true;
    reply.marks.last_fragment = Some(at);
    let usage = &answer["usage"];
    let tokens = usage["prompt_tokens"].as_u64();
    reply.tokens.prompt = tokens.or_else(|| usage["total_tokens"].as_u64());
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_have_all_requested_items() {
        let at = Duration::from_millis(7);
        let texts = || vec!["a".to_owned(), "b".to_owned()];
        let embeddings = Scored::Embeddings(texts());
        let rerank = Scored::Rerank("q".to_owned(), texts());
        let table = [
            (
                &embeddings,
                r#"{"data":[{},{}],"usage":{"prompt_tokens":5}}"#,
                None,
            ),
            (
                &embeddings,
                r#"{"data":[{}]}"#,
                Some("the answer has 1 items and not 2"),
            ),
            (&embeddings, "no", Some("the answer is not JSON: ")),
            (&rerank, r#"{"results":[{},{}]}"#, None),
            (&rerank, r#"[{"index":0},{"index":1}]"#, None),
            (&rerank, r#"{"data":[{},{}]}"#, None),
            (&rerank, "{}", Some("the answer has 0 items and not 2")),
        ];
        for (scored, answer, failure) in table {
            let reply = judged(at, scored, answer.as_bytes());
            let message = reply
                .outcome
                .failure()
                .map(|failure| failure.message.clone());
            match failure {
                None => assert_eq!((message, reply.e2e(), reply.ttft()), (None, Some(at), None)),
                Some(start) => assert!(message.unwrap().starts_with(start), "{answer}"),
            }
        }
    }
}

//! Requests and responses of OTLP.

use std::fmt::Debug;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use super::proto::answer::{ExportResponse, RpcStatus};
use super::proto::common::{ExportRequest, Resource, ResourceItems, Scope, ScopeItems};
use crate::control::ControlReply;
use crate::push::destination::words;
use crate::push::{Delivery, PushRequest};
use crate::units::visible;

/// A compressed request with metrics or spans of this resource, which consist of this many samples.
pub(super) fn request<T: Message + Default + Debug>(
    (resource, scope): (&Resource, &Scope),
    items: Vec<T>,
    samples: u64,
) -> PushRequest {
    let message = ExportRequest {
        resources: vec![ResourceItems {
            resource: Some(resource.clone()),
            scopes: vec![ScopeItems {
                scope: Some(scope.clone()),
                items,
            }],
        }],
    };
    let message = message.encode_to_vec();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did, the message would be sent uncompressed.
    let compressed = encoder.write_all(&message).and_then(|()| encoder.finish());
    let mut headers = vec![("content-type", "application/x-protobuf")];
    let body = match compressed {
        Ok(body) => {
            headers.push(("content-encoding", "gzip"));
            body
        }
        Err(_) => message,
    };
    PushRequest {
        headers,
        body: body.into(),
        samples,
    }
}

/// Classifies an answer by the [specification](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response): four
/// statuses are retried.
pub(super) fn classified(reply: &ControlReply) -> Delivery {
    match reply.status.as_u16() {
        200..=299 => partly(reply).unwrap_or(Delivery::Stored),
        429 | 502 | 503 | 504 => Delivery::Retry,
        status => match RpcStatus::decode(reply.body.clone()) {
            Ok(error) if is_protobuf(reply) && !error.message.is_empty() => {
                Delivery::Rejected(format!("{status}: {}", visible(&error.message)))
            }
            _ => Delivery::Rejected(words(status, &reply.body)),
        },
    }
}

/// The partial success of an accepted request.
fn partly(reply: &ControlReply) -> Option<Delivery> {
    let answer = ExportResponse::decode(reply.body.clone()).ok()?;
    let part = answer.partial_success.filter(|_| is_protobuf(reply))?;
    let rejected = u64::try_from(part.rejected).ok().filter(|n| *n > 0)?;
    let why = match part.message.as_str() {
        "" => "the store rejected some of it without a reason".to_owned(),
        why => visible(why).into_owned(),
    };
    Some(Delivery::PartlyStored(rejected, why))
}

fn is_protobuf(reply: &ControlReply) -> bool {
    let content = reply.headers.get("content-type");
    content.is_some_and(|content| content.as_bytes().starts_with(b"application/x-protobuf"))
}

/// A time since the Unix epoch in nanoseconds.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::proto::answer::PartialSuccess;
    use super::*;
    use crate::control::StatusCode;

    fn reply(status: u16, body: &[u8]) -> ControlReply {
        let mut headers = ::http::HeaderMap::new();
        let content = ::http::HeaderValue::from_static("application/x-protobuf");
        headers.insert("content-type", content);
        ControlReply {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.to_vec().into(),
        }
    }

    #[test]
    fn an_answer_has_the_number_of_rejected_samples() {
        let answer = |rejected, message: &str| {
            let partial_success = Some(PartialSuccess {
                rejected,
                message: message.to_owned(),
            });
            classified(&reply(
                200,
                &ExportResponse { partial_success }.encode_to_vec(),
            ))
        };
        assert_eq!(
            answer(300, "too old"),
            Delivery::PartlyStored(300, "too old".to_owned())
        );
        // A warning rejects nothing.
        assert_eq!(answer(0, "be careful"), Delivery::Stored);
        assert_eq!(classified(&reply(200, b"")), Delivery::Stored);
        assert_eq!(
            classified(&reply(200, b"\xff\xff no message")),
            Delivery::Stored
        );
    }

    #[test]
    fn four_statuses_are_retried() {
        for status in [429, 502, 503, 504] {
            assert_eq!(classified(&reply(status, b"")), Delivery::Retry);
        }
        let error = RpcStatus {
            message: "no such tenant".to_owned(),
        };
        let delivery = classified(&reply(400, &error.encode_to_vec()));
        assert_eq!(
            delivery,
            Delivery::Rejected("400: no such tenant".to_owned())
        );
        assert!(matches!(
            classified(&reply(500, b"")),
            Delivery::Rejected(_)
        ));
    }
}

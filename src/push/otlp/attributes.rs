//! Attributes of messages.

use super::proto::common::{AnyValue, ArrayValue, KeyValue, Value};
use crate::spans;

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::Text(value.to_owned()))
}

pub(super) fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::Int(value))
}

/// An attribute of a span.
pub(super) fn of_span(
    (key, value): &(std::borrow::Cow<'static, str>, spans::AttributeValue),
) -> KeyValue {
    let value = match value {
        spans::AttributeValue::Text(text) => Value::Text(text.clone().into_owned()),
        spans::AttributeValue::Int(number) => Value::Int(*number),
        spans::AttributeValue::Double(number) => Value::Double(*number),
        spans::AttributeValue::Flag(flag) => Value::Flag(*flag),
        spans::AttributeValue::Texts(texts) => {
            let text = |text: &String| any(Value::Text(text.clone()));
            let values = texts.iter().map(text).collect();
            Value::Array(ArrayValue { values })
        }
    };
    attribute(key, value)
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
    }
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

//! Reads prompts from JSON lines.

use std::io::BufRead;

use serde_json::Value;

use super::error::{DatasetError, Location};
use super::lines::LineReader;
use super::sample::PromptSample;

/// The longest line in bytes.
const MAX_LINE_BYTES: u64 = 64 << 20;

/// Reads samples line by line; skips blank lines. Stops after an error.
///
/// A line is an object with `messages`, or else a `prompt`; `output_tokens` is optional.
pub(crate) fn read_jsonl<R: BufRead>(
    reader: R,
) -> impl Iterator<Item = Result<PromptSample, DatasetError>> {
    let mut lines = LineReader::new(reader, MAX_LINE_BYTES);
    let mut has_failed = false;
    std::iter::from_fn(move || {
        let next = (!has_failed).then(|| lines.next().transpose()).flatten()?;
        let sample = next.and_then(|(location, line)| sample(location, line));
        has_failed = sample.is_err();
        Some(sample)
    })
}

fn sample(location: Location, line: &[u8]) -> Result<PromptSample, DatasetError> {
    const NAMES: &str = "\"prompt\" or \"messages\"";
    let fail = |problem: &str| {
        let problem = problem.to_owned();
        Err(DatasetError::Shape { location, problem })
    };
    let value: Value =
        serde_json::from_slice(line).map_err(|error| DatasetError::of_json(location, error))?;
    let Value::Object(mut object) = value else {
        return fail(&format!("not an object; write one with the field {NAMES}"));
    };
    let output_tokens = match object.remove("output_tokens") {
        None | Some(Value::Null) => None,
        Some(tokens) => match tokens.as_u64() {
            None => return fail("\"output_tokens\" is not a number of tokens"),
            tokens => tokens,
        },
    };
    match object.remove("messages") {
        None | Some(Value::Null) => {}
        Some(Value::Array(messages)) if messages.iter().all(Value::is_object) => {
            return Ok(PromptSample::of_messages(messages, output_tokens));
        }
        Some(_) => return fail("\"messages\" is not a list of messages"),
    }
    match object.remove("prompt") {
        Some(Value::String(prompt)) => Ok(PromptSample::of_prompt(prompt, output_tokens)),
        Some(_) => fail("\"prompt\" is not a text"),
        None => fail(&format!("lacks a field {NAMES}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Input;
    use super::*;

    fn read(text: &str) -> Vec<Result<PromptSample, String>> {
        read_jsonl(text.as_bytes())
            .map(|sample| sample.map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn a_line_has_a_prompt_or_messages() {
        let text = "\u{feff}{\"prompt\":\"one two three\",\"id\":1}\r\n\n  \n{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"},{\"content\":[{\"text\":\"four five six\"}]}],\"output_tokens\":12}\n{\"prompt\":\"last\"}";
        let samples: Vec<PromptSample> = read(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(samples.len(), 3);
        assert_eq!(samples[0].input, Input::Prompt("one two three".to_owned()));
        assert_eq!(
            (samples[0].prompt_tokens, samples[0].output_tokens),
            (4, None)
        );
        assert!(matches!(&samples[1].input, Input::Messages(messages) if messages.len() == 2));
        assert_eq!(
            (samples[1].prompt_tokens, samples[1].output_tokens),
            (8, Some(12))
        );
    }

    #[test]
    fn a_mistake_names_its_line_and_ends_the_reading() {
        let table = [
            (
                "7",
                "line 2: not an object; write one with the field \"prompt\" or \"messages\"",
            ),
            ("{}", "line 2: lacks a field \"prompt\" or \"messages\""),
            (r#"{"prompt":7}"#, "line 2: \"prompt\" is not a text"),
            (
                r#"{"messages":"a"}"#,
                "line 2: \"messages\" is not a list of messages",
            ),
            (
                r#"{"messages":["a"]}"#,
                "line 2: \"messages\" is not a list of messages",
            ),
            (
                r#"{"prompt":"a","output_tokens":-1}"#,
                "line 2: \"output_tokens\" is not a number of tokens",
            ),
            (
                "{\"prompt\":",
                "line 2: EOF while parsing a value at line 2 column 0",
            ),
        ];
        for (line, message) in table {
            let results = read(&format!(
                "{{\"prompt\":\"a\"}}\n{line}\n{{\"prompt\":\"b\"}}\n"
            ));
            assert_eq!(results.len(), 2, "{line}");
            assert_eq!(results[1].as_ref().unwrap_err(), message);
        }
        assert!(read("").is_empty());
    }

    #[test]
    fn an_endless_line_is_an_error() {
        let endless = std::io::BufReader::new(std::io::repeat(b'a'));
        let error = read_jsonl(endless).next().unwrap().unwrap_err();
        assert!(matches!(error, DatasetError::TooLong { .. }));
    }
}

//! Reads prompts from JSON lines.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::error::{DatasetError, Location};
use super::sample::PromptSample;

/// Where in a line's object the parts of a sample are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    /// The prompt, a text.
    pub prompt: String,
    /// The messages, a list; they come before a prompt.
    pub messages: String,
    /// How many tokens to ask for; may be missing.
    pub output_tokens: String,
}

impl Default for Fields {
    /// `prompt`, `messages` and `output_tokens`.
    fn default() -> Self {
        Self {
            prompt: "prompt".to_owned(),
            messages: "messages".to_owned(),
            output_tokens: "output_tokens".to_owned(),
        }
    }
}

/// The longest line: beyond it, the file is hardly lines of JSON.
const MAX_LINE_BYTES: usize = 64 << 20;

/// Reads samples line by line; blank lines are skipped. Stops after an error.
pub(crate) fn read_jsonl<R: BufRead>(
    reader: R,
    fields: Fields,
) -> impl Iterator<Item = Result<PromptSample, DatasetError>> {
    Lines {
        reader,
        fields,
        line: Vec::new(),
        number: 0,
        is_over: false,
    }
}

struct Lines<R> {
    reader: R,
    fields: Fields,
    line: Vec<u8>,
    number: u64,
    is_over: bool,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<PromptSample, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.next_sample().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<R: BufRead> Lines<R> {
    fn next_sample(&mut self) -> Result<Option<PromptSample>, DatasetError> {
        loop {
            self.number += 1;
            let location = Location::Line(self.number);
            self.line.clear();
            let read = (&mut self.reader)
                .take(MAX_LINE_BYTES as u64 + 1)
                .read_until(b'\n', &mut self.line)
                .map_err(|error| DatasetError::Read { location, error })?;
            if read == 0 {
                return Ok(None);
            }
            if read > MAX_LINE_BYTES {
                return Err(DatasetError::TooLong {
                    location,
                    limit: MAX_LINE_BYTES,
                });
            }
            let line = match self.number {
                1 => self
                    .line
                    .strip_prefix(b"\xef\xbb\xbf")
                    .unwrap_or(&self.line),
                _ => &self.line,
            };
            if !line.trim_ascii().is_empty() {
                let value = serde_json::from_slice(line)
                    .map_err(|error| DatasetError::of_json(location, error))?;
                return sample(&self.fields, value)
                    .map(Some)
                    .map_err(|problem| DatasetError::Shape { location, problem });
            }
        }
    }
}

/// Makes a sample of a line, or says what is wrong with it.
fn sample(fields: &Fields, value: Value) -> Result<PromptSample, String> {
    let Value::Object(mut object) = value else {
        return Err("not an object; write one with the field".to_owned() + &names(fields));
    };
    let output_tokens = output_tokens(fields, &object)?;
    match object.remove(&fields.messages) {
        None | Some(Value::Null) => {}
        Some(Value::Array(messages)) if messages.iter().all(Value::is_object) => {
            return Ok(PromptSample::of_messages(messages, output_tokens));
        }
        Some(_) => return Err(format!("{:?} is not a list of messages", fields.messages)),
    }
    match object.remove(&fields.prompt) {
        Some(Value::String(prompt)) => Ok(PromptSample::of_prompt(prompt, output_tokens)),
        Some(_) => Err(format!("{:?} is not a text", fields.prompt)),
        None => Err("lacks a field".to_owned() + &names(fields)),
    }
}

fn output_tokens(fields: &Fields, object: &Map<String, Value>) -> Result<Option<u64>, String> {
    match object.get(&fields.output_tokens) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| format!("{:?} is not a number of tokens", fields.output_tokens)),
    }
}

fn names(fields: &Fields) -> String {
    format!(" {:?} or {:?}", fields.prompt, fields.messages)
}

#[cfg(test)]
mod tests {
    use super::super::super::Input;
    use super::*;

    fn read(text: &str) -> Vec<Result<PromptSample, String>> {
        read_jsonl(text.as_bytes(), Fields::default())
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
    fn fields_may_have_other_names() {
        let fields = Fields {
            prompt: "question".to_owned(),
            output_tokens: "n".to_owned(),
            ..Fields::default()
        };
        let line = &br#"{"question":"a","n":3}"#[..];
        let sample = read_jsonl(line, fields).next().unwrap().unwrap();
        assert_eq!(
            (sample.input, sample.output_tokens),
            (Input::Prompt("a".to_owned()), Some(3))
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
    fn an_endless_line_is_refused() {
        let endless = std::io::BufReader::new(std::io::repeat(b'a'));
        let error = read_jsonl(endless, Fields::default())
            .next()
            .unwrap()
            .unwrap_err();
        assert!(matches!(error, DatasetError::TooLong { .. }));
    }
}

//! Valid and invalid `ShareGPT` files.

use std::cell::Cell;
use std::io::{BufReader, Read};

use super::super::super::Input;
use super::*;

fn words(n: usize) -> String {
    vec!["word"; n].join(" ")
}

fn conversation(prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"id":"a_0","conversations":[{{"from":"gpt","value":"{prompt}"}},{{"from":"human","value":"{answer}"}},{{"from":"gpt","value":"more"}}]}}"#
    )
}

fn prompts(samples: &[PromptSample]) -> Vec<&str> {
    samples
        .iter()
        .map(|sample| match &sample.input {
            Input::Prompt(text) => text.as_str(),
            Input::Messages(_) => unreachable!("made as a prompt"),
        })
        .collect()
}

fn first(count: usize) -> ShareGpt {
    ShareGpt::new(count, Selection::First)
}

#[test]
fn the_first_two_turns_are_prompt_and_answer() {
    let file = format!(
        "\u{feff}[\n  {},\n  {}\n]\n",
        conversation("one two three \\u00e4", "a b c d e f"),
        conversation(&words(9), &words(3))
    );
    let samples = first(2).read(file.as_bytes()).unwrap();
    assert_eq!(prompts(&samples), ["one two three ä", words(9).as_str()]);
    assert_eq!(
        (samples[0].prompt_tokens, samples[0].output_tokens),
        (6, Some(8))
    );
    let fixed = ShareGpt {
        output_tokens: Some(100),
        ..first(1)
    };
    assert_eq!(
        fixed.read(file.as_bytes()).unwrap()[0].output_tokens,
        Some(100)
    );
}

#[test]
fn a_conversation_consists_of_the_answered_questions() {
    let file = r#"[{"conversations":[
        {"from":"gpt","value":"welcome"},
        {"from":"human","value":"one two three"},{"from":"gpt","value":"a b c d e f"},
        {"from":"human","value":"asked twice"},{"from":"human","value":"four"},{"from":"gpt","value":"g"},
        {"from":"user","value":"never answered"}]}]"#;
    let read = |questions, max_total_tokens| {
        let rules = ShareGpt {
            max_total_tokens,
            questions,
            ..first(1)
        };
        let sample = rules.read(file.as_bytes()).unwrap().remove(0);
        sample
            .turns
            .into_iter()
            .map(|turn| (turn.prompt, turn.output_tokens))
            .collect::<Vec<_>>()
    };
    let one = ("one two three".to_owned(), Some(8));
    let two = ("four".to_owned(), Some(2));
    assert_eq!(read(Some(9), 2048), [one.clone(), two.clone()]);
    assert_eq!(read(Some(1), 2048), std::slice::from_ref(&one));
    assert_eq!(read(Some(9), 14), [one]);
    let none = ShareGpt {
        questions: Some(9),
        ..first(1)
    };
    assert!(
        none.read(&br#"[{"conversations":[{"from":"gpt","value":"a"}]}]"#[..])
            .is_err()
    );
}

#[test]
fn lengths_are_kept_within_bounds() {
    // 3 words are 4 tokens, 768 are 1024, 1536 are 2048.
    let table = [
        (3, 3, true),
        (2, 3, false),
        (3, 2, false),
        (768, 768, true),
        (769, 3, false),
        (768, 769, false),
        (3, 1533, true),
        (3, 1534, false),
    ];
    for (prompt, answer, is_kept) in table {
        let file = format!("[{}]", conversation(&words(prompt), &words(answer)));
        assert_eq!(
            first(1).read(file.as_bytes()).is_ok(),
            is_kept,
            "{prompt} {answer}"
        );
    }
    // With a fixed length, the answer is ignored.
    let fixed = ShareGpt {
        output_tokens: Some(8),
        ..first(1)
    };
    let file = format!("[{}]", conversation(&words(3), "no"));
    assert_eq!(
        fixed.read(file.as_bytes()).unwrap()[0].output_tokens,
        Some(8)
    );
}

#[test]
fn invalid_conversations_are_skipped() {
    let odd = [
        r"{}",
        r#"{"id":"x","conversations":null}"#,
        r#"{"conversations":[]}"#,
        r#"{"conversations":[{"from":"human","value":"one two three four"}]}"#,
        r#"{"conversations":[{"from":"human"},{"from":"gpt","value":null}]}"#,
        r#"{"items":[1,{"a":2}],"conversations":[{},{}]}"#,
    ];
    let good = conversation(&words(5), &words(5));
    let samples = first(1)
        .read(format!("[{},{good}]", odd.join(",")).as_bytes())
        .unwrap();
    assert_eq!(prompts(&samples), [words(5)]);
    let error = first(1)
        .read(format!("[{}]", odd.join(",")).as_bytes())
        .unwrap_err();
    assert!(matches!(error, DatasetError::Unusable(_)));
    assert_eq!(
        error.to_string(),
        "no usable prompt: none of 6 conversations has two turns of a fitting length"
    );
}

#[test]
fn a_mistake_names_its_element() {
    let good = conversation(&words(5), &words(5));
    let table = [
        (format!("[{good},{{\"conversations\":7}}]"), "element 2: "),
        (format!("[{good},{good},"), "element 3: "),
        (good.clone(), "element 1: "),
        (String::new(), "element 1: "),
        (format!("[{good}] more"), "element 2: trailing characters"),
    ];
    for (file, start) in table {
        let error = ShareGpt::new(5, Selection::Random(1))
            .read(file.as_bytes())
            .unwrap_err();
        assert!(matches!(error, DatasetError::Json { .. }), "{file}");
        assert!(error.to_string().starts_with(start), "{error}");
    }
}

#[test]
fn the_first_samples_end_the_reading_and_too_few_are_repeated() {
    let good = conversation(&words(5), &words(5));
    let file = format!("[{good},{good},broken");
    assert_eq!(first(2).read(file.as_bytes()).unwrap().len(), 2);
    assert_eq!(first(0).read(file.as_bytes()).unwrap().len(), 0);
    let file = format!("[{good},{}]", conversation(&words(6), &words(6)));
    for selection in [Selection::First, Selection::Random(3)] {
        let samples = ShareGpt::new(9, selection).read(file.as_bytes()).unwrap();
        assert_eq!(samples.len(), 9);
        assert!(samples.iter().any(|sample| sample.prompt_tokens == 8));
    }
}

#[test]
fn a_seed_fixes_the_draw() {
    let all: Vec<String> = (3..103)
        .map(|n| conversation(&words(n), &words(3)))
        .collect();
    let file = format!("[{}]", all.join(","));
    let draw = |seed| {
        let samples = ShareGpt::new(10, Selection::Random(seed))
            .read(file.as_bytes())
            .unwrap();
        samples
            .iter()
            .map(|sample| sample.prompt_tokens)
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let mut distinct = draw(1);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 10);
}

/// An array that fails after this number of bytes.
struct Long<'c> {
    element: &'c [u8],
    at: usize,
    taken: &'c Cell<usize>,
    limit: usize,
}

impl Read for Long<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.taken.get() >= self.limit {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let rest = &self.element[self.at..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at = if n == rest.len() { 1 } else { self.at + n };
        self.taken.set(self.taken.get() + n);
        Ok(n)
    }
}

#[test]
fn reading_stops_early_and_reports_read_errors() {
    let element = format!("[{},", conversation(&words(5), &words(5)));
    let taken = Cell::new(0);
    let long = || Long {
        element: element.as_bytes(),
        at: 0,
        taken: &taken,
        limit: 10 << 20,
    };
    assert_eq!(
        first(3)
            .read(BufReader::with_capacity(64, long()))
            .unwrap()
            .len(),
        3
    );
    assert!(taken.get() < 4 * element.len());

    let all = ShareGpt::new(3, Selection::Random(1));
    let error = all.read(BufReader::new(long())).unwrap_err();
    assert!(matches!(error, DatasetError::Read { .. }));
    assert!(error.to_string().ends_with(": the disk is gone"), "{error}");
}

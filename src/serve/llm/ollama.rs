//! Ollama's chat: a JSON document per line, no event stream.

use std::time::Duration;

use serde_json::{Value, json};

use super::frames::{Frames, Quoted};
use super::voice::{ERROR_MESSAGE, Facts, Finish, Part, Piece, Voice};
use super::words;

/// A chat.
pub(super) struct Chat {
    facts: Facts,
    /// A line up to its message.
    before: String,
}

impl Chat {
    pub(super) fn new(facts: Facts) -> Self {
        let model = Quoted(&facts.model);
        let before = format!(
            r#"{{"model":{model},"created_at":"{}""#,
            iso_8601(facts.created)
        );
        Self { facts, before }
    }

    fn tool_call(&self) -> Value {
        let arguments: Value = serde_json::from_str(&words::ARGUMENTS.concat()).unwrap_or_default();
        json!({"function": {"name": self.facts.tool, "arguments": arguments}})
    }

    /// What the last line adds.
    fn statistics(&self) -> Value {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (prompt, predicted) = (self.facts.prefill, self.facts.generation);
        json!({
            "total_duration": nanos(prompt.saturating_add(predicted)),
            "load_duration": 0,
            "prompt_eval_count": self.facts.prompt_tokens,
            "prompt_eval_duration": nanos(prompt),
            "eval_count": self.facts.completion_tokens(),
            "eval_duration": nanos(predicted),
        })
    }
}

impl Voice for Chat {
    fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    fn open(&mut self, _: &mut Frames) {}

    fn piece(&mut self, piece: &Piece, frames: &mut Frames) {
        let message = match &piece.part {
            Part::Content(text) => format!(r#""content":{}"#, Quoted(text)),
            Part::Reasoning(text) => format!(r#""content":"","thinking":{}"#, Quoted(text)),
            // A call comes whole, with the last piece of its arguments.
            Part::ToolArguments { text, .. } if Some(text) == words::ARGUMENTS.last() => {
                format!(r#""content":"","tool_calls":[{}]"#, self.tool_call())
            }
            Part::ToolName { .. } | Part::ToolArguments { .. } => return,
        };
        let (before, sent) = (&self.before, piece.sent);
        frames.put(format_args!(
            "{before},\"message\":{{\"role\":\"assistant\",{message}}},\"done\":false{sent}}}\n"
        ));
        frames.cut();
    }

    fn close(&mut self, _: &mut Frames) {}

    fn done(&mut self, frames: &mut Frames) {
        let before = &self.before;
        let reason = self
            .facts
            .finish
            .map(reason)
            .map_or(Value::Null, Value::from);
        let statistics = self.statistics().to_string();
        // An object without its first brace goes on with the fields of another one.
        let statistics = statistics.trim_start_matches('{');
        frames.put(format_args!(
            "{before},\"message\":{{\"role\":\"assistant\",\"content\":\"\"}},\"done\":true,\"done_reason\":{reason},{statistics}\n"
        ));
        frames.cut();
    }

    fn error(&mut self, frames: &mut Frames) {
        frames.put(format_args!("{{\"error\":\"{ERROR_MESSAGE}\"}}\n"));
        frames.cut();
    }

    fn ping(&self) -> &'static str {
        ""
    }

    fn whole(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": self.facts.content(0)});
        if let Some(reasoning) = self.facts.reasoning(0) {
            message["thinking"] = reasoning.into();
        }
        if self.facts.sizes.tools > 0 {
            message["tool_calls"] = (0..self.facts.sizes.tools)
                .map(|_| self.tool_call())
                .collect();
        }
        let mut reply = json!({
            "model": self.facts.model,
            "created_at": iso_8601(self.facts.created),
            "message": message,
            "done": true,
            "done_reason": self.facts.finish.map(reason),
        });
        if let (Value::Object(reply), Value::Object(statistics)) = (&mut reply, self.statistics()) {
            reply.extend(statistics);
        }
        reply
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::ToolCalls => "stop",
        Finish::Length => "length",
    }
}

/// Unix seconds as a date and time of day in UTC.
///
/// The days are turned into a date by Hinnant's `civil_from_days`, which counts years from March, so that the day of
/// a leap year comes last.
fn iso_8601(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_795_530_490, "2026-11-24T14:28:10Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso_8601(seconds), date);
        }
    }
}

//! Generates the function that requests scores.

use std::fmt::Write;

use super::super::bench::Bench;
use super::super::lua;
use super::super::scores::{ScoreApi, Scores};
use super::{access, url_field, warmup};
use crate::units::format_duration;

/// Writes the functions. Each request uses the prompts that follow those of the previous request.
pub(super) fn functions(out: &mut String, bench: &Bench, scores: &Scores, hint: &str) {
    let mut fields = vec![url_field(bench)];
    if !bench.model.is_empty() {
        fields.push(format!("model = {}", lua::text(&bench.model)));
    }
    let (function, first, of_request) = match scores.api {
        ScoreApi::Embeddings => {
            fields.push("input = texts".to_owned());
            ("llm.embed", 0, scores.batch)
        }
        ScoreApi::Rerank => {
            fields.push("query = prompts[n * batch % #prompts + 1].prompt".to_owned());
            fields.push("documents = texts".to_owned());
            ("llm.rerank", 1, scores.batch + 1)
        }
    };
    fields.extend(access(bench));
    fields.push(format!("timeout = \"{}\"", format_duration(bench.timeout)));
    fields.push("measure = measure".to_owned());
    let fields = fields.iter().fold(String::new(), |mut text, field| {
        let _ = writeln!(text, "    {field},");
        text
    });
    let last = of_request - 1;
    let _ = write!(
        out,
        "local batch = {of_request}\n\n\
         -- Request number n uses the next prompts; after the last one they start again.\n\
         local function ask(n, measure)\n  \
           local texts = {{}}\n  \
           for i = {first}, {last} do\n    \
             texts[#texts + 1] = prompts[(n * batch + i) % #prompts + 1].prompt\n  \
           end\n  \
           return {function} {{\n{fields}  }}\n\
         end\n\n"
    );
    warmup::setup(
        out,
        bench,
        "ask(n - 1, false)",
        &format!("reply.error.message{hint}"),
    );
    out.push_str(
        "function default()\n  \
           ask(warmup + exec.scenario.iteration_in_test)\n\
         end\n",
    );
}

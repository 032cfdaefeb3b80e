//! Generates the script of a benchmark, which runs and which `--emit-script` prints.

use std::fmt::Write;

use serde_json::Value;

use super::access::Access;
use super::bench::{Bench, Cancel, Dataset};
use super::endpoint::ApiEndpoint;
use super::lua;
use super::options::{DATA, OptionScope, PROBE, SCENARIO, ScriptOption, settings};
use crate::llm::{Api, Latency};
use crate::units::{format_duration, is_secret, shown_url};

/// The name of the script in errors.
pub(super) const SCRIPT_NAME: &str = "ssel llm";

/// The script with its options.
pub(crate) fn script(bench: &Bench) -> String {
    let mut out = String::from(
        "-- Written by `ssel llm --emit-script`. Change it as you like and run it with `ssel run`.\n\n",
    );
    key(&mut out, bench);
    prompts::prompts(&mut out, bench, bench.seed);
    options(&mut out, bench);
    functions(&mut out, bench, "");
    out
}

/// The script without options, for a run that gets them from [`layer`](super::options::layer).
pub(super) fn script_without_options(bench: &Bench) -> String {
    let mut out = String::new();
    key(&mut out, bench);
    // A run passes the seed in a variable.
    prompts::prompts(&mut out, bench, 0);
    functions(&mut out, bench, &hint(bench));
    out
}

/// The remedy that is added to the error of a failed warm-up, naming a flag.
fn hint(bench: &Bench) -> String {
    if bench.access.bearer_env.is_some() {
        return String::new();
    }
    let remedy = lua::text("; name the variable that holds the key with --bearer-env");
    format!(" .. (reply.status == 401 and {remedy} or \"\")")
}

fn functions(out: &mut String, bench: &Bench, hint: &str) {
    if let Some(asked) = &bench.scores {
        return scores::functions(out, bench, asked, hint);
    }
    ask(out, bench);
    let number = number(bench);
    warmup::setup(
        out,
        bench,
        &format!("ask(prompts[n], {number}false)"),
        &format!("tostring(reply.error){hint}"),
    );
    if let Dataset::Trace(_) = bench.dataset {
        let _ = writeln!(
            out,
            "-- The requests of a session, one after the other, each at its time in the trace and after the answer before it.\n\
             function default()\n  \
               local n = exec.scenario.start_in_test\n  \
               for request, delay in trace:session(n) do\n    \
                 ask(request, {number}true, delay)\n  \
               end\n\
             end"
        );
        return;
    }
    if let Some(asked) = &bench.conversation {
        return conversation::functions(out, asked, number);
    }
    out.push_str(
        "-- Each request has its own prompt; after the last one they start again.\nfunction default()\n",
    );
    out.push_str(if is_numbered(bench) {
        "  local n = exec.scenario.iteration_in_test\n  \
           ask(prompts[warmup + n % (#prompts - warmup) + 1], n)\n"
    } else {
        "  local n = exec.scenario.iteration_in_test % (#prompts - warmup)\n  \
           ask(prompts[warmup + n + 1])\n"
    });
    out.push_str("end\n");
    if bench.probe_rate.is_some() {
        probe(out, bench);
    }
}

/// The function of probe requests, which do not count in the metrics of the load.
fn probe(out: &mut String, bench: &Bench) {
    let number = number(bench);
    let _ = write!(
        out,
        "\n-- Probe requests of one token beside the load, with metrics of their own.\n\
         local probe_ttft = metrics.trend(\"{PROBE_TTFT}\", true)\n\
         local probe_failed = metrics.rate(\"{PROBE_FAILED}\")\n\
         function {PROBE}()\n  \
           local n = exec.scenario.iteration_in_test\n  \
           local prompt = prompts[#prompts - n % (#prompts - warmup)]\n  \
           prompt = setmetatable({{ max_tokens = 1 }}, {{ __index = prompt }})\n  \
           local reply = ask(prompt, {number}false)\n  \
           probe_failed:add(reply.error ~= nil)\n  \
           if reply.ttft then probe_ttft:add(reply.ttft) end\n\
         end\n"
    );
}

/// The metrics of probe requests.
pub(super) const PROBE_TTFT: &str = "llm_probe_ttft";
pub(super) const PROBE_FAILED: &str = "llm_probe_failed";

/// Whether a request depends on its number, which selects the server or the session.
fn is_numbered(bench: &Bench) -> bool {
    !bench.others.is_empty() || bench.session_header.is_some()
}

/// The argument with the number of a request, if requests are numbered.
fn number(bench: &Bench) -> &'static str {
    if is_numbered(bench) { "n, " } else { "" }
}

fn key(out: &mut String, bench: &Bench) {
    if let Some(name) = &bench.access.bearer_env {
        let _ = writeln!(out, "local key = {}\n", variable(name, ""));
    }
    let servers = bench.endpoints().enumerate();
    let urls: Vec<String> = servers.map(|(place, server)| url(place, server)).collect();
    match urls.as_slice() {
        [_] if !bench.endpoint.is_secret() => {}
        [url] => {
            let _ = writeln!(out, "local url = {url}\n");
        }
        urls => {
            let _ = writeln!(
                out,
                "-- Requests rotate over them.\nlocal urls = {{\n  {},\n}}\n",
                urls.join(",\n  ")
            );
        }
    }
}

/// The URL of the server with this index as a Lua expression: the text, or for a secret URL the variable.
fn url(place: usize, server: &ApiEndpoint) -> String {
    if !server.is_secret() {
        let text = lua::text(&server.url);
        return if server.is_target {
            format!("target.url({text})")
        } else {
            text
        };
    }
    let shown = shown_url(&server.url);
    variable(&Bench::url_variable(place), &format!(": it holds {shown}"))
}

/// A variable of the environment as a Lua expression that fails if it is not set. `about` describes its content.
fn variable(name: &str, about: &str) -> String {
    let missing = format!("the environment variable {name} is not set{about}");
    let value = lua::field("env", name);
    format!("assert({value}, {})", lua::text(&missing))
}

/// The value of a header as a Lua expression: the text, or for a secret the variable.
fn header(name: &str, value: &str) -> String {
    if !is_secret(name) {
        return lua::text(value);
    }
    let about = format!(": it holds the header {name}");
    variable(&Access::variable_of(name), &about)
}

fn options(out: &mut String, bench: &Bench) {
    let settings = settings(bench);
    let fields = |scope: OptionScope, indent: &str| -> String {
        let of_scope = settings.iter().filter(|setting| setting.of == scope);
        let field =
            |setting: &ScriptOption| format!("{indent}{} = {},\n", setting.key, setting.source());
        of_scope.map(field).collect()
    };
    let _ = write!(
        out,
        "options = {{\n{}  scenarios = {{\n    {SCENARIO} = {{\n{}    }},\n",
        fields(OptionScope::Run, "  "),
        fields(OptionScope::Scenario, "      "),
    );
    if bench.probe_rate.is_some() {
        let fields = fields(OptionScope::Probe, "      ");
        let _ = write!(out, "    {PROBE} = {{\n{fields}    }},\n");
    }
    out.push_str("  },\n}\n\n");
}

impl ScriptOption {
    /// The value as Lua source. The thresholds are a table with a line for each metric.
    fn source(&self) -> String {
        match &self.value {
            _ if self.key == DATA => "trace.starts".to_owned(),
            Value::Object(metrics) => {
                let line = |(metric, list)| format!("    {metric} = {},\n", lua::value(list));
                let lines: String = metrics.iter().map(line).collect();
                format!("{{\n{lines}  }}")
            }
            value => lua::value(value),
        }
    }
}

fn ask(out: &mut String, bench: &Bench) {
    let endpoint = &bench.endpoint;
    let mut fields = vec![url_field(bench)];
    let path = endpoint.url.split('?').next().unwrap_or_default();
    if Api::of_path(path) != Some(endpoint.api) {
        fields.push(format!("api = \"{}\"", endpoint.api));
    }
    if !bench.model.is_empty() {
        fields.push(format!("model = {}", lua::text(&bench.model)));
    }
    fields.push("prompt = prompt.prompt".to_owned());
    fields.push("messages = prompt.messages".to_owned());
    if !bench.images.is_empty() {
        fields.push("images = images".to_owned());
    }
    fields.push("prompt_tokens = prompt.prompt_tokens".to_owned());
    fields.push("max_tokens = prompt.max_tokens".to_owned());
    if bench.ignore_eos {
        fields.push("ignore_eos = true".to_owned());
    }
    fields.extend(access(bench));
    if let Some(goodput) = &bench.goodput {
        let limit =
            |(latency, limit): (Latency, _)| (latency.as_str(), lua::text(&format_duration(limit)));
        let limits = goodput.limits().map(limit);
        fields.extend(table("goodput", limits));
    }
    if let Some(Cancel { share, after }) = bench.cancel {
        let after = lua::text(&format_duration(after));
        fields.push(format!(
            "cancel_after = measure ~= false and math.random() < {share} and {after} or nil"
        ));
    }
    let timeout = format_duration(bench.timeout);
    fields.push(format!("timeout = \"{timeout}\""));
    let is_conversation = bench.conversation.is_some();
    fields.push(format!("text = {}", bench.keep_text || is_conversation));
    fields.push("measure = measure".to_owned());
    let mut parameters = vec!["prompt"];
    if is_numbered(bench) {
        parameters.push("n");
    }
    parameters.push("measure");
    if matches!(bench.dataset, Dataset::Trace(_)) {
        fields.push("schedule_delay = delay".to_owned());
        parameters.push("delay");
    }
    if bench.conversation.is_some() {
        fields.push("turn = turn".to_owned());
        parameters.push("turn");
    }
    if !bench.images.is_empty() {
        let image = |image: &String| format!("llm.image({})", lua::text(image));
        let images: Vec<String> = bench.images.iter().map(image).collect();
        let _ = writeln!(out, "local images = {{ {} }}\n", images.join(", "));
    }
    let _ = writeln!(
        out,
        "local function ask({})\n  return llm.chat {{",
        parameters.join(", ")
    );
    for field in fields {
        let _ = writeln!(out, "    {field},");
    }
    out.push_str("  }\nend\n\n");
}

/// The field of the URL.
fn url_field(bench: &Bench) -> String {
    let endpoint = &bench.endpoint;
    if !bench.others.is_empty() {
        "url = urls[n % #urls + 1]".to_owned()
    } else if endpoint.is_secret() {
        "url = url".to_owned()
    } else {
        format!("url = {}", url(0, endpoint))
    }
}

/// The fields of the key, the headers and further members of the body.
fn access(bench: &Bench) -> Vec<String> {
    let mut fields = Vec::new();
    if bench.access.bearer_env.is_some() {
        fields.push("bearer = key".to_owned());
    }
    let own = bench.access.headers.iter();
    let own = own.map(|(name, value)| (name.as_str(), header(name, value)));
    let session = bench.session_header.as_deref();
    let session = session.map(|name| (name, "(\"%x-%d\"):format(seed, n)".to_owned()));
    fields.extend(table("headers", own.chain(session)));
    if !bench.extra.is_empty() {
        let extra = Value::Object(bench.extra.clone());
        fields.push(format!("extra = {}", lua::value(&extra)));
    }
    fields
}

/// A field with a table; `None` if the table is empty.
fn table<'a>(name: &str, fields: impl Iterator<Item = (&'a str, String)>) -> Option<String> {
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("{} {value}", lua::key(name)))
        .collect();
    (!fields.is_empty()).then(|| format!("{name} = {{ {} }}", fields.join(", ")))
}

mod conversation;
mod prompts;
mod scores;
mod warmup;

#[cfg(test)]
pub(in crate::app::llm) mod tests;

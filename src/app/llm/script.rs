//! Generates the script of a benchmark, which runs and which `--emit-script` prints.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::access::Access;
use super::bench::{Bench, Cancel, Dataset};
use super::endpoint::ApiEndpoint;
use super::goal::Goal;
use super::lua;
use super::options::{DATA, OptionScope, PROBE, SCENARIO, ScriptOption, THRESHOLDS, settings};
use crate::llm::Api;
use crate::units::{format_duration, is_secret, shown_url};

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
    let number = if is_numbered(bench) { "n, " } else { "" };
    warmup::setup(
        out,
        bench,
        &format!("ask(prompts[n], {number}false)"),
        &format!("tostring(reply.error){hint}"),
    );
    if let Dataset::Trace(_) = bench.dataset {
        let number = if is_numbered(bench) { "n, " } else { "" };
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
        return conversation::functions(out, asked, is_numbered(bench));
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
    let number = if is_numbered(bench) { "n, " } else { "" };
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

fn key(out: &mut String, bench: &Bench) {
    if let Some(name) = &bench.access.bearer_env {
        let value = lua::field("env", name);
        let missing = lua::text(&format!("the environment variable {name} is not set"));
        let _ = writeln!(out, "local key = assert({value}, {missing})\n");
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
    let variable = Bench::url_variable(place);
    let shown = shown_url(&server.url);
    let missing = format!("the environment variable {variable} is not set: it holds {shown}");
    format!(
        "assert({}, {})",
        lua::field("env", &variable),
        lua::text(&missing)
    )
}

/// The value of a header as a Lua expression: the text, or for a secret the variable.
fn header(name: &str, value: &str) -> String {
    if !is_secret(name) {
        return lua::text(value);
    }
    let variable = Access::variable_of(name);
    let missing =
        format!("the environment variable {variable} is not set: it holds the header {name}");
    format!(
        "assert({}, {})",
        lua::field("env", &variable),
        lua::text(&missing)
    )
}

fn options(out: &mut String, bench: &Bench) {
    let settings = settings(bench);
    let lines = |of: OptionScope| settings.iter().filter(move |setting| setting.of == of);
    out.push_str("options = {\n");
    for ScriptOption { key, value, .. } in lines(OptionScope::Run).filter(|s| s.key != THRESHOLDS) {
        let _ = writeln!(out, "  {key} = {},", lua::value(value));
    }
    thresholds(out, bench);
    let _ = writeln!(out, "  scenarios = {{\n    {SCENARIO} = {{");
    for ScriptOption { key, value, .. } in lines(OptionScope::Scenario) {
        let value = match *key {
            DATA => "trace.starts".to_owned(),
            _ => lua::value(value),
        };
        let _ = writeln!(out, "      {key} = {value},");
    }
    out.push_str("    },\n");
    if bench.probe_rate.is_some() {
        let _ = writeln!(out, "    {PROBE} = {{");
        for ScriptOption { key, value, .. } in lines(OptionScope::Probe) {
            let _ = writeln!(out, "      {key} = {},", lua::value(value));
        }
        out.push_str("    },\n");
    }
    out.push_str("  },\n}\n\n");
}

fn thresholds(out: &mut String, bench: &Bench) {
    let mut metrics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (metric, expression) in bench.thresholds.iter().flat_map(Goal::thresholds) {
        metrics
            .entry(metric)
            .or_default()
            .push(lua::text(&expression));
    }
    if metrics.is_empty() {
        return;
    }
    out.push_str("  thresholds = {\n");
    for (metric, expressions) in metrics {
        let _ = writeln!(out, "    {metric} = {{ {} }},", expressions.join(", "));
    }
    out.push_str("  },\n");
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
        let limits = [
            ("ttft", goodput.ttft),
            ("ttfo", goodput.ttfo),
            ("tpot", goodput.tpot),
            ("itl", goodput.itl),
            ("e2e", goodput.e2e),
        ];
        let limits = limits.into_iter().filter_map(|(name, limit)| {
            let limit = lua::text(&format_duration(limit?));
            Some((name, limit))
        });
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

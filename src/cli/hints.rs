//! What was probably meant by words that ssel does not know: flags of k6 and of other programs, a script without its command.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Args;
use crate::units::nearest;

/// Flags of other programs, by the command they were given to, and what to write there.
const FLAGS: &[(&str, &str, &str)] = &[
    (
        "run",
        "--rps",
        "a rate is a scenario in the script: executor = \"constant-arrival-rate\", rate = 100; for one URL: ssel wrk -R 100 URL",
    ),
    (
        "run",
        "--max",
        "max_vus belongs to a scenario with an arrival rate, in the script",
    ),
    (
        "run",
        "--vus-max",
        "leave it out; max_vus belongs to a scenario with an arrival rate, in the script",
    ),
    (
        "run",
        "--max-duration",
        "max_duration belongs to a scenario with iterations, in the script",
    ),
    (
        "run",
        "--http-debug",
        "print what a response holds: print(res.status, res.body)",
    ),
    (
        "run",
        "--log-output",
        "messages are on standard error: 2>FILE",
    ),
    (
        "run",
        "--log-format",
        "messages are on standard error: 2>FILE",
    ),
    (
        "run",
        "--console-output",
        "what a script prints is on standard output: >FILE",
    ),
    (
        "run",
        "--verbose",
        "there is no debug output; ssel inspect shows what a run would do",
    ),
    ("run", "--paused", "a run cannot be started in pause"),
    ("run", "--linger", "a run ends when it is over"),
    ("run", "--address", "there is no server beside a run"),
    (
        "run",
        "--system-tags",
        "samples have the tags that docs/output.md lists",
    ),
    (
        "run",
        "--include-system-env-vars",
        "leave it out: env has the variables of the process",
    ),
    (
        "run",
        "--no-usage-report",
        "leave it out: ssel reports to nobody",
    ),
    (
        "run",
        "--compatibility-mode",
        "leave it out: scripts are Lua",
    ),
    ("run", "--type", "leave it out: scripts are Lua files"),
    (
        "run",
        "--batch",
        "a VU has as many requests at once as it has tasks: spawn(http.get, url)",
    ),
    (
        "run",
        "--batch-per-host",
        "a VU has as many requests at once as it has tasks: spawn(http.get, url)",
    ),
    (
        "run",
        "--dns",
        "the options hosts and dns_ttl say how names are looked up",
    ),
    (
        "run",
        "--block-hostnames",
        "no host is blocked; the option hosts gives names other addresses",
    ),
    (
        "run",
        "--blacklist-ip",
        "no address is blocked; the option hosts gives names other addresses",
    ),
    (
        "run",
        "--discard-response-bodies",
        "leave it out: a body that a script does not read costs little",
    ),
    (
        "run",
        "--execution-segment",
        "start a run on each machine, save each with --save, and join them: ssel merge -o FILE RUN RUN",
    ),
    (
        "run",
        "--throw",
        "leave it out: what goes wrong is res.error",
    ),
    (
        "run",
        "--local-ips",
        "the system chooses the address of connections",
    ),
    (
        "run",
        "--scenario",
        "all scenarios of the script are run; choose by a variable: -e NAME=VALUE",
    ),
    (
        "run",
        "--exec",
        "the option exec of a scenario names the function to call, in the script",
    ),
    ("llm", "--request-rate", "--rate R"),
    ("llm", "--backend", "--api NAME"),
    (
        "llm",
        "--base-url",
        "the URL comes without a flag: ssel llm URL",
    ),
    ("llm", "--url", "the URL comes without a flag: ssel llm URL"),
    (
        "llm",
        "--host",
        "the URL comes without a flag: ssel llm http://HOST:PORT",
    ),
    (
        "llm",
        "--port",
        "the URL comes without a flag: ssel llm http://HOST:PORT",
    ),
    (
        "llm",
        "--endpoint",
        "the URL may be that of a whole endpoint: ssel llm http://HOST:PORT/v1/completions",
    ),
    (
        "llm",
        "--api-key",
        "--bearer-env NAME, with the name of the variable that holds the key",
    ),
    (
        "llm",
        "--bearer",
        "--bearer-env NAME, with the name of the variable that holds the key",
    ),
    (
        "llm",
        "--dataset-name",
        "--dataset random, sharegpt=FILE or jsonl=FILE",
    ),
    (
        "llm",
        "--dataset-path",
        "--dataset sharegpt=FILE or jsonl=FILE",
    ),
    ("llm", "--random-input-len", "--input-len N"),
    ("llm", "--random-output-len", "--output-len N"),
    ("llm", "--sharegpt-output-len", "--output-len N"),
    ("llm", "--max-tokens", "--output-len N"),
    ("llm", "--metric-percentiles", "--percentiles LIST"),
    (
        "llm",
        "--percentile-metrics",
        "--percentiles LIST; all latencies are shown",
    ),
    ("llm", "--save-result", "--out vllm=FILE"),
    ("llm", "--result-filename", "--out vllm=FILE"),
    (
        "llm",
        "--tokenizer",
        "leave it out: the server counts the tokens",
    ),
    ("llm", "--vus", "--concurrency N"),
    ("wrk", "--method", "a script sets it: wrk.method = \"POST\""),
    ("wrk", "--body", "a script sets it: wrk.body = \"…\""),
    (
        "wrk",
        "--insecure",
        "leave it out: every certificate is accepted, as wrk does",
    ),
];

/// Puts what was probably meant in the place of clap's own guess, where it is known; `typed` is the command line.
pub(super) fn improve(error: &mut clap::Error, typed: &[String]) {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    };
    let tip = match error.kind() {
        ErrorKind::UnknownArgument => {
            word(ContextKind::InvalidArg).and_then(|flag| of_flag(&flag, typed))
        }
        ErrorKind::InvalidSubcommand => {
            word(ContextKind::InvalidSubcommand).and_then(|command| of_command(&command))
        }
        _ => None,
    };
    if let Some(tip) = tip {
        for guess in [
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedCommand,
            ContextKind::TrailingArg,
        ] {
            error.remove(guess);
        }
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}

fn of_flag(flag: &str, typed: &[String]) -> Option<String> {
    let command = typed.iter().skip(1).find(|word| !word.starts_with('-'))?;
    let command = match command.as_str() {
        "eval" | "inspect" => "run",
        command => command,
    };
    let flag = flag.split('=').next().unwrap_or(flag);
    let (_, _, instead) = FLAGS
        .iter()
        .find(|(of, known, _)| *of == command && *known == flag)?;
    Some((*instead).to_owned())
}

fn of_command(word: &str) -> Option<String> {
    let ends = |end: &str| word.ends_with(end);
    if word.contains("://") {
        return Some(
            "to load a URL: ssel wrk URL; to measure a server of language models: ssel llm URL"
                .to_owned(),
        );
    }
    if ends(".js") || ends(".ts") {
        return Some("scripts are Lua: docs/lua/from-k6.md has what to write for each line of a script of k6".to_owned());
    }
    if ends(".lua") || word == "-" || word.contains('/') {
        return Some(format!("to run a script: ssel run {word}"));
    }
    let commands = Args::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    nearest(word, names).map(|name| format!("a similar subcommand exists: '{name}'"))
}

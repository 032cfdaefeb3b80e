//! Suggestions for unknown words: flags of k6 and other programs, a script without a command.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Args;
use crate::units::nearest;

/// Flags of other programs by command, each with its replacement in ssel.
const FLAGS: &str = include_str!("hints.txt");

/// Replaces the suggestion of clap if there is a better one; `typed` is the command line.
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
    FLAGS.lines().find_map(|line| {
        let (flags, tip) = line.split_once(" = ")?;
        let flags = flags.strip_prefix(command)?;
        let is_known = flags.split_whitespace().any(|known| known == flag);
        let is_flag = tip.starts_with("--");
        is_known.then(|| format!("{}{tip}", if is_flag { "use " } else { "" }))
    })
}

fn of_command(word: &str) -> Option<String> {
    let ends = |end: &str| word.ends_with(end);
    if word.contains("://") {
        return Some(
            "to load a URL: ssel wrk URL; to benchmark an LLM server: ssel llm URL".to_owned(),
        );
    }
    if ends(".js") || ends(".ts") {
        return Some(
            "scripts are Lua: docs/lua/from-k6.md shows how to translate a k6 script".to_owned(),
        );
    }
    if ends(".lua") || word == "-" || word.contains('/') {
        return Some(format!("to run a script: ssel run {word}"));
    }
    let commands = Args::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    nearest(word, names).map(|name| format!("a similar subcommand exists: '{name}'"))
}

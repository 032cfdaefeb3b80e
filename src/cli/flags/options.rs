//! The flags that set options, for every command that resolves them.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use super::values::{Suggest, pair, secret_pair};
use crate::options::{KEYS, Layer, OptionKey, OptionOrigin, Takes};

/// Flags that set options, and the other sources of options and variables.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct OptionFlags {
    #[command(flatten)]
    flags: FlagLayer,

    /// Hide the summary
    #[arg(long, conflicts_with = "summary_mode", help_heading = "Results")]
    no_summary: bool,

    /// Variable for the script, which reads it as env.NAME; repeatable
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = secret_pair, help_heading = "Script")]
    env: Vec<(String, String)>,

    /// File with options, JSON or TOML; the script, the environment and flags override it
    #[arg(short, long, value_name = "FILE", help_heading = "Script")]
    pub(in crate::cli) config: Option<PathBuf>,
}

impl OptionFlags {
    /// The options set by flags. Their values are checked together with those of all other sources.
    pub(in crate::cli) fn layer(&self) -> Layer {
        let mut layer = self.flags.0.clone();
        if self.no_summary {
            let flag = OptionOrigin::Flag("--no-summary".to_owned());
            layer.set("summary_mode", "disabled", flag);
        }
        layer
    }

    /// The variables of `--env`.
    pub(in crate::cli) fn env(&self) -> HashMap<String, String> {
        self.env.iter().cloned().collect()
    }

    /// Whether a flag sets one of these options.
    pub(in crate::cli) fn sets_any(&self, options: &[&str]) -> bool {
        let mut entries = self.flags.0.entries.iter();
        entries.any(|entry| options.contains(&entry.path[0].as_str()))
    }
}

/// The flags of the table of options, [`KEYS`].
#[derive(Debug)]
struct FlagLayer(Layer);

impl clap::Args for FlagLayer {
    fn augment_args(command: Command) -> Command {
        command.args(KEYS.iter().filter_map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(key: &OptionKey) -> Option<Arg> {
    let flag = key.flag?;
    let mut arg = Arg::new(key.name)
        .help(flag.help)
        .help_heading(flag.section);
    for word in flag.usage.split(' ') {
        arg = match (word.strip_prefix("--"), word.strip_prefix('-')) {
            (Some(long), _) => arg.long(long),
            (None, Some(short)) => arg.short(short.chars().next()),
            (None, None) => arg.value_name(word),
        };
    }
    Some(match key.takes {
        Takes::Switch => arg.action(ArgAction::SetTrue),
        Takes::Pairs => arg.action(ArgAction::Append).value_parser(pair),
        // A negative number is rejected with the range of the option.
        Takes::List => arg.action(ArgAction::Append).allow_hyphen_values(true),
        Takes::Number | Takes::Duration => arg.allow_hyphen_values(true),
        Takes::Choice(words) => arg.value_parser(Suggest(words)).hide_possible_values(true),
        _ => arg,
    })
}

impl FromArgMatches for FlagLayer {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut layer = Layer::new();
        for key in KEYS {
            let Some(flag) = key.flag else { continue };
            let origin = OptionOrigin::Flag(flag.long().to_owned());
            match key.takes {
                Takes::Switch if matches.get_flag(key.name) => layer.set(key.name, true, origin),
                Takes::Switch => {}
                Takes::Pairs => {
                    let pairs = matches.get_many::<(String, String)>(key.name);
                    for (name, value) in pairs.into_iter().flatten() {
                        layer.set_inside(&[key.name, name], value.as_str(), origin.clone());
                    }
                }
                _ => {
                    let texts = matches.get_many::<String>(key.name);
                    let texts: Vec<&str> =
                        texts.into_iter().flatten().map(String::as_str).collect();
                    if !texts.is_empty() {
                        layer.set_text(key.name, &texts.join(","), origin);
                    }
                }
            }
        }
        Ok(Self(layer))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

//! Parses `-o NAME=URL,key=value` and the environment variables that replace keys.

use std::time::Duration;

use crate::control::{self, Auth, Secret};
use crate::http::ClientCert;
use crate::units::{nearest, parse_duration, shown_header};

/// The settings that all pushing outputs share.
#[derive(Debug, Clone)]
pub(crate) struct OutputSettings {
    /// The URL of the store.
    pub url: String,
    /// Settings of the HTTP client: headers, authentication, TLS, timeouts.
    pub client: control::ClientSettings,
    /// The time between pushes.
    pub interval: Duration,
    /// Whether the run fails if the store lacks data at the end.
    pub strict: bool,
    /// The ID of the run in the store; `None` for a random one.
    pub run: Option<String>,
    /// The tags that become labels.
    pub tags: Vec<String>,
}

/// An error in the text, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingsError(pub(super) String);

/// A key of a pushing output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) takes: Arity,
}

/// The kind of value that a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arity {
    /// One value.
    Value,
    /// Values separated by commas; the key is repeatable.
    List,
    /// The same for values that may contain `=`.
    Headers,
    /// None; the presence of the key switches it on.
    Switch,
    /// An optional value.
    Optional,
    /// `key.NAME=VALUE`; the key is repeatable.
    Pairs,
}

pub(super) const fn key(name: &'static str, takes: Arity) -> Key {
    Key { name, takes }
}

/// The tags that become labels by default.
const TAGS: [&str; 4] = ["scenario", "group", "check", "kind"];

/// The keys that all pushing outputs share.
const COMMON: &[Key] = &[
    key("interval", Arity::Value),
    key("timeout", Arity::Value),
    key("run", Arity::Value),
    key("tags", Arity::List),
    key("user", Arity::Value),
    key("password-env", Arity::Value),
    key("bearer-env", Arity::Value),
    key("header", Arity::Headers),
    key("header-env", Arity::Headers),
    key("ca", Arity::Value),
    key("cert", Arity::Value),
    key("key", Arity::Value),
    key("insecure-skip-tls-verify", Arity::Switch),
    key("strict", Arity::Switch),
];

/// The parsed settings of an output.
#[derive(Debug, Default)]
pub(crate) struct OutputSpec {
    /// The URL, if the text or the environment gives one.
    pub url: Option<String>,
    pairs: Vec<(&'static str, String)>,
    /// The keys whose values come from variables, and these.
    variables: Vec<(&'static str, String)>,
}

impl OutputSpec {
    /// Parses the text after `NAME=`; for missing keys, reads the variables `SSEL_<NAME>_<KEY>`. `own` are the keys
    /// specific to this output.
    ///
    /// # Errors
    /// An unknown key, or a missing value.
    pub(super) fn read(
        name: &str,
        text: &str,
        own: &'static [Key],
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let known = || COMMON.iter().chain(own);
        let mut pieces = text.split(',');
        let url = pieces.next().map(str::trim).filter(|url| !url.is_empty());
        let mut stated = Self {
            url: url.map(str::to_owned),
            ..Self::default()
        };
        let mut list = None;
        for piece in pieces.map(str::trim) {
            let (word, value) = match piece.split_once('=') {
                Some((word, value)) => (word.trim(), Some(value.trim())),
                None => (piece, None),
            };
            let pair = word.split_once('.').zip(value).and_then(|(pair, value)| {
                let takes = |key: &&Key| key.takes == Arity::Pairs && key.name == pair.0;
                Some((known().find(takes)?, format!("{}={value}", pair.1)))
            });
            if let Some((key, pair)) = pair {
                stated.pairs.push((key.name, pair));
                list = None;
                continue;
            }
            let word = word.replace('_', "-");
            let key = known().find(|key| key.name == word);
            match (key, value, list) {
                (Some(key), None, _) if matches!(key.takes, Arity::Switch | Arity::Optional) => {
                    stated.pairs.push((key.name, String::new()));
                }
                (Some(key), Some(value), _) if key.takes != Arity::Switch && !value.is_empty() => {
                    stated.pairs.push((key.name, value.to_owned()));
                    list = matches!(key.takes, Arity::List | Arity::Headers).then_some(key);
                }
                // A further value of a list.
                (None, _, Some(list))
                    if !piece.is_empty() && (value.is_none() || list.takes == Arity::Headers) =>
                {
                    stated.pairs.push((list.name, piece.to_owned()));
                }
                (Some(key), _, _) => {
                    return Err(SettingsError(match key.takes {
                        Arity::Switch => format!("{} takes no value: write it alone", key.name),
                        Arity::Pairs => format!("{0} needs a name: write {0}.NAME=VALUE", key.name),
                        _ => format!("{0} needs a value: write {0}=VALUE", key.name),
                    }));
                }
                (None, _, _) => return Err(unknown(&word, known().map(|key| key.name))),
            }
        }
        let variable_name = |key: &str| {
            let key = key.replace('-', "_").to_ascii_uppercase();
            format!("SSEL_{}_{key}", name.to_ascii_uppercase())
        };
        let variable = |key: &str| {
            let value = env(&variable_name(key));
            value.filter(|value| !value.trim().is_empty())
        };
        stated.url = stated.url.or_else(|| variable("url"));
        for key in known() {
            let Some(value) = variable(key.name).filter(|_| !stated.has(key.name)) else {
                continue;
            };
            stated.variables.push((key.name, variable_name(key.name)));
            match key.takes {
                Arity::Value | Arity::Optional => stated.pairs.push((key.name, value)),
                Arity::List | Arity::Headers | Arity::Pairs => {
                    let values = value.split(',').map(|value| value.trim().to_owned());
                    stated.pairs.extend(values.map(|value| (key.name, value)));
                }
                Arity::Switch => match value.as_str() {
                    "true" | "1" => stated.pairs.push((key.name, String::new())),
                    "false" | "0" => {}
                    _ => {
                        return Err(SettingsError(format!(
                            "{} is either true or false",
                            variable_name(key.name)
                        )));
                    }
                },
            }
        }
        // A variable may also hold the secret itself.
        for (key, holder) in [("bearer-env", "bearer"), ("password-env", "password")] {
            if variable(holder).is_some() && !stated.has(key) {
                stated.pairs.push((key, variable_name(holder)));
            }
        }
        Ok(stated)
    }

    /// The place of a key's value: the key, or the variable that holds the value.
    fn place<'a>(&'a self, key: &'a str) -> &'a str {
        let mut variables = self.variables.iter();
        let found = variables.find(|(own, _)| *own == key);
        found.map_or(key, |(_, variable)| variable)
    }

    /// Whether the key is set.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// The value of a key; the last one if it is repeated.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter().rev();
        let found = pairs.find(|(own, _)| *own == key);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a list.
    pub(crate) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let own = self.pairs.iter().filter(move |(own, _)| *own == key);
        own.map(|(_, value)| value.as_str())
    }

    /// The settings that all outputs share. `path` is added to a URL without a path; `more` are further default tags.
    ///
    /// # Errors
    /// An invalid value.
    pub(crate) fn settings(
        &self,
        default: &str,
        path: &str,
        more: &[&str],
    ) -> Result<OutputSettings, SettingsError> {
        let url = url(self.url.as_deref().unwrap_or(default), path)?;
        let duration = |key: &str, default: Duration, least: Duration| {
            let Some(text) = self.value(key) else {
                return Ok(default);
            };
            let place = self.place(key);
            match parse_duration(text) {
                Ok(duration) if duration >= least => Ok(duration),
                Ok(_) => Err(SettingsError(format!(
                    "{place} is too short: use {least:?} or more"
                ))),
                Err(error) => Err(SettingsError(format!("{place}: {error}"))),
            }
        };
        let second = Duration::from_secs(1);
        let mut tags: Vec<String> = self.values("tags").map(str::to_owned).collect();
        if tags.is_empty() {
            tags.extend(TAGS.iter().chain(more).map(|&tag| tag.to_owned()));
        }
        Ok(OutputSettings {
            url,
            interval: duration("interval", Duration::from_secs(5), second)?,
            strict: self.has("strict"),
            run: self.value("run").map(str::to_owned),
            tags: tags.into_iter().filter(|tag| tag != "none").collect(),
            client: control::ClientSettings {
                headers: self.headers()?,
                auth: self.auth()?,
                ca: self.value("ca").map(Into::into),
                client_cert: self.client_cert()?,
                insecure: self.has("insecure-skip-tls-verify"),
                timeout: Some(duration("timeout", Duration::from_secs(10), second / 10)?),
                ..control::ClientSettings::default()
            },
        })
    }

    fn headers(&self) -> Result<Vec<(String, Secret)>, SettingsError> {
        let pair = |key: &str, text: &str| match text.split_once(':') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(SettingsError(format!(
                "{key} is NAME:VALUE, not {}",
                shown_header(text)
            ))),
        };
        let mut headers = Vec::new();
        for text in self.values("header") {
            let (name, value) = pair("header", text)?;
            headers.push((name, Secret::new(value)));
        }
        for text in self.values("header-env") {
            let (name, variable) = pair("header-env", text)?;
            headers.push((name, secret("header-env", &variable)?));
        }
        Ok(headers)
    }

    fn auth(&self) -> Result<Auth, SettingsError> {
        match (
            self.value("user"),
            self.value("password-env"),
            self.value("bearer-env"),
        ) {
            (Some(_), _, Some(_)) => Err(SettingsError(
                "user and bearer-env exclude each other: use one of them".to_owned(),
            )),
            (None, _, Some(variable)) => Ok(Auth::Bearer(secret("bearer-env", variable)?)),
            (Some(user), Some(variable), None) => Ok(Auth::Basic {
                user: user.to_owned(),
                password: secret("password-env", variable)?,
            }),
            (Some(_), None, None) => Err(SettingsError(
                "user needs a password: name the variable that holds it with password-env=NAME"
                    .to_owned(),
            )),
            (None, Some(_), None) => Err(SettingsError(
                "password-env needs the name that goes with it: user=NAME".to_owned(),
            )),
            (None, None, None) => Ok(Auth::None),
        }
    }

    fn client_cert(&self) -> Result<Option<ClientCert>, SettingsError> {
        match (self.value("cert"), self.value("key")) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => Ok(Some(ClientCert {
                cert: cert.into(),
                key: key.into(),
            })),
            _ => Err(SettingsError(
                "cert and key go together: name a PEM file for each".to_owned(),
            )),
        }
    }
}

fn secret(key: &str, variable: &str) -> Result<Secret, SettingsError> {
    Secret::from_env(variable).map_err(|error| SettingsError(format!("{key}: {error}")))
}

fn url(text: &str, path: &str) -> Result<String, SettingsError> {
    let bad = |why: &str| {
        let shown = crate::units::shown_url(text);
        SettingsError(format!("{shown:?} {why}"))
    };
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let mut url = crate::http::parse_url(&text)
        .map_err(|error| bad(&format!("is not a URL to push to: {error}")))?;
    if url.password().is_some() || !url.username().is_empty() {
        return Err(bad(
            "contains a user name: write user=NAME,password-env=VARIABLE after the URL",
        ));
    }
    if url.path() == "/" {
        url.set_path(path);
    }
    Ok(url.to_string())
}

fn unknown<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> SettingsError {
    // A secret belongs in a variable; the message must not repeat it.
    if matches!(word, "password" | "bearer" | "token") {
        let key = if word == "password" {
            "password"
        } else {
            "bearer"
        };
        return SettingsError(format!(
            "secrets are not accepted here: put the secret into an environment variable, and give its name with {key}-env=NAME"
        ));
    }
    let names: Vec<&str> = known.collect();
    let meant = nearest(word, names.iter().copied());
    let remedy = match meant {
        Some(name) => format!("did you mean {name}?"),
        None => format!("the keys are {}", names.join(", ")),
    };
    SettingsError(format!("unknown key {word:?}: {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[Key] = &[key("stats", Arity::List), key("native", Arity::Switch)];

    fn read(text: &str, env: &[(&str, &str)]) -> Result<OutputSpec, SettingsError> {
        let env = |name: &str| {
            let found = env.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        OutputSpec::read("prometheus", text, OWN, env)
    }

    fn settings(text: &str) -> Result<OutputSettings, SettingsError> {
        read(text, &[])?.settings("http://default:1", "/push", &["more"])
    }

    #[test]
    fn keys_follow_the_url_and_lists_have_commas() {
        let stated = read(
            "http://h/w,stats=p(99),max,native,run=a,header=A:b=c,B: d,interval=2s",
            &[],
        );
        let stated = stated.unwrap();
        assert_eq!(stated.url.as_deref(), Some("http://h/w"));
        assert_eq!(stated.values("stats").collect::<Vec<_>>(), ["p(99)", "max"]);
        assert_eq!(
            stated.values("header").collect::<Vec<_>>(),
            ["A:b=c", "B: d"]
        );
        assert!(stated.has("native") && !stated.has("strict"));
        let settings = stated.settings("", "", &[]).unwrap();
        assert_eq!(settings.interval, Duration::from_secs(2));
        assert_eq!(
            settings.client.headers[1],
            ("B".to_owned(), Secret::new("d"))
        );
    }

    #[test]
    fn missing_keys_have_defaults() {
        let plain = settings("").unwrap();
        assert_eq!(plain.url, "http://default:1/push");
        assert_eq!(plain.tags, ["scenario", "group", "check", "kind", "more"]);
        assert_eq!(settings("h:9090,tags=name").unwrap().tags, ["name"]);
        assert_eq!(settings("h:9090,tags=none").unwrap().tags, [""; 0]);
        assert_eq!(settings("h:9090").unwrap().url, "http://h:9090/push");
        assert_eq!(settings("http://h/x").unwrap().url, "http://h/x");
    }

    #[test]
    fn variables_replace_missing_keys() {
        let env = [
            ("SSEL_PROMETHEUS_URL", "http://env"),
            ("SSEL_PROMETHEUS_STATS", "max, min"),
            ("SSEL_PROMETHEUS_STRICT", "true"),
            ("SSEL_PROMETHEUS_NATIVE", "false"),
            ("SSEL_PROMETHEUS_RUN", "env"),
            ("SSEL_PROMETHEUS_BEARER", "token"),
        ];
        let stated = read(",run=text", &env).unwrap();
        assert_eq!(stated.url.as_deref(), Some("http://env"));
        assert_eq!(stated.value("run"), Some("text"));
        assert_eq!(stated.values("stats").collect::<Vec<_>>(), ["max", "min"]);
        assert!(stated.has("strict") && !stated.has("native"));
        assert_eq!(stated.value("bearer-env"), Some("SSEL_PROMETHEUS_BEARER"));
        let error = read("", &[("SSEL_PROMETHEUS_STRICT", "maybe")]).unwrap_err();
        assert!(
            error.to_string().contains("SSEL_PROMETHEUS_STRICT"),
            "{error}"
        );
        let spec = read("", &[("SSEL_PROMETHEUS_INTERVAL", "soon")]).unwrap();
        let error = spec.settings("http://h", "/", &[]).unwrap_err();
        assert!(
            error.to_string().contains("SSEL_PROMETHEUS_INTERVAL"),
            "{error}"
        );
    }
}

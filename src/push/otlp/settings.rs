//! The settings of `-o otlp=…` and the standard environment variables.

use super::names::GenAi;
use super::proto::metrics::Temporality;
use super::resource::{Pair, pairs};
use crate::control::Secret;
use crate::push::output::Env;
use crate::push::settings::{Arity, Key, key};
use crate::push::{OutputSettings, OutputSpec, SettingsError};

/// The keys specific to this output.
pub(super) const KEYS: &[Key] = &[
    key("prefix", Arity::Value),
    key("temporality", Arity::Value),
    key("genai", Arity::Value),
    key("resource", Arity::Pairs),
    key("traces", Arity::Optional),
];

/// The URL of a collector on this machine.
const DEFAULT_URL: &str = "http://127.0.0.1:4318";

const METRICS: &str = "/v1/metrics";
const TRACES: &str = "/v1/traces";

/// What to push of a run, and how.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OtlpOptions {
    pub(super) prefix: String,
    pub(super) temporality: Temporality,
    pub(super) genai: GenAi,
    /// Attributes of the resource, from the environment and from the settings.
    pub(super) environment: Vec<Pair>,
    pub(super) stated: Vec<Pair>,
    /// The share of requests that become spans; `None` without `traces`.
    pub(super) traces: Option<f64>,
}

/// The prefix of the metrics of language models.
pub(super) const INFERENCE: &str = "llm_";

impl OtlpOptions {
    /// The tags by which metrics of language models are broken down: those of all metrics, and those that the
    /// conventions require. `None` if the conventions are off.
    pub(super) fn inference_tags(&self, tags: &[String]) -> Option<Vec<String>> {
        if self.genai == GenAi::Off || tags.is_empty() {
            return None;
        }
        let wanted = ["name", "model"].map(str::to_owned);
        let others = tags.iter().filter(|tag| !wanted.contains(tag));
        Some(others.cloned().chain(wanted.clone()).collect())
    }
}

/// The settings of the output for metrics, those of the output for spans, and the options of both.
///
/// # Errors
/// An invalid value.
pub(super) fn settings(
    mut stated: OutputSpec,
    env: Env<'_>,
) -> Result<(OutputSettings, OutputSettings, OtlpOptions), SettingsError> {
    let variable = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    // The endpoint of one signal is used unchanged; the general one gets the path of each signal.
    let own = stated.url.is_some();
    let of_signal =
        |name: &str| variable(&format!("OTEL_EXPORTER_OTLP_{name}_ENDPOINT")).filter(|_| !own);
    let (own_metrics, own_traces) = (of_signal("METRICS"), of_signal("TRACES"));
    if !own {
        stated.url = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    }
    let mut metrics = stated.settings(DEFAULT_URL, METRICS, &[])?;
    let base = metrics.url.trim_end_matches('/');
    let base = base
        .strip_suffix(METRICS)
        .or(base.strip_suffix(TRACES))
        .unwrap_or(base)
        .to_owned();
    let mut traces = metrics.clone();
    metrics.url = own_metrics.unwrap_or_else(|| format!("{base}{METRICS}"));
    traces.url = own_traces.unwrap_or_else(|| format!("{base}{TRACES}"));
    // Waiting spans take memory for each request.
    traces.interval = traces.interval.min(std::time::Duration::from_secs(1));
    for (signal, settings) in [("METRICS", &mut metrics), ("TRACES", &mut traces)] {
        let own = format!("OTEL_EXPORTER_OTLP_{signal}_HEADERS");
        for name in [own.as_str(), "OTEL_EXPORTER_OTLP_HEADERS"] {
            let Some(text) = variable(name) else { continue };
            for (header, value) in pairs(name, &text)? {
                let headers = &mut settings.client.headers;
                // Settings override variables, and the variable of a signal overrides the general one.
                if !headers
                    .iter()
                    .any(|(known, _)| known.eq_ignore_ascii_case(&header))
                {
                    headers.push((header, Secret::new(value)));
                }
            }
        }
    }
    let mut environment = match variable("OTEL_RESOURCE_ATTRIBUTES") {
        Some(text) => pairs("OTEL_RESOURCE_ATTRIBUTES", &text)?,
        None => Vec::new(),
    };
    let service = variable("OTEL_SERVICE_NAME");
    environment.extend(service.map(|name| ("service.name".to_owned(), name)));
    let preference = variable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
    let temporality = stated
        .value("temporality")
        .map(str::to_owned)
        .or(preference);
    let options = OtlpOptions {
        prefix: stated.value("prefix").unwrap_or_default().to_owned(),
        temporality: temporality
            .map_or(Ok(Temporality::Cumulative), |text| temporality_of(&text))?,
        genai: stated
            .value("genai")
            .map_or(Ok(GenAi::default()), GenAi::parse)?,
        environment,
        stated: stated
            .values("resource")
            .map(pair)
            .collect::<Result<_, _>>()?,
        traces: stated.value("traces").map(ratio).transpose()?,
    };
    Ok((metrics, traces, options))
}

fn temporality_of(text: &str) -> Result<Temporality, SettingsError> {
    match text.to_ascii_lowercase().as_str() {
        "cumulative" => Ok(Temporality::Cumulative),
        "delta" => Ok(Temporality::Delta),
        _ => Err(SettingsError(format!(
            "temporality is cumulative or delta, not {text:?}"
        ))),
    }
}

fn pair(text: &str) -> Result<Pair, SettingsError> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| SettingsError(format!("an attribute is resource.NAME=VALUE, not {text:?}")))
}

/// The share of requests that become spans; all by default.
fn ratio(text: &str) -> Result<f64, SettingsError> {
    if text.is_empty() {
        return Ok(1.0);
    }
    let ratio = text
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| {
        SettingsError(format!(
            "traces is the share of requests that become spans, from 0 to 1, not {text:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        text: &str,
        env: &[(&str, &str)],
    ) -> Result<(OutputSettings, OutputSettings, OtlpOptions), SettingsError> {
        let env = |name: &str| {
            let found = env.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        super::settings(OutputSpec::read("otlp", text, KEYS, env)?, &env)
    }

    fn urls(text: &str, env: &[(&str, &str)]) -> (String, String) {
        let (metrics, traces, _) = read(text, env).unwrap();
        (metrics.url, traces.url)
    }

    #[test]
    fn an_endpoint_gets_the_path_of_each_signal() {
        let both = |base: &str| (format!("{base}/v1/metrics"), format!("{base}/v1/traces"));
        for (text, base) in [
            ("", "http://127.0.0.1:4318"),
            ("http://a:4318", "http://a:4318"),
            ("https://a/otlp/", "https://a/otlp"),
            ("http://a/api/v1/otlp/v1/metrics", "http://a/api/v1/otlp"),
        ] {
            assert_eq!(urls(text, &[]), both(base), "{text}");
        }
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://b:1");
        assert_eq!(urls("", &[endpoint]), both("http://b:1"));
        assert_eq!(urls("http://a:2", &[endpoint]), both("http://a:2"));
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:3/spans");
        let expected = (
            "http://b:1/v1/metrics".to_owned(),
            "http://c:3/spans".to_owned(),
        );
        assert_eq!(urls("", &[endpoint, traces]), expected);
    }

    #[test]
    fn settings_override_the_environment() {
        let env = [
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a,api-key=s%20t"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=u"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci"),
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "DELTA"),
        ];
        let (metrics, traces, options) =
            read("http://a,header=X-Tenant:b,resource.zone=x=1", &env).unwrap();
        let headers = |settings: &OutputSettings| {
            let shown = settings.client.headers.iter();
            let shown = shown.map(|(name, value)| format!("{name}:{}", value.reveal()));
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(headers(&metrics), "X-Tenant:b api-key:s t");
        assert_eq!(headers(&traces), "X-Tenant:b api-key:u");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let environment = [
            pair("deployment.environment.name", "ci"),
            pair("service.name", "shop"),
        ];
        assert_eq!(options.environment, environment);
        assert_eq!(options.stated, [pair("zone", "x=1")]);
        assert_eq!(options.temporality, Temporality::Delta);
        let (.., options) = read("http://a,temporality=cumulative", &env).unwrap();
        assert_eq!(options.temporality, Temporality::Cumulative);
    }

    #[test]
    fn spans_are_requested_by_their_share() {
        let traces = |text: &str| read(text, &[]).map(|(.., options)| options.traces);
        assert_eq!(traces("http://a"), Ok(None));
        assert_eq!(traces("http://a,traces"), Ok(Some(1.0)));
        assert_eq!(traces("http://a,traces=0.01"), Ok(Some(0.01)));
        for (text, what) in [
            (
                "traces=2",
                "traces is the share of requests that become spans, from 0 to 1, not \"2\"",
            ),
            (
                "temporality=both",
                "temporality is cumulative or delta, not \"both\"",
            ),
            (
                "genai=9",
                "genai is a version of the conventions, 0.1 or 1.41, or off, not \"9\"",
            ),
        ] {
            let problem = read(&format!("http://a,{text}"), &[]).unwrap_err();
            assert_eq!(problem.to_string(), what);
        }
    }
}

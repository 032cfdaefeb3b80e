//! Names and units of metrics in OpenTelemetry, with the generative AI conventions.

use super::INFERENCE;
use super::attributes::{int, text};
use super::proto::common::KeyValue;
use crate::llm::Api;
use crate::metrics::{SeriesInfo, Unit};
use crate::push::{SettingsError, labels};

/// The version of the conventions for generative AI that names the metrics of language models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum GenAi {
    /// Version 0.1 of the separate conventions, of 2026.
    #[default]
    V0_1,
    /// Version 1.41 of the general conventions, the last that included them.
    V1_41,
    /// The names of ssel.
    Off,
}

impl GenAi {
    /// Parses `0.1`, `1.41` or `off`.
    ///
    /// # Errors
    /// Any other text.
    pub(super) fn parse(text: &str) -> Result<Self, SettingsError> {
        match text {
            "0.1" => Ok(Self::V0_1),
            "1.41" => Ok(Self::V1_41),
            "off" => Ok(Self::Off),
            _ => Err(SettingsError(format!(
                "genai is a version of the conventions, 0.1 or 1.41, or off, not {text:?}"
            ))),
        }
    }

    /// The name of a metric in the conventions, and the token type that distinguishes metrics of the same name.
    fn name(self, metric: &str) -> Option<(&'static str, Option<&'static str>)> {
        let names = match metric {
            "llm_ttft" => [
                "gen_ai.client.inference.time_to_first_chunk",
                "gen_ai.client.operation.time_to_first_chunk",
            ],
            "llm_itl" => [
                "gen_ai.client.inference.time_per_output_chunk",
                "gen_ai.client.operation.time_per_output_chunk",
            ],
            "llm_e2e" => [
                "gen_ai.client.inference.duration",
                "gen_ai.client.operation.duration",
            ],
            "llm_prompt_tokens" => [
                "gen_ai.client.inference.operation.input_tokens",
                "gen_ai.client.token.usage",
            ],
            "llm_completion_tokens" => [
                "gen_ai.client.inference.operation.output_tokens",
                "gen_ai.client.token.usage",
            ],
            "llm_output_tokens" => ["gen_ai.client.inference.usage.output_tokens", ""],
            _ => return None,
        };
        let kind = match metric {
            "llm_prompt_tokens" => Some("input"),
            "llm_completion_tokens" => Some("output"),
            _ => None,
        };
        match self {
            Self::V0_1 => Some((names[0], None)),
            Self::V1_41 => Some((names[1], kind)).filter(|(name, _)| !name.is_empty()),
            Self::Off => None,
        }
    }
}

/// The name, unit and attributes of a series in OpenTelemetry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Descriptor {
    pub(super) name: String,
    /// The unit in UCUM.
    pub(super) unit: &'static str,
    pub(super) attributes: Vec<KeyValue>,
}

impl Descriptor {
    /// A metric of the load generator itself, named by the conventions.
    pub(super) fn process(name: &str, unit: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            attributes: Vec::new(),
        }
    }

    /// The descriptor of a series. Names get `prefix`, unless the conventions define them; tags become attributes.
    pub(super) fn of(series: &SeriesInfo, prefix: &str, genai: GenAi) -> Self {
        let unit = unit(series);
        let is_inference = genai != GenAi::Off && series.metric.starts_with(INFERENCE);
        let mut attributes = if is_inference {
            inference(series)
        } else {
            let tags = labels(series);
            tags.map(|(name, value)| text(name, value)).collect()
        };
        let Some((name, kind)) = genai.name(&series.metric) else {
            return Self {
                name: format!("{prefix}{}", series.metric),
                unit,
                attributes,
            };
        };
        attributes.extend(kind.map(|kind| text("gen_ai.token.type", kind)));
        if series.metric == "llm_output_tokens" {
            attributes.push(text("gen_ai.token.modality", "unknown"));
        }
        Self {
            name: name.to_owned(),
            unit,
            attributes,
        }
    }
}

/// The attributes of a series of a language model, named by the conventions.
fn inference(series: &SeriesInfo) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    for (name, value) in labels(series) {
        match name {
            "model" => attributes.push(text("gen_ai.request.model", value)),
            "name" => attributes.extend(endpoint(value)),
            _ => attributes.push(text(name, value)),
        }
    }
    attributes
}

/// The attributes that follow from the URL of an endpoint. A name given by the script is a plain attribute.
fn endpoint(name: &str) -> Vec<KeyValue> {
    let url = url::Url::parse(name).ok();
    let Some((url, host)) = url.and_then(|url| Some((url.clone(), url.host_str()?.to_owned())))
    else {
        return vec![text("name", name)];
    };
    let mut attributes = vec![text("server.address", &host)];
    let port = url.port_or_known_default();
    attributes.extend(port.map(|port| int("server.port", i64::from(port))));
    // Keeps two endpoints of one server apart.
    attributes.push(text("url.path", url.path()));
    if let Some(api) = Api::of_path(url.path()) {
        attributes.push(text("gen_ai.operation.name", api.operation()));
        attributes.push(text("gen_ai.provider.name", api.provider()));
    }
    attributes
}

fn unit(series: &SeriesInfo) -> &'static str {
    match (series.unit, series.metric.as_str()) {
        (Unit::Time, _) => "s",
        (Unit::Data, _) => "By",
        (
            Unit::Plain,
            "http_reqs" | "http_reconnects" | "llm_requests" | "llm_errors" | "llm_goodput"
            | "client_errors" | "http_req_failed",
        ) => "{request}",
        (Unit::Plain, "iterations" | "dropped_iterations" | "iterations_failed") => "{iteration}",
        (Unit::Plain, "sse_event") => "{event}",
        (Unit::Plain, "sse_comments") => "{comment}",
        (Unit::Plain, "sse_streams" | "sse_errors" | "sse_reconnects") => "{stream}",
        (Unit::Plain, "vus" | "vus_max") => "{vu}",
        (Unit::Plain, "checks") => "{check}",
        (Unit::Plain, "llm_prompt_tokens" | "llm_completion_tokens" | "llm_output_tokens") => {
            "{token}"
        }
        (Unit::Plain, _) => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{MetricKind, SeriesRole};

    fn series(metric: &str, unit: Unit, tags: &[(&str, &str)]) -> SeriesInfo {
        SeriesInfo {
            metric: metric.to_owned(),
            kind: MetricKind::Trend,
            unit,
            tags: tags.iter().copied().collect(),
            role: SeriesRole::SubMetric,
        }
    }

    #[test]
    fn metrics_keep_their_names_and_tags_are_attributes() {
        let series = series("http_req_duration", Unit::Time, &[("scenario", "a")]);
        let named = Descriptor::of(&series, "k6_", GenAi::default());
        assert_eq!(
            (named.name.as_str(), named.unit),
            ("k6_http_req_duration", "s")
        );
        assert_eq!(named.attributes, [text("scenario", "a")]);
    }

    #[test]
    fn figures_of_language_models_have_the_names_of_the_conventions() {
        let tags = [
            ("name", "https://a.example/v1/messages"),
            ("model", "m"),
            ("scenario", "s"),
        ];
        let series = series("llm_prompt_tokens", Unit::Plain, &tags);
        let new = Descriptor::of(&series, "k6_", GenAi::V0_1);
        assert_eq!(new.name, "gen_ai.client.inference.operation.input_tokens");
        assert_eq!(new.unit, "{token}");
        let common = [
            text("gen_ai.request.model", "m"),
            text("server.address", "a.example"),
            int("server.port", 443),
            text("url.path", "/v1/messages"),
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "anthropic"),
            text("scenario", "s"),
        ];
        assert_eq!(new.attributes, common);
        let old = Descriptor::of(&series, "", GenAi::V1_41);
        assert_eq!(old.name, "gen_ai.client.token.usage");
        assert_eq!(
            old.attributes[common.len()],
            text("gen_ai.token.type", "input")
        );
        let own = Descriptor::of(&series, "", GenAi::Off);
        assert_eq!(own.name, "llm_prompt_tokens");
    }

    #[test]
    fn a_name_given_by_the_script_is_kept() {
        let series = series("llm_ttft", Unit::Time, &[("name", "questions")]);
        let named = Descriptor::of(&series, "", GenAi::V0_1);
        assert_eq!(named.attributes, [text("name", "questions")]);
    }
}

use super::{MetricKind, Unit};

/// The reason why a metric cannot be registered or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The name belongs to a metric of another kind or unit.
    #[error("{}", clash(name, *is, *asked))]
    Clash {
        /// The name.
        name: String,
        /// Kind and unit of the existing metric.
        is: (MetricKind, Unit),
        /// The requested kind and unit.
        asked: (MetricKind, Unit),
    },
    /// The name is invalid.
    #[error(
        "`{name}` is not a valid metric name: use up to 128 letters, digits and `_`, not beginning with a digit"
    )]
    BadName {
        /// The given name.
        name: String,
    },
    /// No metric has the name.
    #[error("no metric is named `{name}`{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// The given name.
        name: String,
        /// The most similar known name, if any is similar.
        nearest: Option<String>,
    },
    /// The sub-metric was not declared before the run, so it has no samples.
    #[error("the sub-metric `{selector}` was not declared before the run")]
    NotDeclared {
        /// The selector.
        selector: String,
    },
}

impl MetricError {
    /// A stable word for the kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Clash { .. } => "clash",
            Self::BadName { .. } => "bad_name",
            Self::Unknown { .. } => "unknown",
            Self::NotDeclared { .. } => "not_declared",
        }
    }
}

fn clash(name: &str, is: (MetricKind, Unit), asked: (MetricKind, Unit)) -> String {
    if is.0 == asked.0 {
        let (kind, is, asked) = (is.0, is.1.plural(), asked.1.plural());
        format!("metric `{name}` is already a {kind} of {is} and cannot be a {kind} of {asked}")
    } else {
        let (is, asked) = (is.0, asked.0);
        format!("metric `{name}` is already a {is} and cannot be a {asked} as well")
    }
}

/// The reason why a text is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectorError {
    /// The text before the brace is not a valid metric name.
    #[error(transparent)]
    Name(#[from] MetricError),
    /// The tags do not end with a brace.
    #[error("`{text}`: the tags must end with `}}`, as in `metric{{tag:value}}`")]
    Unclosed {
        /// The whole text.
        text: String,
    },
    /// The text between two commas is not a tag with a value.
    #[error("`{text}`: `{piece}` is not `tag:value`")]
    BadTag {
        /// The whole text.
        text: String,
        /// The text between the commas.
        piece: String,
    },
}

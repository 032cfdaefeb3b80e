use super::{MetricKind, Unit};

/// Why a metric cannot be registered or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The name is taken by a metric of another kind or unit.
    #[error("{}", clash(name, *is, *asked))]
    Clash {
        /// The name both want.
        name: String,
        /// What the metric of that name is.
        is: (MetricKind, Unit),
        /// What it was asked to be as well.
        asked: (MetricKind, Unit),
    },
    /// The name is not one a metric can have.
    #[error(
        "`{name}` cannot name a metric: use up to 128 letters, digits and `_`, and no digit first"
    )]
    BadName {
        /// The name as given.
        name: String,
    },
    /// No metric has the name.
    #[error("no metric is named `{name}`{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// The name as given.
        name: String,
        /// The known name closest to it, if one is close.
        nearest: Option<String>,
    },
    /// The sub-metric was not declared when the registry was made, so nothing was recorded for it.
    #[error("the sub-metric `{selector}` was not declared before the run")]
    NotDeclared {
        /// The selector in words.
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

/// Why a text selects no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectorError {
    /// The part before the braces is not a metric's name.
    #[error(transparent)]
    Name(#[from] MetricError),
    /// The tags are not closed by a brace at the very end.
    #[error("`{text}`: the tags must end with `}}`, as in `metric{{tag:value}}`")]
    Unclosed {
        /// The whole text.
        text: String,
    },
    /// A piece between commas is not a tag and its value.
    #[error("`{text}`: `{piece}` is not `tag:value`")]
    BadTag {
        /// The whole text.
        text: String,
        /// The piece.
        piece: String,
    },
}

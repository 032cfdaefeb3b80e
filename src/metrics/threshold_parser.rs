//! Parses a threshold such as `p(95) < 200ms`.

use std::fmt;
use std::str::FromStr;

use super::Stat;
use crate::units::{parse_bytes, parse_duration};

/// The condition of a threshold, such as `p(95) < 200ms`.
///
/// ```text
/// figure operator number[unit]
/// figure    count | rate | value | avg | min | med | max | sum | p(N)
/// operator  < | <= | > | >= | == | === | !=
/// unit      of times ns us ms s m h d, also combined: 1m30s; of data B kB MB GB KiB MiB GiB; of shares %
/// ```
///
/// The number of a `rate` may end in `/s`. Spaces between the elements are ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// The trimmed text.
    pub source: String,
    /// The figure.
    pub stat: Stat,
    /// The comparison.
    pub operator: Operator,
    /// The limit.
    pub limit: ThresholdLimit,
}

/// The comparison of a figure with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==` or `===`
    Equal,
    /// `!=`
    NotEqual,
}

impl Operator {
    /// The signs of the operators. A longer sign precedes those it begins with; the last sign of an operator is the shown one.
    const ALL: [(&'static str, Self); 7] = [
        ("===", Self::Equal),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    /// Whether `value` satisfies the comparison.
    #[expect(clippy::float_cmp, reason = "the user asked for exactly that value")]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
            Self::Equal => value == limit,
            Self::NotEqual => value != limit,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = Self::ALL
            .iter()
            .rev()
            .find(|(_, operator)| operator == self);
        f.write_str(sign.map_or("", |(sign, _)| sign))
    }
}

/// The number of a threshold, by its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThresholdLimit {
    /// Without a unit.
    Bare(f64),
    /// A time, in seconds.
    Time(f64),
    /// An amount of data, in bytes.
    Data(f64),
    /// A share: `5%` is 0.05.
    Share(f64),
}

/// The reason why a text is not a threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// It has no operator.
    #[error(
        "`{expression}` has no operator: write a figure, one of < <= > >= == !=, and a number, as in `p(95) < 200ms` or `rate < 0.01`"
    )]
    NoOperator {
        /// The text.
        expression: String,
    },
    /// The text before the operator is not a figure.
    #[error(
        "`{expression}`: there is no figure `{stat}`; a counter has {}, a gauge {}, a rate {}, a trend {}",
        Stat::names(super::MetricKind::Counter),
        Stat::names(super::MetricKind::Gauge),
        Stat::names(super::MetricKind::Rate),
        Stat::names(super::MetricKind::Trend)
    )]
    UnknownStat {
        /// The text.
        expression: String,
        /// The text before the operator.
        stat: String,
    },
    /// The text after the operator is not a number.
    #[error(
        "`{expression}`: `{limit}` is not a number with or without a unit, such as 200ms, 1.5s, 10MB or 5%"
    )]
    BadLimit {
        /// The text.
        expression: String,
        /// The text after the operator.
        limit: String,
    },
}

impl FromStr for Expression {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let source = text.trim().to_owned();
        let found = source.find(['<', '>', '=', '!']).and_then(|at| {
            let (stat, rest) = source.split_at(at);
            let known = |(sign, op)| Some((op, rest.strip_prefix(sign)?));
            let (operator, limit) = Operator::ALL.into_iter().find_map(known)?;
            Some((stat.trim(), operator, limit.trim()))
        });
        let Some((stat_text, operator, limit_text)) = found else {
            return Err(SyntaxError::NoOperator { expression: source });
        };
        let Ok(stat) = stat_text.parse::<Stat>() else {
            let stat = stat_text.to_owned();
            return Err(SyntaxError::UnknownStat {
                expression: source,
                stat,
            });
        };
        let per_second = limit_text.strip_suffix("/s").filter(|_| stat == Stat::Rate);
        let Some(limit) = limit(per_second.unwrap_or(limit_text)) else {
            let limit = limit_text.to_owned();
            return Err(SyntaxError::BadLimit {
                expression: source,
                limit,
            });
        };
        Ok(Self {
            source,
            stat,
            operator,
            limit,
        })
    }
}

fn limit(text: &str) -> Option<ThresholdLimit> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(ThresholdLimit::Bare(number));
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent
            .trim_end()
            .parse::<f64>()
            .ok()
            .filter(|p| p.is_finite())?;
        return Some(ThresholdLimit::Share(percent / 100.0));
    }
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1.0, size),
        None => (1.0, text),
    };
    if let Ok(time) = parse_duration(size) {
        return Some(ThresholdLimit::Time(sign * time.as_secs_f64()));
    }
    parse_bytes(size)
        .ok()
        .map(|bytes| ThresholdLimit::Data(sign * bytes as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_figure_operator_and_limit() {
        use Operator::*;
        for (text, stat, operator, limit) in [
            ("rate < 0.8", Stat::Rate, Less, ThresholdLimit::Bare(0.8)),
            (" rate<0.8 ", Stat::Rate, Less, ThresholdLimit::Bare(0.8)),
            ("rate<5%", Stat::Rate, Less, ThresholdLimit::Share(0.05)),
            (
                "count>=1e3",
                Stat::Count,
                GreaterOrEqual,
                ThresholdLimit::Bare(1000.0),
            ),
            (
                "value!=-1",
                Stat::Value,
                NotEqual,
                ThresholdLimit::Bare(-1.0),
            ),
            ("value == +1", Stat::Value, Equal, ThresholdLimit::Bare(1.0)),
            ("value===1", Stat::Value, Equal, ThresholdLimit::Bare(1.0)),
            (
                "p(95)<200ms",
                Stat::Percentile(95.0),
                Less,
                ThresholdLimit::Time(0.2),
            ),
            (
                "p(99.9) <= 1m30s",
                Stat::Percentile(99.9),
                LessOrEqual,
                ThresholdLimit::Time(90.0),
            ),
            (
                "min > -5us",
                Stat::Min,
                Greater,
                ThresholdLimit::Time(-5e-6),
            ),
            ("avg<1m", Stat::Avg, Less, ThresholdLimit::Time(60.0)),
            ("rate>1MB/s", Stat::Rate, Greater, ThresholdLimit::Data(1e6)),
            (
                "rate > 10/s",
                Stat::Rate,
                Greater,
                ThresholdLimit::Bare(10.0),
            ),
            ("count<64kB", Stat::Count, Less, ThresholdLimit::Data(64e3)),
            ("sum<1KiB", Stat::Sum, Less, ThresholdLimit::Data(1024.0)),
        ] {
            let read: Expression = text.parse().unwrap();
            assert_eq!(
                (read.stat, read.operator, read.limit),
                (stat, operator, limit),
                "{text}"
            );
            assert_eq!(read.source, text.trim());
        }
    }

    #[test]
    fn errors_name_the_mistake() {
        let error = |text: &str| text.parse::<Expression>().unwrap_err();
        for text in ["", "p(95)", "p(95) 200", "p(95)!200", "p(95)=200"] {
            assert!(
                matches!(error(text), SyntaxError::NoOperator { .. }),
                "{text}"
            );
        }
        for text in ["<1", "p95<1", "p(101)<1", "mean<1", "avg avg<1"] {
            assert!(
                matches!(error(text), SyntaxError::UnknownStat { .. }),
                "{text}"
            );
        }
        for text in [
            "avg<",
            "avg<x",
            "avg<NaN",
            "avg<inf",
            "avg<1e999",
            "avg<1 2",
            "avg<=>1",
            "avg<1/s",
            "avg<1 lightyear",
        ] {
            assert!(
                matches!(error(text), SyntaxError::BadLimit { .. }),
                "{text}"
            );
        }
        insta::assert_snapshot!(error("p95<200ms"), @"`p95<200ms`: there is no figure `p95`; a counter has count or rate, a gauge value, a rate rate, a trend avg, min, med, max, p(N), count or sum");
        insta::assert_snapshot!(error("avg<fast"), @"`avg<fast`: `fast` is not a number with or without a unit, such as 200ms, 1.5s, 10MB or 5%");
        insta::assert_snapshot!(error("p(95)"), @"`p(95)` has no operator: write a figure, one of < <= > >= == !=, and a number, as in `p(95) < 200ms` or `rate < 0.01`");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z0-9()<>=! .%/-]{0,20}|.{0,20}") {
            let _ = text.parse::<Expression>();
        }
    }
}

//! Distributions of prompt lengths.

use std::fmt;
use std::sync::Arc;

use super::words::words_of;
use crate::units::SplitMix64;

/// A distribution of the lengths of prompts or replies, in tokens.
///
/// Written as `512`, `512±20%` (also `512+-20%`), `512±100`, `100..900`, `normal(512,100)` with a standard deviation,
/// `lognormal(512,2000)` with mean and 99th percentile, or `histogram=FILE`, a file with `LENGTH,COUNT` on each line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lengths {
    text: String,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// A uniform distribution between these, inclusive.
    Even { least: u64, most: u64 },
    /// A normal distribution, limited to 1 and more.
    Normal { mean: f64, deviation: f64 },
    /// A lognormal distribution.
    Lognormal { mu: f64, sigma: f64 },
    /// Lengths, each with the number of lengths up to it.
    Histogram(Arc<[(u64, u64)]>),
}

/// The maximum length.
const MOST: u64 = 10_000_000;
/// The distance of the 99th percentile of a normal distribution from its mean, in standard deviations.
const Z99: f64 = 2.326_347_874_040_841;

const FORMS: &str = "write a number of tokens, or a spread such as 512±20%, 512+-100, 100..900, normal(512,100) with the standard \
                     deviation, lognormal(512,2000) with mean and 99th percentile, or histogram=FILE";

impl Lengths {
    /// Always this length.
    pub(crate) fn fixed(tokens: u64) -> Self {
        Self {
            text: tokens.to_string(),
            shape: Shape::Even {
                least: tokens,
                most: tokens,
            },
        }
    }

    /// A uniform distribution between `tokens` × (1 − range) and `tokens` × (1 + range), with the range limited to 0 to 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, and a length is not negative"
    )]
    pub(crate) fn around(tokens: u64, range: f64) -> Self {
        let range = if range.is_nan() {
            0.0
        } else {
            range.clamp(0.0, 1.0)
        };
        let spread = (tokens as f64 * range) as u64;
        Self {
            text: format!("{tokens}±{}%", range * 100.0),
            shape: Shape::Even {
                least: tokens.saturating_sub(spread).max(1),
                most: tokens.saturating_add(spread).max(1),
            },
        }
    }

    /// Parses a distribution; `read` returns the content of a file.
    ///
    /// # Errors
    /// The problem and the remedy.
    pub(crate) fn parse(
        text: &str,
        read: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let text = text.trim();
        let shape = match text.strip_prefix("histogram=") {
            Some(path) => {
                let content = read(path)?;
                let histogram = histogram(&content).map_err(|what| format!("{path}: {what}"))?;
                Some(Shape::Histogram(histogram))
            }
            None => shape(text)?,
        };
        let shape = shape.ok_or_else(|| format!("{text:?} is not a length: {FORMS}"))?;
        Ok(Self {
            text: text.to_owned(),
            shape,
        })
    }

    /// The length, if it is always the same.
    pub(crate) fn same(&self) -> Option<u64> {
        match self.shape {
            Shape::Even { least, most } if least == most => Some(least),
            _ => None,
        }
    }

    /// The mean length.
    pub(crate) fn mean(&self) -> f64 {
        match &self.shape {
            Shape::Even { least, most } => f64::midpoint(*least as f64, *most as f64),
            Shape::Normal { mean, .. } => *mean,
            Shape::Lognormal { mu, sigma } => (mu + sigma * sigma / 2.0).exp(),
            Shape::Histogram(lengths) => {
                let mut before = 0;
                let mut sum = 0.0;
                for (length, up_to) in lengths.iter() {
                    sum += *length as f64 * (up_to - before) as f64;
                    before = *up_to;
                }
                sum / before.max(1) as f64
            }
        }
    }

    /// Random lengths, the same for the same seed.
    pub(crate) fn drawn(&self, seed: u64) -> impl Iterator<Item = u64> {
        let mut random = words_of(seed, u64::MAX);
        std::iter::repeat_with(move || self.draw(&mut random))
    }

    /// Draws a length of 1 or more.
    pub(super) fn draw(&self, random: &mut SplitMix64) -> u64 {
        match &self.shape {
            Shape::Even { least, most } => least
                .saturating_add(random.below((most - least).saturating_add(1)))
                .max(1),
            Shape::Normal { mean, deviation } => whole(mean + deviation * random.normal()),
            Shape::Lognormal { mu, sigma } => whole((mu + sigma * random.normal()).exp()),
            Shape::Histogram(lengths) => {
                let all = lengths.last().map_or(0, |(_, up_to)| *up_to);
                let number = random.below(all);
                let index = lengths.partition_point(|(_, up_to)| *up_to <= number);
                lengths.get(index).map_or(1, |(length, _)| *length)
            }
        }
    }
}

impl fmt::Display for Lengths {
    /// The text from which it was parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates, and the bounds are whole"
)]
fn whole(length: f64) -> u64 {
    (length.round() as u64).clamp(1, MOST)
}

fn shape(text: &str) -> Result<Option<Shape>, String> {
    let even = |least: u64, most: u64| Ok(Some(Shape::Even { least, most }));
    if let Some((middle, spread)) = text.split_once('±').or_else(|| text.split_once("+-")) {
        let Some(middle) = tokens(middle) else {
            return Ok(None);
        };
        if let Some(percent) = spread.trim().strip_suffix('%') {
            let share = number(percent).filter(|share| (0.0..=100.0).contains(share));
            return Ok(share.map(|share| Lengths::around(middle, share / 100.0).shape));
        }
        let Some(spread) = tokens(spread) else {
            return Ok(None);
        };
        return even(
            middle.saturating_sub(spread).max(1),
            middle.saturating_add(spread),
        );
    }
    if let Some((least, most)) = text.split_once("..") {
        return match (tokens(least), tokens(most)) {
            (Some(least), Some(most)) if least <= most => even(least, most),
            _ => Ok(None),
        };
    }
    if let Some((mean, deviation)) = arguments(text, "normal") {
        return Ok(Some(Shape::Normal { mean, deviation }));
    }
    if let Some((mean, p99)) = arguments(text, "lognormal") {
        // The mean is exp(µ + σ²/2) and the percentile exp(µ + zσ); their quotient gives σ.
        let rest = Z99 * Z99 - 2.0 * (p99 / mean).ln();
        if p99 < mean || rest < 0.0 {
            let most = (Z99 * Z99 / 2.0).exp() * mean;
            return Err(format!(
                "{text:?} is not a lognormal distribution: its 99th percentile lies between the mean and {most:.0}"
            ));
        }
        let sigma = Z99 - rest.sqrt();
        return Ok(Some(Shape::Lognormal {
            mu: mean.ln() - sigma * sigma / 2.0,
            sigma,
        }));
    }
    match tokens(text) {
        Some(length) => even(length, length),
        None => Ok(None),
    }
}

/// The two numbers of `name(a,b)`; the first is 1 or more.
fn arguments(text: &str, name: &str) -> Option<(f64, f64)> {
    let inner = text
        .strip_prefix(name)?
        .trim()
        .strip_prefix('(')?
        .strip_suffix(')')?;
    let (first, second) = inner.split_once(',')?;
    let (first, second) = (number(first)?, number(second)?);
    (first >= 1.0 && first <= MOST as f64 && second >= 0.0).then_some((first, second))
}

fn number(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

fn tokens(text: &str) -> Option<u64> {
    text.trim()
        .parse()
        .ok()
        .filter(|tokens| (1..=MOST).contains(tokens))
}

/// Parses a histogram of lines such as `512,37`. Skips a first line of names, blank lines and lines that begin with `#`.
fn histogram(content: &str) -> Result<Arc<[(u64, u64)]>, String> {
    let mut lengths: Vec<(u64, u64)> = Vec::new();
    for (number, line) in (1..).zip(content.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty()
            || line.starts_with('#')
            || (number == 1 && line.starts_with(char::is_alphabetic))
        {
            continue;
        }
        let parts = line.split_once([',', ';', '\t', ' ']);
        let entry = parts
            .and_then(|(length, count)| Some((tokens(length)?, count.trim().parse::<u64>().ok()?)));
        let (length, count) = entry.ok_or_else(|| {
            format!(
                "line {number}: {line:?} is not a length and count: write LENGTH,COUNT, such as 512,37"
            )
        })?;
        if count > 0 {
            lengths.push((length, count));
        }
    }
    lengths.sort_unstable();
    let mut sum: u64 = 0;
    for (_, count) in &mut lengths {
        sum = sum.checked_add(*count).ok_or("the counts are too large")?;
        *count = sum;
    }
    if lengths.is_empty() {
        return Err("it has no length: write LENGTH,COUNT on each line".to_owned());
    }
    Ok(lengths.into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(text: &str) -> Result<Lengths, String> {
        Lengths::parse(text, |path| match path {
            "h.csv" => {
                Ok("length,count\n10,1\n# twice\n5,2\n30,1\n0.5,0\n".replace("0.5,0\n", "7,0\n"))
            }
            "bad.csv" => Ok("10,1\nten,1\n".to_owned()),
            _ => Ok(String::new()),
        })
    }

    fn drawn(text: &str) -> Vec<u64> {
        let lengths = of(text).unwrap();
        let mut random = SplitMix64::new(3);
        let mut drawn: Vec<u64> = (0..20_000).map(|_| lengths.draw(&mut random)).collect();
        drawn.sort_unstable();
        let mean = drawn.iter().sum::<u64>() as f64 / drawn.len() as f64;
        assert!(
            (mean / lengths.mean() - 1.0).abs() < 0.03,
            "{text}: {mean} and {}",
            lengths.mean()
        );
        drawn
    }

    #[test]
    fn a_distribution_has_the_given_range() {
        for (text, least, most) in [
            ("512", 512, 512),
            ("500±20%", 400, 600),
            ("500+-20%", 400, 600),
            ("500 ± 100", 400, 600),
            ("400..600", 400, 600),
        ] {
            let drawn = drawn(text);
            assert_eq!((drawn[0], drawn[drawn.len() - 1]), (least, most), "{text}");
            assert_eq!(of(text).unwrap().to_string(), text);
        }
        let at = |drawn: &[u64], per_myriad: usize| drawn[drawn.len() * per_myriad / 10_000] as f64;
        let normal = drawn("normal(1000,100)");
        assert!((at(&normal, 8_413) - 1100.0).abs() < 10.0);
        let lognormal = drawn("lognormal(500,2000)");
        assert!(
            (at(&lognormal, 9_900) / 2000.0 - 1.0).abs() < 0.1,
            "{}",
            at(&lognormal, 9_900)
        );
        assert_eq!(
            (of("512").unwrap().same(), of("1..2").unwrap().same()),
            (Some(512), None)
        );
    }

    #[test]
    fn a_histogram_gives_each_length_as_often_as_it_says() {
        let mut counts = BTreeMap::new();
        for length in drawn("histogram=h.csv") {
            *counts.entry(length).or_insert(0) += 1;
        }
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [5, 10, 30]);
        assert!((9_500..10_500).contains(&counts[&5]), "{counts:?}");
    }

    #[test]
    fn invalid_lengths_are_errors() {
        for text in [
            "",
            "0",
            "-3",
            "ten",
            "5±",
            "5±200%",
            "9..3",
            "normal(5)",
            "lognormal(0,3)",
            "1e9",
        ] {
            let error = of(text).unwrap_err();
            assert!(
                error.contains("is not a length: write a number of tokens"),
                "{error}"
            );
        }
        assert_eq!(
            of("lognormal(100,5000)").unwrap_err(),
            "\"lognormal(100,5000)\" is not a lognormal distribution: its 99th percentile lies between the mean and 1497"
        );
        assert_eq!(
            of("histogram=bad.csv").unwrap_err(),
            "bad.csv: line 2: \"ten,1\" is not a length and count: write LENGTH,COUNT, such as 512,37"
        );
        assert!(
            of("histogram=none")
                .unwrap_err()
                .contains("it has no length")
        );
    }
}

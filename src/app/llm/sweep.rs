//! The levels of a sweep, such as `concurrency=1,2,4,8` or `rate=1..64`.

use std::str::FromStr;

use super::bench::LoadLevel;

/// The levels of a load, in the order of their runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sweep(pub Vec<LoadLevel>);

/// The maximum number of levels.
const MOST: usize = 100;

impl FromStr for Sweep {
    type Err = String;

    /// Parses `concurrency=` or `rate=` with levels separated by commas, each a number or a doubling range such as `1..64`.
    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write the levels of one of them, such as concurrency=1,2,4,8 or rate=1..64";
        let (name, levels) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} is not a sweep: {example}"))?;
        let step: fn(&str) -> Result<LoadLevel, String> = match name {
            "concurrency" => concurrency,
            "rate" => rate,
            _ => return Err(format!("{name:?} cannot be swept: {example}")),
        };
        let mut steps = Vec::new();
        for level in levels.split(',').map(str::trim) {
            match level.split_once("..") {
                Some((low, high)) => ladder(step(low)?, step(high)?, &mut steps)
                    .ok_or_else(|| format!("{level:?} goes down: write the lower level first"))?,
                None => steps.push(step(level)?),
            }
        }
        if steps.len() > MOST {
            return Err(format!(
                "there are {} levels: use at most {MOST}",
                steps.len()
            ));
        }
        Ok(Self(steps))
    }
}

fn concurrency(text: &str) -> Result<LoadLevel, String> {
    let number = text.parse().ok().filter(|n| (1..=1_000_000).contains(n));
    number.map(LoadLevel::Concurrency).ok_or_else(|| {
        format!("{text:?} is not a concurrency: write a whole number from 1 to 1000000")
    })
}

fn rate(text: &str) -> Result<LoadLevel, String> {
    let number = text.parse().ok().filter(|n| (1e-3..=1e6).contains(n));
    number.map(LoadLevel::Rate).ok_or_else(|| {
        format!("{text:?} is not a rate: write requests per second, from 0.001 to 1000000")
    })
}

/// Doubles from the first level to the last, which is always included. `None` if the last is lower.
fn ladder(low: LoadLevel, high: LoadLevel, steps: &mut Vec<LoadLevel>) -> Option<()> {
    match (low, high) {
        (LoadLevel::Concurrency(low), LoadLevel::Concurrency(high)) if low <= high => {
            let doubled = std::iter::successors(Some(low), |n| n.checked_mul(2));
            steps.extend(
                doubled
                    .take_while(|n| *n < high)
                    .map(LoadLevel::Concurrency),
            );
        }
        (LoadLevel::Rate(low), LoadLevel::Rate(high)) if low <= high => {
            let doubled = std::iter::successors(Some(low), |rate| Some(rate * 2.0));
            steps.extend(doubled.take_while(|rate| *rate < high).map(LoadLevel::Rate));
        }
        _ => return None,
    }
    steps.push(high);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_numbers_or_doubling_ranges() {
        let sweep = |text: &str| text.parse::<Sweep>().unwrap().0;
        let concurrency = |levels: &[u64]| -> Vec<LoadLevel> {
            levels.iter().copied().map(LoadLevel::Concurrency).collect()
        };
        assert_eq!(sweep("concurrency=1, 2,4"), concurrency(&[1, 2, 4]));
        assert_eq!(sweep("concurrency=1..8"), concurrency(&[1, 2, 4, 8]));
        assert_eq!(
            sweep("concurrency=3..20,64"),
            concurrency(&[3, 6, 12, 20, 64])
        );
        assert_eq!(sweep("concurrency=5..5"), concurrency(&[5]));
        assert_eq!(sweep("rate=0.5..2"), [0.5, 1.0, 2.0].map(LoadLevel::Rate));
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, part) in [
            ("1,2,4", "is not a sweep"),
            ("users=1", "\"users\" cannot be swept"),
            ("concurrency=", "\"\" is not a concurrency"),
            ("concurrency=0", "\"0\" is not a concurrency"),
            ("concurrency=1.5", "\"1.5\" is not a concurrency"),
            ("rate=-1", "\"-1\" is not a rate"),
            ("rate=inf", "\"inf\" is not a rate"),
            ("rate=8..1", "\"8..1\" goes down"),
        ] {
            let error = text.parse::<Sweep>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let many = format!("rate={}", vec!["1"; 101].join(","));
        assert!(many.parse::<Sweep>().unwrap_err().contains("101 levels"));
    }
}

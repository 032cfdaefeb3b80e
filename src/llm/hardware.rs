//! The hardware of a server and its cost.

use super::aggregate::BenchResult;

/// The accelerators behind a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hardware {
    /// The number of GPUs.
    pub gpus: u64,
    /// The price of a GPU in dollars per hour.
    pub price: Option<f64>,
    /// The power of a GPU in watts.
    pub power: Option<f64>,
}

/// The figures of a result per accelerator and user, and its cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Economics {
    /// Output tokens per second of one accelerator.
    pub output_per_gpu: f64,
    /// Prompt and output tokens per second of one accelerator.
    pub total_per_gpu: f64,
    /// Output tokens per second that one user sees: 1 / median TPOT. `None` if no reply has more than one token.
    pub per_user: Option<f64>,
    /// The price of a million output tokens in dollars.
    pub cost: Option<f64>,
    /// The energy of an output token in joules.
    pub energy: Option<f64>,
}

impl Hardware {
    /// The price of a million output tokens, and the energy of each in joules, at this rate.
    pub(crate) fn costs(&self, tokens_per_second: f64) -> (Option<f64>, Option<f64>) {
        let seconds = self.gpus as f64 / tokens_per_second;
        let all = |each: Option<f64>| {
            each.map(|each| each * seconds)
                .filter(|all| all.is_finite())
        };
        let price = all(self.price).map(|an_hour| an_hour / 3600.0 * 1e6);
        (price, all(self.power))
    }

    /// The figures of a result on this hardware.
    pub(crate) fn economics(&self, result: &BenchResult) -> Economics {
        let gpus = self.gpus as f64;
        let (cost, energy) = self.costs(result.output_throughput);
        let tpot = result.tpot.median;
        Economics {
            output_per_gpu: result.output_throughput / gpus,
            total_per_gpu: result.total_token_throughput / gpus,
            per_user: (result.tpot.count > 0 && tpot > 0.0).then(|| 1.0 / tpot),
            cost,
            energy,
        }
    }

    /// The hardware as labels of a run.
    pub(crate) fn labels(&self) -> Vec<(String, String)> {
        let gpus = Some((Self::GPUS, self.gpus.to_string()));
        let price = self.price.map(|price| (Self::PRICE, price.to_string()));
        let power = self.power.map(|power| (Self::POWER, power.to_string()));
        let labels = [gpus, price, power].into_iter().flatten();
        labels
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The hardware that the labels of a run describe, if they do.
    pub(crate) fn of_labels(labels: &[(String, String)]) -> Option<Self> {
        let label = |name: &str| {
            let mut labels = labels.iter().rev();
            labels.find(|(own, _)| own == name).map(|(_, value)| value)
        };
        let number = |name: &str| {
            let number: Option<f64> = label(name)?.parse().ok();
            number.filter(|number| number.is_finite() && *number >= 0.0)
        };
        let gpus = label(Self::GPUS)?.parse().ok().filter(|gpus| *gpus > 0)?;
        Some(Self {
            gpus,
            price: number(Self::PRICE),
            power: number(Self::POWER),
        })
    }

    const GPUS: &str = "gpus";
    const PRICE: &str = "price";
    const POWER: &str = "power";
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::llm::{Aggregate, AggregateOptions};

    const NODE: Hardware = Hardware {
        gpus: 8,
        price: Some(2.5),
        power: Some(700.0),
    };

    #[test]
    fn tokens_have_a_price_and_an_energy() {
        let mut result = Aggregate::new(AggregateOptions::default()).finish(Duration::from_secs(1));
        result.output_throughput = 4000.0;
        result.total_token_throughput = 20_000.0;
        result.tpot.count = 9;
        result.tpot.median = 0.02;
        let found = NODE.economics(&result);
        assert_eq!((found.output_per_gpu, found.total_per_gpu), (500.0, 2500.0));
        assert_eq!(found.per_user, Some(50.0));
        // $20 an hour for 14.4 million tokens; 5600 W for 4000 tokens a second.
        assert!((found.cost.unwrap() - 20.0 / 14.4).abs() < 1e-9);
        assert!((found.energy.unwrap() - 1.4).abs() < 1e-9);
        let nothing =
            NODE.economics(&Aggregate::new(AggregateOptions::default()).finish(Duration::ZERO));
        assert_eq!(
            (nothing.per_user, nothing.cost, nothing.energy),
            (None, None, None)
        );
    }

    #[test]
    fn hardware_survives_as_labels() {
        assert_eq!(Hardware::of_labels(&NODE.labels()), Some(NODE));
        let bare = Hardware {
            gpus: 1,
            price: None,
            power: None,
        };
        assert_eq!(Hardware::of_labels(&bare.labels()), Some(bare));
        assert_eq!(
            Hardware::of_labels(&[("gpus".to_owned(), "many".to_owned())]),
            None
        );
    }
}

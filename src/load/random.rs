//! The random numbers of a schedule.

use super::Burstiness;
use crate::units::{SplitMix64, mix};

/// A gamma distributed number with this shape and mean 1, by the method of Marsaglia and Tsang, "A simple method for generating
/// gamma variables", ACM Transactions on Mathematical Software 26 (2000).
pub(super) fn gamma(random: &mut SplitMix64, shape: Burstiness) -> f64 {
    if shape == Burstiness::POISSON {
        return random.exponential();
    }
    let shape = shape.get();
    // The method requires a shape of at least 1; a power of a uniform number reduces it to smaller ones.
    let (least, factor) = if shape < 1.0 {
        (shape + 1.0, random.uniform().powf(1.0 / shape))
    } else {
        (shape, 1.0)
    };
    let d = least - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = random.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && random.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v * factor / shape;
        }
    }
}

/// The seed of the scenario called `name`, so that scenarios do not start in step.
pub(crate) fn derive_seed(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |hash, byte| {
        mix(hash ^ u64::from(byte)).wrapping_add(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_has_mean_one_and_the_variance_of_its_shape() {
        for shape in [0.05, 0.5, 1.0, 3.0, 200.0] {
            let mut random = SplitMix64::new(7);
            let n = 200_000;
            let burstiness = Burstiness::new(shape).unwrap();
            let gaps: Vec<f64> = (0..n).map(|_| gamma(&mut random, burstiness)).collect();
            let mean = gaps.iter().sum::<f64>() / f64::from(n);
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / f64::from(n);
            // Four standard errors of the mean; those of the variance follow from the fourth moment, 3 + 6/shape.
            let error = 4.0 / f64::from(n).sqrt();
            assert!((mean - 1.0).abs() < error / shape.sqrt(), "{shape}: {mean}");
            let spread = (2.0 + 6.0 / shape).sqrt();
            assert!(
                (variance * shape - 1.0).abs() < error * spread,
                "{shape}: {variance}"
            );
            assert!(gaps.iter().all(|gap| gap.is_finite() && *gap >= 0.0));
        }
    }

    #[test]
    fn names_and_seeds_give_different_seeds() {
        let seeds = [
            derive_seed(0, "a"),
            derive_seed(0, "b"),
            derive_seed(1, "a"),
            derive_seed(0, "ab"),
        ];
        for (index, seed) in seeds.iter().enumerate() {
            assert!(!seeds[index + 1..].contains(seed));
        }
        assert_eq!(derive_seed(3, "chat"), derive_seed(3, "chat"));
    }
}

//! The random numbers of schedules. ssel has its own generator, so that a seed gives the same schedule in every version.

use super::Burstiness;

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Debug, Clone)]
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Uniformly distributed, above 0 and at most 1, so that its logarithm is finite.
    fn uniform(&mut self) -> f64 {
        // 53 bits give every multiple of 2^-53 in [0, 1).
        1.0 - (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Exponentially distributed with mean 1: the gap between events of a Poisson process of rate 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Normally distributed with mean 0 and variance 1, by the method of Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma distributed with this shape and mean 1, by the method of Marsaglia and Tsang, "A simple method for generating
    /// gamma variables", ACM Transactions on Mathematical Software 26 (2000).
    pub(super) fn gamma(&mut self, shape: Burstiness) -> f64 {
        if shape == Burstiness::POISSON {
            return self.exponential();
        }
        let shape = shape.get();
        // The method wants a shape of 1 or more; a power of a uniform number leads from there to smaller ones.
        let (least, factor) = if shape < 1.0 {
            (shape + 1.0, self.uniform().powf(1.0 / shape))
        } else {
            (shape, 1.0)
        };
        let d = least - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v * factor / shape;
            }
        }
    }
}

/// A seed for the part of a run called `name`, so that two scenarios with one seed do not start in step.
pub fn derive_seed(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |hash, byte| {
        mix(hash ^ u64::from(byte)).wrapping_add(1)
    })
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_published_sequence() {
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
        assert_eq!(random.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn gamma_has_mean_one_and_the_variance_of_its_shape() {
        for shape in [0.05, 0.5, 1.0, 3.0, 200.0] {
            let mut random = SplitMix64::new(7);
            let n = 200_000;
            let burstiness = Burstiness::new(shape).unwrap();
            let gaps: Vec<f64> = (0..n).map(|_| random.gamma(burstiness)).collect();
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

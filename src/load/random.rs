//! The random numbers of a schedule. Our own generator, so that a seed means the same schedule in every version.

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

    /// Exponentially distributed with mean 1: the gap between events of a Poisson process of rate 1.
    pub(super) fn exponential(&mut self) -> f64 {
        // 53 bits give every multiple of 2^-53 in [0, 1); 1 minus that is never 0, so the logarithm is finite.
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        -(1.0 - uniform).ln()
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
    fn exponential_has_mean_and_variance_one() {
        let mut random = SplitMix64::new(7);
        let n = 200_000;
        let gaps: Vec<f64> = (0..n).map(|_| random.exponential()).collect();
        let mean = gaps.iter().sum::<f64>() / f64::from(n);
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
        assert!(gaps.iter().all(|gap| gap.is_finite() && *gap >= 0.0));
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

//! Fits a monotonic curve to noisy points: the pool-adjacent-violators algorithm (Ayer et al. 1955) with medians, which
//! minimises the sum of absolute distances. One disturbed measurement among several moves a median little.

/// Fits a value to each group, so that the values never decrease; the groups are in ascending order of the independent variable.
/// Neighbours that contradict the order share the median of all their values. A group without values has the fit of the previous
/// group, or NaN if there is none.
pub(crate) fn fit(groups: &[Vec<f64>]) -> Vec<f64> {
    // Each block has its sorted values and the number of its groups.
    let mut blocks: Vec<(Vec<f64>, usize)> = Vec::new();
    for group in groups {
        let mut block = (group.clone(), 1);
        block.0.sort_unstable_by(f64::total_cmp);
        while let Some((before, covered)) = blocks.pop() {
            let violates = block.0.is_empty() || median(&before) > median(&block.0);
            if !violates {
                blocks.push((before, covered));
                break;
            }
            block.0.extend(before);
            block.0.sort_unstable_by(f64::total_cmp);
            block.1 += covered;
        }
        blocks.push(block);
    }
    let spread = blocks.iter().flat_map(|(values, covered)| {
        let median = median(values);
        std::iter::repeat_n(median, *covered)
    });
    spread.collect()
}

/// The median of sorted values; NaN without values.
fn median(values: &[f64]) -> f64 {
    match values.len() {
        0 => f64::NAN,
        n => f64::midpoint(values[(n - 1) / 2], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn each(values: &[f64]) -> Vec<f64> {
        let groups: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
        fit(&groups)
    }

    #[test]
    fn values_in_order_stay_as_they_are() {
        assert_eq!(each(&[-1.0, 0.0, 0.0, 3.0]), [-1.0, 0.0, 0.0, 3.0]);
        assert_eq!(each(&[]), [0.0; 0]);
    }

    #[test]
    fn neighbours_that_contradict_the_order_share_a_median() {
        assert_eq!(each(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(each(&[3.0, 2.0, 1.0]), [2.0; 3]);
        // Of three measurements at one place, the odd one does not count.
        let groups = [vec![-1.0], vec![-0.5, 9.0, -0.4], vec![0.5]];
        assert_eq!(fit(&groups), [-1.0, -0.4, 0.5]);
    }

    proptest! {
        #[test]
        fn a_fit_never_decreases_and_stays_within_the_values(
            groups in prop::collection::vec(prop::collection::vec(-5.0..5.0_f64, 1..4), 1..20)
        ) {
            let fitted = fit(&groups);
            prop_assert_eq!(fitted.len(), groups.len());
            prop_assert!(fitted.is_sorted());
            prop_assert!(fitted.iter().all(|value| (-5.0..5.0).contains(value)));
        }
    }
}

//! A piecewise-linear ramp: its value, its integral, and the inverse of the integral.
//!
//! Areas are whole numbers (twice the area, in level × nanoseconds), so that the number of starts of a ramp does not depend on
//! the rounding of floats. Only the time of a start inside a sloped stage requires a square root.

use std::cmp::Ordering;
use std::time::Duration;

/// One stage: a linear change to `target` over `duration`; a stage without duration is a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RampStage<T> {
    /// The duration of the change.
    pub duration: Duration,
    /// The value at the end of the stage: VUs (`u64`) or starts per time unit ([`StartRate`](super::StartRate)).
    pub target: T,
}

impl<T> RampStage<T> {
    /// The total duration of `stages`.
    pub(crate) fn total(stages: &[Self]) -> Duration {
        stages.iter().fold(Duration::ZERO, |sum, stage| {
            sum.saturating_add(stage.duration)
        })
    }
}

/// A level that changes through stages. Times count from the start of the ramp.
#[derive(Debug, Clone)]
pub(crate) struct Ramp {
    pieces: Vec<RampPiece>,
}

/// One stage with its position in the ramp. Times are in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct RampPiece {
    start: u64,
    length: u64,
    from: u64,
    to: u64,
    /// Twice the area up to the end of this stage.
    twice_area_at_end: u128,
}

impl Ramp {
    /// The maximum level; higher levels are reduced to it, so that no area overflows.
    pub(crate) const MAX_LEVEL: u64 = 1_000_000_000_000_000;

    /// A ramp from `start` through `stages`. It ends after 584 years at the latest.
    pub(crate) fn new(start: u64, stages: impl IntoIterator<Item = RampStage<u64>>) -> Self {
        let (mut now, mut level, mut area) = (0_u64, start.min(Self::MAX_LEVEL), 0_u128);
        let pieces = stages.into_iter().map(|stage| {
            let to = stage.target.min(Self::MAX_LEVEL);
            let length = nanoseconds(stage.duration).min(u64::MAX - now);
            area += u128::from(level + to) * u128::from(length);
            let piece = RampPiece {
                start: now,
                length,
                from: level,
                to,
                twice_area_at_end: area,
            };
            now += length;
            level = to;
            piece
        });
        Self {
            pieces: pieces.collect(),
        }
    }

    /// Twice the area under the whole ramp, in level × nanoseconds.
    pub(super) fn twice_area(&self) -> u128 {
        self.pieces
            .last()
            .map_or(0, |piece| piece.twice_area_at_end)
    }

    /// The last time at which the area so far is at most half of `twice_area`; `None` if that is so at the end of the ramp.
    ///
    /// While a ramp stays at 0, the area does not grow; a start that needs a larger area comes after that stage.
    pub(super) fn time_of(&self, twice_area: u128) -> Option<Duration> {
        let index = self
            .pieces
            .partition_point(|piece| piece.twice_area_at_end <= twice_area);
        let piece = self.pieces.get(index)?;
        let inside = twice_area - (piece.twice_area_at_end - piece.twice_area());
        Some(Duration::from_nanos(piece.start + piece.offset_of(inside)))
    }
}

impl RampPiece {
    fn twice_area(&self) -> u128 {
        u128::from(self.from + self.to) * u128::from(self.length)
    }

    /// The time in this stage at which twice the area reaches `twice_area`, which is less than that of the stage.
    fn offset_of(&self, twice_area: u128) -> u64 {
        let offset = match self.from.cmp(&self.to) {
            Ordering::Equal => truncate(twice_area / (2 * u128::from(self.from))),
            Ordering::Less => climb(self.from, self.to, self.length, twice_area),
            // A falling stage is computed backwards from its end; from its start, the square root would be the small difference
            // of two large numbers.
            Ordering::Greater => {
                let rest = self.twice_area() - twice_area;
                self.length - climb(self.to, self.from, self.length, rest)
            }
        };
        offset.min(self.length - 1)
    }
}

/// Solves `2·low·t + (high − low)/length·t² = twice_area` for `t`, without a subtraction.
fn climb(low: u64, high: u64, length: u64, twice_area: u128) -> u64 {
    let (low, high, twice_area) = (low as f64, high as f64, twice_area as f64);
    let slope = (high - low) / length as f64;
    let level = (low * low + slope * twice_area).sqrt();
    if low + level == 0.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and at most the length but for the last bit"
    )]
    let t = (twice_area / (low + level)).round() as u64;
    t.min(length)
}

fn nanoseconds(duration: Duration) -> u64 {
    truncate(duration.as_nanos())
}

fn truncate(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

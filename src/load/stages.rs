//! A piecewise-linear ramp: its value, its integral, and the inverse of the integral.
//!
//! Areas are kept as whole numbers (twice the area, in level × nanoseconds), because how many starts a ramp plans must
//! not depend on how a float happens to round. Only the moment of a start inside a sloped stage needs a square root.

use std::cmp::Ordering;
use std::time::Duration;

/// One stage: move in a straight line to `target` over `duration`; a stage without duration jumps there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RampStage<T> {
    /// How long the move takes.
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

/// A level that moves through stages. Time is counted from the start of the ramp.
#[derive(Debug, Clone)]
pub(crate) struct Ramp {
    pieces: Vec<RampPiece>,
}

/// One stage with its place in the whole. All times in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct RampPiece {
    start: u64,
    length: u64,
    from: u64,
    to: u64,
    /// Twice the area up to the end of this piece.
    twice_area_at_end: u128,
}

impl Ramp {
    /// Highest level; higher ones are lowered to it, so that no area can overflow.
    pub(crate) const MAX_LEVEL: u64 = 1_000_000_000_000_000;

    /// A ramp from `start` through `stages`. The ramp ends after 584 years.
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

    /// The last moment at which the area so far is no more than half of `twice_area`; `None` if the ramp ends
    /// with no more than that. Always before the end.
    ///
    /// The *last* moment: a ramp that rests at 0 for a while has the same area all along, and whatever waits for a
    /// larger one waits until the rest is over.
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

    /// Where in this piece twice the area reaches `twice_area`, which is less than the whole.
    fn offset_of(&self, twice_area: u128) -> u64 {
        let offset = match self.from.cmp(&self.to) {
            Ordering::Equal => truncate(twice_area / (2 * u128::from(self.from))),
            Ordering::Less => climb(self.from, self.to, self.length, twice_area),
            // Seen from its end a falling piece climbs. Measured from the high side the square root would
            // be the small difference of two large numbers.
            Ordering::Greater => {
                let rest = self.twice_area() - twice_area;
                self.length - climb(self.to, self.from, self.length, rest)
            }
        };
        offset.min(self.length - 1)
    }
}

/// Solves `2·low·t + (high − low)/length·t² = twice_area` for `t`, in the form that subtracts nothing.
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

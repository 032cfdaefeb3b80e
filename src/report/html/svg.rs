//! SVG plots: axes, lines, bands and dots.

use std::fmt::Write;

use super::element::escape;
use crate::report::number::FigureUnit;

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;

/// A scale, which maps values to positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// A scale from zero, or from the minimum if it is negative, to the maximum.
    pub(super) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = range(values);
        let low = low.min(0.0);
        Self::fixed(low, if high > low { high } else { low + 1.0 })
    }

    /// A logarithmic scale over whole powers of ten around all positive values.
    pub(super) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = range(values.filter(|value| *value > 0.0));
        let is_some = low > 0.0 && high >= low;
        let (low, high) = if is_some { (low, high) } else { (0.1, 1.0) };
        let low = 10_f64.powf(low.log10().floor());
        let high = 10_f64.powf(high.log10().ceil());
        let high = if high > low { high } else { low * 10.0 };
        let log = true;
        Self { low, high, log }
    }

    /// A scale between two values.
    pub(super) fn fixed(low: f64, high: f64) -> Self {
        let log = false;
        Self { low, high, log }
    }

    /// The position of a value, from 0 to 1.
    fn place(self, value: f64) -> f64 {
        let part = if self.log {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        part.clamp(0.0, 1.0)
    }

    /// Round values along the scale with their labels.
    pub(super) fn ticks(self, unit: FigureUnit) -> Vec<(f64, String)> {
        let values = self.round_values().into_iter();
        values.map(|value| (value, unit.show(value))).collect()
    }

    fn round_values(self) -> Vec<f64> {
        if self.log {
            let decades = (self.high / self.low).log10().round().max(1.0);
            let tick = |n: u32| self.low * 10_f64.powi(i32::try_from(n).unwrap_or(0));
            return (0_u32..=40)
                .map(tick)
                .take_while(|tick| *tick <= self.low * 10_f64.powf(decades) * 1.001)
                .collect();
        }
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|step| step * power >= rough)
            .unwrap_or(10.0)
            * power;
        let first = (self.low / step).ceil();
        let tick = |n: u32| (first + f64::from(n)) * step;
        (0_u32..=12)
            .map(tick)
            .take_while(|tick| *tick <= self.high * (1.0 + 1e-9))
            .collect()
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// A plot in construction.
pub(super) struct Plot {
    x: Scale,
    y: Scale,
    body: String,
    legend: String,
}

impl Plot {
    pub(super) fn new(x: Scale, y: Scale) -> Self {
        Self {
            x,
            y,
            body: String::new(),
            legend: String::new(),
        }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT);
        let down = HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM);
        (across, down)
    }

    /// Draws grid lines at these values of x, with labels below.
    pub(super) fn x_axis(mut self, ticks: &[(f64, String)]) -> Self {
        let (top, bottom) = (TOP, HEIGHT - BOTTOM);
        for (value, label) in ticks {
            let (at, _) = self.at((*value, self.y.low));
            let label = escape(label);
            let _ = write!(
                self.body,
                "<line class=\"axis\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{bottom}\" stroke-width=\".5\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                bottom + 18.0,
            );
        }
        self
    }

    /// Draws grid lines at round values of y, with labels on the left.
    pub(super) fn y_axis(mut self, unit: FigureUnit) -> Self {
        let (left, right) = (LEFT - 6.0, WIDTH - RIGHT);
        for (value, label) in self.y.ticks(unit) {
            let (_, at) = self.at((self.x.low, value));
            let label = escape(&label);
            let _ = write!(
                self.body,
                "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{right:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke-width=\".5\"/><text class=\"tick\" x=\"{left:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                at + 4.0,
            );
        }
        self
    }

    /// Adds an entry of the legend below the plot.
    pub(super) fn named(mut self, color: usize, name: &str) -> Self {
        let name = escape(name);
        let _ = write!(
            self.legend,
            "<li><i style=\"background:var(--c{color})\"></i>{name}</li>"
        );
        self
    }

    pub(super) fn line(mut self, color: usize, points: &[(f64, f64)]) -> Self {
        let path = self.path(points.iter().copied());
        let _ = write!(self.body, "<path class=\"line s{color}\" d=\"{path}\"/>");
        self
    }

    /// Fills the area between two lines: x, low, high.
    pub(super) fn band(mut self, color: usize, points: &[(f64, f64, f64)]) -> Self {
        if points.is_empty() {
            return self;
        }
        let there = points.iter().map(|(x, low, _)| (*x, *low));
        let back = points.iter().rev().map(|(x, _, high)| (*x, *high));
        let path = self.path(there.chain(back));
        let _ = write!(self.body, "<path class=\"band f{color}\" d=\"{path}Z\"/>");
        self
    }

    pub(super) fn dots(
        mut self,
        color: usize,
        points: impl IntoIterator<Item = (f64, f64)>,
        radius: f64,
    ) -> Self {
        for point in points {
            let (x, y) = self.at(point);
            let _ = write!(
                self.body,
                "<circle class=\"dot f{color}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>"
            );
        }
        self
    }

    /// Marks the area to the right of `x`.
    pub(super) fn region_from(mut self, x: f64) -> Self {
        let (left, _) = self.at((x, self.y.low));
        let (width, height) = ((WIDTH - RIGHT - left).max(0.0), HEIGHT - TOP - BOTTOM);
        let _ = write!(
            self.body,
            "<rect class=\"region\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
        self
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (n, point) in points.enumerate() {
            let (x, y) = self.at(point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { 'M' } else { 'L' });
        }
        path
    }

    /// The plot as SVG, with a sentence for screen readers.
    pub(super) fn html(self, sentence: &str) -> String {
        let legend = match self.legend.as_str() {
            "" => String::new(),
            items => format!("<ul class=\"legend\">{items}</ul>"),
        };
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{}</svg>{legend}",
            escape(sentence),
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_scale() {
        assert_eq!(
            Scale::linear([0.0, 47.0].into_iter()).round_values(),
            [0.0, 10.0, 20.0, 30.0, 40.0]
        );
        assert_eq!(Scale::fixed(0.0, 1.0).round_values().len(), 6);
        let log = Scale::log([0.003, 0.2].into_iter()).round_values();
        assert_eq!(log.len(), 4, "{log:?}");
    }

    #[test]
    fn a_scale_without_values_is_valid() {
        for scale in [
            Scale::linear(std::iter::empty()),
            Scale::log(std::iter::empty()),
            Scale::linear([5.0].into_iter()),
            Scale::log([1.0].into_iter()),
        ] {
            assert!(!scale.round_values().is_empty());
            assert!(scale.place(5.0).is_finite());
        }
    }
}

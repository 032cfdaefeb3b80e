//! Time to the first token against the length of the prompt.

use crate::record::Record;

use super::element::{figure, grid};
use super::svg::{Plot, Scale};
use crate::report::number::FigureUnit;

/// A plot of TTFT against prompt tokens, of the sampled replies.
pub(super) fn content(record: &Record) -> String {
    let points: Vec<(f64, f64)> = record
        .streams
        .iter()
        .filter(|stream| !stream.failed())
        .filter_map(|stream| Some((stream.prompt_tokens? as f64, stream.first_event?)))
        .map(|(tokens, ttft)| (tokens, ttft.as_secs_f64()))
        .collect();
    if points.len() < 2 {
        return String::new();
    }
    let x = Scale::linear(points.iter().map(|(tokens, _)| *tokens));
    let y = Scale::linear(points.iter().map(|(_, ttft)| *ttft));
    let most = points.iter().map(|(_, ttft)| *ttft).fold(0.0, f64::max);
    let sentence = format!(
        "Time to first token against tokens of the prompt, {} sampled replies; the longest took {}.",
        points.len(),
        FigureUnit::Seconds.show(most)
    );
    let plot = Plot::new(x, y)
        .x_axis(&x.ticks(FigureUnit::Plain))
        .y_axis(FigureUnit::Seconds)
        .dots(0, points, 2.5)
        .html(&sentence);
    let title = "Time to first token against prompt tokens";
    grid(&figure(title, "Each dot is a sampled reply.", &plot))
}

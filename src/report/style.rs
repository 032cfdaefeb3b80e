//! Colours, as data.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

use crate::units::visible;

/// The styles of all elements of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette {
    /// Titles and names of sections.
    pub title: Style,
    /// Success.
    pub good: Style,
    /// Failure.
    pub bad: Style,
    /// Warnings.
    pub warning: Style,
    /// Figures.
    pub value: Style,
    /// Secondary figures.
    pub extra: Style,
    /// Dots between labels and figures.
    pub guide: Style,
    /// Words beside a figure.
    pub word: Style,
}

impl Palette {
    /// The palette without styles.
    pub(crate) const PLAIN: Self = Self {
        title: Style::new(),
        good: Style::new(),
        bad: Style::new(),
        warning: Style::new(),
        value: Style::new(),
        extra: Style::new(),
        guide: Style::new(),
        word: Style::new(),
    };

    /// The palette with colours.
    pub(crate) const COLOUR: Self = Self {
        title: Style::new().bold(),
        good: colour(AnsiColor::Green),
        bad: colour(AnsiColor::Red),
        warning: colour(AnsiColor::Yellow),
        value: colour(AnsiColor::Cyan),
        extra: colour(AnsiColor::Cyan).dimmed(),
        guide: colour(AnsiColor::White).dimmed(),
        word: colour(AnsiColor::White),
    };

    /// The palette with or without colours.
    pub(crate) const fn new(colour: bool) -> Self {
        if colour { Self::COLOUR } else { Self::PLAIN }
    }
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// Text in a style, on one line, with control characters escaped. Empty text stays empty.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{style}{}{style:#}", visible(text))
    }
}

/// A line of a label, dots up to a fixed column, and a value.
pub(super) fn labelled(label: &str, value: &str, palette: &Palette) -> String {
    const LABEL: usize = 20;
    let dots = ".".repeat(LABEL.saturating_sub(label.len())) + ":";
    let (dots, value) = (paint(palette.guide, &dots), paint(palette.value, value));
    format!("    {label}{dots} {value}")
}

/// The number of columns of a text, one for each character.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// A line of styled pieces that can be cut to a width.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Vec<(Style, String)>);

impl Line {
    pub(super) fn push(&mut self, style: Style, text: impl Into<String>) {
        let text = text.into();
        let text = match visible(&text) {
            Cow::Owned(shown) => shown,
            Cow::Borrowed(_) => text,
        };
        self.0.push((style, text));
    }

    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| width(text)).sum()
    }

    /// The line for the screen, in at most `columns` columns and without trailing space.
    pub(super) fn fit(mut self, columns: usize) -> String {
        let mut left = columns;
        for (_, text) in &mut self.0 {
            let end = text
                .char_indices()
                .nth(left)
                .map_or(text.len(), |(at, _)| at);
            text.truncate(end);
            left -= width(text);
        }
        while let Some((_, text)) = self.0.last_mut() {
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self.0
            .iter()
            .map(|(style, text)| paint(*style, text))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_switched_on_and_off_around_the_text() {
        let text = paint(Palette::COLOUR.good, "yes");
        assert_eq!(text, "\u{1b}[32myes\u{1b}[0m");
        assert_eq!(paint(Palette::PLAIN.good, "yes"), "yes");
        assert_eq!(paint(Palette::COLOUR.good, ""), "");
    }

    #[test]
    fn text_cannot_add_colours_or_lines() {
        let text = paint(Palette::COLOUR.good, "a\n\u{1b}[31mb");
        assert_eq!(text, "\u{1b}[32ma\\n\\x1b[31mb\u{1b}[0m");
        let mut line = Line::default();
        line.push(Palette::PLAIN.title, "\u{1b}[2J");
        assert_eq!(line.width(), 7);
        assert_eq!(line.fit(80), "\\x1b[2J");
    }

    #[test]
    fn a_line_is_cut_between_characters_and_keeps_its_styles() {
        let mut line = Line::default();
        line.push(Palette::PLAIN.title, "✓✓ ");
        line.push(Palette::COLOUR.bad, "abc  ");
        assert_eq!(line.width(), 8);
        assert_eq!(line.clone().fit(80), "✓✓ \u{1b}[31mabc\u{1b}[0m");
        assert_eq!(line.clone().fit(4), "✓✓ \u{1b}[31ma\u{1b}[0m");
        assert_eq!(line.clone().fit(3), "✓✓");
        assert_eq!(line.fit(0), "");
    }
}

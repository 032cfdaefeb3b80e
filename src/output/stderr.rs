//! Standard error, with progress lines at the bottom of the screen.

use std::io::{self, Write};

use super::terminal::ScreenWidth;

pub(super) struct Stderr {
    writer: Box<dyn Write + Send>,
    /// The progress lines at the bottom of the screen.
    block: Vec<String>,
    /// The widths of the lines that are drawn.
    drawn: Vec<usize>,
    columns: ScreenWidth,
    /// Whether the last line on the screen has no line end yet.
    pub(super) open_line: bool,
}

impl Stderr {
    pub(super) fn new(writer: Box<dyn Write + Send>, columns: ScreenWidth) -> Self {
        Self {
            writer,
            block: Vec::new(),
            drawn: Vec::new(),
            columns,
            open_line: false,
        }
    }

    /// Writes a text above the progress lines, in one write, so that nothing flickers.
    pub(super) fn write(&mut self, text: &str) {
        let mut frame = self.erased();
        frame.push_str(text);
        self.open_line = if text.is_empty() {
            self.open_line
        } else {
            !text.ends_with('\n')
        };
        frame += &self.drawn_again();
        self.send(&frame);
    }

    /// Replaces the progress lines.
    pub(super) fn replace(&mut self, lines: Vec<String>) {
        let mut frame = self.erased();
        self.block = lines;
        frame += &self.drawn_again();
        self.send(&frame);
    }

    /// The control sequence that erases the drawn progress lines: it moves to the first one and erases the rest of the screen.
    pub(super) fn erased(&mut self) -> String {
        let drawn = std::mem::take(&mut self.drawn);
        // A screen that became narrower has wrapped them.
        let columns = (self.columns)().unwrap_or(usize::MAX).max(1);
        let rows = |width: &usize| width.div_ceil(columns).max(1);
        match drawn.iter().map(rows).sum::<usize>() {
            0 => String::new(),
            rows => format!("\u{1b}[{rows}A\r\u{1b}[J"),
        }
    }

    /// The text that draws the progress lines.
    pub(super) fn drawn_again(&mut self) -> String {
        if self.block.is_empty() {
            return String::new();
        }
        let end = if std::mem::take(&mut self.open_line) {
            "\n"
        } else {
            ""
        };
        self.drawn = self.block.iter().map(|line| width(line)).collect();
        format!("{end}{}\n", self.block.join("\n"))
    }

    pub(super) fn send(&mut self, text: &str) {
        if !text.is_empty() {
            // A failure of standard error cannot be reported anywhere.
            let _ = write(&mut self.writer, text.as_bytes());
        }
    }
}

pub(super) fn write(writer: &mut impl Write, text: &[u8]) -> io::Result<()> {
    writer.write_all(text)?;
    writer.flush()
}

/// The width of a line in columns: its characters without colour sequences.
fn width(line: &str) -> usize {
    let mut pieces = line.split('\u{1b}');
    let plain = pieces.next().map_or(0, |text| text.chars().count());
    let coloured = pieces.map(|piece| {
        piece
            .split_once('m')
            .map_or(0, |(_, text)| text.chars().count())
    });
    plain + coloured.sum::<usize>()
}

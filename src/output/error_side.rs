use std::io::{self, Write};

/// Standard error and the progress lines at the bottom of its screen.
pub(super) struct ErrorSide {
    writer: Box<dyn Write + Send>,
    /// The progress lines that are, or should be, at the bottom of the screen.
    block: Vec<String>,
    /// How many lines of them are on the screen.
    drawn: usize,
    /// Whether the last line on the screen still lacks its end.
    pub(super) open_line: bool,
}

impl ErrorSide {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self {
            writer,
            block: Vec::new(),
            drawn: 0,
            open_line: false,
        }
    }

    /// Writes a text above the progress lines, in one go, so that nothing flickers.
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

    /// Puts other progress lines in place of those on the screen.
    pub(super) fn replace(&mut self, lines: Vec<String>) {
        let mut frame = self.erased();
        self.block = lines;
        frame += &self.drawn_again();
        self.send(&frame);
    }

    /// What takes the progress lines off the screen, if they are on it: up to the first of them, and all erased from
    /// there to the end of the screen.
    pub(super) fn erased(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A\r\u{1b}[J"),
        }
    }

    /// What puts the progress lines on the screen.
    pub(super) fn drawn_again(&mut self) -> String {
        if self.block.is_empty() {
            return String::new();
        }
        let end = if std::mem::take(&mut self.open_line) {
            "\n"
        } else {
            ""
        };
        self.drawn = self.block.len();
        format!("{end}{}\n", self.block.join("\n"))
    }

    pub(super) fn send(&mut self, text: &str) {
        if !text.is_empty() {
            // There is nowhere left to say that this failed.
            let _ = write(&mut self.writer, text);
        }
    }
}

/// Writes a text and makes it visible.
pub(super) fn write(writer: &mut impl Write, text: &str) -> io::Result<()> {
    writer.write_all(text.as_bytes())?;
    writer.flush()
}

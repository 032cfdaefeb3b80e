//! The banner of the program.

use super::style::{Palette, paint};

const LETTERS: [&str; 3] = [
    "      __   __   __         ",
    "     (_   (_   |_   |      ",
    "     __)  __)  |__  |___   ",
];

const STREAM: [&str; 3] = ["", "· · · · · ·  · ·   ·", "load for event streams"];

/// The name of the program in letters of three lines, between empty ones.
pub(crate) fn banner(palette: &Palette) -> String {
    let lines = LETTERS.iter().zip(STREAM).map(|(letters, stream)| {
        let line = format!(
            "{}{}",
            paint(palette.title, letters),
            paint(palette.extra, stream)
        );
        line.trim_end().to_owned() + "\n"
    });
    format!("\n{}\n", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_small() {
        insta::assert_snapshot!(crate::tests::dedented(&banner(&Palette::PLAIN)), @r"
         __   __   __
        (_   (_   |_   |      · · · · · ·  · ·   ·
        __)  __)  |__  |___   load for event streams
        ");
    }
}

//! HTML elements.

use std::fmt::Write;

use crate::report::number::FigureUnit;

/// Escapes text for HTML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A cell of a table.
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A formatted figure, and the number by which it is sorted.
    Figure(String, f64),
    /// No figure.
    None,
    /// A text with a class.
    Word(String, &'static str),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A figure that may be missing.
    pub(super) fn figure(value: Option<f64>, shown: impl Fn(f64) -> String) -> Self {
        value.map_or(Self::None, |value| Self::Figure(shown(value), value))
    }

    /// A figure in its unit, which may be missing.
    pub(super) fn of(value: impl Into<Option<f64>>, unit: FigureUnit) -> Self {
        Self::figure(value.into(), |value| unit.show(value))
    }

    /// A text in the colour of success or failure.
    pub(super) fn word(text: String, is_good: bool) -> Self {
        Self::Word(text, if is_good { "good-text" } else { "bad-text" })
    }

    /// A count.
    pub(super) fn count(count: u64) -> Self {
        Self::of(count as f64, FigureUnit::Plain)
    }
}

/// A table. The first column, and columns of texts, are aligned to the left.
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Whether a click on a column sorts by it.
    pub(super) sortable: bool,
}

impl Table {
    pub(super) fn new<'a>(caption: &str, head: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            caption: caption.to_owned(),
            head: head.into_iter().map(str::to_owned).collect(),
            rows: Vec::new(),
            sortable: false,
        }
    }

    pub(super) fn sortable(self) -> Self {
        Self {
            sortable: true,
            ..self
        }
    }

    /// The table as HTML; empty without rows.
    pub(super) fn html(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let sortable = " class=\"sortable\"";
        let class = if self.sortable { sortable } else { "" };
        let mut html = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table{class}><caption>{0}</caption><thead><tr>",
            escape(&self.caption)
        );
        for (column, head) in self.head.iter().enumerate() {
            let is_text = self
                .rows
                .iter()
                .any(|row| matches!(row.get(column), Some(Cell::Text(_) | Cell::Word(..))));
            let class = if is_text { " class=\"text\"" } else { "" };
            let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", escape(head));
        }
        html += "</tr></thead><tbody>";
        for row in &self.rows {
            html += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                let _ = match cell {
                    Cell::Text(text) if column == 0 => {
                        write!(html, "<th scope=\"row\">{}</th>", escape(text))
                    }
                    Cell::Text(text) => write!(html, "<td class=\"text\">{}</td>", escape(text)),
                    Cell::Word(text, class) => {
                        write!(html, "<td class=\"text {class}\">{}</td>", escape(text))
                    }
                    Cell::Figure(shown, value) => {
                        write!(html, "<td data-v=\"{value}\">{}</td>", escape(shown))
                    }
                    Cell::None => write!(html, "<td data-v=\"-1\">–</td>"),
                };
            }
            html += "</tr>";
        }
        html + "</tbody></table></div>"
    }
}

/// Content that is folded below its summary.
pub(super) fn details(summary: &str, content: &str) -> String {
    let summary = escape(summary);
    format!("<details><summary>{summary}</summary>{content}</details>")
}

/// A sentence in a box with a colour: `good`, `warn` or `bad`.
pub(super) fn verdict(class: &str, text: &str) -> String {
    let text = escape(text).replace('\n', "<br>");
    format!("<p class=\"verdict {class}\">{text}</p>")
}

/// A figure below its caption, which has a small second line unless `about` is empty.
pub(super) fn figure(title: &str, about: &str, content: &str) -> String {
    let caption = caption(title, about);
    format!("<figure><figcaption>{caption}</figcaption>{content}</figure>\n")
}

/// The content of a caption: a title, and a small second line unless `about` is empty.
pub(super) fn caption(title: &str, about: &str) -> String {
    match about {
        "" => escape(title),
        about => format!("{}<small>{}</small>", escape(title), escape(about)),
    }
}

/// Figures side by side, wrapped if there is no room; empty without figures.
pub(super) fn grid(figures: &str) -> String {
    match figures {
        "" => String::new(),
        figures => format!("<div class=\"charts\">{figures}</div>"),
    }
}

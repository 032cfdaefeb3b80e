//! The standard's algorithm, word for word, slow and simple: the whole stream is decoded to text, cut into lines, and each
//! line is processed as section 9.2.6 of the HTML standard says. Comments and the block's own id are noted on the side.

use std::time::Duration;

use super::record::Item;

/// What a reader of exactly these bytes must have reported by now. A CR at the end is a line end.
pub(super) fn decode(bytes: &[u8]) -> Vec<Item> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = Reader::default();
    for line in lines(text) {
        reader.process(line);
    }
    reader.items
}

/// The complete lines of `text`: up to CRLF, LF or CR.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\r', '\n']) {
        lines.push(&rest[..end]);
        rest = &rest[end..];
        rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
    }
    lines
}

#[derive(Default)]
struct Reader {
    items: Vec<Item>,
    data: String,
    event_type: String,
    last_event_id_buffer: String,
    // Not in the standard:
    own_id: Option<String>,
    comment: String,
}

impl Reader {
    fn process(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
        } else if let Some(comment) = line.strip_prefix(':') {
            comment
                .strip_prefix(' ')
                .unwrap_or(comment)
                .clone_into(&mut self.comment);
            self.items.push(Item::Comment(self.comment.clone()));
        } else if let Some((field, value)) = line.split_once(':') {
            self.field(field, value.strip_prefix(' ').unwrap_or(value));
        } else {
            self.field(line, "");
        }
    }

    fn field(&mut self, field: &str, value: &str) {
        match field {
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => {
                value.clone_into(&mut self.last_event_id_buffer);
                self.own_id = Some(value.to_owned());
            }
            // WPT: an empty value changes nothing.
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                let millis = value.parse().unwrap_or(u64::MAX);
                self.items.push(Item::Retry(Duration::from_millis(millis)));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let own_id = self.own_id.take();
        let comment = std::mem::take(&mut self.comment);
        let mut data = std::mem::take(&mut self.data);
        let event_type = std::mem::take(&mut self.event_type);
        if data.is_empty() {
            return;
        }
        if data.ends_with('\n') {
            data.pop();
        }
        self.items.push(Item::Event {
            id: own_id,
            last_event_id: self.last_event_id_buffer.clone(),
            name: if event_type.is_empty() {
                "message".to_owned()
            } else {
                event_type
            },
            data,
            comment,
        });
    }
}

//! Whether a response is what was asked for, by its head.

use http::{HeaderMap, StatusCode, header};

use super::decode;
use super::error::{Error, ErrorKind};
use super::response::Head;

impl Head {
    /// Why the body is not to be read as one of these content types, the first of which is what messages call for; `None`
    /// if it is. Nothing but status 200 is a stream.
    pub(crate) fn refusal(&self, types: &[&str]) -> Option<Error> {
        if self.status != StatusCode::OK {
            let text = format!("HTTP {} {}", self.status.as_u16(), self.reason());
            return Some(Error::new(ErrorKind::Status, text.trim_end()));
        }
        if is_one_of(&self.headers, types) {
            let encoding = self.headers.get(header::CONTENT_ENCODING);
            return encoding
                .filter(|_| !decode::Decoder::understands(&self.headers))
                .map(|value| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    Error::new(
                        ErrorKind::Encoding,
                        format!("the content-encoding {value:?} is not supported"),
                    )
                });
        }
        let wanted = types.first().copied().unwrap_or_default();
        let text = match self.headers.get(header::CONTENT_TYPE) {
            Some(value) => {
                let value = String::from_utf8_lossy(value.as_bytes());
                format!("the response is {value:?}, not {wanted}")
            }
            None => format!("the response has no content type, so it is not {wanted}"),
        };
        Some(Error::new(ErrorKind::ContentType, text))
    }
}

/// Compares the essence: parameters, `charset` among them, and case do not matter.
fn is_one_of(headers: &HeaderMap, types: &[&str]) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = value.as_bytes().split(|&byte| byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    types
        .iter()
        .any(|one| essence.eq_ignore_ascii_case(one.as_bytes()))
}

//! Parses the URL of a request, with a remedy for invalid ones.

use url::Url;

use super::error::{Error, ErrorKind};
use super::origin::Origin;
use crate::units::shown_url;

/// Parses the URL of a request.
///
/// # Errors
/// Kind `url`: not a URL, an unsupported scheme, or control characters, which a parser would silently drop.
pub fn parse_url(text: &str) -> Result<Url, Error> {
    let refuse = |why: &str| {
        Error::new(
            ErrorKind::Url,
            format!("cannot request the URL {:?}: {why}", shown_url(text)),
        )
    };
    if text.chars().any(char::is_control) {
        return Err(refuse("it holds a control character"));
    }
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() || url.scheme() == "http+unix" => url,
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        // In `localhost:8080/x`, the host is parsed as the scheme.
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(refuse(&without_scheme(text)));
        }
        Err(error) => return Err(refuse(&error.to_string())),
    };
    Origin::of(&url, None).map_err(|error| refuse(&error.message))?;
    Ok(url)
}

/// The remedy for a URL that does not begin with a scheme and a host.
fn without_scheme(text: &str) -> String {
    let bare = text.trim_start_matches('/');
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number(host.trim_start_matches(':')) && !text.starts_with('/') {
        let bare = bare.trim_start_matches(':');
        return format!(
            "it has no host: write {:?}",
            shown_url(&format!("http://localhost:{bare}"))
        );
    }
    let has_host = if text.starts_with('/') {
        text.starts_with("//")
    } else {
        host == "localhost" || host.contains(['.', ':', '@'])
    };
    if has_host && !bare.is_empty() {
        format!(
            "it has no scheme: write {:?}",
            shown_url(&format!("http://{bare}"))
        )
    } else {
        format!(
            "it has neither scheme nor host: write the whole URL, such as {:?}",
            shown_url(&format!("http://localhost:8080/{bare}"))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_a_url_hide_user_information() {
        let error = parse_url("ftp://user:secret@example.test/").unwrap_err();
        assert!(!error.message.contains("secret"), "{}", error.message);
        let error = parse_url("nonsense").unwrap_err();
        assert!(error.message.contains("nonsense"), "{}", error.message);
    }

    #[test]
    fn a_url_without_a_scheme_has_a_remedy() {
        for (text, remedy) in [
            (
                "localhost:8080/x",
                "it has no scheme: write \"http://localhost:8080/x\"",
            ),
            ("localhost", "it has no scheme: write \"http://localhost\""),
            (
                "127.0.0.1:80",
                "it has no scheme: write \"http://127.0.0.1:80\"",
            ),
            (
                "example.com/a?b=c",
                "it has no scheme: write \"http://example.com/a?b=c\"",
            ),
            ("ann:pw@h/x", "it has no scheme: write \"http://***@h/x\""),
            (
                ":8080/x",
                "it has no host: write \"http://localhost:8080/x\"",
            ),
            ("8080", "it has no host: write \"http://localhost:8080\""),
            ("//h/x", "it has no scheme: write \"http://h/x\""),
            ("/v1/x", "such as \"http://localhost:8080/v1/x\""),
            ("", "such as \"http://localhost:8080/\""),
        ] {
            let error = parse_url(text).unwrap_err();
            assert!(error.message.ends_with(remedy), "{}", error.message);
        }
        let error = parse_url("htps://h/").unwrap_err();
        assert!(
            error
                .message
                .ends_with("the scheme \"htps\" is not supported: use https"),
            "{}",
            error.message
        );
    }
}

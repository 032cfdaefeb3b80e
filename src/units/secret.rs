//! Masks passwords and keys in URLs and headers.

/// The replacement of a secret.
const HIDDEN: &str = "***";

/// A URL, valid or not, with its user information and the values of parameters such as `key`, `api_key`, `access_token` or
/// `signature` masked.
///
/// It works on the text, so that it masks URLs that cannot be parsed too.
pub(crate) fn shown_url(text: &str) -> String {
    let (start, end) = user_info(text).unwrap_or((0, 0));
    let mut shown = String::with_capacity(text.len());
    if end > 0 {
        shown.push_str(&text[..start]);
        shown.push_str(HIDDEN);
    }
    let rest = &text[end..];
    let Some(at) = rest.find(['?', '#']) else {
        shown.push_str(rest);
        return shown;
    };
    shown.push_str(&rest[..at]);
    for pair in rest[at..].split_inclusive(['?', '#', '&', ';']) {
        let (pair, separator) = match pair.strip_suffix(['?', '#', '&', ';']) {
            Some(bare) => (bare, &pair[bare.len()..]),
            None => (pair, ""),
        };
        match pair.split_once('=') {
            Some((name, value)) if is_secret(name) && !value.is_empty() => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(HIDDEN);
            }
            _ => shown.push_str(pair),
        }
        shown.push_str(separator);
    }
    shown
}

/// A header line, `Name: value`, valid or not, with the value masked. A line without a name is masked entirely: it may be a
/// key that was given in place of a header.
pub(crate) fn shown_header(line: &str) -> String {
    let name = line.split([':', '=', ' ']).next().unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty()
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    match line[name.len()..].chars().next() {
        Some(separator) if is_name(name) => {
            let space = if separator == ':' { " " } else { "" };
            format!("{name}{separator}{space}{HIDDEN}")
        }
        _ => HIDDEN.to_owned(),
    }
}

/// A text of another program, such as an error message of a server, with these secrets masked.
pub(crate) fn without_secrets<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a str>,
) -> String {
    // Shorter secrets occur in texts by chance.
    const SHORTEST: usize = 4;
    let mut shown = text.to_owned();
    for secret in secrets {
        if secret.len() >= SHORTEST && shown.contains(secret) {
            shown = shown.replace(secret, HIDDEN);
        }
    }
    shown
}

/// The range of the user information of a URL, without its `@`.
fn user_info(text: &str) -> Option<(usize, usize)> {
    let start = match text.find("//") {
        Some(at) if at == 0 || text[..at].ends_with(':') => at + 2,
        _ => 0,
    };
    let rest = &text[start..];
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    let at = if let Some(at) = authority.rfind('@') {
        at
    } else {
        // A password with a slash: the digits after the colon are not a port.
        let (_, port) = authority.rsplit_once(':')?;
        let is_port = port
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b']');
        rest.rfind('@')
            .filter(|_| !is_port && !authority.starts_with('['))?
    };
    Some((start, start + at))
}

/// Whether a parameter, header or variable of this name probably contains a secret, such as `api_key` or `Cookie`.
pub(crate) fn is_secret(name: &str) -> bool {
    const WHOLE: [&str; 5] = ["auth", "sig", "pass", "pwd", "jwt"];
    const ENDS: [&str; 11] = [
        "authorization",
        "cookie",
        "key",
        "token",
        "secret",
        "password",
        "passwd",
        "signature",
        "credential",
        "credentials",
        "session",
    ];
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    WHOLE.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_masked() {
        for (text, shown) in [
            ("http://h:80/a?b=c#d", "http://h:80/a?b=c#d"),
            ("https://ann:s3cret@h/x", "https://***@h/x"),
            ("https://token@h/x", "https://***@h/x"),
            ("ann:s3cret@h:80/x", "***@h:80/x"),
            ("http://a:b@c@h", "http://***@h"),
            ("http://ann:s3/cr?et@h/x", "http://***@h/x"),
            ("http://ann:s3cret@", "http://***@"),
            ("http://h/@ann", "http://h/@ann"),
            ("http://h:80/@ann:x", "http://h:80/@ann:x"),
            ("http://[::1]:80/@ann", "http://[::1]:80/@ann"),
            ("http://[::1]/@ann", "http://[::1]/@ann"),
            ("//ann:s3cret@h/x", "//***@h/x"),
            ("/a//b@c", "/a//b@c"),
            (
                "https://h/v1?key=AIza&alt=sse&API_Key=k&x-access-token=t#token=u",
                "https://h/v1?key=***&alt=sse&API_Key=***&x-access-token=***#token=***",
            ),
            (
                "/v1?max_tokens=5&tokens=7&author=me&key=",
                "/v1?max_tokens=5&tokens=7&author=me&key=",
            ),
            (
                "http://h/?X-Amz-Signature=ab;sig=c&a=b=c",
                "http://h/?X-Amz-Signature=***;sig=***&a=b=c",
            ),
            ("", ""),
        ] {
            assert_eq!(shown_url(text), shown, "{text}");
        }
    }

    #[test]
    fn values_of_headers_are_masked() {
        for (line, shown) in [
            ("Authorization: Bearer sk-1", "Authorization: ***"),
            ("Authorization Bearer sk-1", "Authorization ***"),
            ("x_key=sk-1", "x_key=***"),
            ("sk-proj-1234", "***"),
            (": sk-1", "***"),
            ("", "***"),
            ("é: x", "***"),
        ] {
            assert_eq!(shown_header(line), shown, "{line}");
        }
    }

    #[test]
    fn secrets_are_recognised_by_name() {
        for name in [
            "Authorization",
            "Cookie",
            "x-goog-api-key",
            "DB_PASSWORD",
            "sig",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["Accept", "max_tokens", "author", "X-Tenant", "MODEL"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_in_texts_of_servers_are_masked() {
        let said = "no such key: sk-12345 (sk-12345)";
        assert_eq!(
            without_secrets(said, ["sk-12345", "no"]),
            "no such key: *** (***)"
        );
    }
}

//! The cookies of a client (RFC 6265), stored with the crate `cookie_store`.

use std::cell::RefCell;

use cookie_store::{CookieStore, RawCookie};
use http::header::{self, HeaderMap, HeaderValue};
use url::Url;

/// A cookie jar. The store is created with the first cookie.
#[derive(Debug, Default)]
pub struct CookieJar {
    store: RefCell<Option<Box<CookieStore>>>,
}

impl CookieJar {
    /// Removes every cookie.
    pub fn clear(&self) {
        *self.store.borrow_mut() = None;
    }

    /// Stores a cookie in the format of a `Set-Cookie` header, as if `url` had sent it. Returns whether it was
    /// accepted.
    pub fn set(&self, url: &Url, cookie: &str) -> bool {
        self.store
            .borrow_mut()
            .get_or_insert_default()
            .parse(cookie, url)
            .is_ok()
    }

    /// The names and values that a request for `url` would send.
    pub fn cookies_for(&self, url: &Url) -> Vec<(String, String)> {
        match &*self.store.borrow() {
            Some(store) => store
                .get_request_values(url)
                .map(|(n, v)| (n.into(), v.into()))
                .collect(),
            None => Vec::new(),
        }
    }

    /// The `Cookie` header of a request for `url`.
    pub(crate) fn header_for(&self, url: &Url) -> Option<HeaderValue> {
        let store = self.store.borrow();
        let pairs = store.as_ref()?.get_request_values(url);
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let header = HeaderValue::from_str(&pairs.join("; ")).ok();
        header.filter(|_| !pairs.is_empty())
    }

    /// Stores the cookies of a response of `url`, except invalid ones and those for other sites.
    pub(crate) fn keep(&self, url: &Url, headers: &HeaderMap) {
        let mut cookies = headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| RawCookie::parse(value.to_str().ok()?.to_owned()).ok())
            .peekable();
        if cookies.peek().is_some() {
            self.store
                .borrow_mut()
                .get_or_insert_default()
                .store_response_cookies(cookies, url);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_cookie_is_sent_to_its_site_only() {
        let jar = CookieJar::default();
        assert!(jar.set(&url("http://a.test/x/y"), "id=1; Path=/x"));
        assert!(!jar.set(&url("http://a.test/"), "id=2; Domain=b.test"));
        assert_eq!(jar.header_for(&url("http://a.test/x/z")).unwrap(), "id=1");
        assert!(jar.header_for(&url("http://a.test/")).is_none());
        assert!(jar.header_for(&url("http://b.test/x/z")).is_none());
    }

    #[test]
    fn a_cleared_jar_sends_nothing() {
        let jar = CookieJar::default();
        jar.set(&url("http://a.test/"), "id=1");
        assert_eq!(
            jar.cookies_for(&url("http://a.test/")),
            [("id".to_owned(), "1".to_owned())]
        );
        jar.clear();
        assert!(jar.cookies_for(&url("http://a.test/")).is_empty());
        assert!(jar.header_for(&url("http://a.test/")).is_none());
    }

    #[test]
    fn set_cookie_headers_replace_expire_and_stay_secure() {
        let jar = CookieJar::default();
        let mut headers = HeaderMap::new();
        headers.append(header::SET_COOKIE, HeaderValue::from_static("a=1"));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("s=1; Secure"));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("=; broken"));
        jar.keep(&url("https://a.test/"), &headers);
        assert_eq!(jar.header_for(&url("http://a.test/")).unwrap(), "a=1");
        let mut headers = HeaderMap::new();
        headers.append(
            header::SET_COOKIE,
            HeaderValue::from_static("a=2; Max-Age=0"),
        );
        jar.keep(&url("https://a.test/"), &headers);
        assert!(jar.header_for(&url("http://a.test/")).is_none());
    }
}

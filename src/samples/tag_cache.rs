//! A cache of tags that are the same for many requests.
//!
//! Creating a set of tags takes a dozen allocations, and a short stream would need three sets. The VUs of a thread send
//! similar requests, so each thread caches the last few hundred sets.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread::LocalKey;

use ::http::{Method, StatusCode};
use url::{Position, Url};

use crate::metrics::{Recent, Tags};

thread_local! {
    static REQUESTS: RefCell<Recent<(RequestKey, Tags)>> = RefCell::default();
    static ANSWERS: RefCell<Recent<(AnswerKey, Tags)>> = RefCell::default();
}

/// The key of the tags of a request.
struct RequestKey {
    surroundings: Tags,
    method: Method,
    /// The part of the URL that is in the tags.
    url: Box<str>,
    own: Tags,
}

/// The key of the tags of an answer.
struct AnswerKey {
    request_tags: Tags,
    answer: Option<(StatusCode, &'static str)>,
    expected: bool,
}

/// The cached tags of a request, or those created by `make`.
pub(super) fn request_tags(
    surroundings: &Tags,
    method: &Method,
    url: &Url,
    own: &Tags,
    make: impl FnOnce() -> Tags,
) -> Tags {
    let url = &url[..Position::AfterPath];
    let hash = hash_of((surroundings.address(), method, url, own));
    let is = |request_tags: &RequestKey| {
        request_tags.surroundings.is_same(surroundings)
            && request_tags.method == method
            && *request_tags.url == *url
            && request_tags.own == *own
    };
    let key = || RequestKey {
        surroundings: surroundings.clone(),
        method: method.clone(),
        url: url.into(),
        own: own.clone(),
    };
    remembered(&REQUESTS, hash, is, key, make)
}

/// The cached tags of an answered request, or those created by `make`.
pub(super) fn answer_tags(
    request_tags: &Tags,
    answer: Option<(StatusCode, &'static str)>,
    expected: bool,
    make: impl FnOnce() -> Tags,
) -> Tags {
    let hash = hash_of((request_tags.address(), answer, expected));
    let is = |answer_tags: &AnswerKey| {
        answer_tags.request_tags.is_same(request_tags)
            && answer_tags.answer == answer
            && answer_tags.expected == expected
    };
    let key = || AnswerKey {
        request_tags: request_tags.clone(),
        answer,
        expected,
    };
    remembered(&ANSWERS, hash, is, key, make)
}

/// The cached tags with this hash whose key matches `is`, or those created by `make`, stored under `key`.
fn remembered<K>(
    recent: &'static LocalKey<RefCell<Recent<(K, Tags)>>>,
    hash: u64,
    is: impl FnOnce(&K) -> bool,
    key: impl FnOnce() -> K,
    make: impl FnOnce() -> Tags,
) -> Tags {
    recent.with_borrow_mut(|recent| {
        if let Some((_, tags)) = recent.find(hash, |(key, _)| is(key)) {
            return tags.clone();
        }
        let tags = make();
        recent.keep(hash, (key(), tags.clone()));
        tags
    })
}

fn hash_of(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags_of(url: &str, surroundings: &Tags, own: &Tags) -> Tags {
        let url = Url::parse(url).expect("a URL");
        crate::samples::request_tags(surroundings, &Method::GET, &url, own)
    }

    #[test]
    fn equal_requests_share_their_tags() {
        let (none, user) = (Tags::new(), Tags::new().with("user", "a"));
        let first = tags_of("http://h/p?n=1", &none, &none);
        assert!(first.is_same(&tags_of("http://h/p?n=2", &none, &none)));
        assert_eq!(first.to_string(), "method:GET,name:http://h/p");
        for other in [
            tags_of("http://h/q", &none, &none),
            tags_of("http://h:81/p", &none, &none),
            tags_of("http://h/p", &user, &none),
            tags_of("http://h/p", &none, &user),
        ] {
            assert_ne!(first, other);
        }
        // However many kinds there are, each request has its own.
        for n in 0..2000 {
            let url = format!("http://h/{n}");
            let name = tags_of(&url, &none, &none);
            assert_eq!(name.get("name"), Some(&*url));
        }
    }

    #[test]
    fn alternating_names_share_their_tags() {
        let none = Tags::new();
        let of = |n: u32| {
            let own = Tags::new().with("name", n.to_string());
            tags_of("http://h/p", &none, &own)
        };
        let first: Vec<Tags> = (0..200).map(of).collect();
        for (n, first) in (0..).zip(&first) {
            assert!(first.is_same(&of(n)), "{n}");
        }
    }

    #[test]
    fn different_responses_have_different_tags() {
        let request_tags = Tags::new().with("name", "x");
        let make = |text: &'static str| Tags::new().with("made", text);
        let ok = Some((StatusCode::OK, "HTTP/1.1"));
        let first = answer_tags(&request_tags, ok, true, || make("first"));
        assert_eq!(
            answer_tags(&request_tags, ok, true, || make("again")),
            first
        );
        for (answer, expected) in [
            (ok, false),
            (None, true),
            (Some((StatusCode::OK, "HTTP/2.0")), true),
        ] {
            assert_eq!(
                answer_tags(&request_tags, answer, expected, || make("other")),
                make("other")
            );
        }
    }
}

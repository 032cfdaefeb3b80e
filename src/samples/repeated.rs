//! Tags that are the same request after request, made once.
//!
//! Making a set of tags takes a dozen allocations, and a short stream would need it three times. Each thread remembers the
//! last few sets with what they were made of; its VUs send the same requests.

use std::cell::RefCell;

use ::http::{Method, StatusCode};
use url::{Position, Url};

use crate::metrics::Tags;

/// So many sets of each kind are remembered.
const KEPT: usize = 16;

thread_local! {
    static ASKED: RefCell<Last<Asked>> = const { RefCell::new(Last(Vec::new())) };
    static ANSWERED: RefCell<Last<Answered>> = const { RefCell::new(Last(Vec::new())) };
}

/// The sets that were made last, each with what it was made of; the last used one comes first.
struct Last<T>(Vec<(T, Tags)>);

impl<T> Last<T> {
    fn find(&mut self, is: impl Fn(&T) -> bool) -> Option<Tags> {
        let at = self.0.iter().position(|(made_of, _)| is(made_of))?;
        // One step ahead is enough: what is used often comes to the front.
        self.0.swap(at, at.saturating_sub(1));
        self.0
            .get(at.saturating_sub(1))
            .map(|(_, tags)| tags.clone())
    }

    fn keep(&mut self, made_of: T, tags: &Tags) {
        self.0.truncate(KEPT - 1);
        self.0.push((made_of, tags.clone()));
    }
}

/// What the tags of a request are made of.
struct Asked {
    surroundings: Tags,
    method: Method,
    /// The URL as far as it is in the tags.
    url: Box<str>,
    own: Tags,
}

/// What the tags of an answer are made of.
struct Answered {
    asked: Tags,
    answer: Option<(StatusCode, &'static str)>,
    expected: bool,
}

/// The tags of a request, as `make` makes them.
pub(super) fn asked(
    surroundings: &Tags,
    method: &Method,
    url: &Url,
    own: &Tags,
    make: impl FnOnce() -> Tags,
) -> Tags {
    let url = &url[..Position::AfterPath];
    let is = |asked: &Asked| {
        asked.surroundings.is_same(surroundings)
            && asked.method == method
            && *asked.url == *url
            && asked.own == *own
    };
    ASKED.with_borrow_mut(|last| {
        last.find(is).unwrap_or_else(|| {
            let tags = make();
            let asked = Asked {
                surroundings: surroundings.clone(),
                method: method.clone(),
                url: url.into(),
                own: own.clone(),
            };
            last.keep(asked, &tags);
            tags
        })
    })
}

/// The tags of a request that was answered so, as `make` makes them.
pub(super) fn answered(
    asked: &Tags,
    answer: Option<(StatusCode, &'static str)>,
    expected: bool,
    make: impl FnOnce() -> Tags,
) -> Tags {
    let is = |answered: &Answered| {
        answered.asked.is_same(asked) && answered.answer == answer && answered.expected == expected
    };
    ANSWERED.with_borrow_mut(|last| {
        last.find(is).unwrap_or_else(|| {
            let tags = make();
            let asked = asked.clone();
            last.keep(
                Answered {
                    asked,
                    answer,
                    expected,
                },
                &tags,
            );
            tags
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags_of(url: &str, surroundings: &Tags, own: &Tags) -> Tags {
        let url = Url::parse(url).expect("a URL");
        crate::samples::request_tags(surroundings, &Method::GET, &url, own)
    }

    #[test]
    fn requests_of_one_kind_share_their_tags_and_others_do_not() {
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
        for n in 0..3 * KEPT {
            let url = format!("http://h/{n}");
            let name = tags_of(&url, &none, &none);
            assert_eq!(name.get("name"), Some(&*url));
        }
    }

    #[test]
    fn answers_are_told_apart() {
        let asked = Tags::new().with("name", "x");
        let make = |text: &'static str| Tags::new().with("made", text);
        let ok = Some((StatusCode::OK, "HTTP/1.1"));
        let first = answered(&asked, ok, true, || make("first"));
        assert_eq!(answered(&asked, ok, true, || make("again")), first);
        for (answer, expected) in [
            (ok, false),
            (None, true),
            (Some((StatusCode::OK, "HTTP/2.0")), true),
        ] {
            assert_eq!(
                answered(&asked, answer, expected, || make("other")),
                make("other")
            );
        }
    }
}

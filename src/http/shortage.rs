//! Delays new connections after this machine ran out of sockets. The system searches all its ports before it refuses,
//! so a thousand VUs that retry without pause would take the processor from those that have a connection.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::error::{Error, ErrorKind};
use super::origin::Origin;

/// The pause after a request that found no socket.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// How long the failure applies to all clients of the thread.
const TAKEN_FOR: Duration = Duration::from_millis(10);

/// The last failure for lack of a socket, with its origin.
#[derive(Debug, Default)]
pub(crate) struct Shortage(RefCell<Option<(Instant, Origin, Error)>>);

impl Shortage {
    /// The recent failure for this origin, if any.
    pub(crate) fn answer(&self, origin: &Origin) -> Option<Error> {
        let last = self.0.borrow();
        let (at, failed, error) = last.as_ref()?;
        (at.elapsed() < TAKEN_FOR && failed == origin).then(|| error.clone())
    }

    /// Records the error if it is a shortage.
    pub(crate) fn note(&self, origin: &Origin, error: &Error) {
        if error.kind == ErrorKind::Client {
            self.0
                .replace(Some((Instant::now(), origin.clone(), error.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn a_shortage_applies_briefly_to_its_origin() {
        let origin = |url| Origin::of(&Url::parse(url).unwrap(), None).unwrap();
        let (here, there) = (origin("http://a.test/"), origin("http://b.test/"));
        let shortage = Shortage::default();
        shortage.note(&here, &Error::new(ErrorKind::Connect, "refused"));
        assert_eq!(shortage.answer(&here), None);
        let error = Error::new(ErrorKind::Client, "no port");
        shortage.note(&here, &error);
        assert_eq!(shortage.answer(&there), None);
        while shortage.answer(&here) == Some(error.clone()) {
            std::thread::yield_now();
        }
        assert_eq!(shortage.answer(&here), None);
    }
}

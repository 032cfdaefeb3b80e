//! A cache of lookups for all threads, which looks up each name once, including failures. The first caller asks the
//! system; later ones wait for the same answer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::system::system_addresses;
use crate::http::error::{Error, ErrorKind};
use crate::http::wire_error::from_io;
use crate::sync::Mutex;

/// How long a failure is cached. Otherwise VUs whose server has no address would look it up without pause.
const FAILURE_TTL: Duration = Duration::from_secs(2);

/// The least age at which an answer may be removed: a thousand VUs that cannot connect need only one lookup.
const YOUNG: Duration = Duration::from_secs(1);

/// The number of names beyond which old answers are dropped.
const MANY: usize = 1024;

type Lookup = watch::Receiver<Option<Arc<Answer>>>;

#[derive(Debug)]
struct Answer {
    result: Result<Vec<IpAddr>, Error>,
    at: Instant,
}

impl Answer {
    fn is_fresh(&self, ttl: Duration) -> bool {
        let ttl = match self.result {
            Ok(_) => ttl,
            Err(_) => FAILURE_TTL,
        };
        self.at.elapsed() < ttl
    }
}

static LOOKUPS: LazyLock<Mutex<HashMap<String, Lookup>>> = LazyLock::new(Mutex::default);

/// The addresses of `host`, at least one; the answer may be as old as `ttl`.
pub(super) async fn addresses(host: &str, ttl: Duration) -> Result<Vec<IpAddr>, Error> {
    let mut lookup = share(host, ttl);
    match lookup.wait_for(Option::is_some).await.as_deref() {
        Ok(Some(answer)) => answer.result.clone(),
        _ => Err(Error::new(
            ErrorKind::Dns,
            format!("the lookup of the host {host:?} was interrupted"),
        )),
    }
}

/// Removes a name whose addresses did not answer.
pub(crate) fn forget(host: &str) {
    let mut lookups = LOOKUPS.lock();
    let is_old = |lookup: &Lookup| {
        let answer = lookup.borrow();
        answer.as_ref().is_some_and(|it| it.at.elapsed() >= YOUNG)
    };
    if lookups.get(host).is_some_and(is_old) {
        lookups.remove(host);
    }
}

/// The pending or cached lookup, or a new one.
fn share(host: &str, ttl: Duration) -> Lookup {
    let is_fresh = |lookup: &Lookup| match &*lookup.borrow() {
        None => lookup.has_changed().is_ok(),
        Some(answer) => answer.is_fresh(ttl),
    };
    let mut lookups = LOOKUPS.lock();
    if let Some(lookup) = lookups.get(host).filter(|lookup| is_fresh(lookup)) {
        return lookup.clone();
    }
    if lookups.len() >= MANY {
        lookups.retain(|_, lookup| is_fresh(lookup));
    }
    let lookup = start(host.to_owned());
    lookups.insert(host.to_owned(), lookup.clone());
    lookup
}

/// Asks the system on a separate thread, so that the lookup continues if a VU gives up.
fn start(host: String) -> Lookup {
    let (sender, lookup) = watch::channel(None);
    let send = |sender: &watch::Sender<Option<Arc<Answer>>>, result| {
        let at = Instant::now();
        sender.send_replace(Some(Arc::new(Answer { result, at })));
    };
    let (name, on_thread) = (host.clone(), sender.clone());
    let thread = std::thread::Builder::new().name("ssel-lookup".to_owned());
    let asking = thread.spawn(move || send(&on_thread, ask(&host)));
    if let Err(error) = asking {
        send(&sender, Err(failure(&name, &error)));
    }
    lookup
}

fn ask(host: &str) -> Result<Vec<IpAddr>, Error> {
    let addresses = system_addresses(host, 0).map_err(|error| failure(host, &error))?;
    Ok(addresses.iter().map(SocketAddr::ip).collect())
}

fn failure(host: &str, error: &std::io::Error) -> Error {
    let doing = format!("cannot look up the host {host:?}");
    from_io(ErrorKind::Dns, &doing, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_name_is_looked_up_once_for_all_threads() {
        // Each test uses another spelling of the name, so that tests do not share a lookup.
        let first = share("LOCALHOST", MINUTE);
        let elsewhere = std::thread::spawn(|| share("LOCALHOST", MINUTE));
        assert!(first.same_channel(&elsewhere.join().unwrap()));
        assert!(!addresses("LOCALHOST", MINUTE).await.unwrap().is_empty());
        assert!(first.same_channel(&share("LOCALHOST", MINUTE)));
        // It is too recent to be removed.
        forget("LOCALHOST");
        assert!(first.same_channel(&share("LOCALHOST", MINUTE)));
        assert!(!first.same_channel(&share("LOCALHOST", Duration::ZERO)));
    }

    #[tokio::test]
    async fn a_failure_answers_every_waiting_caller() {
        let host = "no-such-host.invalid";
        let first = share(host, Duration::ZERO);
        let (one, two) = tokio::join!(
            addresses(host, Duration::ZERO),
            addresses(host, Duration::ZERO)
        );
        assert_eq!(one.as_ref().unwrap_err().kind, ErrorKind::Dns);
        assert_eq!(one, two);
        assert!(first.same_channel(&share(host, Duration::ZERO)));
    }
}

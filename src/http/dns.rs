//! Names to addresses: literal, overridden, remembered, or looked up.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use super::error::{Error, ErrorKind};
use super::hosts::HostOverrides;
use super::wire_error::from_io;

/// Looks names up through the system and remembers the answers. Callers that ask for the same name at the same time
/// share one lookup, so that a thousand VUs which start together do not send a thousand queries.
#[derive(Debug)]
pub(crate) struct Resolver {
    hosts: HostOverrides,
    ttl: Duration,
    known: RefCell<HashMap<String, Rc<OnceCell<Answer>>>>,
    turn: Cell<usize>,
}

#[derive(Debug)]
struct Answer {
    addresses: Vec<IpAddr>,
    at: Instant,
}

impl Resolver {
    pub(crate) fn new(hosts: HostOverrides, ttl: Duration) -> Self {
        Self {
            hosts,
            ttl,
            known: RefCell::default(),
            turn: Cell::new(0),
        }
    }

    /// The address that needs no lookup: a literal or an override.
    pub(crate) fn fixed(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.hosts.find(host, port).or_else(|| {
            host.parse()
                .ok()
                .map(|address: IpAddr| SocketAddr::new(address, port))
        })
    }

    /// The addresses of `host`, at least one, in the order to try them.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        if self.ttl.is_zero() {
            return Ok(self.in_order(&look_up(host).await?.addresses, port));
        }
        let cell = self.remembered(host);
        let answer = cell.get_or_try_init(|| look_up(host)).await?;
        Ok(self.in_order(&answer.addresses, port))
    }

    /// Forgets a name whose addresses did not answer.
    pub(crate) fn forget(&self, host: &str) {
        self.known.borrow_mut().remove(host);
    }

    fn remembered(&self, host: &str) -> Rc<OnceCell<Answer>> {
        let mut known = self.known.borrow_mut();
        if let Some(cell) = known.get(host)
            && cell
                .get()
                .is_none_or(|answer| answer.at.elapsed() < self.ttl)
        {
            return cell.clone();
        }
        let cell = Rc::new(OnceCell::new());
        known.insert(host.to_owned(), cell.clone());
        cell
    }

    /// Takes turns among the addresses of the family that the system put first, so that load spreads over all of a
    /// name's servers although the answer is remembered.
    fn in_order(&self, addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
        let preferred = addresses.first().is_some_and(IpAddr::is_ipv6);
        let equal = addresses
            .iter()
            .take_while(|address| address.is_ipv6() == preferred)
            .count();
        let mut ordered: Vec<_> = addresses
            .iter()
            .map(|&ip| SocketAddr::new(ip, port))
            .collect();
        if equal > 1 {
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            ordered[..equal].rotate_left(turn % equal);
        }
        ordered
    }
}

async fn look_up(host: &str) -> Result<Answer, Error> {
    let mut addresses = Vec::new();
    let found = tokio::net::lookup_host((host, 0))
        .await
        .map_err(|error| failure(host, &error))?;
    for address in found {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    if addresses.is_empty() {
        return Err(Error::new(
            ErrorKind::Dns,
            format!("the host {host:?} has no address"),
        ));
    }
    Ok(Answer {
        addresses,
        at: Instant::now(),
    })
}

fn failure(host: &str, error: &io::Error) -> Error {
    from_io(
        ErrorKind::Dns,
        &format!("cannot look up the host {host:?}"),
        error,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver() -> Resolver {
        Resolver::new(HostOverrides::new(), Duration::from_mins(1))
    }

    #[test]
    fn addresses_of_the_first_family_take_turns() {
        let addresses: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2", "::1"]
            .iter()
            .map(|a| a.parse().unwrap())
            .collect();
        let resolver = resolver();
        let firsts: Vec<_> = (0..3).map(|_| resolver.in_order(&addresses, 80)).collect();
        assert_eq!(firsts[0][0], "10.0.0.1:80".parse().unwrap());
        assert_eq!(firsts[1][0], "10.0.0.2:80".parse().unwrap());
        assert_eq!(firsts[2][0], "10.0.0.1:80".parse().unwrap());
        assert!(
            firsts
                .iter()
                .all(|order| order[2] == "[::1]:80".parse().unwrap())
        );
    }

    #[test]
    fn literals_need_no_lookup() {
        let resolver = resolver();
        assert_eq!(
            resolver.fixed("127.0.0.1", 80),
            Some("127.0.0.1:80".parse().unwrap())
        );
        assert_eq!(
            resolver.fixed("::1", 443),
            Some("[::1]:443".parse().unwrap())
        );
        assert_eq!(resolver.fixed("localhost", 80), None);
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_until_forgotten() {
        let resolver = resolver();
        let first = resolver.remembered("localhost");
        resolver.resolve("localhost", 80).await.unwrap();
        assert!(Rc::ptr_eq(&first, &resolver.remembered("localhost")));
        assert!(first.get().is_some());
        resolver.forget("localhost");
        assert!(!Rc::ptr_eq(&first, &resolver.remembered("localhost")));
    }

    #[tokio::test]
    async fn a_name_without_address_is_a_dns_error_and_is_asked_again() {
        let resolver = resolver();
        let error = resolver
            .resolve("no-such-host.invalid", 80)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Dns);
        assert!(resolver.remembered("no-such-host.invalid").get().is_none());
    }
}

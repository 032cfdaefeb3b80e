//! Resolves host names: literal, overridden, cached or looked up.

mod lookup;
mod system;

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::error::Error;
use super::hosts::HostOverrides;

pub(crate) use self::lookup::forget;
pub(crate) use self::system::system_addresses;

/// Resolves host names for the clients of one thread. The process shares one cache.
#[derive(Debug)]
pub(crate) struct Resolver {
    hosts: HostOverrides,
    ttl: Duration,
    turn: Cell<usize>,
}

impl Resolver {
    pub(crate) fn new(hosts: HostOverrides, ttl: Duration) -> Self {
        Self {
            hosts,
            ttl,
            turn: Cell::new(0),
        }
    }

    /// The address if no lookup is needed: a literal or an override.
    pub(crate) fn fixed(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.hosts.find(host, port).or_else(|| {
            host.parse()
                .ok()
                .map(|address: IpAddr| SocketAddr::new(address, port))
        })
    }

    /// The addresses of `host`, at least one, in the order to try them.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let addresses = lookup::addresses(host, self.ttl).await?;
        Ok(self.in_order(&addresses, port))
    }

    /// Rotates the addresses of the preferred family, so that the load spreads over all servers of a name although the
    /// answer is cached.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver() -> Resolver {
        Resolver::new(HostOverrides::new(), Duration::from_mins(1))
    }

    #[test]
    fn addresses_of_the_preferred_family_rotate() {
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
}

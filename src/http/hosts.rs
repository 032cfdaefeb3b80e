//! Addresses that the user sets for host names.

use std::net::{IpAddr, SocketAddr};

use super::error::{Error, ErrorKind};
use super::origin::without_brackets;

/// A list of `host[:port] -> address[:port]`; a host may begin with `*.`. The most specific entry applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostOverrides {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: String,
    port: Option<u16>,
    address: IpAddr,
    address_port: Option<u16>,
}

impl HostOverrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an override: `("example.test:443", "127.0.0.1:8443")`, `("*.example.test", "::1")`.
    ///
    /// # Errors
    /// Kind `dns` if either side is invalid.
    pub fn insert(&mut self, host: &str, address: &str) -> Result<(), Error> {
        let refuse = |what: &str| {
            let text = format!("hosts: {what}, in {host:?} = {address:?}");
            Error::new(ErrorKind::Dns, text)
        };
        let (address, address_port) = parse_address(address)
            .ok_or_else(|| refuse("the right side is not an IP address, with or without a port"))?;
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) => {
                let port = port
                    .parse()
                    .map_err(|_| refuse("the left side has no valid port"))?;
                (name, Some(port))
            }
            None => (host, None),
        };
        if name.strip_prefix("*.").unwrap_or(name).contains(['*', '/']) || name.is_empty() {
            return Err(refuse(
                "the left side is not a host name; a star may only replace its first part",
            ));
        }
        self.entries.push(Entry {
            host: name.to_ascii_lowercase(),
            port,
            address,
            address_port,
        });
        Ok(())
    }

    /// The address for `host` (lower case) and `port`, if one is given.
    pub(crate) fn find(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let entry = self
            .entries
            .iter()
            .filter(|entry| entry.port.is_none_or(|p| p == port) && matches(&entry.host, host))
            .max_by_key(|entry| (!entry.host.starts_with('*'), entry.host.len(), entry.port))?;
        Some(SocketAddr::new(
            entry.address,
            entry.address_port.unwrap_or(port),
        ))
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => host == pattern,
    }
}

fn parse_address(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some((address.ip(), Some(address.port())));
    }
    Some((without_brackets(text).parse().ok()?, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_entry_wins() {
        let mut hosts = HostOverrides::new();
        for (host, address) in [
            ("*.example.test", "10.0.0.1"),
            ("*.eu.example.test", "10.0.0.2"),
            ("api.example.test", "10.0.0.3"),
            ("api.example.test:443", "[::1]:8443"),
        ] {
            hosts.insert(host, address).unwrap();
        }
        for (host, port, expected) in [
            ("www.example.test", 80, Some("10.0.0.1:80")),
            ("www.eu.example.test", 80, Some("10.0.0.2:80")),
            ("api.example.test", 80, Some("10.0.0.3:80")),
            ("api.example.test", 443, Some("[::1]:8443")),
            ("example.test", 80, None),
            ("other.test", 80, None),
        ] {
            assert_eq!(
                hosts.find(host, port),
                expected.map(|a| a.parse().unwrap()),
                "{host}:{port}"
            );
        }
    }

    #[test]
    fn an_invalid_entry_is_rejected() {
        let mut hosts = HostOverrides::new();
        for (host, address) in [
            ("a.test", "b.test"),
            ("a.*.test", "::1"),
            ("", "::1"),
            ("a.test:x", "::1"),
            ("a", "1.2.3.4:70000"),
        ] {
            assert_eq!(
                hosts.insert(host, address).unwrap_err().kind,
                ErrorKind::Dns,
                "{host} {address}"
            );
        }
    }
}

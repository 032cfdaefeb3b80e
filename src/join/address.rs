//! The address of part 0.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub(crate) use crate::parts::PORT;

/// The address of part 0, the same for all parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Parses `HOST`, `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (this machine); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
            None => match text.rsplit_once(':') {
                // An IPv6 address without brackets.
                Some((host, _)) if host.contains(':') => (text, None),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0)?,
            None => PORT,
        };
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_host = host.parse::<Ipv6Addr>().is_ok() || host.chars().all(is_name);
        is_host.then(|| Self {
            host: host.to_owned(),
            port,
        })
    }

    /// An address of a host and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        crate::http::is_loopback(&self.host)
    }

    /// The addresses to try to bind, in order. A name may resolve to another address of this machine (Debian resolves
    /// its own host name to 127.0.1.1), and an address may belong to a gateway: then part 0 binds all addresses of the
    /// machine.
    pub(super) fn to_bind(&self) -> Vec<SocketAddr> {
        let any = [
            IpAddr::from(Ipv6Addr::UNSPECIFIED),
            IpAddr::from(Ipv4Addr::UNSPECIFIED),
        ];
        let localhost = IpAddr::from(Ipv4Addr::LOCALHOST);
        let ips: Vec<IpAddr> = match self.host.parse::<IpAddr>().ok() {
            Some(ip) if ip.is_loopback() => vec![ip],
            Some(ip) => [ip].into_iter().chain(any).collect(),
            None if self.is_loopback() => vec![localhost],
            None => any.to_vec(),
        };
        let at = |ip| SocketAddr::new(ip, self.port);
        ips.into_iter().map(at).collect()
    }

    /// The URL of this path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{self}{path}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let cases = [
            ("node1", "node1:7735"),
            ("node1:80", "node1:80"),
            (":9000", "127.0.0.1:9000"),
            ("10.0.0.1:9000", "10.0.0.1:9000"),
            ("::1", "[::1]:7735"),
            ("[::1]:9", "[::1]:9"),
            (
                "load-0.load.default.svc:7735",
                "load-0.load.default.svc:7735",
            ),
        ];
        for (text, shown) in cases {
            assert_eq!(Address::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "node1:",
            "node1:x",
            "node1:0",
            "node1:70000",
            "http://node1",
            "a b",
            "u@h:1",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_loopback_address_needs_no_token() {
        for text in ["localhost", "127.0.0.1:1", "[::1]:1", ":1"] {
            assert!(Address::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in ["node1", "0.0.0.0:1", "10.0.0.1"] {
            assert!(!Address::parse(text).unwrap().is_loopback(), "{text}");
        }
    }
}

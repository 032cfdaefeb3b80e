//! Selects the proxy of a request, and opens the tunnel through it.

use std::net::IpAddr;

use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::error::{Error, ErrorKind};
use super::io::Io;
use super::origin::{Origin, is_loopback, without_brackets};
use super::request::basic_of;
use super::wire_error::from_io;

/// The longest answer to CONNECT that is read.
const MAX_CONNECT_HEAD: usize = 16 * 1024;

/// The proxies by scheme, and the exempt hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<ProxyServer>,
    https: Option<ProxyServer>,
    exempt: Vec<String>,
    /// Whether servers on this machine are exempt, as for proxies of the environment.
    spare_loopback: bool,
}

/// One proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyServer {
    pub(crate) origin: Origin,
    pub(crate) authorization: Option<HeaderValue>,
}

impl Proxies {
    /// One proxy for every request, `http://[user:password@]host[:port]` or `https://…`.
    ///
    /// # Errors
    /// Kind `proxy` if the text is not such a URL.
    pub fn all(url: &str) -> Result<Self, Error> {
        let server = ProxyServer::parse(url)?;
        Ok(Self {
            http: Some(server.clone()),
            https: Some(server),
            ..Self::default()
        })
    }

    /// Exempts hosts in the format of `NO_PROXY`: `*`, names with their subdomains, addresses, networks such as
    /// `10.0.0.0/8`, each with an optional port; separated by commas.
    pub fn exempt(&mut self, hosts: &str) {
        let hosts = hosts
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase());
        self.exempt.extend(hosts.filter(|host| !host.is_empty()));
    }

    /// The proxies in the variables `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or upper case.
    /// Servers on this machine are exempt.
    ///
    /// # Errors
    /// Kind `proxy` if one of them is not the URL of a proxy; the message names the variable.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let get = |name: &str| {
            [name.to_owned(), name.to_ascii_uppercase()]
                .into_iter()
                .find_map(|name| Some((variable(&name).filter(|value| !value.is_empty())?, name)))
        };
        let server = |scheme: &str| match get(scheme).or_else(|| get("all_proxy")) {
            None => Ok(None),
            Some((value, name)) => ProxyServer::parse(&value).map(Some).map_err(|error| {
                Error::new(
                    ErrorKind::Proxy,
                    format!("the variable {name}: {}", error.message),
                )
            }),
        };
        let mut proxies = Self {
            http: server("http_proxy")?,
            https: server("https_proxy")?,
            exempt: Vec::new(),
            spare_loopback: true,
        };
        if let Some((hosts, _)) = get("no_proxy") {
            proxies.exempt(&hosts);
        }
        Ok(proxies)
    }

    /// The proxy for a request to `origin`.
    pub(crate) fn server_for(&self, origin: &Origin) -> Option<&ProxyServer> {
        let server = if origin.secure {
            &self.https
        } else {
            &self.http
        }
        .as_ref()?;
        let spared = origin.socket.is_some()
            || self.spare_loopback && is_loopback(&origin.host)
            || self
                .exempt
                .iter()
                .any(|rule| is_exempt(rule, &origin.host, origin.port));
        (!spared).then_some(server)
    }
}

impl ProxyServer {
    fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::new(ErrorKind::Proxy, format!("not a usable proxy: {why}"));
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&full).map_err(|error| refuse(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse(&format!(
                "the scheme {} is not supported; use http or https",
                url.scheme()
            )));
        }
        let origin = Origin::of(&url, None).map_err(|error| refuse(&error.message))?;
        Ok(Self {
            origin,
            authorization: basic_of(&url),
        })
    }

    /// Opens a tunnel to `target` over a connection to the proxy.
    pub(crate) async fn tunnel(&self, io: &mut Io, target: &Origin) -> Result<(), Error> {
        let authority = target.host_and_port();
        let mut ask = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            ask.extend_from_slice(b"Proxy-Authorization: ");
            ask.extend_from_slice(authorization.as_bytes());
            ask.extend_from_slice(b"\r\n");
        }
        ask.extend_from_slice(b"\r\n");
        let broken = |error: &std::io::Error| from_io(ErrorKind::Proxy, "the proxy", error);
        io.write_all(&ask).await.map_err(|error| broken(&error))?;
        io.flush().await.map_err(|error| broken(&error))?;

        // The server sends nothing before the client does, so nothing follows the head.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= MAX_CONNECT_HEAD {
                return Err(Error::new(
                    ErrorKind::Proxy,
                    "the proxy's answer to CONNECT is too long",
                ));
            }
            head.push(io.read_u8().await.map_err(|error| broken(&error))?);
        }
        let line = String::from_utf8_lossy(head.split(|&b| b == b'\r').next().unwrap_or_default());
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next()) {
            (Some(version), Some(status)) if version.starts_with("HTTP/1.") => {
                if status.len() == 3 && status.starts_with('2') {
                    return Ok(());
                }
                let text = format!("the proxy refused to connect to {authority}: {line}");
                Err(Error::new(ErrorKind::Proxy, text))
            }
            _ => Err(Error::new(
                ErrorKind::Proxy,
                "the proxy's answer to CONNECT is not HTTP",
            )),
        }
    }
}

fn is_exempt(rule: &str, host: &str, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some((network, length)) = rule.split_once('/') {
        return match (network.parse(), length.parse(), host.parse()) {
            (Ok(network), Ok(length), Ok(address)) => in_network(network, length, address),
            _ => false,
        };
    }
    let rule = match rule.rsplit_once(':') {
        // Several colons without brackets are an IPv6 address.
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            if digits.parse() != Ok(port) {
                return false;
            }
            name
        }
        _ => rule,
    };
    let rule = without_brackets(rule);
    let name = rule
        .strip_prefix("*.")
        .or(rule.strip_prefix('.'))
        .unwrap_or(rule);
    host == name
        || host
            .strip_suffix(name)
            .is_some_and(|front| front.ends_with('.'))
}

fn in_network(network: IpAddr, length: u32, address: IpAddr) -> bool {
    let same = |a: u128, b: u128, bits: u32| {
        length <= bits
            && a.checked_shr(bits - length).unwrap_or(0)
                == b.checked_shr(bits - length).unwrap_or(0)
    };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(proxies: &Proxies, url: &str) -> Option<String> {
        let origin = Origin::of(&Url::parse(url).unwrap(), None).unwrap();
        proxies
            .server_for(&origin)
            .map(|server| server.origin.host_and_port())
    }

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_environment_selects_by_scheme_and_exempts_this_machine() {
        let proxies = Proxies::from_env(env(&[
            ("http_proxy", "http://plain.test:3128"),
            ("ALL_PROXY", "any.test:1"),
            (
                "NO_PROXY",
                "exempt.test, 10.0.0.0/8,[fd00::1], port.test:81",
            ),
        ]))
        .unwrap();
        for (url, expected) in [
            ("http://a.test/", Some("plain.test:3128")),
            ("https://a.test/", Some("any.test:1")),
            ("http://localhost:8080/", None),
            ("http://127.0.0.2/", None),
            ("https://[::1]/", None),
            ("https://exempt.test/", None),
            ("https://sub.exempt.test/", None),
            ("https://notexempt.test/", Some("any.test:1")),
            ("http://10.200.3.4/", None),
            ("http://11.0.0.1/", Some("plain.test:3128")),
            ("http://[fd00::1]/", None),
            ("http://port.test:81/", None),
            ("http://port.test/", Some("plain.test:3128")),
        ] {
            assert_eq!(via(&proxies, url).as_deref(), expected, "{url}");
        }
        let none = Proxies::from_env(env(&[("http_proxy", "")])).unwrap();
        assert_eq!(via(&none, "http://a.test/"), None);
    }

    #[test]
    fn an_explicit_proxy_also_applies_to_this_machine() {
        let mut proxies = Proxies::all("https://user:p%40ss@proxy.test").unwrap();
        assert_eq!(
            via(&proxies, "http://127.0.0.1/").as_deref(),
            Some("proxy.test:443")
        );
        let authorization = proxies
            .https
            .as_ref()
            .unwrap()
            .authorization
            .clone()
            .unwrap();
        assert_eq!(authorization, "Basic dXNlcjpwQHNz");
        proxies.exempt("*");
        assert_eq!(via(&proxies, "http://127.0.0.1/"), None);
    }

    #[test]
    fn an_invalid_proxy_is_named_without_its_password() {
        for value in ["socks5://user:secret@proxy.test", "http://user:secret@"] {
            let error = Proxies::from_env(env(&[("HTTPS_PROXY", value)])).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Proxy);
            assert!(error.message.contains("HTTPS_PROXY"), "{}", error.message);
            assert!(!error.message.contains("secret"), "{}", error.message);
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        let inside =
            |net: &str, len, ip: &str| in_network(net.parse().unwrap(), len, ip.parse().unwrap());
        assert!(inside("0.0.0.0", 0, "9.9.9.9"));
        assert!(inside("192.168.1.0", 24, "192.168.1.255"));
        assert!(!inside("192.168.1.0", 24, "192.168.2.0"));
        assert!(!inside("192.168.1.0", 33, "192.168.1.0"));
        assert!(inside("fd00::", 8, "fdff::1"));
        assert!(inside("::", 0, "fe80::1"));
        assert!(!inside("fd00::", 8, "10.0.0.1"));
    }
}

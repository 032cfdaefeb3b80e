//! Asks the system for the addresses of a host name.
//!
//! The GNU C library loads shared libraries for lookups, which a `FROM scratch` image lacks. A static build therefore
//! reads `/etc/hosts` and `/etc/resolv.conf` with hickory-resolver.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// The distinct addresses of `host` with `port`, in the order of the system. Blocks.
///
/// # Errors
/// The error of the system, or a name without addresses.
pub(crate) fn system_addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for ip in lookup(host)? {
        let address = SocketAddr::new(ip, port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(io::Error::other(format!(
            "the host {host:?} has no address"
        )));
    }
    Ok(addresses)
}

#[cfg(not(target_feature = "crt-static"))]
fn lookup(host: &str) -> io::Result<Vec<IpAddr>> {
    use std::net::ToSocketAddrs;

    let found = (host, 0).to_socket_addrs()?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Runs the lookup on a separate thread, since the caller's thread may already run a runtime.
#[cfg(target_feature = "crt-static")]
fn lookup(host: &str) -> io::Result<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let asking = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(ask(host))
            })
            .join()
    });
    asking.unwrap_or_else(|_| Err(io::Error::other("the lookup panicked")))
}

#[cfg(target_feature = "crt-static")]
async fn ask(host: &str) -> io::Result<Vec<IpAddr>> {
    use hickory_resolver::Resolver;
    use hickory_resolver::config::{LookupIpStrategy, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;

    // Without /etc/resolv.conf, only /etc/hosts and localhost can be resolved.
    let mut builder = Resolver::builder_tokio().unwrap_or_else(|_| {
        Resolver::builder_with_config(ResolverConfig::default(), TokioRuntimeProvider::default())
    });
    builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    let resolver = builder.build().map_err(io::Error::other)?;
    let found = resolver.lookup_ip(host).await.map_err(io::Error::other)?;
    Ok(found.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_literals_have_distinct_addresses() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            let addresses = system_addresses(host, 80).unwrap();
            assert!(addresses.iter().all(|it| it.ip().is_loopback()), "{host}");
            let mut unique = addresses.clone();
            unique.dedup();
            assert_eq!(unique, addresses);
        }
        assert!(system_addresses("no-such-host.invalid", 80).is_err());
    }
}

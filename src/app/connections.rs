//! Converts options of requests into settings of the HTTP client.

use std::time::Duration;

use crate::error::Error;
use crate::http::{ClientContext, HostOverrides, Proxies, Settings};
use crate::options::HttpOptions;
use crate::samples::Connections;

/// The settings of the HTTP clients. Files and addresses are checked now, so that mistakes are reported before the load.
///
/// # Errors
/// A certificate, key, proxy or address that cannot be used.
pub(super) fn setup(options: &HttpOptions) -> Result<Connections, Error> {
    let bad = |error: crate::http::Error| Error::Connections(error.to_string());
    let default = Settings::default();
    let mut hosts = HostOverrides::new();
    for (host, address) in &options.hosts {
        hosts.insert(host, address).map_err(bad)?;
    }
    let settings = Settings {
        user_agent: options.user_agent.clone().unwrap_or(default.user_agent),
        insecure_skip_tls_verify: options.insecure_skip_tls_verify,
        no_connection_reuse: options.no_connection_reuse,
        max_redirects: options.max_redirects,
        connect_timeout: Some(options.connect_timeout).filter(|limit| *limit > Duration::ZERO),
        ca_files: options.ca.clone(),
        client_cert: options.tls_auth.clone(),
        proxies: proxies(options).map_err(bad)?,
        version: options.http_version,
        hosts,
        dns_ttl: options.dns_ttl,
    };
    if !settings.ca_files.is_empty() || settings.client_cert.is_some() {
        ClientContext::new(settings.clone()).map_err(bad)?;
    }
    Ok(Connections {
        settings,
        close_after_iteration: options.no_vu_connection_reuse,
        keep_cookies: options.no_cookies_reset,
        ..Connections::default()
    })
}

fn proxies(options: &HttpOptions) -> Result<Proxies, crate::http::Error> {
    match &options.proxy {
        Some(url) => {
            let mut proxies = Proxies::all(url)?;
            proxies.exempt(&options.no_proxy.join(","));
            Ok(proxies)
        }
        None => Proxies::from_env(|name| std::env::var(name).ok()),
    }
}

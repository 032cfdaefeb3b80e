//! The server's own metrics during a benchmark.

use super::super::ServerMetrics;
use super::bench::Bench;
use super::endpoint::ApiEndpoint;
use crate::control::{Auth, ClientSettings, Secret};

/// The servers to scrape: those under test by default, else those that are `wanted`. The credentials of requests are sent to
/// the servers under test only.
pub(crate) fn own_metrics(bench: &Bench, wanted: ServerMetrics, is_default: bool) -> ServerMetrics {
    let mut own: Vec<String> = bench.endpoints().map(ApiEndpoint::metrics).collect();
    own.sort();
    own.dedup();
    let origin = |url: &String| url.strip_suffix("/metrics").unwrap_or(url).to_owned();
    let origins = own.iter().map(origin).collect();
    let headers = bench.access.headers.iter();
    let settings = ClientSettings {
        headers: headers
            .map(|(name, value)| (name.clone(), Secret::new(value)))
            .collect(),
        auth: match &bench.access.key {
            Some(key) => Auth::Bearer(Secret::new(key)),
            None => Auth::None,
        },
        insecure: bench.access.insecure,
        ..ClientSettings::default()
    };
    ServerMetrics {
        urls: if is_default { own } else { wanted.urls },
        is_guess: is_default,
        own: Some((origins, settings)),
        wanted: wanted.wanted,
    }
}

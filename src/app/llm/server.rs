//! The server's own metrics during a benchmark.

use super::super::ServerMetrics;
use super::bench::Bench;
use crate::control::{Auth, ClientSettings, Secret};

/// The servers to scrape: that under test by default, else those that are `wanted`. The credentials of requests are sent to
/// the server under test only.
pub(crate) fn own_metrics(bench: &Bench, wanted: ServerMetrics, is_default: bool) -> ServerMetrics {
    let own = bench.endpoint.metrics();
    let origin = own.strip_suffix("/metrics").unwrap_or(&own).to_owned();
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
        urls: if is_default { vec![own] } else { wanted.urls },
        is_guess: is_default,
        own: Some((origin, settings)),
        wanted: wanted.wanted,
    }
}

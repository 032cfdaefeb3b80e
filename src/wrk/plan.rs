//! The plan of the threads.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::http;

/// What the threads of a run are to do.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// How many threads.
    pub threads: usize,
    /// How many connections; each thread has an equal share of them, rounded down.
    pub connections: usize,
    /// How long the load lasts; without it, until all `requests` are done.
    pub duration: Option<Duration>,
    /// How many requests all connections send together; without it, any number.
    pub requests: Option<u64>,
    /// Whether a script takes part, which may never come back.
    pub scripted: bool,
    /// A request that takes longer counts as a timeout.
    pub timeout: Duration,
    /// Requests per second over all connections; without it, each connection sends as soon as it has its answer.
    pub rate: Option<f64>,
    /// How TLS is spoken, for https.
    pub tls: Option<Tls>,
}

/// How TLS is spoken.
#[derive(Debug, Clone)]
pub struct Tls {
    pub(super) config: Arc<ClientConfig>,
    /// The name that the server is asked for.
    pub(super) name: ServerName<'static>,
}

impl Tls {
    /// HTTP/1.1 with `host`, whatever certificate it shows.
    ///
    /// # Errors
    /// One sentence on a host that cannot have a certificate, or a system without TLS.
    pub fn unverified(host: &str) -> Result<Self, String> {
        let config = http::unverified_http1().map_err(|error| error.to_string())?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("no certificate can be for {host:?}"))?;
        Ok(Self { config, name })
    }
}

impl LoadPlan {
    /// Connections of one thread.
    pub(super) fn share(&self) -> usize {
        self.connections / self.threads.max(1)
    }

    /// From one planned request of a connection to its next.
    pub(super) fn period(&self) -> Option<Duration> {
        let connections = (self.share() * self.threads.max(1)) as f64;
        self.rate
            .map(|rate| Duration::try_from_secs_f64(connections / rate).unwrap_or(Duration::MAX))
    }
}

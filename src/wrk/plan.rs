//! The plan of the threads.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::http;

/// The load of a run.
#[derive(Debug, Clone)]
pub(crate) struct LoadPlan {
    /// The number of threads.
    pub threads: usize,
    /// The number of connections; each thread has an equal share of them, rounded down.
    pub connections: usize,
    /// The duration of the load; `None`: until all `requests` are done.
    pub duration: Option<Duration>,
    /// The number of requests over all connections; `None`: unlimited.
    pub requests: Option<u64>,
    /// Whether there is a script, which may never return.
    pub scripted: bool,
    /// A request that takes longer counts as a timeout.
    pub timeout: Duration,
    /// Requests per second over all connections; `None`: each connection sends as soon as it has its answer.
    pub rate: Option<f64>,
    /// The TLS settings, for https.
    pub tls: Option<WrkTls>,
}

/// TLS settings.
#[derive(Debug, Clone)]
pub(crate) struct WrkTls {
    pub(super) config: Arc<ClientConfig>,
    /// The server name.
    pub(super) name: ServerName<'static>,
}

impl WrkTls {
    /// HTTP/1.1 with `host`, accepting any certificate.
    ///
    /// # Errors
    /// A host that cannot have a certificate, or TLS cannot be set up.
    pub(crate) fn unverified(host: &str) -> Result<Self, String> {
        let config = http::unverified_http1().map_err(|error| error.to_string())?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("a certificate cannot have the name {host:?}"))?;
        Ok(Self { config, name })
    }
}

impl LoadPlan {
    /// Connections of one thread.
    pub(super) fn share(&self) -> usize {
        self.connections / self.threads.max(1)
    }

    /// The time between two planned requests of a connection.
    pub(super) fn period(&self) -> Option<Duration> {
        let connections = (self.share() * self.threads.max(1)) as f64;
        self.rate
            .map(|rate| Duration::try_from_secs_f64(connections / rate).unwrap_or(Duration::MAX))
    }
}

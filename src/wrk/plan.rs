//! What the threads of a run are to do.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

/// What the threads of a run are to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many threads.
    pub threads: usize,
    /// How many connections; each thread has an equal share of them, rounded down.
    pub connections: usize,
    /// How long the load lasts.
    pub duration: Duration,
    /// A request that takes longer counts as a timeout.
    pub timeout: Duration,
    /// Requests per second over all connections; without it, each connection sends as soon as it has its answer.
    pub rate: Option<f64>,
    /// For https: how TLS is spoken, and the name that the server is asked for.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Plan {
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

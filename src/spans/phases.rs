//! The phases of a request up to the first byte of its response.

use std::time::Duration;

/// The time of a request until the first byte of its response, by phase. Phases are consecutive and never overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Waiting for a connection that another request opens, and preparation.
    pub blocked: Duration,
    /// Looking up the host's addresses; 0 for an address, a cached name or a reused connection.
    pub lookup: Duration,
    /// Connecting the socket, through a proxy if there is one; 0 on a reused connection.
    pub connecting: Duration,
    /// TLS handshakes; 0 on a reused connection.
    pub tls: Duration,
    /// From having a connection until the whole request was written to the socket.
    pub sending: Duration,
    /// From then until the first byte of the response was read from the socket.
    pub waiting: Duration,
}

impl Phases {
    /// The sum of all phases.
    pub fn total(&self) -> Duration {
        self.blocked + self.lookup + self.connecting + self.tls + self.sending + self.waiting
    }
}

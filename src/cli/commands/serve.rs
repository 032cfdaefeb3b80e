//! `ssel serve`: the built-in target on a given address.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use super::super::signals;
use crate::app::Stopper;
use crate::error::Error;
use crate::http;
use crate::output::Terminal;
use crate::serve::Server;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    addr: String,
}

impl Serve {
    pub(in crate::cli) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        let cannot = |source| Error::Io {
            what: format!("cannot listen on {}", self.addr),
            source,
        };
        let address = address(&self.addr).map_err(cannot)?;
        let server = Server::start_background(address).map_err(cannot)?;
        signals::listen(stopper)?;
        terminal.print(&format!(
            "listening on http://{} (Ctrl-C ends it; GET / lists what it serves)",
            server.addr()
        ));
        stopper.wait();
        Ok(ExitCode::SUCCESS)
    }
}

/// The first address of `HOST:PORT`.
fn address(text: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "expected HOST:PORT");
    let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
    let port = port.parse().map_err(|_| invalid())?;
    let addresses = http::system_addresses(host, port)?;
    addresses.into_iter().next().ok_or_else(invalid)
}

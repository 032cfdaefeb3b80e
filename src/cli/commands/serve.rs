//! `ssel serve`: the built-in target on a given address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use super::super::flags::wrong;
use super::super::signals;
use crate::app::Stopper;
use crate::error::Error;
use crate::http;
use crate::output::Terminal;
use crate::serve::Server;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel serve                                                 # until Ctrl-C
  curl http://127.0.0.1:8080/                                # all routes
  curl -N 'http://127.0.0.1:8080/.sse?n=3&interval=100ms'    # three events
  ssel llm http://127.0.0.1:8080/v1

Documentation:
  docs/target.md")]
pub(in crate::cli) struct Serve {
    /// Address to listen on; port 0 takes a free port
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
        let (host, port) = host_and_port(&self.addr)
            .ok_or_else(|| Error::Usage(format!("--addr {}", wrong(&self.addr, REMEDY))))?;
        let address = address(host, port).map_err(cannot)?;
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

const REMEDY: &str = "use HOST:PORT, such as 127.0.0.1:8080; port 0 takes a free one";

fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((host, port.parse().ok()?)).filter(|_| !host.is_empty())
}

/// The first address of a host.
fn address(host: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok((ip, port).into());
    }
    let addresses = http::system_addresses(host, port)?;
    let none = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    addresses.into_iter().next().ok_or_else(none)
}

//! `ssel serve`: the built-in target on an address of one's choice.

use std::net::ToSocketAddrs;
use std::process::ExitCode;

use super::super::args::Serve;
use super::super::signals;
use crate::app::Stopper;
use crate::error::Error;
use crate::output::Terminal;
use crate::serve::Server;

pub(in crate::cli) fn serve(
    args: &Serve,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<ExitCode, Error> {
    let cannot = |source| Error::Io {
        what: format!("cannot listen on {}", args.addr),
        source,
    };
    let address = args
        .addr
        .to_socket_addrs()
        .map_err(cannot)?
        .next()
        .ok_or_else(|| {
            cannot(std::io::Error::new(
                std::io::ErrorKind::AddrNotAvailable,
                "the name has no address",
            ))
        })?;
    let server = Server::start_background(address).map_err(cannot)?;
    signals::listen(stopper)?;
    terminal.print(&format!(
        "listening on http://{} (Ctrl-C ends it; GET / lists what it serves)",
        server.addr()
    ));
    stopper.wait();
    Ok(ExitCode::SUCCESS)
}

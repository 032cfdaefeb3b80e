//! The runtime and the listener of a server on its own thread.

use std::io;
use std::net::TcpListener as StdListener;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A runtime for the thread of a server, and its bound listener. They are created before the thread, so that its
/// starter receives the error.
///
/// # Errors
/// The error of the operating system.
pub(crate) fn listen(listener: StdListener) -> io::Result<(Runtime, TcpListener)> {
    listener.set_nonblocking(true)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = {
        let _inside = runtime.enter();
        TcpListener::from_std(listener)?
    };
    Ok((runtime, listener))
}

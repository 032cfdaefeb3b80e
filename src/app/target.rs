//! Starts the built-in target when a script first needs it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::serve::{Background, Server};
use crate::sync::Mutex;
use crate::units::system_refusal;

/// Returns the base URL of the built-in target.
pub(super) type Target = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Starts the target on a free loopback port on the first call, and returns its base URL.
pub(super) fn on_first_use() -> Box<dyn Fn() -> Result<String, String> + Send + Sync> {
    let server: Mutex<Option<Background>> = Mutex::new(None);
    Box::new(move || {
        let mut server = server.lock();
        if server.is_none() {
            let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let started = Server::start_background(any_port);
            *server = Some(started.map_err(|error| {
                let why = system_refusal(&error);
                format!("cannot start the built-in target: {why}")
            })?);
        }
        match &*server {
            Some(server) => Ok(format!("http://{}", server.addr())),
            None => Err("the built-in target is not running".into()),
        }
    })
}

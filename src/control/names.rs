//! Resolves host names as measured requests do, also in static builds.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::http;

pub(super) struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let lookup = tokio::task::spawn_blocking(move || {
                http::system_addresses(&host, 0).map_err(|error| {
                    io::Error::new(
                        error.kind(),
                        format!("cannot look up the host {host:?}: {error}"),
                    )
                })
            });
            let addresses: Vec<SocketAddr> = lookup.await??;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

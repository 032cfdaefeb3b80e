//! The live page: the report of a run in progress, served to browsers.
//!
//! The deciding thread passes on the frame of each second ([`Live::show`]) without waiting. The thread of the page
//! keeps the record in bounded memory, renders the page and sends events to the browsers. A browser that falls behind
//! misses frames and then receives the whole page again; nothing is stored for it.

mod server;
mod state;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::control;
use crate::metrics::SeriesInfo;
use crate::record::{Frame, Record, RunMetadata};

/// How long the end of a run waits until browsers have received it.
const FAREWELL: Duration = Duration::from_millis(500);

/// The live page of a run. Dropping it ends the server.
#[derive(Debug)]
pub(crate) struct Live {
    updates: UnboundedSender<Update>,
    /// How many series have been sent to the page.
    known: AtomicUsize,
    url: String,
}

/// A message to the thread of the page.
enum Update {
    /// New series, and the frame of a second.
    Frame(Vec<SeriesInfo>, Box<Frame>),
    /// The record of the ended run, and a channel that is notified when the browsers have received it.
    End(Box<Record>, mpsc::Sender<()>),
}

impl Live {
    /// Serves the page of `run` at `addr`; port 0 takes a free port. The URL contains a token unless the address is
    /// loopback; on a loopback address, the page answers only requests with a loopback host name.
    ///
    /// # Errors
    /// The error of the operating system, e.g. that the address is in use.
    pub(crate) fn start(addr: SocketAddr, run: RunMetadata) -> io::Result<Self> {
        let token = if addr.ip().is_loopback() {
            None
        } else {
            Some(token()?)
        };
        let (runtime, listener) = control::listen(TcpListener::bind(addr)?)?;
        let addr = listener.local_addr()?;
        let (updates, receiver) = unbounded_channel();
        let prefix = token.map_or_else(String::new, |token| format!("/{token}"));
        let path = prefix.clone();
        std::thread::Builder::new()
            .name("ssel-live".into())
            .spawn(move || runtime.block_on(server::serve(listener, addr, &path, run, receiver)))?;
        Ok(Self {
            updates,
            known: AtomicUsize::new(0),
            url: format!("http://{addr}{prefix}/"),
        })
    }

    /// The URL of the page.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Shows the frame of the latest second; its points belong to these series. Later calls only append series.
    pub(crate) fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        let known = self.known.swap(series.len(), Ordering::Relaxed);
        let new = series.get(known..).unwrap_or_default().to_vec();
        // The send fails only if the thread has ended.
        let _ = self
            .updates
            .send(Update::Frame(new, Box::new(frame.clone())));
    }

    /// Shows the end of the run, and waits a moment until browsers have received it.
    pub(crate) fn end(&self, record: Record) {
        let (received, wait) = mpsc::channel();
        if self
            .updates
            .send(Update::End(Box::new(record), received))
            .is_ok()
        {
            let _ = wait.recv_timeout(FAREWELL);
        }
    }
}

/// A random token: 128 bits in hexadecimal digits.
fn token() -> io::Result<String> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

#[cfg(test)]
mod tests;

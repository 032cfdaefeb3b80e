//! The live page: the report of a run in progress, served to browsers.
//!
//! The deciding thread hands over what each second brought ([`Live::show`]) and goes on; a thread of its own keeps the record
//! in bounded memory, draws the page and feeds the browsers. A browser that sleeps misses frames and gets the whole page anew
//! when it wakes up; nothing is kept for it.

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
use crate::record::{Frame, Record, Run};

/// How long the end of a run waits for browsers to hear of it.
const FAREWELL: Duration = Duration::from_millis(500);

/// The live page of a run. When it is dropped, the page is no longer served.
#[derive(Debug)]
pub struct Live {
    updates: UnboundedSender<Update>,
    /// How many series the page knows.
    known: AtomicUsize,
    url: String,
}

/// What there is to tell the thread of the page.
enum Update {
    /// What a second brought: series that are new, and the frame.
    Frame(Vec<SeriesInfo>, Box<Frame>),
    /// The record of the run that has ended; told when browsers have heard of it.
    End(Box<Record>, mpsc::Sender<()>),
}

impl Live {
    /// Serves the page of `run` at `addr`; port 0 takes a free one. Any other machine needs the token in the URL; on a loopback address
    /// there is none, and only requests to that address by its own name are answered.
    ///
    /// # Errors
    /// What the operating system says, e.g. the address is in use.
    pub fn start(addr: SocketAddr, run: Run) -> io::Result<Self> {
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

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Shows the frame of the latest second, whose points are of these series; later calls only add series.
    pub fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        let known = self.known.swap(series.len(), Ordering::Relaxed);
        let new = series.get(known..).unwrap_or_default().to_vec();
        // Without its thread there is nobody to show it to.
        let _ = self
            .updates
            .send(Update::Frame(new, Box::new(frame.clone())));
    }

    /// Shows how the run ended, and waits a moment for browsers to hear of it.
    pub fn end(&self, record: Record) {
        let (told, wait) = mpsc::channel();
        if self
            .updates
            .send(Update::End(Box::new(record), told))
            .is_ok()
        {
            let _ = wait.recv_timeout(FAREWELL);
        }
    }
}

/// A token that nobody guesses: 128 random bits in hexadecimal digits.
fn token() -> io::Result<String> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

#[cfg(test)]
mod tests;

//! The network side of part 0, on its own thread.

mod server;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::address::Address;
use super::hello::{Hello, PROTOCOL};
use super::members::Members;
use super::orders::{Clock, Orders};
use super::part::PartState;
use super::token::Token;
use crate::control;
use crate::metrics::SeriesInfo;
use crate::record::{Frame, Point};

/// Part 0 of a run. When it is dropped, it set_listening no longer.
#[derive(Debug)]
pub struct Leader {
    shared: Arc<LeaderState>,
    addr: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// What the thread that set_listening and the one that decides share.
#[derive(Debug)]
struct LeaderState {
    epoch: Instant,
    members: Mutex<Members>,
    orders: watch::Sender<Orders>,
    setup: Mutex<Bytes>,
    token: Option<Token>,
    /// Requests of those who do not know the token.
    unauthorized: AtomicU64,
    sessions: AtomicU64,
}

impl LeaderState {
    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leader {
    /// Listens at `address` for the others of the run that `own` is part 0 of.
    ///
    /// # Errors
    /// What the operating system says, e.g. the address is in use.
    pub fn listen(address: &Address, token: Option<Token>, own: Hello) -> io::Result<Self> {
        let own = Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..own
        };
        let shared = Arc::new(LeaderState {
            epoch: Instant::now(),
            members: Mutex::new(Members::new(own)),
            orders: watch::Sender::new(Orders::default()),
            setup: Mutex::default(),
            token,
            unauthorized: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let (runtime, listener) = control::listen(bind(&address.to_bind())?)?;
        let addr = listener.local_addr()?;
        let server = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("ssel-join".into())
            .spawn(move || runtime.block_on(server::serve(&server, listener, stopped)))?;
        Ok(Self {
            shared,
            addr,
            _stop: stop,
        })
    }

    /// Where it set_listening.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The clock that the parts go by.
    pub fn clock(&self) -> Clock {
        Clock::own(self.shared.epoch)
    }

    /// The parts that have not joined; looks who has gone again.
    pub fn missing(&self) -> Vec<u64> {
        let mut members = self.shared.members();
        members.drop_lost(self.shared.now());
        members.missing()
    }

    /// What keeps the run from taking place, if there is something.
    pub fn fault(&self) -> Option<String> {
        self.shared.members().fault().map(str::to_owned)
    }

    /// How many requests came from those who do not know the token.
    pub fn unauthorized(&self) -> u64 {
        self.shared.unauthorized.load(Ordering::Relaxed)
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.shared.members().close();
    }

    /// The other parts, after a drop_lost at who is lost.
    pub fn parts(&self) -> Vec<PartState> {
        let mut members = self.shared.members();
        members.drop_lost(self.shared.now());
        members.parts().cloned().collect()
    }

    /// Waits no more for parts whose load is not over.
    pub fn give_up(&self) {
        self.shared.members().give_up();
    }

    /// Changes what the parts are told.
    pub fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.shared.orders.send_modify(change);
    }

    /// What the parts are told.
    pub fn orders(&self) -> Orders {
        self.shared.orders.borrow().clone()
    }

    /// Has what `setup` returned ready for all parts.
    pub fn set_up(&self, value: Vec<u8>) {
        *self
            .shared
            .setup
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = value.into();
        self.order(|orders| orders.is_set_up = true);
    }

    /// The seconds that are complete, each with its number and the frames of the other parts as one, and the number of the
    /// first that is not; `own` is until when part 0 has frames. Points are numbered as [`Leader::new_series`] tells.
    pub fn take_complete(&self, own: Duration) -> (u64, Vec<(u64, Frame)>) {
        self.shared.members().take_complete(own)
    }

    /// What is left of them.
    pub fn take_rest(&self) -> Vec<(u64, Frame)> {
        self.shared.members().take_rest()
    }

    /// The series of the other parts from this number on.
    pub fn new_series(&self, from: usize) -> Vec<SeriesInfo> {
        let members = self.shared.members();
        members
            .merged()
            .series()
            .get(from..)
            .unwrap_or_default()
            .to_vec()
    }

    /// What waits of a series in seconds that are not complete.
    pub fn waiting(&self, series: u32) -> Option<Point> {
        self.shared.members().merged().waiting(series)
    }
}

/// Binds the first of these addresses that can be bound.
fn bind(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let mut first = None;
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => return Ok(listener),
            // The port is taken: at another address it would belong to another program as well.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => drop(first.get_or_insert(error)),
        }
    }
    Err(first.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
}

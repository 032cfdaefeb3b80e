//! The network side of part 0, on its own thread.

mod server;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::address::Address;
use super::hello::Hello;
use super::members::Members;
use super::orders::{Clock, Orders};
use super::token::Token;
use crate::control;
use crate::sync::Mutex;

/// Part 0 of a run. Dropping it closes its port.
#[derive(Debug)]
pub struct Leader {
    shared: Arc<LeaderState>,
    addr: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// The state that the server thread shares with the deciding thread.
#[derive(Debug)]
struct LeaderState {
    epoch: Instant,
    members: Mutex<Members>,
    orders: watch::Sender<Orders>,
    setup: Mutex<Bytes>,
    token: Option<Token>,
    /// The number of requests without the right token.
    unauthorized: AtomicU64,
    sessions: AtomicU64,
}

impl LeaderState {
    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock()
    }
}

impl Leader {
    /// Listens on `address` for the other parts of the run that `own` describes.
    ///
    /// # Errors
    /// The error of the operating system, e.g. that the address is in use.
    pub fn listen(address: &Address, token: Option<Token>, own: Hello) -> io::Result<Self> {
        let shared = Arc::new(LeaderState {
            epoch: Instant::now(),
            members: Mutex::new(Members::new(own.of_this_version())),
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

    /// The bound address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The clock that all parts use.
    pub fn clock(&self) -> Clock {
        Clock::own(self.shared.epoch)
    }

    /// The other parts, with lost ones marked.
    pub fn members(&self) -> MutexGuard<'_, Members> {
        let mut members = self.shared.members();
        members.drop_lost(self.shared.now());
        members
    }

    /// The number of requests without the right token.
    pub fn unauthorized(&self) -> u64 {
        self.shared.unauthorized.load(Ordering::Relaxed)
    }

    /// Changes the orders.
    pub fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.shared.orders.send_modify(change);
    }

    /// The current orders.
    pub fn orders(&self) -> Orders {
        self.shared.orders.borrow().clone()
    }

    /// Makes the return value of `setup` available to all parts.
    pub fn set_up(&self, value: Vec<u8>) {
        *self.shared.setup.lock() = value.into();
        self.order(|orders| orders.is_set_up = true);
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

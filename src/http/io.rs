//! The socket of a connection, which takes times and counts bytes.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::either::Either;

use super::tcp_info::TcpInfo;
use super::timings::Traffic;
use super::tls::stream::TlsSession;
use super::tls::{TLS_EXPECTED, is_tls_record};

/// A time that becomes known later.
pub(crate) type Moment = Rc<Cell<Option<Instant>>>;

/// The socket of a connection, with the times and byte counts of reads and writes.
///
/// Shared between the layer that reads (below TLS and HTTP) and the request.
#[derive(Debug)]
pub(crate) struct Link {
    socket: RefCell<Socket>,
    remote: Option<SocketAddr>,
    round_trip: Duration,
    total: Cell<Traffic>,
    claimed: Cell<Traffic>,
    /// The bytes that had been sent when the exchange began.
    sent_before: Cell<u64>,
    last_data: Cell<Instant>,
    last_read: Cell<Instant>,
    sent_at: Cell<Option<Instant>>,
    answered: Cell<Option<Instant>>,
    /// The times to set at the next write.
    next_write: RefCell<Vec<Moment>>,
    /// Whether the next bytes are the first of plain HTTP.
    begins_plain: Cell<bool>,
}

/// The state of an idle socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdleState {
    Quiet,
    Data,
    Closed,
}

impl Link {
    /// A connection that took `round_trip` to open.
    pub(crate) fn new(socket: Socket, round_trip: Duration) -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            remote: raw(&socket)
                .peer_addr()
                .ok()
                .and_then(|peer| peer.as_socket()),
            socket: RefCell::new(socket),
            round_trip,
            total: Cell::default(),
            claimed: Cell::default(),
            sent_before: Cell::new(0),
            last_data: Cell::new(now),
            last_read: Cell::new(now),
            sent_at: Cell::new(None),
            answered: Cell::new(None),
            next_write: RefCell::default(),
            begins_plain: Cell::new(false),
        })
    }

    /// The peer's address; `None` for a Unix socket.
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// The time that connecting took.
    pub(crate) fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// Begins a new exchange and resets the times of the last one.
    pub(crate) fn begin(&self) {
        self.sent_before.set(self.total.get().sent);
        self.sent_at.set(None);
        self.answered.set(None);
    }

    /// Bytes written since [`Link::begin`].
    pub(crate) fn written(&self) -> u64 {
        self.total.get().sent - self.sent_before.get()
    }

    /// How many of them the peer's kernel has acknowledged; `None` if the system does not report it.
    pub(crate) fn acknowledged(&self) -> Option<u64> {
        // The SYN counts as a byte.
        let before = self.sent_before.get() + 1;
        let info = self.tcp_info()?;
        Some(info.acknowledged.saturating_sub(before))
    }

    /// Whether the connection is closed in both directions, as far as the system reports it.
    pub(crate) fn is_reset(&self) -> bool {
        self.tcp_info().is_some_and(|info| info.closed)
    }

    /// Plain HTTP begins: a server that expects TLS would answer with a TLS record.
    pub(crate) fn begin_plain(&self) {
        self.begins_plain.set(true);
    }

    /// The last write before the first byte of the answer, since [`Link::begin`].
    pub(crate) fn sent_at(&self) -> Option<Instant> {
        self.sent_at.get()
    }

    /// When the first byte of the answer was read, since [`Link::begin`].
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.answered.get()
    }

    /// Records that bytes of an answer have arrived; messages of TLS itself do not count.
    pub(crate) fn note_answer(&self) {
        if self.answered.get().is_none() {
            self.answered.set(Some(self.last_data.get()));
        }
    }

    /// From the last write to the last read.
    pub(crate) fn ended_after(&self) -> Duration {
        let sent = self.sent_at.get().unwrap_or_else(Instant::now);
        self.last_read.get().saturating_duration_since(sent)
    }

    /// When bytes were last read.
    pub(crate) fn last_data(&self) -> Instant {
        self.last_data.get()
    }

    /// When bytes, or the end of the stream, were last read.
    pub(crate) fn last_read(&self) -> Instant {
        self.last_read.get()
    }

    /// Sets `moment` at the next write.
    pub(crate) fn tell_next_write(&self, moment: &Moment) {
        self.next_write.borrow_mut().push(moment.clone());
    }

    /// Claims the bytes since the last call, so that each byte of a connection is counted once, by one of its requests.
    pub(crate) fn claim(&self) -> Traffic {
        let (total, claimed) = (self.total.get(), self.claimed.replace(self.total.get()));
        Traffic {
            sent: total.sent - claimed.sent,
            received: total.received - claimed.received,
        }
    }

    /// Checks the socket itself instead of the runtime's readiness, so that a FIN that has just arrived is seen.
    pub(crate) fn idle_state(&self) -> IdleState {
        match raw(&self.socket.borrow()).peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => IdleState::Closed,
            Ok(_) => IdleState::Data,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => IdleState::Quiet,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => IdleState::Quiet,
            Err(_) => IdleState::Closed,
        }
    }

    #[cfg(target_os = "linux")]
    fn tcp_info(&self) -> Option<TcpInfo> {
        use std::os::fd::AsFd;
        match &*self.socket.borrow() {
            Either::Left(socket) => TcpInfo::of(socket.as_fd()),
            Either::Right(_) => None,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn tcp_info(&self) -> Option<TcpInfo> {
        None
    }

    fn read(&self, bytes: usize) {
        let now = Instant::now();
        self.last_read.set(now);
        if bytes > 0 {
            self.last_data.set(now);
            let mut total = self.total.get();
            total.received += bytes as u64;
            self.total.set(total);
        }
    }

    fn wrote(&self, bytes: usize) {
        let now = Instant::now();
        if self.answered.get().is_none() {
            self.sent_at.set(Some(now));
        }
        for moment in self.next_write.borrow_mut().drain(..) {
            moment.set(Some(now));
        }
        let mut total = self.total.get();
        total.sent += bytes as u64;
        self.total.set(total);
    }
}

/// A TCP or a Unix socket.
#[cfg(unix)]
pub(crate) type Socket = Either<TcpStream, tokio::net::UnixStream>;
#[cfg(not(unix))]
pub(crate) type Socket = Either<TcpStream, TcpStream>;

/// The socket for functions that tokio lacks.
fn raw(socket: &Socket) -> SockRef<'_> {
    match socket {
        Either::Left(socket) => socket.into(),
        Either::Right(socket) => socket.into(),
    }
}

/// Reads from and writes to a [`Link`].
#[derive(Debug)]
pub(crate) struct LinkIo(pub(crate) Rc<Link>);

impl AsyncRead for LinkIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut *self.0.socket.borrow_mut()).poll_read(cx, buf));
        let bytes = &buf.filled()[before..];
        self.0.read(bytes.len());
        if self.0.begins_plain.take() && is_tls_record(bytes) {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                TLS_EXPECTED,
            )));
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for LinkIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut *self.0.socket.borrow_mut()).poll_write(cx, buf))?;
        self.0.wrote(wrote);
        Poll::Ready(Ok(wrote))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote =
            ready!(Pin::new(&mut *self.0.socket.borrow_mut()).poll_write_vectored(cx, bufs))?;
        self.0.wrote(wrote);
        Poll::Ready(Ok(wrote))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    // A socket needs no flush.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.socket.borrow_mut()).poll_shutdown(cx)
    }
}

/// The transport of HTTP: the socket, TLS over it, or TLS over TLS through an https proxy.
pub(crate) type Io = Either<LinkIo, Box<TlsSession>>;

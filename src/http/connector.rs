//! Opens a connection: lookup, socket, proxy, TLS, protocol.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::dns;
use super::error::{Error, ErrorKind};
use super::http1::Http1;
use super::http2::Http2;
use super::io::{Io, Link, LinkIo, Socket};
use super::limit::Limit;
use super::origin::Origin;
use super::settings::{ClientContext, HttpVersion};
use super::timings::{RequestPhase, Stopwatch};
use super::wire_error::from_io;

/// The least time for an address if there are others to try.
const MIN_ATTEMPT: Duration = Duration::from_millis(250);

/// A connection that is ready for a request.
#[derive(Debug)]
pub(crate) enum Connection {
    Http1(Box<Http1>),
    Http2(Http2),
}

impl Connection {
    pub(crate) fn link(&self) -> &Rc<Link> {
        match self {
            Self::Http1(connection) => &connection.link,
            Self::Http2(connection) => &connection.link,
        }
    }
}

/// Connects to `origin` within `limit`, and records the time on `watch`.
pub(crate) async fn connect(
    context: &ClientContext,
    origin: &Origin,
    limit: Option<Duration>,
    watch: &mut Stopwatch,
) -> Result<Connection, Error> {
    // Reads the system's certificates before the phases begin.
    if origin.secure {
        context.tls.prepare()?;
    }
    if let Some(error) = context.shortage.answer(origin) {
        return Err(error);
    }
    let connected = connect_within(context, origin, limit, watch).await;
    connected.inspect_err(|error| context.shortage.note(origin, error))
}

async fn connect_within(
    context: &ClientContext,
    origin: &Origin,
    limit: Option<Duration>,
    watch: &mut Stopwatch,
) -> Result<Connection, Error> {
    let Some(limit) = limit.and_then(|l| Limit::new("connect_timeout", l, Instant::now())) else {
        return dial(context, origin, None, watch).await;
    };
    let dialled = timeout(limit.length, dial(context, origin, Some(limit), watch)).await;
    dialled.unwrap_or_else(|_| {
        let text = format!(
            "no connection to {} ({})",
            origin.host_and_port(),
            watch.phase().doing()
        );
        Err(limit.error(&text))
    })
}

async fn dial(
    context: &ClientContext,
    origin: &Origin,
    limit: Option<Limit>,
    watch: &mut Stopwatch,
) -> Result<Connection, Error> {
    let proxy = context.settings.proxies.server_for(origin);
    let socket = match (&origin.socket, proxy) {
        (Some(path), _) => {
            watch.enter(RequestPhase::Connecting, Instant::now());
            unix_socket(path).await?
        }
        (None, Some(proxy)) => {
            tcp(context, &proxy.origin, limit, watch)
                .await
                .map_err(|error| {
                    let kind = match error.kind {
                        ErrorKind::Client => ErrorKind::Client,
                        _ => ErrorKind::Proxy,
                    };
                    Error::new(kind, format!("the proxy: {}", error.message))
                })?
        }
        (None, None) => tcp(context, origin, limit, watch).await?,
    };
    let link = Link::new(socket, watch.running(Instant::now()));
    let mut io = Io::Left(LinkIo(link.clone()));
    if let Some(proxy) = proxy {
        if proxy.origin.secure {
            watch.enter(RequestPhase::Tls, Instant::now());
            io = context.tls.connect_to_proxy(&proxy.origin.host, io).await?;
        }
        if origin.secure {
            watch.enter(RequestPhase::Connecting, Instant::now());
            proxy.tunnel(&mut io, origin).await?;
        }
    }
    let mut http2 = context.settings.version == HttpVersion::Http2 && proxy.is_none();
    if origin.secure {
        watch.enter(RequestPhase::Tls, Instant::now());
        (io, http2) = context.tls.connect(&origin.host, io).await?;
    } else {
        link.begin_plain();
    }
    watch.enter(RequestPhase::Blocked, Instant::now());
    Ok(if http2 {
        Connection::Http2(Http2::open(io, link).await?)
    } else {
        Connection::Http1(Box::new(Http1::new(io, link)))
    })
}

async fn tcp(
    context: &ClientContext,
    to: &Origin,
    limit: Option<Limit>,
    watch: &mut Stopwatch,
) -> Result<Socket, Error> {
    let addresses = if let Some(address) = context.resolver.fixed(&to.host, to.port) {
        vec![address]
    } else {
        watch.enter(RequestPhase::Lookup, Instant::now());
        context.resolver.resolve(&to.host, to.port).await?
    };
    watch.enter(RequestPhase::Connecting, Instant::now());
    let result = any_of(&addresses, limit).await;
    if result.is_err() {
        dns::forget(&to.host);
    }
    let socket = result.map_err(|(address, error)| cannot_connect(address, &error))?;
    // Sends small writes immediately, so that latencies exclude Nagle's algorithm.
    let _ = socket.set_nodelay(true);
    Ok(Socket::Left(socket))
}

fn cannot_connect(address: SocketAddr, error: &io::Error) -> Error {
    let doing = format!("cannot connect to {address}");
    // Over IPv6 this error also means that the machine has no IPv6 address, which is not a shortage.
    if address.is_ipv6() && error.kind() == io::ErrorKind::AddrNotAvailable {
        return Error::new(ErrorKind::Connect, format!("{doing}: {error}"));
    }
    from_io(ErrorKind::Connect, &doing, error)
}

/// Tries the addresses in turn. Each but the last gets an equal share of the remaining time, so that a dead address
/// does not use up the time of the others. Returns the last error.
async fn any_of(
    addresses: &[SocketAddr],
    limit: Option<Limit>,
) -> Result<TcpStream, (SocketAddr, io::Error)> {
    let mut failure = None;
    for (index, &address) in addresses.iter().enumerate() {
        let left = addresses.len() - index;
        let attempt = TcpStream::connect(address);
        let result = match limit {
            Some(limit) if left > 1 => {
                let remaining = limit.at.saturating_duration_since(Instant::now());
                let share = remaining / u32::try_from(left).unwrap_or(u32::MAX);
                let late = || Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
                timeout(share.max(MIN_ATTEMPT), attempt)
                    .await
                    .unwrap_or_else(|_| late())
            }
            _ => attempt.await,
        };
        match result {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = Some((address, error)),
        }
    }
    let none = || {
        (
            SocketAddr::from(([0, 0, 0, 0], 0)),
            io::ErrorKind::NotFound.into(),
        )
    };
    Err(failure.unwrap_or_else(none))
}

#[cfg(unix)]
async fn unix_socket(path: &Path) -> Result<Socket, Error> {
    let connected = tokio::net::UnixStream::connect(path)
        .await
        .map_err(|error| {
            from_io(
                ErrorKind::Connect,
                &format!("cannot connect to {}", path.display()),
                &error,
            )
        })?;
    Ok(Socket::Right(connected))
}

#[cfg(not(unix))]
async fn unix_socket(_: &Path) -> Result<Socket, Error> {
    Err(Error::new(
        ErrorKind::Connect,
        "this system does not support Unix sockets",
    ))
}

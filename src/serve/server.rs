//! Accepts connections, on a separate thread if the server is embedded.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::request::Arrival;
use super::routes;
use super::wire::{HyperSocket, SharedSocket, Taken};

/// The most connections that wait to be accepted: a load tester opens thousands concurrently.
const BACKLOG: u32 = 4096;

/// The pause after a failed accept, e.g. without free file descriptors: long enough to avoid spinning, short enough to go
/// unnoticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// The built-in target server, bound to its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Server {
    /// Binds `addr`; port 0 selects a free port. Requires a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// The error of the operating system, e.g. that the address is in use.
    #[expect(
        clippy::unused_async,
        reason = "binding needs a runtime, which an async function makes plain"
    )]
    pub async fn bind(addr: SocketAddr) -> io::Result<Self> {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // Otherwise a restarted server would wait until old connections time out.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let listener = socket.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr })
    }

    /// The bound address, with the selected port.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` completes, and then cuts open connections off.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let router = TowerToHyperService::new(routes::router());
        let mut connections = JoinSet::new();
        let mut number = 0;
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        number += 1;
                        connections.spawn(serve(stream, number, router.clone()));
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Binds `addr` and serves on a new thread until the result is dropped.
    ///
    /// # Errors
    /// As [`Server::bind`], or the thread could not be started.
    pub fn start_background(addr: SocketAddr) -> io::Result<Background> {
        let (bound, wait_for_bound) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("ssel-target".into())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(bound.send(Err(error))),
                };
                runtime.block_on(async move {
                    match Self::bind(addr).await {
                        Ok(server) => {
                            let _ = bound.send(Ok(server.local_addr()));
                            server.run(async move { drop(stopped.await) }).await;
                        }
                        Err(error) => drop(bound.send(Err(error))),
                    }
                });
            })?;
        let addr = wait_for_bound.recv().map_err(io::Error::other)??;
        Ok(Background {
            addr,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A server on its own thread. Dropping it stops the server.
#[derive(Debug)]
pub struct Background {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// The bound address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves a connection: HTTP/1.1, or HTTP/2 if the client sends its preface.
async fn serve(stream: TcpStream, number: u64, router: TowerToHyperService<axum::Router>) {
    // Each token is a small write, which must be sent immediately.
    let _ = stream.set_nodelay(true);
    let wire = Arc::new(SharedSocket::new(stream));
    let socket = TokioIo::new(HyperSocket::new(Arc::clone(&wire)));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let socket = (request.version() < Version::HTTP_2).then(|| Arc::clone(&wire));
        request
            .extensions_mut()
            .insert(Arrival::new(number, wire.count_request(), socket));
        let reply = router.call(request);
        async move {
            let response = match reply.await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            // An error makes hyper close the connection without writing.
            if response.extensions().get::<Taken>().is_some() {
                Err(Taken)
            } else {
                Ok(response)
            }
        }
    });
    // Errors come from clients that left and from responses that were cut off deliberately.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(socket, service)
        .await;
}

//! A scripted server, and helpers of tests.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::http::{Client, ClientContext, Request, RequestFailure, Response, Settings};

/// Runs a test like a VU: on one thread, with local tasks. A test that hangs fails.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tasks = tokio::task::LocalSet::new();
    let bound = tasks.run_until(async {
        tokio::time::timeout(Duration::from_secs(30), test)
            .await
            .unwrap()
    });
    runtime.block_on(bound)
}

/// A server, and its record of connections and requests.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Rc<Seen>,
}

/// The record of a server.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: Cell<usize>,
    pub(crate) requests: RefCell<Vec<String>>,
    pub(crate) read: Cell<u64>,
    pub(crate) wrote: Cell<u64>,
}

/// One accepted connection.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    pub(crate) seen: Rc<Seen>,
    unread: Vec<u8>,
}

impl Server {
    /// Serves each connection, numbered from 0, with `script`.
    pub(crate) async fn start<F, Fut>(script: F) -> Self
    where
        F: Fn(Peer, usize) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            seen: Rc::default(),
        };
        let seen = server.seen.clone();
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A reset discards bytes that are not acknowledged.
                stream.set_nodelay(true).unwrap();
                let number = seen.connections.replace(seen.connections.get() + 1);
                tokio::task::spawn_local(script(Peer::new(stream, seen.clone()), number));
            }
        });
        server
    }

    /// Answers every request on every connection with these bytes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Rc<[u8]> = answer.into().into();
        Self::start(move |mut peer, _| {
            let answer = answer.clone();
            async move {
                while peer.request().await.is_some() {
                    peer.send(&answer).await;
                }
            }
        })
        .await
    }

    /// Answers one request with these bytes, and closes the connection properly.
    pub(crate) async fn answering_once(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Rc<[u8]> = answer.into().into();
        Self::start(move |mut peer, _| {
            let answer = answer.clone();
            async move {
                if peer.request().await.is_some() {
                    peer.send(&answer).await;
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        Request::get(&self.url(path)).unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.borrow().clone()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(stream: S, seen: Rc<Seen>) -> Self {
        Self {
            stream,
            seen,
            unread: Vec::new(),
        }
    }

    /// Reads one request, head and body; `None` if the client has disconnected.
    pub(crate) async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(whole) = whole_request(&self.unread) {
                let request: Vec<u8> = self.unread.drain(..whole).collect();
                let request = String::from_utf8_lossy(&request).into_owned();
                self.seen.requests.borrow_mut().push(request.clone());
                return Some(request);
            }
            let read = self
                .stream
                .read_buf(&mut self.unread)
                .await
                .ok()
                .filter(|&n| n > 0)?;
            self.seen.read.set(self.seen.read.get() + read as u64);
        }
    }

    /// Writes; ignores that the client has disconnected.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok() {
            self.seen
                .wrote
                .set(self.seen.wrote.get() + bytes.len() as u64);
        }
    }

    /// Waits until the client disconnects.
    pub(crate) async fn gone(&mut self) {
        while self
            .stream
            .read_buf(&mut self.unread)
            .await
            .is_ok_and(|n| n > 0)
        {}
    }
}

impl Peer {
    /// Ends the connection by RST.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// Waits for a request and closes the connection without reading it, like a server that was about to close.
pub(crate) async fn leave_unread(stream: &TcpStream) {
    let _ = stream.peek(&mut [0]).await;
    let _ = socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Both);
}

fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let whole = head + length.unwrap_or(0);
    (bytes.len() >= whole).then_some(whole)
}

/// A complete response with a body of known length.
pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The head of an event stream in chunks.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The last chunk.
pub(crate) const END: &str = "0\r\n\r\n";

/// One chunk of a chunked body.
pub(crate) fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// A client with changed settings.
pub(crate) fn client_with(change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = Settings::default();
    change(&mut settings);
    Client::new(ClientContext::new(settings).unwrap())
}

pub(crate) fn client() -> Client {
    client_with(|_| {})
}

/// Sends a request; returns the response and its body as text.
pub(crate) async fn fetch(client: &Client, request: Request) -> (Response, String) {
    let mut response = client.send(request).await.unwrap();
    let (body, whole) = response.body.read(usize::MAX).await.unwrap();
    assert!(whole);
    (response, String::from_utf8(body.to_vec()).unwrap())
}

/// Sends a request that must fail.
pub(crate) async fn fail(client: &Client, request: Request) -> RequestFailure {
    match client.send(request).await {
        Ok(response) => panic!("expected a failure, got {:?}", response.head),
        Err(failure) => *failure,
    }
}

/// A temporary folder for the files of a test.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("ssel-http-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

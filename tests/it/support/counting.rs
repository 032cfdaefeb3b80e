//! A server that counts requests and answers, for comparison with the counts of ssel.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The head of an event stream that ends with its connection.
pub(crate) const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

/// A server on threads that end with their connections.
pub(crate) struct Counting {
    address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
}

/// Its counts so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// Completely read requests.
    pub(crate) requests: AtomicU64,
    /// Those of the path `/ack`.
    pub(crate) acks: AtomicU64,
    /// Completely written events.
    pub(crate) events: AtomicU64,
}

/// One connection.
pub(crate) struct Peer {
    socket: BufReader<TcpStream>,
    pub(crate) seen: Arc<Seen>,
}

impl Counting {
    /// Calls `answer` for each request with its path and number, from 1. A connection continues while it returns true.
    pub(crate) fn start(
        answer: impl Fn(&mut Peer, &str, u64) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (answer, counted) = (Arc::new(answer), Arc::clone(&seen));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&counted));
                let peer = Peer {
                    socket: BufReader::new(socket),
                    seen,
                };
                let spawned = std::thread::Builder::new().stack_size(128 * 1024);
                spawned
                    .spawn(move || {
                        // A client may close the connection at any time.
                        let _ = peer.serve(&*answer);
                    })
                    .unwrap();
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn events(&self) -> u64 {
        self.seen.events.load(Ordering::SeqCst)
    }
}

impl Peer {
    fn serve(
        mut self,
        answer: &dyn Fn(&mut Self, &str, u64) -> io::Result<bool>,
    ) -> io::Result<()> {
        while let Some(path) = self.request()? {
            if path == "/ack" {
                self.seen.acks.fetch_add(1, Ordering::SeqCst);
            }
            let number = self.seen.requests.fetch_add(1, Ordering::SeqCst) + 1;
            if !answer(&mut self, &path, number)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads a request and returns its path.
    fn request(&mut self) -> io::Result<Option<String>> {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.socket.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_ascii_lowercase();
            if path.is_empty() {
                line.split(' ')
                    .nth(1)
                    .unwrap_or_default()
                    .clone_into(&mut path);
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            } else if line.is_empty() {
                self.socket.read_exact(&mut vec![0; length])?;
                return Ok(Some(path));
            }
        }
    }

    pub(crate) fn send(&mut self, text: &str) -> io::Result<()> {
        self.socket.get_mut().write_all(text.as_bytes())
    }

    /// Sends and counts one event.
    pub(crate) fn event(&mut self, data: &str) -> io::Result<()> {
        self.send(&format!("data: {data}\n\n"))?;
        self.seen.events.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Waits until the client closes the connection.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "it is the last call of a script of a connection"
    )]
    pub(crate) fn hold(&mut self) -> io::Result<bool> {
        let _ = self.socket.read(&mut [0]);
        Ok(false)
    }

    /// Ends the connection with a RST in place of a FIN, once the client has had the time to read what was sent before: a
    /// RST may overtake that.
    pub(crate) fn reset(&mut self) -> io::Result<bool> {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let socket = self.socket.get_ref();
        socket2::SockRef::from(socket).set_linger(Some(std::time::Duration::ZERO))?;
        Ok(false)
    }
}

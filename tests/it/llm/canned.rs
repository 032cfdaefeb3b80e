//! A server that gives everybody the same answer, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A server on a thread that ends with the test.
pub(crate) struct Canned {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Canned {
    /// A server that answers with a head of these lines and this body, and then closes the connection, or keeps it open
    /// until the client leaves.
    pub(crate) fn start(head: &str, body: &str, stays_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!(
            "HTTP/1.1 {}\r\n\r\n{body}",
            head.trim().replace('\n', "\r\n")
        );
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                // A client may close the connection at any time.
                let _ = serve(&socket, &answer, stays_open, &sender);
            }
        });
        Self { address, requests }
    }

    /// An event stream of these events.
    pub(crate) fn events(events: &[&str]) -> Self {
        let lines = events.iter().flat_map(|data| ["data: ", data, "\n\n"]);
        let body: String = lines.collect();
        Self::start("200 OK\nContent-Type: text/event-stream", &body, false)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that came until now and were not taken yet.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }

    /// The next request, head and body.
    pub(crate) fn request(&self) -> String {
        self.requests.recv().unwrap()
    }
}

fn serve(
    mut socket: &TcpStream,
    answer: &str,
    stays_open: bool,
    requests: &Sender<String>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut request = String::new();
    let mut length = 0;
    loop {
        let start = request.len();
        reader.read_line(&mut request)?;
        let line = request[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request += &String::from_utf8_lossy(&body);
    let _ = requests.send(request);
    socket.write_all(answer.as_bytes())?;
    if stays_open {
        reader.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

//! A non-blocking socket, with TLS if the URL requires it.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ClientConnection;

use super::plan::LoadPlan;
use crate::http;

/// A socket.
pub(super) enum WrkSocket {
    Plain(TcpStream),
    Tls(Box<(TcpStream, ClientConnection)>),
}

impl WrkSocket {
    /// Begins to connect, and registers the socket in `registry` under `token`.
    pub(super) fn connect(
        address: SocketAddr,
        plan: &LoadPlan,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.register(registry, token, Interest::READABLE | Interest::WRITABLE)?;
        match &plan.tls {
            None => Ok(Self::Plain(stream)),
            Some(tls) => {
                let session = ClientConnection::new(tls.config.clone(), tls.name.clone());
                Ok(Self::Tls(Box::new((
                    stream,
                    session.map_err(io::Error::other)?,
                ))))
            }
        }
    }

    /// Whether the connection is established; an error if it failed.
    pub(super) fn connected(&self) -> io::Result<bool> {
        let stream = self.stream();
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Continues the TLS handshake; returns whether it is complete.
    pub(super) fn handshake_done(&mut self) -> io::Result<bool> {
        let Self::Tls(tls) = self else {
            return Ok(true);
        };
        let (stream, session) = &mut **tls;
        while session.is_handshaking() {
            let would_block = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
            if session.wants_write() {
                match session.write_tls(stream) {
                    Err(error) if would_block(&error) => return Ok(false),
                    done => done?,
                };
                continue;
            }
            match session.read_tls(stream) {
                Ok(0) => {
                    let ended = io::ErrorKind::UnexpectedEof;
                    return Err(io::Error::new(ended, http::TLS_ENDED));
                }
                Err(error) if would_block(&error) => return Ok(false),
                read => read?,
            };
            session.process_new_packets().map_err(io::Error::other)?;
        }
        Ok(true)
    }

    /// Reads available bytes; 0 at the end of the connection.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(tls) => read_tls(tls, buffer),
        }
    }

    /// Writes as much as the socket accepts.
    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(tls) => {
                let (stream, session) = &mut **tls;
                let taken = session.writer().write(bytes)?;
                flush_tls(stream, session)?;
                if taken == 0 && !bytes.is_empty() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(taken)
            }
        }
    }

    /// Sends buffered TLS records.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => flush_tls(&mut tls.0, &mut tls.1),
        }
    }

    /// Whether a read that did not fill the buffer has read all available bytes.
    pub(super) fn short_read_is_all(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn stream(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(tls) => &tls.0,
        }
    }
}

fn read_tls(
    (stream, session): &mut (TcpStream, ClientConnection),
    buffer: &mut [u8],
) -> io::Result<usize> {
    loop {
        match session.reader().read(buffer) {
            // Many servers close without close_notify; HTTP determines whether the response was complete.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
        session.read_tls(stream)?;
        session.process_new_packets().map_err(io::Error::other)?;
        flush_tls(stream, session)?;
    }
}

/// Writes records until the socket is full; the rest follows when there is room.
fn flush_tls(stream: &mut TcpStream, session: &mut ClientConnection) -> io::Result<()> {
    while session.wants_write() {
        match session.write_tls(stream) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

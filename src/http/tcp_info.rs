//! Reads `TCP_INFO` from the kernel.

/// How many bytes were acknowledged, and whether the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TcpInfo {
    /// Bytes that the peer's kernel has acknowledged, including one for the SYN.
    pub(super) acknowledged: u64,
    /// Closed in both directions, as after a reset.
    pub(super) closed: bool,
}

#[cfg(target_os = "linux")]
impl TcpInfo {
    /// `None` before Linux 4.1, and for other sockets than TCP.
    #[expect(unsafe_code, reason = "no safe interface reads TCP_INFO")]
    pub(super) fn of(socket: std::os::fd::BorrowedFd<'_>) -> Option<Self> {
        use std::os::fd::AsRawFd;

        /// The offset of `tcpi_bytes_acked` in the kernel's `struct tcp_info`, in words of 8 bytes.
        const BYTES_ACKED: usize = 15;
        /// The state of a closed connection.
        const TCP_CLOSE: u8 = 7;

        let mut info = [0_u64; 32];
        let mut length = libc::socklen_t::try_from(size_of_val(&info)).ok()?;
        // SAFETY: the descriptor is open while it is borrowed. The kernel writes no more than `length` bytes, which is the
        // size of `info`, and any bytes make valid integers.
        let result = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                info.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let known = result == 0 && length as usize >= (BYTES_ACKED + 1) * size_of::<u64>();
        known.then(|| Self {
            acknowledged: info[BYTES_ACKED],
            closed: info[0].to_ne_bytes()[0] == TCP_CLOSE,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::TcpInfo;

    #[test]
    fn received_bytes_are_acknowledged_and_a_reset_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let opened = TcpInfo::of(socket.as_fd()).unwrap();
        assert_eq!((opened.acknowledged, opened.closed), (1, false));
        socket.write_all(&[0; 1000]).unwrap();
        peer.read_exact(&mut [0; 1000]).unwrap();
        peer.write_all(b"x").unwrap();
        socket.read_exact(&mut [0]).unwrap();
        let answered = TcpInfo::of(socket.as_fd()).unwrap();
        assert_eq!((answered.acknowledged, answered.closed), (1001, false));
        socket2::SockRef::from(&peer)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
        drop(peer);
        while !TcpInfo::of(socket.as_fd()).unwrap().closed {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_unix_socket_has_no_tcp_info() {
        let (one, _two) = UnixStream::pair().unwrap();
        assert_eq!(TcpInfo::of(one.as_fd()), None);
    }
}

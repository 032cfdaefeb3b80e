//! The functions that a script adds to a thread.

use std::time::Duration;

use crate::sse::Event;

/// The functions of a script that a thread calls. They run on the thread that created them.
pub(crate) trait Hooks {
    /// Which of the functions below to call; data for the others is not prepared.
    fn wants(&self) -> Wants;

    /// The request that is sent if [`Wants::request`] is not set.
    fn fixed(&self) -> &[u8];

    /// Appends the bytes of the next request, or of several pipelined ones. Without a request, the load ends.
    ///
    /// # Errors
    /// The script raised an error, which was reported, or requested the end.
    fn request(&mut self, bytes: &mut Vec<u8>) -> Result<(), Raised>;

    /// The pause before the next request of a connection.
    ///
    /// # Errors
    /// As [`Hooks::request`].
    fn delay(&mut self) -> Result<Duration, Raised>;

    /// A response is complete. `head` is its status line and headers; `body` is empty unless [`Wants::body`] is set.
    ///
    /// # Errors
    /// As [`Hooks::request`].
    fn response(&mut self, status: u16, head: &[u8], body: &[u8]) -> Result<(), Raised>;

    /// An event of a stream.
    ///
    /// # Errors
    /// As [`Hooks::request`].
    fn event(&mut self, event: &Event<'_>) -> Result<(), Raised>;

    /// Reports that [`Hooks::request`] returned an invalid request. The load ends.
    fn no_request(&mut self, why: &str);
}

/// Why a function of a script ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raised {
    /// An error, which was reported.
    Error,
    /// It requested the end of the load.
    Exit,
}

/// Which functions a script has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate function")]
pub(crate) struct Wants {
    /// It creates each request.
    pub request: bool,
    /// It sets pauses.
    pub delay: bool,
    /// It receives responses.
    pub response: bool,
    /// It receives the headers of responses.
    pub headers: bool,
    /// It receives the bodies of responses.
    pub body: bool,
    /// It receives events.
    pub event: bool,
}

/// No script: always the same request.
#[derive(Debug, Clone)]
pub(crate) struct Fixed(pub Vec<u8>);

impl Hooks for Fixed {
    fn wants(&self) -> Wants {
        Wants::default()
    }

    fn fixed(&self) -> &[u8] {
        &self.0
    }

    fn request(&mut self, bytes: &mut Vec<u8>) -> Result<(), Raised> {
        bytes.extend_from_slice(&self.0);
        Ok(())
    }

    fn delay(&mut self) -> Result<Duration, Raised> {
        Ok(Duration::ZERO)
    }

    fn response(&mut self, _: u16, _: &[u8], _: &[u8]) -> Result<(), Raised> {
        Ok(())
    }

    fn event(&mut self, _: &Event<'_>) -> Result<(), Raised> {
        Ok(())
    }

    fn no_request(&mut self, _: &str) {}
}

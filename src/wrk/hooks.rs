//! The functions that a script adds to a thread.

use std::time::Duration;

use crate::sse::Event;

/// What a script adds to a thread's work. All of it is called on the thread it was made on.
pub trait Hooks {
    /// Which of the functions below are to be called; what is not wanted is not prepared.
    fn wants(&self) -> Wants;

    /// The bytes that are sent when [`Wants::request`] is not set.
    fn fixed(&self) -> &[u8];

    /// Appends the bytes of the next request, or of several that are sent at once. The load ends where there is none.
    ///
    /// # Errors
    /// The script raised, which has been told, or asked for the end.
    fn request(&mut self, bytes: &mut Vec<u8>) -> Result<(), Raised>;

    /// How long the connection waits before its next request.
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

    /// Says why no request could be read from what [`Hooks::request`] gave. The load ends.
    fn no_request(&mut self, why: &str);
}

/// Why a function of a script did not return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raised {
    /// An error, which has been told.
    Error,
    /// It asked for the end of the load.
    Exit,
}

/// What a script takes part in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a function of its own"
)]
pub struct Wants {
    /// It makes each request.
    pub request: bool,
    /// It decides on pauses.
    pub delay: bool,
    /// It looks at responses.
    pub response: bool,
    /// It looks at headers of responses.
    pub headers: bool,
    /// It looks at bodies of responses.
    pub body: bool,
    /// It looks at events.
    pub event: bool,
}

/// No script: the same bytes again and again.
#[derive(Debug, Clone)]
pub struct Fixed(pub Vec<u8>);

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

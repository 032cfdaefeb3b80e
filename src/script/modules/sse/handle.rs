//! The handle of a stream in Lua.

use std::rc::Rc;

use mlua::UserData;

use super::params::Prepared;
use super::received::Wants;
use super::stream::{self, Stream};
use crate::script::context::Context;

/// The request that is to be sent, and from then on the stream. Dropped, it closes the stream.
pub(super) enum Handle {
    Prepared(Option<Box<Prepared>>),
    Started(Rc<Stream>),
}

impl UserData for Handle {}

impl Handle {
    /// Sends the request, unless that is done.
    pub(super) fn start(
        &mut self,
        context: &Rc<Context>,
        wants: Wants,
    ) -> mlua::Result<&Rc<Stream>> {
        if let Self::Prepared(prepared) = self
            && let Some(prepared) = prepared.take()
        {
            *self = Self::Started(stream::start(context, *prepared, wants));
        }
        self.stream()
    }

    pub(super) fn stream(&self) -> mlua::Result<&Rc<Stream>> {
        match self {
            Self::Started(stream) => Ok(stream),
            Self::Prepared(_) => Err(mlua::Error::runtime("the request is not sent yet")),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Self::Started(stream) = self {
            stream.close();
        }
    }
}

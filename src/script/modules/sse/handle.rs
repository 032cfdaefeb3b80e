//! The handle of a stream in Lua.

use std::rc::Rc;

use mlua::UserData;

use super::params::PreparedStream;
use super::received::Subscriptions;
use super::stream::{self, ScriptStream};
use crate::script::context::Context;

/// The checked request, then the stream. Dropping it closes the stream.
pub(super) enum StreamHandle {
    Prepared(Option<Box<PreparedStream>>),
    Started(Rc<ScriptStream>),
}

impl UserData for StreamHandle {}

impl StreamHandle {
    /// Sends the request, unless it has been sent.
    pub(super) fn start(
        &mut self,
        context: &Rc<Context>,
        wants: Subscriptions,
    ) -> mlua::Result<&Rc<ScriptStream>> {
        if let Self::Prepared(prepared) = self
            && let Some(prepared) = prepared.take()
        {
            *self = Self::Started(stream::start(context, *prepared, wants));
        }
        self.stream()
    }

    pub(super) fn stream(&self) -> mlua::Result<&Rc<ScriptStream>> {
        match self {
            Self::Started(stream) => Ok(stream),
            Self::Prepared(_) => Err(mlua::Error::runtime("the request is not sent yet")),
        }
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        if let Self::Started(stream) = self {
            stream.close();
        }
    }
}

//! `wrk.lookup`, `wrk.connect` and their addresses.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mlua::{Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::super::args;
use crate::http::system_addresses;

/// The timeout of `wrk.connect`.
const LIMIT: Duration = Duration::from_secs(5);

/// An address as a script holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LuaAddress(pub(super) SocketAddr);

impl UserData for LuaAddress {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(this.0.to_string()));
        methods.add_meta_method(MetaMethod::Eq, |_, this, other: Value| {
            Ok(Self::from("==", &other).is_ok_and(|other| this.0 == other))
        });
    }
}

impl LuaAddress {
    /// The address in an argument of `function`.
    pub(super) fn from(function: &str, value: &Value) -> mlua::Result<SocketAddr> {
        let found = match value {
            Value::UserData(data) => data.borrow::<Self>().ok().map(|address| address.0),
            _ => None,
        };
        let expected = "an address from wrk.lookup";
        found.ok_or_else(|| args::wrong_type(function, "address", expected, value))
    }
}

/// `wrk.lookup(host, service)`: the addresses of a host; an empty table if there are none.
pub(super) fn lookup(lua: &Lua, (host, service): (String, Value)) -> mlua::Result<Table> {
    let port = match service {
        Value::Nil => 0,
        service => port(&args::text("wrk.lookup", "argument 2 (service)", &service)?)?,
    };
    let addresses = system_addresses(&host, port).unwrap_or_default();
    lua.create_sequence_from(addresses.into_iter().map(LuaAddress))
}

fn port(service: &str) -> mlua::Result<u16> {
    match service {
        "http" => Ok(80),
        "https" => Ok(443),
        number => number.parse().map_err(|_| {
            let expected = "a port number, \"http\" or \"https\"";
            let what = format!("argument 2 (service): expected {expected}, got {service:?}");
            args::misuse("wrk.lookup", what)
        }),
    }
}

/// `wrk.connect(address)`: whether a connection succeeds.
pub(super) fn connect(address: &Value) -> mlua::Result<bool> {
    let address = LuaAddress::from("wrk.connect", address)?;
    Ok(TcpStream::connect_timeout(&address, LIMIT).is_ok())
}

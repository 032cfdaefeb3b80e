//! The HTTP client: requests and event streams, with exact times and byte counts.
//!
//! A [`Client`] belongs to one VU; the clients of a thread share a [`ClientContext`]. [`Client::send`] returns a [`Response`]
//! whose [`Body`] is read chunk by chunk, each with the time at which it was read from the socket.
//! [`EventStream`] reads a body as Server-Sent Events.
//!
//! The layer around the socket (`io`), below TLS and HTTP, takes the times and counts the bytes. Clients do not share
//! connections. Nothing here is `Send`.

mod address;
mod body;
mod client;
mod connector;
mod cookies;
mod decode;
mod dns;
mod error;
mod event_stream;
mod hosts;
mod http1;
mod http2;
mod in_flight;
mod io;
mod limit;
mod limits;
mod origin;
mod pool;
mod proxy;
mod reading;
mod redirect;
mod refusal;
mod request;
mod response;
mod settings;
mod shortage;
mod tcp_info;
mod time_slice;
mod timings;
mod tls;
mod unprocessed;
mod wire_error;

#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use address::parse_url;
pub use body::{Body, Chunk};
pub use client::Client;
pub use cookies::CookieJar;
pub(crate) use dns::system_addresses;
pub use error::{Error, ErrorKind};
pub use event_stream::{
    Attempt, EventSink, EventStream, Reconnect, StreamOptions, StreamOutcome, StreamTimings,
};
pub use hosts::HostOverrides;
pub(crate) use limit::{DeadlineTimer, Limit};
pub(crate) use limits::{Limits, Passed};
pub(crate) use origin::is_loopback;
pub use proxy::Proxies;
pub(crate) use reading::{BodyEnd, Decode, Reading};
pub(crate) use refusal::Refused;
pub use request::{Cookies, Request};
pub(crate) use request::{add_header, basic};
pub(crate) use request::{parse_header, parse_method};
pub use response::{Head, RequestFailure, Response};
pub use settings::{ClientCert, ClientContext, HttpVersion, Settings};
pub(crate) use time_slice::{TIME_SLICE, yield_to_runtime};
pub use timings::{Timings, Traffic};
pub(crate) use tls::{
    TLS_ENDED, TLS_EXPECTED, client_config, is_tls_record, tls_failure, unverified_http1,
};

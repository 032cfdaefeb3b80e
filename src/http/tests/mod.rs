//! The client against scripted servers, over real sockets on this machine.

pub(crate) mod support;

mod body; // framing, cuts, and what each way of breaking off is called
mod connection; // reuse, dead connections
mod cuts; // responses that are cut off at each byte, in each way
mod encoding; // compressed bodies
mod frames; // HTTP/2 by hand
mod http2; // streams that share a connection
mod limits; // each timeout
mod measures; // times and bytes
mod proxy; // proxies and Unix sockets
mod redirect; // what is followed, and what goes along
mod request; // what is on the wire
mod retry; // what is sent again, against servers that kill and servers that close
mod tls; // trust, names, client certificates

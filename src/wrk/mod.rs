//! A lean HTTP/1.1 client for one URL on many connections: what `ssel wrk` makes its load with.

mod response;

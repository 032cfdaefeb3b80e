//! The client of one VU: sends requests, follows redirects, keeps connections and cookies.

use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use http::HeaderValue;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use super::body::{Body, Home};
use super::connector::{Connection, connect};
use super::cookies::CookieJar;
use super::error::{Error, ErrorKind};
use super::io::Link;
use super::limit::{Alarm, Limit};
use super::origin::Origin;
use super::pool::{Dial, Pool};
use super::redirect;
use super::request::{Cookies, Outgoing, Request};
use super::response::{Failure, Head, Response};
use super::settings::Shared;
use super::timings::Phase;
use super::trip::{Lost, Trip};
use super::wire_error::{Stage, from_hyper, is_connection_loss};

/// As much of a redirect's body is read to keep its connection; a longer one is not worth it.
const MAX_REDIRECT_BODY: usize = 64 * 1024;

/// An HTTP client with connections and cookies of its own. Cheap to make, and cheap to clone: clones are the same client.
///
/// Lives on one thread, within a tokio runtime; HTTP/2 needs a `LocalSet` or a local runtime around it.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Rc<Shared>,
    pool: Rc<Pool>,
    jar: Rc<CookieJar>,
}

impl Client {
    /// A client without connections or cookies.
    pub fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            pool: Rc::default(),
            jar: Rc::default(),
        }
    }

    /// The client's cookies.
    pub fn jar(&self) -> &Rc<CookieJar> {
        &self.jar
    }

    /// Closes the idle connections, so that the next request makes a new one.
    pub fn close_idle(&self) {
        self.pool.clear();
    }

    /// Sends a request and waits for the head of its response, redirects followed.
    ///
    /// When a *reused* connection turns out to be dead before the first byte of an answer, the request is sent once
    /// more over a new connection, and counted in [`Response::reconnects`]. Nothing else is ever tried again.
    ///
    /// # Errors
    /// Whatever happened on the way, with the times and bytes it took. Dropping the future closes the connection.
    pub async fn send(&self, request: Request) -> Result<Response, Box<Failure>> {
        let limit = request
            .timeout
            .and_then(|t| Limit::new("timeout", t, Instant::now()));
        self.send_within(request, limit).await
    }

    /// As [`Client::send`], with a limit that goes by another name. It goes on to hold for the body.
    pub(crate) async fn send_within(
        &self,
        request: Request,
        limit: Option<Limit>,
    ) -> Result<Response, Box<Failure>> {
        let mut trip = Trip::start();
        let mut alarm = Alarm::default();
        let result = {
            let mut travel = pin!(self.travel(request, &mut trip));
            std::future::poll_fn(|cx| match (travel.as_mut().poll(cx), limit) {
                (Poll::Pending, Some(limit)) => alarm.poll(cx, limit.at).map(|()| None),
                (polled, _) => polled.map(Some),
            })
            .await
        };
        let timed_out = || {
            let doing = trip.phase().doing();
            limit.map_or_else(
                || Error::new(ErrorKind::Timeout, doing),
                |limit| limit.error(doing),
            )
        };
        match result.unwrap_or_else(|| Err(timed_out())) {
            Err(error) => Err(trip.fail(error)),
            Ok((head, mut body)) => {
                body.add_traffic(trip.traffic);
                body.set_limit(limit, alarm);
                let Trip {
                    watch,
                    reused,
                    reconnects,
                    redirects,
                    ..
                } = trip;
                Ok(Response {
                    head,
                    timings: watch.timings(),
                    body,
                    reused,
                    reconnects,
                    redirects,
                })
            }
        }
    }

    async fn travel(&self, mut request: Request, trip: &mut Trip) -> Result<(Head, Body), Error> {
        let max = request
            .redirects
            .unwrap_or(self.shared.settings.max_redirects);
        loop {
            let (head, mut body) = self.exchange(&request, trip).await?;
            if let Some(jar) = self.jar_of(&request) {
                jar.keep(&request.url, &head.headers);
            }
            if max == 0 || !redirect::is_redirect(head.status) {
                return Ok((head, body));
            }
            let next = if trip.redirects == max {
                let text = format!("more than {max} redirects");
                Err(Error::new(ErrorKind::Redirect, text))
            } else {
                redirect::follow(&mut request, &head)
            };
            if let Err(error) = next {
                trip.traffic += body.traffic();
                trip.head = Some(head);
                return Err(error);
            }
            trip.redirects += 1;
            // A body that breaks off takes its connection with it and nothing else.
            let _ = body.read(MAX_REDIRECT_BODY).await;
            trip.traffic += body.traffic();
            trip.watch.enter(Phase::Blocked, Instant::now());
        }
    }

    /// One request, one response.
    async fn exchange(&self, request: &Request, trip: &mut Trip) -> Result<(Head, Body), Error> {
        let origin = Origin::of(&request.url, request.unix_socket.as_ref())?;
        let jar_header = self
            .jar_of(request)
            .and_then(|jar| jar.header_for(&request.url));
        let mut retried = false;
        loop {
            let (connection, reused) = self.connection(&origin, request, retried, trip).await?;
            let http2 = matches!(connection, Connection::Http2(_));
            let message = self.outgoing(request, &origin, http2, jar_header.clone())?;
            trip.reused = reused;
            match self.over(connection, message, request, &origin, trip).await {
                Ok(answer) => return Ok(answer),
                Err(lost) if reused && !retried && lost.unanswered => {
                    retried = true;
                    trip.reconnects += 1;
                    trip.traffic += lost.traffic;
                    trip.watch.enter(Phase::Blocked, Instant::now());
                }
                Err(lost) => {
                    trip.traffic += lost.traffic;
                    return Err(lost.error);
                }
            }
        }
    }

    /// Sends `message` over `connection` and waits for the head.
    async fn over(
        &self,
        connection: Connection,
        message: http::Request<Full<bytes::Bytes>>,
        request: &Request,
        origin: &Origin,
        trip: &mut Trip,
    ) -> Result<(Head, Body), Lost> {
        let keep = !self.shared.settings.no_connection_reuse;
        let home = Home {
            pool: self.pool.clone(),
            origin: origin.clone(),
            keep,
        };
        trip.watch.enter(Phase::Sending, Instant::now());
        match connection {
            Connection::Http1(mut http1) => {
                trip.link = Some(http1.link.clone());
                let result = http1.send(message).await;
                let link = &http1.link;
                trip.book(link);
                let response = result.map_err(|error| Lost {
                    // Not a byte of an answer: the server closed before it saw the request.
                    unanswered: link.first_byte().is_none() && is_connection_loss(&error),
                    traffic: link.claim(),
                    error: from_hyper(&error, Stage::Head),
                })?;
                let (head, incoming) = head_of(response, request, link);
                let body = Body::http1(http1, incoming, &head.headers, home);
                Ok((head, body))
            }
            Connection::Http2(mut http2) => {
                let result = http2.send(message).await;
                let (response, moments) = result.map_err(|error| Lost {
                    unanswered: is_connection_loss(&error),
                    traffic: http2.link.claim(),
                    error: from_hyper(&error, Stage::Head),
                })?;
                trip.watch.enter(Phase::Waiting, moments.sent);
                trip.watch.enter(Phase::Answered, moments.answered);
                let (head, incoming) = head_of(response, request, &http2.link);
                let body = Body::http2(http2, incoming, &head.headers, home);
                Ok((head, body))
            }
        }
    }

    /// A connection from the pool, or a new one. `true`: it has been used before.
    async fn connection(
        &self,
        origin: &Origin,
        request: &Request,
        fresh: bool,
        trip: &mut Trip,
    ) -> Result<(Connection, bool), Error> {
        let Shared { settings, .. } = &*self.shared;
        let reuse = !fresh && !settings.no_connection_reuse;
        let mut dial = None;
        if reuse {
            match self.pooled(origin).await {
                Ok(connection) => return Ok((connection, true)),
                Err(announced) => dial = announced,
            }
        }
        let limit = request.connect_timeout.or(settings.connect_timeout);
        let connection = connect(&self.shared, origin, limit, &mut trip.watch).await?;
        if reuse || fresh {
            match &connection {
                Connection::Http2(http2) => self.pool.share(origin.clone(), http2.clone()),
                Connection::Http1(_) if origin.secure => self.pool.note_one_at_a_time(origin),
                Connection::Http1(_) => {}
            }
        }
        drop(dial);
        Ok((connection, false))
    }

    /// A connection that is there already, or is being made by another stream of this client. Where there is none, and
    /// a new one may turn out to be for all, the announcement that it is being made.
    async fn pooled(&self, origin: &Origin) -> Result<Connection, Option<Dial<'_>>> {
        if let Some(connection) = self.pool.take(origin) {
            return Ok(connection);
        }
        if !origin.secure || !self.pool.may_share(origin) {
            return Err(None);
        }
        match self.pool.dial_under_way(origin) {
            None => Err(Some(self.pool.announce_dial(origin))),
            // Once only: where a server stalls, streams must not wait for one another in turn.
            Some(done) => {
                done.notified().await;
                self.pool.take(origin).ok_or(None)
            }
        }
    }

    fn outgoing(
        &self,
        request: &Request,
        origin: &Origin,
        http2: bool,
        cookie: Option<HeaderValue>,
    ) -> Result<http::Request<Full<bytes::Bytes>>, Error> {
        let Shared { settings, .. } = &*self.shared;
        // A tunnel is to the server itself; a plain request is handed to the proxy to pass on.
        let proxy = settings
            .proxies
            .server_for(origin)
            .filter(|_| !origin.secure);
        let message = Outgoing {
            request,
            origin,
            user_agent: &settings.user_agent,
            cookie,
            absolute: http2 || proxy.is_some(),
            http2,
            proxy_authorization: proxy.and_then(|proxy| proxy.authorization.as_ref()),
            close: settings.no_connection_reuse,
        };
        message.build()
    }

    fn jar_of<'a>(&'a self, request: &'a Request) -> Option<&'a CookieJar> {
        match &request.cookies {
            Cookies::Client => Some(&self.jar),
            Cookies::Jar(jar) => Some(jar),
            Cookies::Off => None,
        }
    }
}

fn head_of(response: http::Response<Incoming>, request: &Request, link: &Link) -> (Head, Incoming) {
    let (parts, incoming) = response.into_parts();
    let mut url = request.url.clone();
    // A URL without host cannot have user information, and no such URL comes this far.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let reason = parts
        .extensions
        .get::<ReasonPhrase>()
        .filter(|r| !r.as_bytes().is_empty());
    let head = Head {
        url,
        status: parts.status,
        version: parts.version,
        headers: parts.headers,
        remote_addr: link.remote(),
        reason: reason.map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned()),
    };
    (head, incoming)
}

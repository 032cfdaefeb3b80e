//! The HTTP client of one VU: sends requests, follows redirects, keeps connections and cookies.

use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use http::HeaderValue;

use super::body::{Body, BodySource, PoolReturn};
use super::connector::{Connection, connect};
use super::cookies::CookieJar;
use super::error::{Error, ErrorKind};
use super::in_flight::{ExchangeTimes, FailedExchange, InFlight};
use super::io::{Link, Moment};
use super::limit::{DeadlineTimer, Limit};
use super::origin::Origin;
use super::pool::{Dial, Pool};
use super::redirect;
use super::refusal::patience;
use super::request::{Cookies, Outgoing, Request};
use super::response::{Head, RequestFailure, Response, ResponseHead};
use super::settings::ClientContext;
use super::shortage;
use super::timings::RequestPhase;
use crate::units::counted;

/// The longest body of a redirect that is read to keep its connection.
const MAX_REDIRECT_BODY: usize = 64 * 1024;

/// An HTTP client with its own connections and cookies. Cheap to create and to clone; clones share connections and
/// cookies.
///
/// It stays on one thread, inside a tokio runtime; HTTP/2 requires a `LocalSet` or a local runtime.
#[derive(Debug, Clone)]
pub struct Client {
    context: Rc<ClientContext>,
    pool: Rc<Pool>,
    jar: Rc<CookieJar>,
}

impl Client {
    /// A client without connections or cookies.
    pub fn new(context: Rc<ClientContext>) -> Self {
        Self {
            context,
            pool: Rc::default(),
            jar: Rc::default(),
        }
    }

    /// The client's cookies.
    pub fn jar(&self) -> &Rc<CookieJar> {
        &self.jar
    }

    /// Closes the idle connections, so that the next request opens a new one.
    pub fn close_idle(&self) {
        self.pool.clear();
    }

    /// Sends a request, follows redirects, and waits for the head of the response.
    ///
    /// A request that its server cannot have processed is sent once more over a new connection: if no byte was written,
    /// if a *reused* connection had been closed before the request arrived, or if an HTTP/2 server reports that it did
    /// not process it. [`Response::reconnects`] counts this. Nothing else is retried.
    ///
    /// # Errors
    /// Any failure, with the times and bytes until then. Dropping the future closes the connection.
    pub async fn send(&self, request: Request) -> Result<Response, Box<RequestFailure>> {
        let limit = request
            .timeout
            .and_then(|t| Limit::new("timeout", t, Instant::now()));
        self.send_within(request, limit).await
    }

    /// Like [`Client::send`], with a named limit that also applies to the body.
    pub(crate) async fn send_within(
        &self,
        request: Request,
        limit: Option<Limit>,
    ) -> Result<Response, Box<RequestFailure>> {
        let mut in_flight = InFlight::start();
        let mut timer = DeadlineTimer::default();
        let result = {
            let mut follow_redirects = pin!(self.follow_redirects(request, &mut in_flight));
            std::future::poll_fn(|cx| match (follow_redirects.as_mut().poll(cx), limit) {
                (Poll::Pending, Some(limit)) => timer.poll(cx, limit.at).map(|()| None),
                (polled, _) => polled.map(Some),
            })
            .await
        };
        let timed_out = || {
            let doing = in_flight.phase().doing();
            limit.map_or_else(
                || Error::new(ErrorKind::Timeout, doing),
                |limit| limit.error(doing),
            )
        };
        match result.unwrap_or_else(|| Err(timed_out())) {
            Err(error) => {
                let failure = in_flight.fail(error);
                if failure.error.kind == ErrorKind::Client {
                    tokio::time::sleep(shortage::PAUSE).await;
                }
                Err(failure)
            }
            Ok((head, mut body)) => {
                body.add_traffic(in_flight.traffic);
                body.set_limit(limit, timer);
                let InFlight {
                    watch,
                    reused,
                    reconnects,
                    redirects,
                    ..
                } = in_flight;
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

    async fn follow_redirects(
        &self,
        mut request: Request,
        in_flight: &mut InFlight,
    ) -> Result<(Head, Body), Error> {
        let max = request
            .redirects
            .unwrap_or(self.context.settings.max_redirects);
        loop {
            let (head, mut body) = self.exchange(&request, in_flight).await?;
            if let Some(jar) = self.jar_of(&request) {
                jar.keep(&request.url, &head.headers);
            }
            if max == 0 || !redirect::is_redirect(head.status) {
                return Ok((head, body));
            }
            let next = if in_flight.redirects == max {
                let text = format!("more than {}", counted(max.into(), "redirect"));
                Err(Error::new(ErrorKind::Redirect, text))
            } else {
                redirect::follow(&mut request, &head)
            };
            if let Err(error) = next {
                in_flight.traffic += body.traffic();
                in_flight.head = Some(head);
                return Err(error);
            }
            in_flight.redirects += 1;
            // A broken or slow body only closes its connection.
            body.set_limit(patience(), DeadlineTimer::default());
            let _ = body.read(MAX_REDIRECT_BODY).await;
            in_flight.traffic += body.traffic();
            in_flight.watch.enter(RequestPhase::Blocked, Instant::now());
        }
    }

    /// One request, one response.
    async fn exchange(
        &self,
        request: &Request,
        in_flight: &mut InFlight,
    ) -> Result<(Head, Body), Error> {
        let origin = Origin::of(&request.url, request.unix_socket.as_ref())?;
        let jar_header = self
            .jar_of(request)
            .and_then(|jar| jar.header_for(&request.url));
        let mut retried = false;
        loop {
            let (connection, reused) = self
                .connection(&origin, request, retried, in_flight)
                .await?;
            let outgoing = self.outgoing(request, &origin, jar_header.as_ref());
            in_flight.reused = reused;
            match self.over(connection, &outgoing, in_flight).await {
                Ok(answer) => return Ok(answer),
                Err(failed) if !retried && failed.unprocessed => {
                    retried = true;
                    in_flight.reconnects += 1;
                    in_flight.watch.enter(RequestPhase::Blocked, Instant::now());
                }
                Err(failed) => return Err(failed.error),
            }
        }
    }

    /// Sends a request over `connection` and waits for the head.
    async fn over(
        &self,
        connection: Connection,
        outgoing: &Outgoing<'_>,
        in_flight: &mut InFlight,
    ) -> Result<(Head, Body), FailedExchange> {
        let home = PoolReturn {
            pool: self.pool.clone(),
            origin: outgoing.origin.clone(),
            keep: !outgoing.closes(),
        };
        in_flight.watch.enter(RequestPhase::Sending, Instant::now());
        let link = connection.link().clone();
        let mut times = ExchangeTimes {
            link: link.clone(),
            written: None,
        };
        let sent = match connection {
            Connection::Http1(mut http1) => {
                in_flight.exchange = Some(times);
                let sent = http1.send(outgoing).await;
                in_flight.record_times();
                match sent {
                    Ok(head) => Ok((head, BodySource::Http1(http1))),
                    Err(error) => {
                        let idempotent = outgoing.method().is_idempotent();
                        let closer = self.context.early_closers.has(outgoing.origin);
                        let unprocessed =
                            in_flight.reused && http1.is_unprocessed(idempotent, closer).await;
                        Err(FailedExchange { error, unprocessed })
                    }
                }
            }
            Connection::Http2(http2) => {
                let written = times.written.insert(Moment::default()).clone();
                in_flight.exchange = Some(times);
                let sent = match outgoing.message() {
                    Ok(message) => http2.send(message, outgoing.body().clone(), &written).await,
                    Err(error) => Err(error.into()),
                };
                in_flight.record_times();
                sent.map(|(head, stream)| {
                    in_flight
                        .watch
                        .enter(RequestPhase::Answered, link.last_data());
                    (head, BodySource::Http2(Box::new(stream)))
                })
            }
        };
        match sent {
            Ok((head, source)) => {
                let head = head_of(head, outgoing.request, &link);
                let body = Body::new(source, link, &head.headers, home);
                Ok((head, body))
            }
            Err(failed) => {
                in_flight.traffic += link.claim();
                Err(failed)
            }
        }
    }

    /// A connection from the pool, or a new one, and whether it is reused.
    async fn connection(
        &self,
        origin: &Origin,
        request: &Request,
        fresh: bool,
        in_flight: &mut InFlight,
    ) -> Result<(Connection, bool), Error> {
        let ClientContext { settings, .. } = &*self.context;
        let reuse = !fresh && !settings.no_connection_reuse;
        let mut dial = None;
        if reuse {
            match self.pooled(origin).await {
                Ok(connection) => return Ok((connection, true)),
                Err(announced) => dial = announced,
            }
        }
        let limit = request.connect_timeout.or(settings.connect_timeout);
        let connection = connect(&self.context, origin, limit, &mut in_flight.watch).await?;
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

    /// An existing connection, or one that another stream of this client is opening. If there is none and a new one may
    /// be shared, the guard that announces it.
    async fn pooled(&self, origin: &Origin) -> Result<Connection, Option<Dial<'_>>> {
        if let Some(connection) = self.pool.take(origin, &self.context.early_closers) {
            return Ok(connection);
        }
        if !origin.secure || !self.pool.may_share(origin) {
            return Err(None);
        }
        match self.pool.dial_under_way(origin) {
            None => Err(Some(self.pool.announce_dial(origin))),
            // Only once: if a server stalls, streams must not wait for each other in turn.
            Some(done) => {
                done.notified().await;
                self.pool
                    .take(origin, &self.context.early_closers)
                    .ok_or(None)
            }
        }
    }

    fn outgoing<'a>(
        &'a self,
        request: &'a Request,
        origin: &'a Origin,
        cookie: Option<&'a HeaderValue>,
    ) -> Outgoing<'a> {
        let ClientContext { settings, .. } = &*self.context;
        // Through a tunnel, the request goes to the server; a plain request goes to the proxy, which forwards it.
        let proxy = settings
            .proxies
            .server_for(origin)
            .filter(|_| !origin.secure);
        Outgoing {
            request,
            origin,
            user_agent: &settings.user_agent,
            cookie,
            proxied: proxy.is_some(),
            proxy_authorization: proxy.and_then(|proxy| proxy.authorization.as_ref()),
            close: settings.no_connection_reuse,
        }
    }

    fn jar_of<'a>(&'a self, request: &'a Request) -> Option<&'a CookieJar> {
        match &request.cookies {
            Cookies::Client => Some(&self.jar),
            Cookies::Jar(jar) => Some(jar),
            Cookies::Off => None,
        }
    }
}

fn head_of(head: ResponseHead, request: &Request, link: &Link) -> Head {
    let mut url = request.url.clone();
    // This fails only for URLs without a host, which were rejected before.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Head {
        url,
        status: head.status,
        version: head.version,
        headers: head.headers,
        remote_addr: link.remote(),
        reason: head.reason,
    }
}

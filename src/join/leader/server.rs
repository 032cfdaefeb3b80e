//! The HTTP server of part 0.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Extension, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use super::LeaderState;
use crate::join::HEADER;
use crate::join::hello::Hello;
use crate::join::members::Refusal;
use crate::join::orders::Orders;
use crate::join::wire::MessageBatch;

/// Time limits for the head and the body of a request.
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(30);
/// The largest body of a request.
const LONGEST: usize = 64 << 20;
/// Connections for unauthorized clients, in addition to those of the parts.
const SPARE: usize = 64;
/// Pause after a failed accept (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How often a stream of orders shows that the connection is alive.
const ALIVE: Duration = Duration::from_secs(2);

/// Serves until `stopped`.
pub(super) async fn serve(
    shared: &Arc<LeaderState>,
    listener: TcpListener,
    mut stopped: oneshot::Receiver<()>,
) {
    let parts = shared.members().missing().len();
    // A part has two connections, and may have abandoned two others.
    let places = Arc::new(Semaphore::new(4 * parts + SPARE));
    let mut connections = JoinSet::new();
    let router = router(shared);
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    // Connections beyond the limit are closed.
                    if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                        let router = router.clone().layer(Extension(from));
                        connections.spawn(async move {
                            connection(stream, router).await;
                            drop(place);
                        });
                    }
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    let service = TowerToHyperService::new(router);
    // Errors come from clients that left or do not use HTTP.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

fn router(shared: &Arc<LeaderState>) -> Router {
    Router::new()
        .route("/join", post(join))
        .route("/clock", get(clock))
        .route("/setup", get(setup))
        .route("/orders", get(orders))
        .route("/messages", post(messages))
        .route("/leave", post(leave))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(from_fn(in_time))
        .layer(from_fn_with_state(Arc::clone(shared), by_token))
        .with_state(Arc::clone(shared))
}

/// Rejects unauthorized requests before reading their bodies.
async fn by_token(
    State(shared): State<Arc<LeaderState>>,
    request: Request,
    next: Next,
) -> Response {
    if !is_known(&shared, request.headers()) {
        shared.unauthorized.fetch_add(1, Ordering::Relaxed);
        let text = "This port is for the parts of an ssel run, which send a token.\n";
        return (StatusCode::UNAUTHORIZED, text).into_response();
    }
    next.run(request).await
}

fn is_known(shared: &LeaderState, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.and_then(|shown| shown.to_str().ok()).unwrap_or("");
    let is_part = headers.contains_key(HEADER);
    match &shared.token {
        Some(token) => token.is_shown(shown) && is_part,
        None => is_part,
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(BODY, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, Json(self)).into_response()
    }
}

/// Admits a part; the answer is its session.
async fn join(
    State(shared): State<Arc<LeaderState>>,
    Extension(from): Extension<SocketAddr>,
    Json(hello): Json<Hello>,
) -> Result<String, Refusal> {
    let number = shared.sessions.fetch_add(1, Ordering::Relaxed);
    let session = format!("{number}-{}", shared.now().as_nanos());
    let now = shared.now();
    let from = from.ip().to_canonical().to_string();
    shared.members().admit(hello, &session, &from, now)?;
    Ok(session)
}

async fn clock(State(shared): State<Arc<LeaderState>>) -> String {
    shared.now().as_nanos().to_string()
}

async fn setup(State(shared): State<Arc<LeaderState>>) -> Bytes {
    let value = shared.setup.lock();
    value.clone()
}

/// The part that sends a request.
#[derive(Debug, Clone, Deserialize)]
struct Session {
    part: u64,
    session: String,
}

/// Takes a batch; the answer is the number of the next expected message.
async fn messages(
    State(shared): State<Arc<LeaderState>>,
    Query(who): Query<Session>,
    body: Bytes,
) -> Result<String, Refusal> {
    let now = shared.now();
    let batch = MessageBatch::from_bytes(body).map_err(|error| Refusal(error.to_string()))?;
    let next = shared.members().take(who.part, &who.session, batch, now)?;
    Ok(next.to_string())
}

async fn leave(
    State(shared): State<Arc<LeaderState>>,
    Query(who): Query<Session>,
) -> Result<(), Refusal> {
    shared.members().leaves(who.part, &who.session)
}

/// Streams the orders to a part, whenever they change.
async fn orders(
    State(shared): State<Arc<LeaderState>>,
    Query(who): Query<Session>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    shared.members().check_session(who.part, &who.session)?;
    let mut orders = shared.orders.subscribe();
    orders.mark_changed();
    let listener = OrderStream::new(shared, who, orders);
    let events = stream::unfold(listener, OrderStream::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// The stream of orders to a part; dropping it records that the part no longer listens.
struct OrderStream {
    shared: Arc<LeaderState>,
    who: Session,
    orders: watch::Receiver<Orders>,
}

impl OrderStream {
    fn new(shared: Arc<LeaderState>, who: Session, orders: watch::Receiver<Orders>) -> Self {
        let now = shared.now();
        let session = &who.session;
        shared.members().set_listening(who.part, session, now, true);
        Self {
            shared,
            who,
            orders,
        }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        self.orders.changed().await.ok()?;
        let text = serde_json::to_string(&*self.orders.borrow_and_update());
        let event = Event::default().data(text.unwrap_or_default());
        Some((Ok(event), self))
    }
}

impl Drop for OrderStream {
    fn drop(&mut self) {
        let now = self.shared.now();
        let Session { part, session } = &self.who;
        self.shared
            .members()
            .set_listening(*part, session, now, false);
    }
}

//! The HTTP server of the live page: the page and its event stream.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc::UnboundedReceiver;

use super::Update;
use super::state::{EventKind, PageEvent, PageState};
use crate::http;
use crate::record::RunMetadata;
use crate::sync::Mutex;

/// The most events that wait for a browser; one that is further behind receives the whole page again.
const WAITING: usize = 16;

/// How often the end of a run checks whether all browsers have received it.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

#[derive(Clone)]
struct Site {
    state: Arc<Mutex<PageState>>,
    events: broadcast::Sender<PageEvent>,
    /// Whether requests must name a loopback address. Otherwise another site could read the page through a host name of
    /// its own that resolves to this address (DNS rebinding).
    only_loopback: bool,
}

/// Serves the page until the sender of updates is dropped.
pub(super) async fn serve(
    listener: TcpListener,
    addr: SocketAddr,
    prefix: &str,
    run: RunMetadata,
    updates: UnboundedReceiver<Update>,
) {
    let site = Site {
        state: Arc::new(Mutex::new(PageState::of(run))),
        events: broadcast::channel(WAITING).0,
        only_loopback: addr.ip().is_loopback(),
    };
    let router = router(prefix, site.clone());
    tokio::select! {
        () = follow(updates, &site) => {}
        _ = axum::serve(listener, router).into_future() => {}
    }
}

fn router(prefix: &str, site: Site) -> Router {
    let routes = Router::new()
        .route(&format!("{prefix}/"), get(page))
        .route(&format!("{prefix}/events"), get(events));
    routes
        .layer(from_fn_with_state(site.clone(), by_own_name))
        .with_state(site)
}

/// Processes the updates of the run and notifies the browsers.
async fn follow(mut updates: UnboundedReceiver<Update>, site: &Site) {
    while let Some(update) = updates.recv().await {
        match update {
            Update::Frame(series, frame) => {
                let event = site.state.lock().update(series, *frame);
                // The send fails if no browser is connected.
                let _ = site.events.send(event);
            }
            Update::End(record, received) => {
                let event = site.state.lock().end(*record);
                let _ = site.events.send(event);
                // A stream ends after the event `end`, which drops its receiver.
                while site.events.receiver_count() > 0 {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                // Gives the sockets a turn to write the event.
                tokio::time::sleep(LOOK_AGAIN).await;
                let _ = received.send(());
            }
        }
    }
}

async fn by_own_name(Shared(site): Shared<Site>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if site.only_loopback && !host.is_some_and(is_loopback) {
        let text = "This page is available at its own address only.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    http::is_loopback(name.trim_start_matches('[').trim_end_matches(']'))
}

async fn page(Shared(site): Shared<Site>) -> Response {
    let page = site.state.lock().page();
    ([(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

async fn events(
    Shared(site): Shared<Site>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    // Subscribes before reading the state, so that no event is missed.
    let receiver = site.events.subscribe();
    let missed = site.state.lock().missed(last);
    let browser = Browser {
        site,
        receiver: Some(receiver),
        missed,
        seen: last.unwrap_or_default(),
    };
    Sse::new(stream::unfold(browser, Browser::next)).keep_alive(KeepAlive::default())
}

/// The event stream of one browser.
struct Browser {
    site: Site,
    receiver: Option<broadcast::Receiver<PageEvent>>,
    missed: Option<PageEvent>,
    seen: u64,
}

impl Browser {
    async fn next(mut self) -> Option<(Result<SseEvent, Infallible>, Self)> {
        let event = loop {
            if let Some(event) = self.missed.take() {
                break event;
            }
            match self.receiver.as_mut()?.recv().await {
                // The page already contains this frame.
                Ok(event) if event.number <= self.seen && event.kind == EventKind::Frame => {}
                Ok(event) => break event,
                Err(RecvError::Lagged(_)) => {
                    self.missed = self.site.state.lock().missed(None);
                }
                Err(RecvError::Closed) => return None,
            }
        };
        self.seen = event.number;
        if event.kind == EventKind::End {
            self.receiver = None;
        }
        let event = SseEvent::default()
            .event(event.kind.name())
            .id(event.number.to_string())
            .data(event.data);
        Some((Ok(event), self))
    }
}

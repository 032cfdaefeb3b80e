//! The connection to part 0: joining, clock, orders, and frames.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{StreamExt, TryStreamExt};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::{Disconnected, FollowerState};
use crate::control::{
    Auth, ClientSettings, ControlClient, ControlError, Method, Secret, StatusCode,
};
use crate::join::HEADER;
use crate::join::address::Address;
use crate::join::hello::Hello;
use crate::join::members::Refusal;
use crate::join::orders::{Clock, Orders};
use crate::join::token::Token;

/// The time limit for an answer of part 0.
const ANSWER: Duration = Duration::from_secs(10);
/// The pause between two attempts.
const TRY_AGAIN: Duration = Duration::from_millis(250);
/// How many times the clock of part 0 is read.
const READINGS: u32 = 16;
/// The longest interval between two messages to part 0.
const BEAT: Duration = Duration::from_secs(1);
/// A stream of orders that is silent for this long is reopened.
const DEAD: Duration = Duration::from_secs(8);

/// Runs the connection until `stopped`.
pub(super) async fn run(
    shared: &Arc<FollowerState>,
    address: Address,
    token: Option<Token>,
    own: Hello,
    stopped: oneshot::Receiver<()>,
) {
    let client = ControlClient::new(&ClientSettings {
        headers: vec![(HEADER.to_owned(), Secret::new("1"))],
        auth: token.map_or(Auth::None, |token| Auth::Bearer(token.secret())),
        direct: true,
        connect_timeout: Duration::from_secs(3),
        timeout: None,
        ..ClientSettings::default()
    });
    let client = match client {
        Ok(client) => client,
        Err(error) => return shared.disconnect(Disconnected::Client(error.to_string())),
    };
    let connection = Connection {
        shared,
        client,
        address,
        own,
    };
    tokio::select! {
        () = connection.follow() => {}
        _ = stopped => {}
    }
}

struct Connection<'a> {
    shared: &'a Arc<FollowerState>,
    client: ControlClient,
    address: Address,
    own: Hello,
}

impl Connection<'_> {
    async fn follow(&self) {
        let Some(session) = self.join().await else {
            return;
        };
        let Some(clock) = self.clock().await else {
            return;
        };
        self.shared.state().clock = Some(clock);
        let part = self.own.part;
        let who = format!("part={part}&session={session}");
        tokio::select! {
            () = self.receive_orders(&who) => {}
            () = self.send_messages(&who) => {}
        }
    }

    /// Asks part 0 to admit this part, until it answers.
    async fn join(&self) -> Option<String> {
        let hello = serde_json::to_vec(&self.own).unwrap_or_default();
        let session = self.ask(Method::POST, "/join", Some(hello.into())).await?;
        String::from_utf8(session.into()).ok()
    }

    /// Reads the clock of part 0 several times and keeps the reading with the shortest round trip.
    async fn clock(&self) -> Option<Clock> {
        let mut best: Option<Clock> = None;
        for _ in 0..READINGS {
            let asked = Instant::now();
            let text = self.ask(Method::GET, "/clock", None).await?;
            let answered = Instant::now();
            let there = std::str::from_utf8(&text).ok()?.parse().ok()?;
            let reading = Clock::read(asked, there, answered);
            best = Some(best.map_or(reading, |best| best.better(reading)));
        }
        best
    }

    /// Sends waiting messages, or an empty batch as a heartbeat, until this part has signed off.
    async fn send_messages(&self, who: &str) {
        let path = format!("/messages?{who}");
        loop {
            let body = self.shared.outbox().batch().to_bytes();
            let Some(next) = self.ask(Method::POST, &path, Some(body.into())).await else {
                return;
            };
            let next = std::str::from_utf8(&next).ok();
            if let Some(next) = next.and_then(|next| next.parse().ok()) {
                self.shared.outbox().acknowledged(next);
            }
            if !self.shared.outbox().is_empty() {
                continue;
            }
            if self.shared.state().is_leaving {
                let path = format!("/leave?{who}");
                let _ = self.ask_once(Method::POST, &path, None).await;
                self.shared.state().has_left = true;
                return;
            }
            let _ = timeout(BEAT, self.shared.wake.notified()).await;
        }
    }

    /// Receives the orders of part 0, and reopens the stream whenever it ends.
    async fn receive_orders(&self, who: &str) {
        let path = format!("/orders?{who}");
        loop {
            let url = self.address.url(&path);
            let request = self.client.request(Method::GET, &url);
            let answer = timeout(ANSWER, request.send()).await;
            match answer {
                Err(_) => self
                    .shared
                    .note_trouble("there was no answer in time".into(), false),
                Ok(Err(error)) => self
                    .shared
                    .note_trouble(ControlError::of(&error).message, is_refused(&error)),
                Ok(Ok(response)) if response.status() == StatusCode::OK => {
                    self.shared.note_contact();
                    let bytes = response.bytes_stream();
                    let bytes = bytes.inspect_ok(|_| self.shared.note_contact());
                    let mut events = std::pin::pin!(bytes.eventsource());
                    while let Ok(next) = self.while_alive(events.next()).await {
                        let Some(Ok(event)) = next else { break };
                        if let Ok(orders) = serde_json::from_str(&event.data) {
                            self.follow_orders(orders).await;
                        }
                    }
                }
                Ok(Ok(response)) => {
                    let status = response.status();
                    let refusal = response.bytes().await.unwrap_or_default();
                    if let Some(lost) = refused(status, &refusal) {
                        return self.shared.disconnect(lost);
                    }
                    self.shared.note_trouble(somebody_else(status), false);
                }
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// Waits for the next event as long as part 0 sends at least keep-alive comments.
    async fn while_alive<T>(&self, next: impl Future<Output = T>) -> Result<T, ()> {
        let mut next = std::pin::pin!(next);
        loop {
            if let Ok(next) = timeout(BEAT, &mut next).await {
                return Ok(next);
            }
            if self.shared.state().last_seen.elapsed() > DEAD {
                return Err(());
            }
        }
    }

    async fn follow_orders(&self, orders: Orders) {
        if orders.is_set_up && self.shared.state().setup.is_none() {
            let Some(value) = self.ask(Method::GET, "/setup", None).await else {
                return;
            };
            self.shared.state().setup = Some(value.into());
        }
        self.shared.state().orders = orders;
    }

    /// Sends a request until part 0 answers; `None` if it has rejected this part for good.
    async fn ask(&self, method: Method, path: &str, body: Option<Bytes>) -> Option<Bytes> {
        loop {
            match self.ask_once(method.clone(), path, body.clone()).await {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => sleep(TRY_AGAIN).await,
                Err(lost) => {
                    self.shared.disconnect(lost);
                    return None;
                }
            }
        }
    }

    /// Sends a request once; `None` if there is no answer, or one of another server.
    ///
    /// # Errors
    /// Part 0 has rejected this part for good.
    async fn ask_once(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Option<Bytes>, Disconnected> {
        let url = self.address.url(path);
        let mut request = self.client.request(method, &url).timeout(ANSWER);
        if let Some(body) = body {
            let kind = match path {
                "/join" => "application/json",
                _ => "application/protobuf",
            };
            request = request.header("content-type", kind).body(body);
        }
        let whole = async {
            let response = request.send().await?;
            let status = response.status();
            Ok((status, response.bytes().await?))
        };
        match whole.await {
            Ok((StatusCode::OK, body)) => {
                self.shared.note_contact();
                Ok(Some(body))
            }
            Ok((status, body)) => {
                if let Some(lost) = refused(status, &body) {
                    return Err(lost);
                }
                self.shared.note_trouble(somebody_else(status), false);
                Ok(None)
            }
            Err(error) => {
                let trouble = ControlError::of(&error).message;
                self.shared.note_trouble(trouble, is_refused(&error));
                Ok(None)
            }
        }
    }
}

/// Why part 0 has rejected this part, if it has.
fn refused(status: StatusCode, body: &[u8]) -> Option<Disconnected> {
    match status {
        StatusCode::UNAUTHORIZED => Some(Disconnected::Token),
        StatusCode::CONFLICT => {
            let refusal: Refusal = serde_json::from_slice(body).ok()?;
            Some(Disconnected::Refused(refusal))
        }
        _ => None,
    }
}

fn somebody_else(status: StatusCode) -> String {
    format!(
        "the server at that address is not part 0 of a run: status {}",
        status.as_u16()
    )
}

/// Whether the connection was refused.
fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let refused = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        if refused {
            return true;
        }
        cause = error.source();
    }
    false
}

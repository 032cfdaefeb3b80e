//! Scrapes the metrics of servers once a second during the load and records them as metrics of the run.
//!
//! Each server has a thread, so that a slow server delays nothing else. Counters count from the scrape at the start of the load
//! to the one at its end.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use url::Url;

use super::target::Target;
use crate::control::{ClientSettings, ControlClient, LONGEST_BODY, Method};
use crate::metrics::{Recorder, Registry, Tags, Unit};
use crate::output::Terminal;
use crate::parts::Part;
use crate::scrape::{Exposition, ScrapedValue, Wanted, Window};
use crate::units::shown_url;

/// How often a server is scraped.
const SECOND: Duration = Duration::from_secs(1);
/// Time limit of one scrape.
const TIMEOUT: Duration = Duration::from_secs(2);
/// A server may count a reply after it has sent the end of it.
const AFTERMATH: Duration = Duration::from_millis(50);

/// The servers to scrape.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerMetrics {
    /// The URLs of their metrics; a path refers to the built-in target.
    pub urls: Vec<String>,
    /// The URL is a guess, so a server without metrics is not reported.
    pub is_guess: bool,
    /// The metrics to record.
    pub wanted: Wanted,
    /// The origins of the servers that require credentials, and the credentials.
    pub own: Option<(Vec<String>, ClientSettings)>,
}

impl ServerMetrics {
    /// The settings of the client for `url`.
    fn settings(&self, url: &str) -> ClientSettings {
        let own = self.own.as_ref();
        let is_at = |origin: &String| {
            url.strip_prefix(origin.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let own = own.filter(|(origins, _)| origins.iter().any(is_at));
        own.map_or_else(ClientSettings::default, |(_, settings)| settings.clone())
    }

    /// The servers that a part scrapes, with paths on the built-in target completed to URLs. Only part 0 scrapes, because every
    /// part would record the same figures.
    pub(super) fn of_part(&self, part: Part, target: &Target) -> Self {
        if !part.is_first() {
            return Self::default();
        }
        let resolve = |url: &String| match url.strip_prefix('/') {
            Some(_) => target().map_or_else(|_| url.clone(), |base| base + url),
            None => url.clone(),
        };
        Self {
            urls: self.urls.iter().map(resolve).collect(),
            ..self.clone()
        }
    }
}

/// The threads that scrape servers, one for each.
pub(super) struct Scraper(Vec<(Sender<()>, JoinHandle<()>)>);

impl Scraper {
    /// Starts to scrape; returns when each server was scraped once or timed out.
    pub(super) fn start(
        options: &ServerMetrics,
        registry: &Arc<Registry>,
        terminal: &Terminal,
    ) -> Self {
        let (ready, is_ready) = mpsc::channel();
        let mut threads = Vec::new();
        for url in &options.urls {
            let (stop, stopped) = mpsc::channel();
            let (mut server, settings) = (ScrapedServer::new(url, options), options.settings(url));
            let (recorder, terminal) = (registry.recorder(), terminal.clone());
            let ready = ready.clone();
            let thread = std::thread::Builder::new().name("ssel-scrape".into());
            let thread = thread.spawn(move || {
                if let Err(problem) = server.watch(&settings, &recorder, &terminal, ready, &stopped)
                {
                    terminal.warn(&format!("cannot read the metrics of the server: {problem}"));
                }
            });
            if let Ok(thread) = thread {
                threads.push((stop, thread));
            }
        }
        drop(ready);
        // Each thread drops its sender after its first scrape.
        let _ = is_ready.recv_timeout(TIMEOUT + SECOND);
        Self(threads)
    }

    /// Scrapes the servers for the last time. Further calls have no effect.
    pub(super) fn finish(&mut self) {
        for (stop, _) in &self.0 {
            let _ = stop.send(());
        }
        for (_, thread) in self.0.drain(..) {
            let _ = thread.join();
        }
    }
}

/// One server.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct ScrapedServer {
    url: String,
    /// The tag of its metrics: host and port.
    tags: Tags,
    window: Window,
    wanted: Wanted,
    is_guess: bool,
    was_seen: bool,
    is_failure_reported: bool,
    /// Whether scraping has ended because the server has no metrics.
    is_given_up: bool,
}

impl ScrapedServer {
    fn new(url: &str, options: &ServerMetrics) -> Self {
        let place = Url::parse(url).ok();
        let place = place.and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(match url.port_or_known_default() {
                Some(port) => format!("{host}:{port}"),
                None => host,
            })
        });
        Self {
            url: url.to_owned(),
            tags: Tags::new().with("server", place.unwrap_or_else(|| shown_url(url))),
            window: Window::new(options.wanted.clone()),
            wanted: options.wanted.clone(),
            is_guess: options.is_guess,
            was_seen: false,
            is_failure_reported: false,
            is_given_up: false,
        }
    }

    /// Scrapes it every second until it is stopped, and then once more.
    fn watch(
        &mut self,
        settings: &ClientSettings,
        recorder: &Recorder,
        terminal: &Terminal,
        ready: Sender<()>,
        stopped: &Receiver<()>,
    ) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let settings = ClientSettings {
            connect_timeout: TIMEOUT,
            timeout: Some(TIMEOUT),
            ..settings.clone()
        };
        let client = ControlClient::new(&settings).map_err(|error| error.to_string())?;
        let mut due = Instant::now();
        runtime.block_on(self.look(&client, recorder, terminal));
        drop(ready);
        while !self.is_given_up {
            let now = Instant::now();
            while due <= now {
                due += SECOND;
            }
            if stopped.recv_timeout(due - now) != Err(RecvTimeoutError::Timeout) {
                std::thread::sleep(AFTERMATH);
                runtime.block_on(self.look(&client, recorder, terminal));
                self.conclude(terminal);
                break;
            }
            runtime.block_on(self.look(&client, recorder, terminal));
        }
        Ok(())
    }

    /// Scrapes it once. A failure is reported once, and scraping continues.
    async fn look(&mut self, client: &ControlClient, recorder: &Recorder, terminal: &Terminal) {
        match fetch(client, &self.url).await {
            Ok(page) => {
                if !self.was_seen {
                    self.was_seen = true;
                    self.report_missing(&page, terminal);
                }
                for reading in self.window.read(&page) {
                    self.record(&reading, recorder);
                }
            }
            Err(_) if self.is_guess && !self.was_seen => self.is_given_up = true,
            Err(problem) if !self.is_failure_reported => {
                self.is_failure_reported = true;
                let problem = client.without_secrets(&problem);
                terminal.warn(&format!(
                    "cannot read the metrics of the server at {}: {problem}; retrying every second",
                    shown_url(&self.url)
                ));
            }
            Err(_) => {}
        }
    }

    fn record(&self, reading: &ScrapedValue, recorder: &Recorder) {
        let registry = recorder.registry();
        let Ok(metric) = registry.register_scraped(&reading.metric, reading.kind, Unit::Plain)
        else {
            // A metric of the script has this name.
            return;
        };
        let labels = reading.labels.iter();
        let own = labels.fold(self.tags.clone(), |tags, (name, value)| {
            tags.with(name.as_str(), value.as_str())
        });
        recorder.add_tagged(metric, &Tags::new(), &own, reading.value);
    }

    /// Reports requested names that do not exist.
    fn report_missing(&self, page: &Exposition, terminal: &Terminal) {
        let names: Vec<&str> = page
            .samples
            .iter()
            .map(|sample| sample.name.as_str())
            .collect();
        for (pattern, near) in self.wanted.unmatched(&names) {
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            terminal.warn(&format!(
                "{} has no metric `{pattern}`{near}",
                shown_url(&self.url)
            ));
        }
    }

    fn conclude(&self, terminal: &Terminal) {
        let resets = self.window.resets();
        if resets > 0 {
            terminal.warn(&format!(
                "the counters of {} were reset {resets} times: the server restarted, and what it counted just before is \
                 unknown",
                shown_url(&self.url)
            ));
        }
    }
}

/// Fetches the metrics at `url`.
///
/// # Errors
/// The reason why there are none, in one line.
async fn fetch(client: &ControlClient, url: &str) -> Result<Exposition, String> {
    let request = client
        .request(Method::GET, url)
        .header("accept", "text/plain;version=0.0.4;q=1,*/*;q=0.1");
    let reply = client
        .send(request)
        .await
        .map_err(|failure| failure.to_string())?;
    if !reply.status.is_success() {
        return Err(format!("status {}", reply.status.as_u16()));
    }
    let text = String::from_utf8_lossy(&reply.body);
    let page = Exposition::parse(&text).map_err(|error| error.to_string())?;
    if reply.body.len() >= LONGEST_BODY {
        return Err(format!("more than {} MiB", LONGEST_BODY >> 20));
    }
    Ok(page)
}

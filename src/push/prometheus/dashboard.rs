//! A dashboard of Grafana for runs that are pushed to Prometheus.

use serde_json::{Value, json};

use crate::metrics::LAG_LIMIT;

/// What Grafana puts in for the chosen data source.
const SOURCE: &str = "${source}";
/// The columns of a dashboard.
const COLUMNS: usize = 24;

/// The dashboard as Grafana imports it, for metrics whose names begin with `prefix`.
pub fn dashboard(prefix: &str) -> Value {
    let mut place = Place::default();
    let mut panels = Vec::new();
    for (title, row) in rows() {
        panels.push(place.row(title));
        let width = COLUMNS / row.len().max(1);
        for panel in &row {
            panels.push(place.panel(panel, prefix, width));
        }
    }
    json!({
        "title": "ssel",
        "uid": "ssel",
        "tags": ["ssel", "load test"],
        "schemaVersion": 39,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": { "from": "now-15m", "to": "now" },
        "templating": { "list": [
            { "name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus" },
            variable("run", "Run", &format!("label_values({prefix}client_cpu_seconds_total, run)"), false),
            variable("scenario", "Scenario", &format!("label_values({prefix}iterations_total{{run=~\"$run\"}}, scenario)"), true),
        ]},
        "panels": panels,
    })
}

fn variable(name: &str, label: &str, query: &str, has_all: bool) -> Value {
    let mut variable = json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": { "type": "prometheus", "uid": SOURCE },
        "query": { "query": query, "refId": name },
        "refresh": 2,
        "sort": 2,
        "multi": true,
        "includeAll": has_all,
    });
    if has_all {
        // What has no scenario, such as the number of VUs, belongs to all.
        variable["allValue"] = json!(".*");
        variable["current"] = json!({ "text": "All", "value": "$__all" });
    }
    variable
}

/// A panel with its queries, each with its legend. `@` stands for the prefix, `$` in braces for the selector.
struct Panel {
    title: &'static str,
    about: &'static str,
    unit: &'static str,
    form: Form,
    queries: Vec<(String, &'static str)>,
}

enum Form {
    Lines,
    Number,
    /// One number that is 0 or 1, with a word for each.
    Verdict(&'static str, &'static str),
}

fn panel(title: &'static str, unit: &'static str, queries: Vec<(String, &'static str)>) -> Panel {
    Panel {
        title,
        about: "",
        unit,
        form: Form::Lines,
        queries,
    }
}

fn number(title: &'static str, unit: &'static str, query: &str) -> Panel {
    Panel {
        form: Form::Number,
        ..panel(title, unit, vec![(query.to_owned(), "")])
    }
}

impl Panel {
    fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

/// How fast a counter grows.
fn rate(metric: &str) -> String {
    format!("sum(rate(@{metric}_total{{$}}[$__rate_interval]))")
}

/// Percentiles of a time.
fn percentiles(metric: &str) -> Vec<(String, &'static str)> {
    let query = |quantile: &str| {
        format!(
            "histogram_quantile({quantile}, sum(rate(@{metric}_seconds{{$}}[$__rate_interval])))"
        )
    };
    [("0.5", "p50"), ("0.9", "p90"), ("0.99", "p99")]
        .map(|(quantile, legend)| (query(quantile), legend))
        .into()
}

/// Percentiles of the lag, which belongs to no scenario.
fn lag() -> Vec<(String, &'static str)> {
    let mut lag = percentiles("client_lag");
    for (query, _) in &mut lag {
        *query = query.replace("{$}", "{run=~\"$run\"}");
    }
    lag
}

/// The share of samples of a rate that passed.
fn share(metric: &str) -> String {
    format!(
        "sum(rate(@{metric}_passes_total{{$}}[$__rate_interval])) / sum(rate(@{metric}_samples_total{{$}}[$__rate_interval]))"
    )
}

#[expect(clippy::too_many_lines, reason = "a table of panels, row by row")]
fn rows() -> Vec<(&'static str, Vec<Panel>)> {
    let verdict = Panel {
        title: "Client",
        about: "Whether the load generator kept up: limited where its lag bends the latencies that are shown.",
        unit: "none",
        form: Form::Verdict("ok", "limited"),
        queries: vec![(
            format!(
                "histogram_quantile(0.99, sum(rate(@client_lag_seconds{{run=~\"$run\"}}[$__rate_interval]))) > bool {LAG_LIMIT}"
            ),
            "",
        )],
    };
    let one = |query: String, legend| vec![(query, legend)];
    vec![
        (
            "Now",
            vec![
                verdict,
                number("Open streams", "short", "sum(@sse_streams{$})"),
                number("VUs", "short", "sum(@vus{run=~\"$run\"})"),
                number("Requests", "reqps", &rate("http_reqs")),
                number("Failed requests", "percentunit", &share("http_req_failed")),
                number("Checks passed", "percentunit", &share("checks")),
            ],
        ),
        (
            "Streams",
            vec![
                panel(
                    "Open streams and VUs",
                    "short",
                    vec![
                        ("sum(@sse_streams{$})".to_owned(), "streams"),
                        ("sum(@vus{run=~\"$run\"})".to_owned(), "VUs"),
                    ],
                ),
                panel("Events", "ops", one(rate("sse_event"), "events")),
                panel("Time to first event", "s", percentiles("sse_first_event")),
                panel("Gaps between events", "s", percentiles("sse_event_gap"))
                    .about("Stalls show in the upper percentiles."),
            ],
        ),
        (
            "Language models",
            vec![
                panel("Time to first token (TTFT)", "s", percentiles("llm_ttft")),
                panel("Between tokens (ITL)", "s", percentiles("llm_itl")),
                panel("Whole replies", "s", percentiles("llm_e2e")),
                panel(
                    "Tokens and requests",
                    "ops",
                    vec![
                        (rate("llm_output_tokens"), "output tokens"),
                        (rate("llm_requests"), "requests"),
                    ],
                ),
            ],
        ),
        (
            "Requests",
            vec![
                panel("Requests", "reqps", one(rate("http_reqs"), "requests")),
                panel("Durations", "s", percentiles("http_req_duration")),
                panel(
                    "Failures",
                    "ops",
                    vec![
                        (
                            "sum(rate(@http_req_failed_passes_total{$}[$__rate_interval]))".to_owned(),
                            "requests",
                        ),
                        (
                            "sum by (kind) (rate(@sse_errors_total{$}[$__rate_interval]))".to_owned(),
                            "streams: {{kind}}",
                        ),
                        (
                            "sum by (kind) (rate(@llm_errors_total{$}[$__rate_interval]))".to_owned(),
                            "replies: {{kind}}",
                        ),
                    ],
                ),
                panel(
                    "Data",
                    "Bps",
                    vec![
                        (rate("data_received"), "received"),
                        (rate("data_sent"), "sent"),
                    ],
                ),
            ],
        ),
        (
            "Load generator",
            vec![
                panel("Lag", "s", lag())
                    .about("How late the load generator itself was. What is shown above is late by as much."),
                panel("Delay of planned starts", "s", percentiles("schedule_delay")),
                panel(
                    "Iterations",
                    "ops",
                    vec![
                        (rate("iterations"), "complete"),
                        (rate("dropped_iterations"), "dropped: no VU was free"),
                        (rate("client_errors"), "errors of this machine"),
                    ],
                ),
                panel(
                    "Processor and memory",
                    "short",
                    vec![
                        (
                            "sum by (run) (rate(@client_cpu_seconds_total{run=~\"$run\"}[$__rate_interval]))".to_owned(),
                            "cores",
                        ),
                        (
                            "sum by (run) (@client_memory_bytes{run=~\"$run\"}) / 2^30".to_owned(),
                            "GiB",
                        ),
                    ],
                ),
            ],
        ),
    ]
}

/// Where the next panel goes.
#[derive(Default)]
struct Place {
    id: usize,
    x: usize,
    y: usize,
    height: usize,
}

impl Place {
    fn next(&mut self, width: usize, height: usize) -> Value {
        if self.x + width > COLUMNS {
            (self.x, self.y) = (0, self.y + self.height);
        }
        let place = json!({ "x": self.x, "y": self.y, "w": width, "h": height });
        self.id += 1;
        self.x += width;
        self.height = height;
        place
    }

    fn row(&mut self, title: &str) -> Value {
        self.x = COLUMNS;
        let place = self.next(COLUMNS, 1);
        json!({ "id": self.id, "type": "row", "title": title, "collapsed": false, "gridPos": place, "panels": [] })
    }

    fn panel(&mut self, panel: &Panel, prefix: &str, width: usize) -> Value {
        let height = match panel.form {
            Form::Lines => 8,
            Form::Number | Form::Verdict(..) => 4,
        };
        let place = self.next(width, height);
        let selector = "{run=~\"$run\",scenario=~\"$scenario\"}";
        let target = |(n, (query, legend)): (usize, &(String, &str))| {
            json!({
                "refId": format!("Q{n}"),
                "datasource": { "type": "prometheus", "uid": SOURCE },
                "expr": query.replace("{$}", selector).replace('@', prefix),
                "legendFormat": legend,
            })
        };
        let targets: Vec<Value> = panel.queries.iter().enumerate().map(target).collect();
        let mut shown = json!({
            "id": self.id,
            "type": if matches!(panel.form, Form::Lines) { "timeseries" } else { "stat" },
            "title": panel.title,
            "description": panel.about,
            "datasource": { "type": "prometheus", "uid": SOURCE },
            "interval": "5s",
            "gridPos": place,
            "targets": targets,
            "fieldConfig": { "defaults": { "unit": panel.unit, "min": 0 }, "overrides": [] },
        });
        match panel.form {
            Form::Lines => {
                shown["options"] =
                    json!({ "tooltip": { "mode": "multi" }, "legend": { "displayMode": "list" } });
            }
            Form::Number => {
                shown["options"] = json!({ "reduceOptions": { "calcs": ["lastNotNull"] } });
            }
            Form::Verdict(well, badly) => {
                shown["options"] =
                    json!({ "reduceOptions": { "calcs": ["max"] }, "colorMode": "background" });
                shown["fieldConfig"]["defaults"]["mappings"] = json!([{ "type": "value", "options": {
                    "0": { "text": well, "color": "green" },
                    "1": { "text": badly, "color": "red" },
                }}]);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_asks_for_the_chosen_run_by_its_prefix_and_panels_do_not_overlap() {
        let dashboard = dashboard("mine_");
        let panels = dashboard["panels"].as_array().unwrap();
        let mut taken = std::collections::HashSet::new();
        let mut queries = 0;
        for panel in panels {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24);
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{} overlaps", panel["title"]);
                }
            }
            for target in panel["targets"].as_array().into_iter().flatten() {
                let query = target["expr"].as_str().unwrap();
                assert!(
                    query.contains("mine_") && query.contains("run=~\"$run\""),
                    "{query}"
                );
                assert!(!query.contains('@') && !query.contains("{$}"), "{query}");
                queries += 1;
            }
        }
        assert!(queries > 30);
    }
}

//! A Grafana dashboard for runs that are pushed to Prometheus.

/// The dashboard as Grafana imports it, for metrics whose names begin with `ssel_`.
const DASHBOARD: &str = include_str!("dashboard.json");

/// The dashboard for metrics whose names begin with `prefix`.
pub(crate) fn dashboard(prefix: &str) -> String {
    DASHBOARD.replace("ssel_", prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_selects_the_run_and_panels_do_not_overlap() {
        let dashboard: serde_json::Value = serde_json::from_str(&dashboard("mine_")).unwrap();
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
                assert!(!query.contains("ssel_"), "{query}");
                queries += 1;
            }
        }
        assert!(queries > 30);
    }

    #[test]
    fn the_lag_limit_is_that_of_the_summary() {
        assert!(dashboard("ssel_").contains(&format!("> bool {}\"", crate::metrics::LAG_LIMIT)));
    }
}

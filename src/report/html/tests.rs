use super::*;
use crate::compare;
use crate::compare::tests::{run, wandering};

/// The bytes of a page without those of its data.
fn weight(page: &str) -> usize {
    let (before, rest) = page.split_once("id=\"data\">").unwrap();
    let (_, after) = rest.split_once('<').unwrap();
    before.len() + after.len()
}

#[test]
fn a_page_is_self_contained_and_small() {
    let page = page(&run(&wandering(0.1, 30), 0.1));
    assert!(weight(&page) < 150_000, "{}", weight(&page));
    for outside in ["src=", "href=\"http", "@import", "url("] {
        assert!(
            !page
                .replace("https://github.com/leeoniya/uPlot", "")
                .contains(outside),
            "{outside}"
        );
    }
    assert!(page.contains("Copyright (c) 2022 Leon Sorokin"));
}

#[test]
fn every_chart_has_a_sentence_and_a_table() {
    let page = page(&run(&wandering(0.1, 30), 0.1));
    let figures: Vec<&str> = page.split("<figure").skip(1).collect();
    assert!(figures.len() > 5, "{}", figures.len());
    for figure in figures {
        let figure = figure.split("</figure>").next().unwrap();
        assert!(figure.contains("aria-label=\""), "{figure}");
        assert!(
            figure.contains("<table") || figure.contains("heat-"),
            "{figure}"
        );
    }
}

#[test]
fn short_runs_and_runs_without_samples_have_pages() {
    for record in [Record::default(), run(&[], 0.0), run(&[0.1], 0.0)] {
        let page = page(&record);
        assert!(page.contains("</html>"));
    }
    assert!(page(&run(&[0.1], 0.0)).contains("chart-rates"));
}

#[test]
fn text_from_outside_is_escaped() {
    let mut record = run(&wandering(0.1, 6), 0.1);
    record.runs[0].name = "</title><script>alert(1)</script>".into();
    record.runs[0].script = "--[[ </pre><script>alert(2)</script> \u{1b}[31m ]]".into();
    record.notes.push("<img src=x onerror=alert(3)>".into());
    let page = page(&record);
    for n in 1..=3 {
        assert!(
            !page.contains(&format!("<script>alert({n})")) && !page.contains("<img"),
            "{n}"
        );
    }
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn a_frame_has_a_figure_for_each_line_of_each_chart() {
    let record = run(&wandering(0.1, 12), 0.1);
    let (whole, frame) = (whole_event(&record), frame_event(&record).unwrap());
    for chart in whole["charts"].as_array().unwrap() {
        let values = frame["charts"][chart["id"].as_str().unwrap()]
            .as_array()
            .unwrap();
        let series = chart["series"].as_array().unwrap();
        assert_eq!(values.len(), series.len(), "{}", chart["id"]);
        for (value, series) in values.iter().zip(series) {
            assert_eq!(
                series["values"].as_array().unwrap().last(),
                Some(value),
                "{}",
                chart["id"]
            );
        }
    }
    assert!(!frame["html"]["metrics"].as_str().unwrap().is_empty());
}

#[test]
fn a_comparison_shows_both_runs() {
    let (base, new) = (
        run(&wandering(0.1, 30), 0.0),
        run(&wandering(0.13, 20), 0.1),
    );
    let (base, new) = ([base], [new]);
    let page = comparison_page(&compare::compare(&base, &new), &base, &new);
    assert!(
        page.contains("worse") && page.contains("p99"),
        "the table is there"
    );
    assert!(weight(&page) < 150_000);
}

/// A level of a sweep that gives so many tokens per second, each after `tpot` seconds.
fn level(name: &str, tokens: u64, tpot: f64) -> SweepLevel {
    let registry = crate::metrics::Registry::new(Vec::new());
    let llm = *registry.register_llm().unwrap();
    let recorder = registry.recorder();
    let none = crate::metrics::Tags::new();
    let mut totals = crate::metrics::Totals::new();
    for _ in 0..tokens {
        recorder.add(&recorder.series(llm.llm_output_tokens, &none), 1.0);
        recorder.add(&recorder.series(llm.llm_tpot, &none), tpot);
        recorder.add(&recorder.series(llm.llm_ttft, &none), tpot * 10.0);
        recorder.add(&recorder.series(llm.llm_requests, &none), 1.0);
    }
    totals.collect(&registry);
    let catalog = crate::metrics::Catalog::of(&registry);
    let mut record = run(&[], 0.0);
    record.runs[0].labels = vec![("load".into(), name.into())];
    record.series = catalog.series().to_vec();
    record.totals = catalog
        .iter()
        .map(|(_, sink)| totals.sink(sink).cloned())
        .collect();
    SweepLevel {
        record,
        seconds: 1.0,
    }
}

#[test]
fn a_sweep_names_the_best_levels() {
    let levels = [
        level("1 at once", 100, 0.01),
        level("2 at once", 90, 0.02),
        level("4 at once", 300, 0.04),
    ];
    let page = sweep_page(&levels, Some(50.0));
    assert!(
        page.contains("better in both than these: 1 at once; 4 at once."),
        "{page}"
    );
    assert!(page.contains("2 at once: 90/s in all, 50/s for each user"));
    assert!(page.contains("class=\"region\""), "the goal is marked");
    assert!(sweep_page(&[], None).contains("No level has a reply"));
}

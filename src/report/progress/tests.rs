use proptest::prelude::*;

use super::*;

fn scenario(name: &str, status: ScenarioStatus, done: f64, columns: &[&str]) -> ScenarioProgress {
    let columns = columns.iter().map(|&text| text.to_owned()).collect();
    ScenarioProgress {
        name: name.to_owned(),
        status,
        done,
        columns,
    }
}

fn shown(state: &Progress, columns: usize) -> String {
    progress(state, columns, &Palette::PLAIN).join("\n")
}

/// The run whose last lines the k6 extension shows in its README.
fn finished() -> Progress {
    Progress {
        elapsed: Duration::from_secs_f64(55.70983),
        max_duration: Some(Duration::from_mins(1)),
        max_vus: 5,
        complete: 15,
        scenarios: vec![scenario(
            "default",
            ScenarioStatus::Done,
            1.0,
            &["5 VUs", "30s"],
        )],
        ..Progress::default()
    }
}

fn busy() -> Progress {
    Progress {
        elapsed: Duration::from_secs_f64(7.04),
        max_duration: Some(Duration::from_secs(630)),
        vus: 7,
        max_vus: 20,
        complete: 1234,
        interrupted: 2,
        phase: String::new(),
        iteration_rate: Some(151.3),
        event_rate: Some(182_400.0),
        eta: Some(Duration::from_secs(593)),
        scenarios: vec![
            scenario(
                "chat",
                ScenarioStatus::Running,
                0.42,
                &["05/10 VUs", "00m07.0s/10m0s", "3.00 iters/s"],
            ),
            scenario(
                "login",
                ScenarioStatus::Waiting,
                0.0,
                &["0/10 VUs", "waiting"],
            ),
            scenario(
                "a_scenario_with_a_very_long_name_indeed",
                ScenarioStatus::Stopping,
                0.999,
                &[],
            ),
            scenario("gone", ScenarioStatus::Interrupted, 1.0, &["3 VUs"]),
        ],
    }
}

#[test]
fn the_end_of_a_run() {
    insta::assert_snapshot!(shown(&finished(), 200), @r"
    running (0m55.7s), 0/5 VUs, 15 complete and 0 interrupted iterations
    default ✓ [======================================] 5 VUs  30s
    ");
}

#[test]
fn the_middle_of_a_run_on_a_wide_screen() {
    insta::assert_snapshot!(shown(&busy(), 200), @r"
    running (00m07.0s), 07/20 VUs, 1234 complete and 2 interrupted iterations  151 iters/s  182k events/s  ETA 09m53.0s
    chat                             [==============>-----------------------] 05/10 VUs  00m07.0s/10m0s  3.00 iters/s
    login                          • [--------------------------------------] 0/10 VUs   waiting
    a_scenario_with_a_very_long... ↓ [====================================>-]
    gone                           ✗ [======================================] 3 VUs
    ");
}

#[test]
fn the_middle_of_a_run_on_a_usual_screen() {
    insta::assert_snapshot!(shown(&busy(), 80), @r"
    running (00m07.0s), 07/20 VUs, 1234 complete and 2 interrupted iterations
      151 iters/s  182k events/s  ETA 09m53.0s
    chat                  [====>---------] 05/10 VUs  00m07.0s/10m0s  3.00 iters/s
    login               • [--------------] 0/10 VUs   waiting
    a_scenario_with_... ↓ [============>-]
    gone                ✗ [==============] 3 VUs
    ");
}

#[test]
fn the_middle_of_a_run_on_a_tiny_screen() {
    insta::assert_snapshot!(shown(&busy(), 40), @r"
    running (00m07.0s), 07/20 VUs, 1234 com
      151 iters/s  182k events/s
    chat        [ 42% ] 05/10 VUs
    login     • [  0% ] 0/10 VUs   waiting
    a_scen... ↓ [ 99% ]
    gone      ✗ [100% ] 3 VUs
    ");
}

#[test]
fn figures_that_do_not_fit_have_their_own_line() {
    let mut state = busy();
    state.scenarios.clear();
    insta::assert_snapshot!(shown(&state, 98), @r"
    running (00m07.0s), 07/20 VUs, 1234 complete and 2 interrupted iterations
      151 iters/s  182k events/s  ETA 09m53.0s
    ");
    state.complete = 123_456_789;
    state.vus = 2000;
    state.max_vus = 2000;
    insta::assert_snapshot!(shown(&state, 80), @r"
    running (00m07.0s), 2000/2000 VUs, 123456789 complete and 2 interrupted
      151 iters/s  182k events/s  ETA 09m53.0s
    ");
}

#[test]
fn other_phases_are_named() {
    let state = Progress {
        phase: "setting up".to_owned(),
        ..Progress::default()
    };
    insta::assert_snapshot!(shown(&state, 80), @"setting up (00.0s), 0/0 VUs, 0 complete and 0 interrupted iterations");
}

#[test]
fn elapsed_times_have_the_width_of_the_longest() {
    let at = |seconds, longest| {
        clock(
            Duration::from_secs_f64(seconds),
            Duration::from_secs(longest),
        )
    };
    assert_eq!(at(5.04, 30), "05.0s");
    assert_eq!(at(55.70983, 60), "0m55.7s");
    assert_eq!(at(7.0, 630), "00m07.0s");
    assert_eq!(at(3723.26, 7200), "1h02m03.3s");
    assert_eq!(at(1.0, 7200), "0h00m01.0s");
    assert_eq!(at(59.96, 60), "1m00.0s");
    assert_eq!(at(90.0, 60), "1m30.0s");
}

#[test]
fn a_bar_is_full_only_at_the_end() {
    assert_eq!(bar(0.0, 10), "[----------]");
    assert_eq!(bar(0.25, 10), "[=>--------]");
    assert_eq!(bar(0.999, 10), "[========>-]");
    assert_eq!(bar(1.0, 10), "[==========]");
    assert_eq!(bar(f64::NAN, 10), "[----------]");
    assert_eq!(bar(0.429, 8), "[ 42% ]");
    assert_eq!(bar(1.0, 0), "[100% ]");
}

#[test]
fn colours_do_not_change_the_text() {
    let coloured = progress(&busy(), 80, &Palette::COLOUR).join("\n");
    assert!(coloured.contains("\u{1b}[31m ✗ "));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((text, sequence)) = rest.split_once('\u{1b}') {
        plain.push_str(text);
        rest = sequence.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, shown(&busy(), 80));
}

proptest! {
    #[test]
    fn no_line_is_ever_wider_than_the_screen(
        columns in 0..220_usize,
        vus in any::<u64>(),
        complete in any::<u64>(),
        seconds in 0.0..1e7_f64,
        rate in proptest::option::of(0.0..1e12_f64),
        names in proptest::collection::vec("[a-z_-]{1,50}", 0..4),
        texts in proptest::collection::vec("[a-z0-9/ ]{0,20}", 0..5),
        done in -1.0..2.0_f64,
    ) {
        let state = Progress {
            elapsed: Duration::from_secs_f64(seconds),
            max_duration: None,
            vus,
            max_vus: vus,
            complete,
            interrupted: complete,
            iteration_rate: rate,
            event_rate: rate,
            eta: Some(Duration::from_secs_f64(seconds)),
            scenarios: names
                .iter()
                .map(|name| ScenarioProgress {
                    name: name.clone(),
                    status: ScenarioStatus::Running,
                    done,
                    columns: texts.clone(),
                })
                .collect(),
            ..Progress::default()
        };
        let lines = progress(&state, columns, &Palette::PLAIN);
        prop_assert!([1, 2].map(|own| own + names.len()).contains(&lines.len()));
        for line in lines {
            prop_assert!(width(&line) < columns.max(1), "{line}");
        }
    }
}

#[test]
fn the_last_lines_are_complete_on_any_screen() {
    for columns in [10, 40, 80, 200] {
        let lines = final_progress(&busy(), columns, &Palette::PLAIN).join("\n");
        for part in [
            "2 interrupted iterations",
            "ETA 09m53.0s",
            "3.00 iters/s",
            "waiting",
            "3 VUs",
        ] {
            assert!(lines.contains(part), "{columns}: {lines}");
        }
    }
    let fits = final_progress(&finished(), 80, &Palette::PLAIN);
    assert_eq!(fits, progress(&finished(), 80, &Palette::PLAIN));
}

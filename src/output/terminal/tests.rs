use std::sync::OnceLock;

use super::*;

/// What is written to both streams, in the order in which it is written.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>, Arc<OnceLock<Terminal>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A few bytes at a time: whoever needs more than one call must hold the lock for it.
        let bytes = &bytes[..bytes.len().min(7)];
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire {
    fn is_of(&self, terminal: &Terminal) {
        let _ = self.1.set(terminal.clone());
    }

    /// What was written once all is.
    fn text(&self) -> String {
        if let Some(terminal) = self.1.get() {
            assert!(terminal.finish());
        }
        String::from_utf8(self.0.lock().clone()).unwrap()
    }

    /// What a screen shows of it: one that knows line ends, cursor up and erasing to the end.
    fn screen(&self) -> String {
        let mut lines = vec![String::new()];
        let mut row = 0;
        let text = self.text();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\n' => {
                    row += 1;
                    if row == lines.len() {
                        lines.push(String::new());
                    }
                }
                '\r' => {}
                '\u{1b}' => {
                    let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                    let number = &rest[1..end];
                    match &rest[end..=end] {
                        "A" => row -= number.parse::<usize>().unwrap(),
                        "J" => {
                            lines.truncate(row + 1);
                            lines[row].clear();
                        }
                        other => panic!("unknown sequence {other}"),
                    }
                    rest = &rest[end + 1..];
                }
                c => lines[row].push(c),
            }
        }
        lines.join("\n")
    }
}

/// A stream that fails from the start.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Screen {
    terminal: Terminal,
    out: Wire,
    err: Wire,
}

/// Both streams on one terminal, or each on its own file.
fn screen(tty: bool, settings: TerminalSettings) -> Screen {
    screen_as_wide_as(tty, settings, || Some(80))
}

fn screen_as_wide_as(
    tty: bool,
    settings: TerminalSettings,
    columns: impl Fn() -> Option<usize> + Send + Sync + 'static,
) -> Screen {
    let out = Wire::default();
    let err = if tty { out.clone() } else { Wire::default() };
    let stream = |wire: &Wire| TerminalStream {
        writer: Box::new(wire.clone()),
        tty,
    };
    let clock = || Duration::from_millis(15_900);
    let terminal = Terminal::new(settings, stream(&out), stream(&err), clock, columns);
    out.is_of(&terminal);
    err.is_of(&terminal);
    Screen { terminal, out, err }
}

fn tty() -> Screen {
    screen(
        true,
        TerminalSettings {
            no_color: true,
            ..TerminalSettings::default()
        },
    )
}

fn files() -> Screen {
    screen(false, TerminalSettings::default())
}

fn at(seconds: u64) -> Progress {
    let scenarios = vec![report::ScenarioProgress {
        name: "default".to_owned(),
        done: 0.5,
        ..Default::default()
    }];
    Progress {
        elapsed: Duration::from_secs(seconds),
        max_vus: 1,
        scenarios,
        ..Default::default()
    }
}

#[test]
fn progress_stays_below_printed_text() {
    let Screen { terminal, out, .. } = tty();
    terminal.print("before");
    terminal.progress(&at(1));
    terminal.print("printed");
    terminal.warn("look here");
    terminal.progress(&at(2));
    terminal.write("no line end");
    terminal.progress(&at(3));
    insta::assert_snapshot!(out.screen(), @r"
    before
    printed
    WARN[0015] look here
    no line end
    running (03.0s), 0/1 VUs, 0 complete and 0 interrupted iterations
    default   [==================>-------------------]
    ");
}

#[test]
fn progress_wrapped_by_a_narrower_screen_is_erased_completely() {
    use std::sync::atomic::AtomicUsize;
    let columns = Arc::new(AtomicUsize::new(80));
    let now = Arc::clone(&columns);
    let Screen { terminal, out, .. } =
        screen_as_wide_as(true, TerminalSettings::default(), move || {
            Some(now.load(Ordering::Relaxed))
        });
    let show = |seconds| {
        terminal.progress(&at(seconds));
        terminal.finish();
    };
    show(1);
    columns.store(40, Ordering::Relaxed);
    show(2);
    show(3);
    let text = out.text();
    let moves: Vec<&str> = text
        .match_indices("A\r")
        .map(|(end, _)| text[..end].rsplit('[').next().unwrap())
        .collect();
    // Of the two lines, 64 and 50 columns wide, each took two rows after the change; those drawn since then fit.
    assert_eq!(moves, ["4", "2"]);
}

#[test]
fn the_final_progress_stays_above_the_summary() {
    let Screen { terminal, out, .. } = tty();
    terminal.banner();
    terminal.header(&Header {
        part: None,
        script: "a.lua",
        outputs: &[],
        max_vus: 1,
        max_duration: Duration::from_mins(1),
        scenarios: &[],
    });
    terminal.progress(&at(1));
    terminal.clear_progress();
    terminal.write("summary\n");
    terminal.final_progress(&at(9));
    terminal.error("thresholds were crossed");
    insta::assert_snapshot!(crate::tests::dedented(&out.screen()), @r"
          __   __   __
         (_   (_   |_   |      · · · · · ·  · ·   ·
         __)  __)  |__  |___   load for event streams

         execution: local
            script: a.lua
            output: -

         scenarios: (100.00%) 0 scenarios, 1 max VU, 1m0s max duration (incl. graceful stop):

    summary

    running (09.0s), 0/1 VUs, 0 complete and 0 interrupted iterations
    default   [==================>-------------------]
    ERRO[0015] thresholds were crossed
    ");
}

#[test]
fn without_a_terminal_lines_are_appended() {
    let Screen { terminal, out, err } = files();
    terminal.progress(&at(1));
    terminal.print("printed");
    terminal.progress(&at(2));
    terminal.warn("look here\n");
    terminal.info("by the way");
    terminal.error("it failed");
    assert_eq!(out.text(), "printed\n");
    insta::assert_snapshot!(err.text(), @r"
    running (01.0s), 0/1 VUs, 0 complete and 0 interrupted iterations
    default   [==================>-------------------]
    running (02.0s), 0/1 VUs, 0 complete and 0 interrupted iterations
    default   [==================>-------------------]
    warning: look here
    info: by the way
    error: it failed
    ");
}

#[test]
fn quiet_has_no_banner_header_or_progress() {
    for tty in [true, false] {
        let Screen { terminal, out, err } = screen(
            tty,
            TerminalSettings {
                quiet: true,
                no_color: true,
                ..TerminalSettings::default()
            },
        );
        terminal.banner();
        terminal.header(&Header {
            part: None,
            script: "a.lua",
            outputs: &[],
            max_vus: 1,
            max_duration: Duration::from_mins(1),
            scenarios: &[],
        });
        terminal.progress(&at(1));
        terminal.final_progress(&at(1));
        assert_eq!((out.text(), err.text()), (String::new(), String::new()));
        terminal.print("printed");
        terminal.error("failed");
        assert!(out.text().contains("printed") && err.text().contains("failed"));
    }
}

#[test]
fn colours_need_a_terminal_that_has_them() {
    let coloured = |tty, settings| screen(tty, settings).terminal.out_palette() == Palette::COLOUR;
    assert!(coloured(true, TerminalSettings::default()));
    assert!(!coloured(false, TerminalSettings::default()));
    assert!(!coloured(
        true,
        TerminalSettings {
            no_color: true,
            ..TerminalSettings::default()
        }
    ));
    assert!(!coloured(
        true,
        TerminalSettings {
            dumb: true,
            ..TerminalSettings::default()
        }
    ));

    let stream = |tty| TerminalStream {
        writer: Box::new(Wire::default()),
        tty,
    };
    let terminal = Terminal::new(
        TerminalSettings::default(),
        stream(false),
        stream(true),
        Duration::default,
        || None,
    );
    assert_eq!(
        terminal.out_palette(),
        Palette::PLAIN,
        "each stream for itself"
    );
    assert_eq!(terminal.err_palette(), Palette::COLOUR);
}

#[test]
fn a_dumb_terminal_is_not_drawn_on() {
    let Screen { terminal, err, .. } = screen(
        true,
        TerminalSettings {
            dumb: true,
            ..TerminalSettings::default()
        },
    );
    terminal.progress(&at(1));
    terminal.progress(&at(2));
    terminal.warn("look here");
    assert!(!err.text().contains('\u{1b}'));
    assert!(!terminal.redraws());
}

#[test]
fn closed_standard_output_is_reported_once_and_not_written_to_again() {
    for (kind, note) in [
        (
            io::ErrorKind::BrokenPipe,
            "ssel: standard output was closed",
        ),
        (io::ErrorKind::StorageFull, "ssel: standard output failed"),
    ] {
        for tty in [false, true] {
            let err = Wire::default();
            let stream = |writer: Box<dyn Write + Send>| TerminalStream { writer, tty };
            let terminal = Terminal::new(
                TerminalSettings::default(),
                stream(Box::new(Broken(kind))),
                stream(Box::new(err.clone())),
                Duration::default,
                || None,
            );
            err.is_of(&terminal);
            assert!(!terminal.stdout_closed());
            terminal.print("one");
            terminal.finish();
            assert!(terminal.stdout_closed() && terminal.stdout_failed());
            terminal.print("two");
            terminal.write("three");
            assert_eq!(err.text().matches("ssel:").count(), 1);
            assert!(err.text().starts_with(note), "{}", err.text());
        }
    }
}

#[test]
fn closed_standard_error_is_ignored() {
    let out = Wire::default();
    let broken = TerminalStream {
        writer: Box::new(Broken(io::ErrorKind::BrokenPipe)),
        tty: true,
    };
    let stream = TerminalStream {
        writer: Box::new(out.clone()),
        tty: true,
    };
    let terminal = Terminal::new(
        TerminalSettings::default(),
        stream,
        broken,
        Duration::default,
        || None,
    );
    out.is_of(&terminal);
    terminal.progress(&at(1));
    terminal.error("lost");
    terminal.print("printed");
    assert_eq!(out.text(), "printed\n");
}

#[test]
fn repeated_script_errors_are_shown_once_and_counted() {
    let Screen { terminal, err, .. } = files();
    for _ in 0..5 {
        terminal.script_error("a.lua:3: oops\nstack traceback:\n  a.lua:3: in function 'default'");
    }
    terminal.script_error("a.lua:9: other");
    terminal.script_error("a.lua:9: other");
    terminal.flush_repeats();
    terminal.flush_repeats();
    insta::assert_snapshot!(err.text(), @r"
    error: a.lua:3: oops
    stack traceback:
      a.lua:3: in function 'default'
    error: a.lua:9: other
    error: 4 more times: a.lua:3: oops
    error: once more: a.lua:9: other
    ");
}

#[test]
fn too_many_different_errors_are_counted() {
    let Screen { terminal, err, .. } = files();
    for n in 0..1000 {
        terminal.script_error(&format!("error {n}"));
    }
    terminal.flush_repeats();
    let text = err.text();
    let last: Vec<_> = text.lines().skip(99).collect();
    insta::assert_snapshot!(last.join("\n"), @r"
    error: error 99
    warning: scripts raised more than 100 different errors; further ones are counted, not shown
    error: 900 other script errors, not shown
    ");
}

#[test]
fn lines_of_several_threads_are_not_mixed() {
    let Screen { terminal, out, .. } = tty();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let terminal = terminal.clone();
            std::thread::spawn(move || {
                for n in 0..50 {
                    match thread % 4 {
                        0 => terminal.progress(&at(n)),
                        1 => terminal.warn(&format!("warning {thread} {n}")),
                        _ => terminal.print(&format!("line of thread {thread} number {n}")),
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    terminal.clear_progress();
    let screen = out.screen();
    let mut lines: Vec<_> = screen.trim_end().lines().collect();
    assert_eq!(lines.len(), 6 * 50);
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 6 * 50);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("WARN[0015] warning ")
                || line.starts_with("line of thread "))
    );
}

#[test]
fn standard_output_given_to_an_output_receives_nothing_else() {
    let (out, err) = (Wire::default(), Wire::default());
    let stream = |wire: &Wire, tty| TerminalStream {
        writer: Box::new(wire.clone()),
        tty,
    };
    let terminal = Terminal::new(
        TerminalSettings::default(),
        stream(&out, true),
        stream(&err, false),
        Duration::default,
        || None,
    );
    out.is_of(&terminal);
    err.is_of(&terminal);
    terminal.print("before");
    let mut taken = terminal.take_stdout().unwrap();
    terminal.print("after");
    taken.write_all(b"lines\n").unwrap();
    assert_eq!(out.text(), "before\nlines\n");
    assert_eq!(err.text(), "after\n");
    // The summary is then coloured for where it goes.
    assert_eq!(terminal.out_palette(), terminal.err_palette());
    assert!(terminal.take_stdout().is_none());
}

#[test]
fn a_result_that_cannot_be_written_goes_to_the_other_stream() {
    let err = Wire::default();
    let stream = |writer: Box<dyn Write + Send>| TerminalStream { writer, tty: false };
    let terminal = Terminal::new(
        TerminalSettings::default(),
        stream(Box::new(Broken(io::ErrorKind::BrokenPipe))),
        stream(Box::new(err.clone())),
        Duration::default,
        || None,
    );
    err.is_of(&terminal);
    terminal.script_print("of a script\n");
    terminal.result("first\n");
    assert!(err.text().ends_with("dropped\nfirst\n"), "{}", err.text());
    // Known to be closed by now.
    terminal.result("second\n");
    assert!(err.text().ends_with("first\nsecond\n"), "{}", err.text());
}

/// A stream whose reader stands still, until the test lets it go.
struct Still(Arc<Mutex<()>>);

impl Write for Still {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        drop(self.0.lock());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_idle_reader_delays_nothing_and_is_reported() {
    let err = Wire::default();
    let stream = |writer: Box<dyn Write + Send>| TerminalStream { writer, tty: false };
    let door = Arc::new(Mutex::new(()));
    let shut = door.lock();
    let terminal = Terminal::new(
        TerminalSettings::default(),
        stream(Box::new(Still(Arc::clone(&door)))),
        stream(Box::new(err.clone())),
        Duration::default,
        || None,
    );
    let line = "x".repeat(1 << 20) + "\n";
    for _ in 0..40 {
        terminal.script_print(&line);
    }
    terminal.result("the result\n");
    // As after Ctrl-C: nobody is waited for for long.
    terminal.hurry_when(|| true);
    assert!(!terminal.finish());
    err.is_of(&terminal);
    let text = err.text();
    assert!(
        text.contains("standard output is read more slowly than scripts print"),
        "{text}"
    );
    assert!(
        text.contains("bytes could not be written to it\nthe result\n"),
        "{text}"
    );
    assert!(
        text.contains("lines printed by scripts were dropped from standard output"),
        "{text}"
    );
    drop(shut);
}

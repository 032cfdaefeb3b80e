//! Measures the memory left to this process, so that a run can end before the system kills it.
//!
//! The figures come from files of Linux; on other systems, nothing is checked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, fs};

use super::machine::kibibytes;
use crate::units::format_bytes;

/// How often memory is checked.
const PAUSE: Duration = Duration::from_millis(100);

/// A limit is reached when less than this part of it is left, within these bounds.
const PART: u64 = 16;
const LEAST: u64 = 24 << 20;
const MOST: u64 = 128 << 20;

/// A limit of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    /// Its name in messages.
    name: &'static str,
    bytes: u64,
    left: u64,
    /// The amount that this process uses.
    own: u64,
}

/// Memory that ran short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Short(Limit);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limit {
            name,
            bytes,
            left,
            own,
        } = self.0;
        let [bytes, left, own] = [bytes, left, own].map(|bytes| format_bytes(bytes as f64));
        write!(
            f,
            "memory ran short, so ssel ended the run before the system would have killed it: {left} of {bytes} ({name}) are left, \
             and ssel uses {own}; use fewer VUs, store less in each, or provide more memory"
        )
    }
}

impl Limit {
    fn is_reached(&self) -> bool {
        let reserve = (self.bytes / PART).clamp(LEAST, MOST);
        // If other processes use nearly all of it, ending this run would not help.
        self.left < reserve && self.own > self.left
    }
}

/// Checks the memory periodically.
pub(super) struct Memory {
    due: Instant,
    groups: Vec<PathBuf>,
}

impl Memory {
    pub(super) fn new() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self {
            due: Instant::now(),
            groups: control_groups(&groups),
        }
    }

    /// The limit that is reached, if a check is due.
    pub(super) fn look(&mut self, now: Instant) -> Option<Short> {
        if now < self.due {
            return None;
        }
        self.due = now + PAUSE;
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let status = read("/proc/self/status");
        let own = kibibytes(&status, "VmRSS")?;
        let machine = machine(&read("/proc/meminfo"), own);
        let groups = self.groups.iter().map(|group| of_group(group, own));
        let limits = of_process(&read("/proc/self/limits"), &status);
        let mut all = machine.into_iter().chain(groups.flatten()).chain(limits);
        all.find(Limit::is_reached).map(Short)
    }
}

/// The limit of the machine, including swap.
fn machine(meminfo: &str, own: u64) -> Option<Limit> {
    let swap = |name| kibibytes(meminfo, name).unwrap_or_default();
    Some(Limit {
        name: "the memory of this machine",
        bytes: kibibytes(meminfo, "MemTotal")? + swap("SwapTotal"),
        left: kibibytes(meminfo, "MemAvailable")? + swap("SwapFree"),
        own,
    })
}

/// The limits of a process: `ulimit -v` and `ulimit -d`.
fn of_process(limits: &str, status: &str) -> Vec<Limit> {
    let limit = |line: &str, used: &str, name| {
        let soft = limits.lines().find_map(|text| text.strip_prefix(line))?;
        let bytes: u64 = soft.split_whitespace().next()?.parse().ok()?;
        let own = kibibytes(status, used)?;
        let left = bytes.saturating_sub(own);
        Some(Limit {
            name,
            bytes,
            left,
            own,
        })
    };
    let space = limit("Max address space", "VmSize", "ulimit -v");
    let data = limit("Max data size", "VmData", "ulimit -d");
    space.into_iter().chain(data).collect()
}

/// The folders of the control groups (version 2) of this process, innermost first.
fn control_groups(own: &str) -> Vec<PathBuf> {
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::")) else {
        return Vec::new();
    };
    let root = Path::new("/sys/fs/cgroup");
    let own = root.join(path.trim_start_matches('/'));
    let inside = own
        .ancestors()
        .take_while(|folder| folder.starts_with(root));
    inside.map(Path::to_owned).collect()
}

fn of_group(folder: &Path, own: u64) -> Option<Limit> {
    let read = |file| fs::read_to_string(folder.join(file)).ok();
    let number = |file| read(file)?.trim().parse::<u64>().ok();
    // The kernel can drop inactive file pages at any time.
    let stat = read("memory.stat").unwrap_or_default();
    let files = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file "));
    let files: u64 = files.and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
    let bytes = number("memory.max")?;
    let used = number("memory.current")?.saturating_sub(files);
    Some(Limit {
        name: "the limit of its control group",
        bytes,
        left: bytes.saturating_sub(used),
        own,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_limit_is_reached_when_little_memory_is_left_and_this_process_uses_more() {
        let is_reached = |bytes, left, own| {
            let name = "a test";
            Limit {
                name,
                bytes: bytes * MIB,
                left: left * MIB,
                own: own * MIB,
            }
            .is_reached()
        };
        assert!(is_reached(1024, 60, 900) && !is_reached(1024, 70, 900));
        assert!(is_reached(64, 20, 40) && !is_reached(64, 30, 34));
        assert!(is_reached(64 << 10, 100, 60 << 10) && !is_reached(64 << 10, 200, 60 << 10));
        assert!(!is_reached(1024, 50, 40), "others have it");
    }

    #[test]
    fn limits_are_read_from_the_files_of_the_system() {
        let meminfo =
            "MemTotal:  16000000 kB\nMemFree: 1 kB\nMemAvailable:  2000 kB\nSwapTotal: 0 kB\n";
        let found = machine(meminfo, MIB).unwrap();
        assert_eq!((found.bytes, found.left), (16_000_000 << 10, 2_000 << 10));
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max data size             unlimited            unlimited            bytes\n\
                      Max address space         1048576000           unlimited            bytes\n";
        let found = of_process(limits, "VmSize:\t  1000000 kB\nVmData:\t 5 kB\n");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name, found[0].left), ("ulimit -v", 24_576_000));
        assert!(of_process("", "").is_empty() && machine("", 0).is_none());
        let groups = control_groups("1:name=systemd:/x\n0::/a/b\n");
        let shown: Vec<_> = groups
            .iter()
            .map(|group| group.display().to_string())
            .collect();
        assert_eq!(
            shown,
            ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"]
        );
    }
}

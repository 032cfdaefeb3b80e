//! Processor time of other processes (Linux).

/// User and system time of all children that have ended (proc(5): cutime, cstime), at 100 ticks a second.
pub(crate) fn cpu_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc");
    let after_name = stat.rsplit_once(") ").expect("a name in parentheses").1;
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number");
    (ticks(13) + ticks(14)) / 100.0
}

//! Describes this machine and process.

use crate::record::Machine;

/// The machine that generates the load.
pub(super) fn machine() -> Machine {
    let first_line = |path: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let kernel = first_line("/proc/sys/kernel/osrelease");
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let cores = std::thread::available_parallelism();
    let system = format!("{} {kernel}", std::env::consts::OS);
    Machine {
        host: first_line("/proc/sys/kernel/hostname"),
        system: system.trim_end().to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu: field(&cpu, "model name").unwrap_or_default().to_owned(),
        cores: cores.map_or(1, |cores| cores.get() as u64),
        memory: kibibytes(&memory, "MemTotal").unwrap_or(0),
    }
}

/// The resident memory of this process in bytes; 0 where the system does not report it.
pub(super) fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    kibibytes(&status, "VmRSS").unwrap_or(0)
}

/// The value in the first line `name: value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    });
    values.next()
}

/// The number of a line such as `VmRSS:   1234 kB`, in bytes.
pub(super) fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let number = field(text, name)?.strip_suffix("kB")?;
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_their_name() {
        let text = "model\t: 6\nmodel name\t: Some CPU\nMemTotal:       2048 kB\n";
        assert_eq!(field(text, "model name"), Some("Some CPU"));
        assert_eq!(kibibytes(text, "MemTotal"), Some(2 << 20));
        assert_eq!(field(text, "none"), None);
        assert!(machine().cores >= 1);
    }
}

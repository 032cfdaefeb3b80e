//! Counts with their noun: `1 VU`, `2 VUs`.

/// A count with its noun: `1 VU`, `2 VUs`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_singular() {
        let texts = [0, 1, 2].map(|count| counted(count, "VU"));
        assert_eq!(texts, ["0 VUs", "1 VU", "2 VUs"]);
    }
}

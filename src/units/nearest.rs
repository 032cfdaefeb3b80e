/// The name among `known` that is most similar to `typed`, if it is similar enough.
///
/// It ignores case and separators, so that `noVUConnectionReuse` finds `no_vu_connection_reuse`.
pub(crate) fn nearest<'a>(
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let typed = plain(typed);
    // One edit in three letters is likely a typo.
    let furthest = (typed.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &plain(name)), name))
        .filter(|(slips, _)| *slips <= furthest)
        // Ties are resolved by name, so that the order of `known` does not matter.
        .min_by_key(|&likeness| likeness)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_the_most_similar_name() {
        let known = [
            "vus",
            "duration",
            "thresholds",
            "no_vu_connection_reuse",
            "/fault/reset",
        ];
        for (typed, meant) in [
            ("vuss", Some("vus")),
            ("VUs", Some("vus")),
            ("duratoin", Some("duration")),
            ("treshold", Some("thresholds")),
            ("noVUConnectionReuse", Some("no_vu_connection_reuse")),
            ("/fault/rest", Some("/fault/reset")),
            ("rps", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}

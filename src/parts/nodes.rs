//! Parses the node lists of launchers.

/// The first host of a Slurm node list: `gpu03` of `gpu[03-07,12],login1`.
pub(super) fn first_of_nodelist(list: &str) -> Option<String> {
    let first = match (list.find('['), list.find(',')) {
        (Some(bracket), comma) if comma.is_none_or(|comma| bracket < comma) => {
            let (name, rest) = list.split_at(bracket);
            let (numbers, after) = rest.strip_prefix('[')?.split_once(']')?;
            let number = numbers.split([',', '-']).next()?;
            let after = after.split(',').next().unwrap_or_default();
            // A second bracket, as in `rack[1-2]node[1-8]`, begins with its own first number.
            let after = if after.contains('[') {
                first_of_nodelist(after)?
            } else {
                after.to_owned()
            };
            format!("{name}{number}{after}")
        }
        (_, Some(comma)) => list[..comma].to_owned(),
        _ => list.to_owned(),
    };
    (!first.is_empty()).then_some(first)
}

/// The host in the address of an Open MPI process: `1.0;tcp://10.0.0.5,172.17.0.1:40443`.
pub(super) fn host_of_uri(uri: &str) -> Option<String> {
    let (_, address) = uri.split_once("tcp://")?;
    let host = address.split([',', ':']).next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_node_of_a_list_is_found() {
        for (list, first) in [
            ("node7", Some("node7")),
            ("node7,node9", Some("node7")),
            ("gpu[03-07,12],login1", Some("gpu03")),
            ("gpu[5]", Some("gpu5")),
            ("a,gpu[3-4]", Some("a")),
            ("gpu[3-4]-ib,b", Some("gpu3-ib")),
            ("rack[1-2]node[4-8]", Some("rack1node4")),
            ("", None),
            ("gpu[3", None),
        ] {
            assert_eq!(first_of_nodelist(list).as_deref(), first, "{list}");
        }
    }

    #[test]
    fn the_host_of_mpirun_is_found() {
        let host = |uri| host_of_uri(uri);
        assert_eq!(
            host("3506700288.0;tcp://172.17.0.2,10.0.0.1:40443").as_deref(),
            Some("172.17.0.2")
        );
        assert_eq!(
            host("3506700288.0;tcp://172.17.0.2:40443").as_deref(),
            Some("172.17.0.2")
        );
        assert_eq!(host("nothing"), None);
    }
}

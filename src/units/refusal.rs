//! Errors of the system, with their remedy.

use std::io;

/// `EMFILE`, the same number on all systems.
const TOO_MANY_FILES: i32 = 24;

/// The message of the system, with the remedy if there is one.
pub(crate) fn system_refusal(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(TOO_MANY_FILES) => {
            format!("{error}; raise the limit of open files, e.g. with ulimit -n 1024")
        }
        _ if error.kind() == io::ErrorKind::AddrInUse => {
            format!("{error}; choose another port, or end the process that uses this one")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_has_a_remedy() {
        let said = |code| system_refusal(&io::Error::from_raw_os_error(code));
        assert!(
            said(TOO_MANY_FILES)
                .ends_with("; raise the limit of open files, e.g. with ulimit -n 1024")
        );
        assert!(!said(2).contains("limit"));
    }
}

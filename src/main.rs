//! The `ssel` program, a thin wrapper around the library.

fn main() -> std::process::ExitCode {
    ssel::main()
}

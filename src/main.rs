//! The `ssel` program: everything it does is in the library.

fn main() -> std::process::ExitCode {
    ssel::main()
}

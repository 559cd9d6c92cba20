//! A measurement of the `sprag` command beside `age` and `rage`, which `cargo xtask bench files` runs.
//!
//! A file of 1 GiB is encrypted and decrypted by each command in turns. Beside them stands what no command can do
//! without: the AEAD over that many bytes, and a copy that is brought to the disk. Each is a process of its own, so that
//! the system counts its CPU time and memory.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a program with a terminal and all of std"
)]

#[cfg(unix)]
mod floor;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod subjects;
#[cfg(unix)]
mod table;

/// The result of a measurement. The error is printed as one line for the person at the terminal.
#[cfg(unix)]
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] => table::run(),
        ["process", command, arguments @ ..] => process::report(command, arguments),
        ["seal"] => floor::seal(),
        ["open"] => floor::open(),
        ["copy", from, to] => floor::copy(from.as_ref(), to.as_ref()),
        _ => Err("usage: cargo xtask bench files".into()),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() {
    eprintln!("!! SKIPPED bench files: the CPU time of a process is counted on Unix alone");
}

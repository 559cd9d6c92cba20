//! The paths of the sprag crates that handle secrets, for memcheck to watch. `cargo xtask ct` runs each in a
//! valgrind of its own and reads its report.
//!
//! Without an argument the program lists the paths; with the name of a path it runs that path.
#![expect(clippy::print_stdout, reason = "a program with a terminal")]

mod controls;
mod header;
mod memcheck;
mod primitives;
mod protocol;
mod ratchet;

use std::process::ExitCode;

/// The name of a path, and the function that runs it with secrets that memcheck knows of.
type Path = (&'static str, fn());

const PATHS: [&[Path]; 5] = [
    controls::PATHS,
    primitives::PATHS,
    ratchet::PATHS,
    header::PATHS,
    protocol::PATHS,
];

fn main() -> ExitCode {
    let paths = || PATHS.concat();
    let Some(wanted) = std::env::args().nth(1) else {
        for (name, _) in paths() {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let Some((_, run)) = paths().into_iter().find(|(name, _)| *name == wanted) else {
        eprintln!("error: no such path: {wanted}");
        return ExitCode::from(2);
    };
    if !memcheck::is_watching() {
        eprintln!("error: not under valgrind");
        return ExitCode::from(2);
    }
    run();
    ExitCode::SUCCESS
}

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

use sprag_primitives::backend_choice::{Backend, with};

/// The name of a path, and the function that runs it with secrets that memcheck knows of.
type Path = (&'static str, fn());

const PATHS: [&[Path]; 6] = [
    controls::PATHS,
    primitives::WITH_BACKENDS,
    primitives::PATHS,
    ratchet::PATHS,
    header::PATHS,
    protocol::PATHS,
];

fn main() -> ExitCode {
    let paths = paths();
    let Some(wanted) = std::env::args().nth(1) else {
        for (name, ..) in paths {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let Some((_, backend, run)) = paths.into_iter().find(|(name, ..)| *name == wanted) else {
        eprintln!("error: no such path: {wanted}");
        return ExitCode::from(2);
    };
    if !memcheck::is_watching() {
        eprintln!("error: not under valgrind");
        return ExitCode::from(2);
    }
    if with(backend, run).is_none() {
        eprintln!(
            "error: under valgrind there is no accelerated backend; `cargo xtask ct` builds for it"
        );
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

/// All paths on the portable backend, and those of the primitives that the other one computes, on it.
fn paths() -> Vec<(String, Backend, fn())> {
    let portable = PATHS.concat().into_iter();
    let portable = portable.map(|(name, run)| (name.to_owned(), Backend::Portable, run));
    let accelerated = primitives::WITH_BACKENDS.iter().map(|(name, run)| {
        let name = format!("{name}, accelerated");
        (name, Backend::Accelerated, *run)
    });
    portable.chain(accelerated).collect()
}

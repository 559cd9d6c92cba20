//! The checks and tasks of the sprag workspace. `cargo xtask help` lists them.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "a program with a terminal and all of std"
)]

mod command;
mod workspace;

mod api;
mod bench;
mod binary;
mod browser;
mod ci;
mod constant_time;
mod dist;
mod end_to_end;
mod examples;
mod fuzz;
mod interop;
mod links;
mod minimal_versions;
mod mutants;
mod package;
mod playground;
mod portable;
mod power_cut;
mod reproducible;
mod scripts;
mod soak;
mod tidy;
mod vectors;
mod wasm_bindgen;
mod web;

use std::process::ExitCode;

use command::Outcome;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <COMMAND>

  ci                 everything that must pass before a change is merged
  tidy               layers, licences, rust-version, manifests, source files, paths in the docs
  vectors            write the known-answer files of the crates again
  vectors --check    compare the known-answer files with what the crates compute
  doc                the documentation, and the links to it and to files of the repository
  api                write the public API of each library again, to `docs/api`
  api --check        compare the public API with `docs/api`, and look for missing re-exports
  minimal-versions   the published crates with the oldest dependencies that their manifests admit
  package            the crates as they will be published, built from their packages
  binary             the `sprag` command to hand out, which names no folder of this machine
  reproducible       that command of the last commit, built twice in different folders: equal, byte by byte
  dist               the manual pages of the `sprag` command and its completions, to `target/dist`
  examples           the examples of the crates, one after the other
  end-to-end         the tests of several crates together, and of the `sprag` command
  interop            the tests against peers in Python
  playground         the page that shows the protocol, to `target/playground`
                     (`--serve [PORT]`: and serve it to this machine;
                     `--screenshot`: and write `docs/playground.png` by Chromium)
  scripts            the tests of that page's scripts that need no browser, in Node.js
  browser            the tests of that page in headless Chromium
  power-cut          power cuts and kills of the `sprag` command, in every state that they can leave
  portable           the tests below the facade on a big-endian and on a 32-bit processor, in QEMU
  soak               many random schedules of the ratchet and of users with several devices
  ct                 the paths that handle secrets under valgrind: no branch or address on a secret
  fuzz [TARGET] [N]  each fuzz target, or one, for 30 minutes or N; needs nightly and cargo-fuzz
  fuzz seeds         write the inputs that the fuzz targets begin with again
  fuzz keep [TARGET] keep in git some of the inputs that were found
  fuzz add TARGET F  keep in git the input in the file F, under the name of F
  fuzz unpack        write the inputs that are in git to files
  mutants [PACKAGE]  the changes of the libraries up to the client that no test notices; takes hours
  web                the npm package of `sprag-wasm`, to `target/web/npm`
  bench [TABLE]      measure beside the primitives' floor and vodozemac, and write `docs/performance.md`
                     (`files` alone: 1 GiB by `sprag`, beside `age` and `rage`)
  help               this text";

/// The result of a command. The error is printed as one line for the person at the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A command, or a step of `ci`.
type Task = fn(&Workspace) -> Result<Outcome>;

fn main() -> ExitCode {
    // Cargo runs this program as its rustdoc when `api` asks for it.
    if std::env::var_os(api::AS_RUSTDOC).is_some() {
        return api::rustdoc();
    }
    // Find the task of the command. Commands with more arguments read those themselves.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let task: Task = match words.as_slice() {
        ["ci"] => ci::run,
        ["tidy"] => tidy::run,
        ["vectors"] => |_| vectors::run("write"),
        ["vectors", "--check"] => |_| vectors::run("check"),
        ["doc"] => ci::doc,
        ["api"] => |workspace| api::run(workspace, api::Mode::Write),
        ["api", "--check"] => |workspace| api::run(workspace, api::Mode::Check),
        ["minimal-versions"] => minimal_versions::run,
        ["package"] => package::run,
        ["binary"] => binary::run,
        ["reproducible"] => reproducible::run,
        ["dist"] => dist::run,
        ["end-to-end"] => end_to_end::run,
        ["examples"] => examples::run,
        ["interop"] => interop::run,
        ["playground", "--screenshot"] => browser::screenshot,
        ["playground", ..] => playground::run,
        ["scripts"] => scripts::run,
        ["browser"] => browser::run,
        ["power-cut"] => power_cut::run,
        ["portable"] => portable::run,
        ["soak"] => soak::run,
        ["ct"] => constant_time::run,
        ["fuzz", ..] => fuzz::run,
        ["mutants", ..] => mutants::run,
        ["bench", ..] => bench::run,
        ["web"] => web::run,
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("error: no such command: {}\n\n{HELP}", unknown.join(" "));
            return ExitCode::from(2);
        }
    };
    // Run it at the root of the workspace.
    match Workspace::load().and_then(|workspace| task(&workspace)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

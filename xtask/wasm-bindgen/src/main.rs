//! Writes the JavaScript in front of a WebAssembly module, as the command `wasm-bindgen` does, of which only the library
//! is needed here, so that nobody has to install the command in the right version.
//!
//! `cargo xtask` runs this program. It is a package of its own, because its dependencies take minutes to build, which
//! the other tasks need not wait for.
#![forbid(unsafe_code)]
#![expect(clippy::std_instead_of_core, reason = "a program with all of std")]

use std::env;
use std::error::Error;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "wasm-bindgen-tool MODULE.wasm FOLDER NAME web|no-modules";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [module, folder, name, format] = words.as_slice() else {
        eprintln!("usage: {USAGE}");
        return ExitCode::from(2);
    };
    match write(module, (folder, name), format) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm` to a folder. The format `web` is an ECMAScript module whose default
/// export loads the WebAssembly; `no-modules` is a classic script that defines the global `wasm_bindgen`.
fn write(module: &str, (folder, name): (&str, &str), format: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    match format {
        "web" => bindgen.web(true)?,
        "no-modules" => bindgen.no_modules(true)?,
        other => return Err(format!("no such format: {other}: {USAGE}").into()),
    };
    bindgen.input_path(module).out_name(name).typescript(true);
    // Names of functions and of tools are for debuggers, and take a third of the module.
    bindgen.remove_name_section(true);
    bindgen.remove_producers_section(true);
    Ok(bindgen.generate(folder)?)
}

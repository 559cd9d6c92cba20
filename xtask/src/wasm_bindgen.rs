//! Builds the crate `sprag-wasm` for a browser: the WebAssembly module, and the JavaScript in front of it.

use std::path::Path;
use std::{env, fs};

use crate::Result;
use crate::binary::{Place, cargo_home, demand_no_folder, encoded};
use crate::ci::add_target;
use crate::command::{Outcome, cargo, run as execute, skip};
use crate::workspace::Workspace;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The profile in the root manifest.
const PROFILE: &str = "wasm";

/// The smaller of the two implementations of SHA-2 in the crate `sha2`: 5 kB less, of what a browser has to load compressed.
const SMALL_SHA2: [&str; 2] = [r#"sha2_backend="soft""#, r#"sha2_backend_soft="compact""#];

/// The form of the JavaScript.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// An ECMAScript module, whose default export loads the WebAssembly.
    Module,
    /// A classic script, which defines the global `wasm_bindgen`: the only form that a page from `file://` can load.
    Script,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Module => "web",
            Self::Script => "no-modules",
        }
    }
}

/// A build of the crate `sprag-wasm`.
pub(crate) struct Build<'a> {
    /// The features of the crate, separated by commas.
    pub(crate) features: &'a str,
    pub(crate) format: Format,
    /// The folder for the files, which is made anew.
    pub(crate) folder: &'a Path,
    /// The name of the files: `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm`.
    pub(crate) name: &'a str,
}

impl Build<'_> {
    /// Builds the module and writes the files. It is skipped if the target can neither be found nor installed.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<Outcome> {
        if let Err(error) = add_target(TARGET) {
            return Ok(skip(format!("{TARGET}: {error}")));
        }
        // The module names no folder of this machine, as the command to hand out.
        let target = workspace.target_directory();
        let place = Place {
            source: env::current_dir()?,
            cargo_home: cargo_home()?,
            target: target.to_owned(),
        };
        let names = place.names()?;
        let mut flags = encoded(&names);
        for setting in SMALL_SHA2 {
            flags.push("\x1f--cfg\x1f");
            flags.push(setting);
        }
        // With the library for tests beside it, the linker would keep all functions that another crate could call.
        let mut build = cargo(&format!(
            "rustc -p sprag-wasm --lib --crate-type cdylib --profile {PROFILE} --target {TARGET} --features={}",
            self.features
        ));
        execute(build.env("CARGO_ENCODED_RUSTFLAGS", flags))?;
        let module = target.join(TARGET).join(PROFILE).join("sprag_wasm.wasm");
        // Write the JavaScript.
        if self.folder.exists() {
            fs::remove_dir_all(self.folder)?;
        }
        let mut tool = cargo("run --quiet -p wasm-bindgen-tool --");
        tool.arg(module).arg(self.folder);
        execute(tool.args([self.name, self.format.name()]))?;
        demand_no_folder(&self.folder.join(format!("{}_bg.wasm", self.name)), &names)?;
        Ok(Outcome::Done)
    }
}

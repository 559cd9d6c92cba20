//! `cargo xtask playground`: the page that shows the protocol, as one folder for any web server or none.

pub(crate) mod server;

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::Result;
use crate::command::Outcome;
use crate::wasm_bindgen::{Build, Format};
use crate::workspace::Workspace;
use server::Server;

/// The page's sources, which are served as they are.
const SOURCES: &str = "playground";

/// The port that is served unless another is named.
const PORT: u16 = 8019;

/// The script that is made here.
const ENGINE: &str = "scripts/engine.js";

/// The end of that script: it starts the module that the text `WASM` is, because a page from `file://` may fetch nothing.
const START: &str = "\
globalThis.sprag = {};
sprag.ready = (async () => {
    const bytes = Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0));
    await wasm_bindgen({ module_or_path: bytes });
    sprag.Scene = wasm_bindgen.Scene;
})();
";

/// Builds the playground, and serves it if `--serve` and perhaps a port follow.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let port = match words.as_slice() {
        [] => None,
        ["--serve"] => Some(PORT),
        ["--serve", port] => Some(port.parse().map_err(|_| format!("no port: {port}"))?),
        _ => return Err("usage: cargo xtask playground [--serve [PORT]]".into()),
    };
    let folder = folder(workspace);
    if let Outcome::Skipped(what) = build(workspace, &folder)? {
        return Err(what.into());
    }
    println!("playground: {}/index.html", folder.display());
    if let Some(port) = port {
        let server = Server::bind(&folder, port)?;
        println!("playground: {}/ until Ctrl+C", server.origin());
        server.run();
    }
    Ok(Outcome::Done)
}

/// The folder that the playground is built in.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target_directory().join("playground")
}

/// Builds the playground in `folder`. It is skipped if the target for WebAssembly is missing.
pub(crate) fn build(workspace: &Workspace, folder: &Path) -> Result<Outcome> {
    // Build the engine.
    let built = workspace.target_directory().join("playground-engine");
    let build = Build {
        features: "playground",
        format: Format::Script,
        folder: &built,
        name: "engine",
    };
    if let Outcome::Skipped(what) = build.run(workspace)? {
        return Ok(Outcome::Skipped(what));
    }
    // Make the folder anew, because it may have files that the page has no more.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    copy(Path::new(SOURCES), folder)?;
    // Write the engine, with the WebAssembly in it.
    let glue = fs::read_to_string(built.join("engine.js"))?;
    let wasm = fs::read(built.join("engine_bg.wasm"))?;
    let engine = engine(&glue, &wasm);
    println!("playground: {ENGINE} has {} bytes", engine.len());
    fs::write(folder.join(ENGINE), engine)?;
    Ok(Outcome::Done)
}

/// The script that defines `wasm_bindgen` and `sprag`.
fn engine(glue: &str, wasm: &[u8]) -> String {
    let wasm = BASE64_STANDARD.encode(wasm);
    format!("{glue}\n{{\nconst WASM = \"{wasm}\";\n{START}}}\n")
}

/// Copies the files of a folder that the server knows, and those of the folders in it but tests.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let copied = to.join(path.file_name().ok_or("an entry has a name")?);
        if path.is_dir() && !path.ends_with("tests") {
            copy(&path, &copied)?;
        } else if server::content_type(&path).is_some() {
            fs::copy(&path, &copied)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_the_glue_the_module_and_the_start() {
        let engine = engine("let wasm_bindgen = 0;", b"\0asm");
        assert!(
            engine.starts_with("let wasm_bindgen = 0;\n{\nconst WASM = \"AGFzbQ==\";\n"),
            "{engine}"
        );
        assert!(engine.ends_with(&format!("\n{START}}}\n")));
    }
}

//! `cargo xtask web`: the npm package of the crate `sprag-wasm`, in `target/web/npm`, and its tests in Node.js.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Result;
use crate::binary::demand_without;
use crate::command::{Outcome, run as execute, skip, succeeds};
use crate::end_to_end::with_binary;
use crate::wasm_bindgen::{Build, Format, TARGET};
use crate::workspace::{Workspace, text};

const CRATE: &str = "crates/sprag-wasm";

/// The name of the WebAssembly module in the package.
const MODULE: &str = "sprag_wasm_bg.wasm";

/// The most bytes that the module may have compressed by gzip, so that a change that makes it larger is noticed. The aim is 120 kB,
/// and another version of the compiler may miss it by a little.
const MAX_COMPRESSED_LENGTH: usize = 121_000;

/// The parts of the crates that only the playground's build has: its own feature, the views of keys, and the crate with the
/// scene and its seeded generator.
const PLAYGROUND: [&str; 5] = [
    "feature \"hazmat\"",
    "feature \"playground\"",
    "feature \"scene\"",
    "feature \"show-keys\"",
    "sprag-demo v",
];

/// Builds the package, and tests it.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    demand_without("sprag-wasm", Some(TARGET), &PLAYGROUND)?;
    let folder = workspace.target_directory().join("web");
    let bindings = folder.join("bindings");
    let build = Build {
        features: "",
        format: Format::Module,
        folder: &bindings,
        name: "sprag_wasm",
    };
    if let Outcome::Skipped(what) = build.run(workspace)? {
        return Ok(Outcome::Skipped(what));
    }
    // The playground's build, if it runs at the same time, writes its module to the same place.
    if fs::read_to_string(bindings.join("sprag_wasm.js"))?.contains("class Scene") {
        return Err("the module is the playground's: build one after the other".into());
    }
    let package = folder.join("npm");
    assemble(workspace, &bindings, &package)?;
    measure(&package)?;
    test(workspace, &folder)
}

/// Puts the package together in the folder `package`, which is made anew.
fn assemble(workspace: &Workspace, bindings: &Path, package: &Path) -> Result<()> {
    make_anew(package)?;
    for file in [MODULE, "sprag_wasm.js", "sprag_wasm.d.ts"] {
        fs::copy(bindings.join(file), package.join(file))?;
    }
    for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(Path::new(CRATE).join(file), package.join(file))?;
    }
    for file in files(&Path::new(CRATE).join("npm"))? {
        copy_into(&file, package)?;
    }
    // The version is that of the crate.
    let mut members = workspace.members();
    let member = members.find(|member| text(member, "name") == "sprag-wasm");
    let version = text(member.ok_or("there is no sprag-wasm")?, "version");
    let manifest = package.join("package.json");
    let written = fs::read_to_string(&manifest)?;
    fs::write(manifest, written.replace("0.0.0", version))?;
    Ok(())
}

/// Prints the size of the module, and demands that it is within the limit.
fn measure(package: &Path) -> Result<()> {
    let module = fs::read(package.join(MODULE))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&module)?;
    let (length, compressed) = (module.len(), encoder.finish()?.len());
    println!("{MODULE}: {length} bytes, {compressed} bytes compressed by gzip");
    if compressed > MAX_COMPRESSED_LENGTH {
        return Err(format!("{compressed} bytes are over {MAX_COMPRESSED_LENGTH}").into());
    }
    Ok(())
}

/// Has npm pack the package without writing anything, and runs the tests of the package in Node.js. Either is skipped if it
/// is not installed.
fn test(workspace: &Workspace, folder: &Path) -> Result<Outcome> {
    let package = folder.join("npm");
    let is_installed = |program: &str| succeeds(Command::new(program).arg("--version"));
    let mut skipped = Vec::new();
    if is_installed("npm") {
        let pack = ["pack", "--dry-run", "--offline", "--ignore-scripts"];
        execute(Command::new("npm").args(pack).current_dir(&package))?;
    } else {
        skipped.push("web: there is no npm");
    }
    if is_installed("node") {
        // The tests find the package as a program does, among the packages that are installed.
        let place = folder.join("tests");
        let installed = place.join("node_modules/sprag-wasm");
        make_anew(&place)?;
        fs::create_dir_all(&installed)?;
        for file in files(&package)? {
            copy_into(&file, &installed)?;
        }
        fs::write(place.join("package.json"), "{ \"type\": \"module\" }\n")?;
        let mut node = Command::new("node");
        node.arg("--test");
        for file in files(&Path::new(CRATE).join("tests"))? {
            let name = copy_into(&file, &place)?;
            if name.to_string_lossy().ends_with(".test.js") {
                node.arg(name);
            }
        }
        // The command must be the one of this tree.
        let command = with_binary(workspace, "build")?;
        let set = command
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?)));
        execute(node.envs(set).current_dir(&place))?;
    } else {
        skipped.push("web: there is no node, so that the package is not tested");
    }
    Ok(match skipped.as_slice() {
        [] => Outcome::Done,
        _ => skip(skipped.join("; ")),
    })
}

/// Removes a folder, and makes it again.
fn make_anew(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// The files in a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Copies a file into a folder, and returns the path of the copy.
fn copy_into(file: &Path, folder: &Path) -> Result<PathBuf> {
    let to = folder.join(file.file_name().ok_or("a file has a name")?);
    fs::copy(file, &to)?;
    Ok(to)
}

//! `cargo xtask dist`: the files that a package of the `sprag` command holds beside the binary.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::{env, str};

use crate::Result;
use crate::binary::demand_without;
use crate::command::{Outcome, run_cargo};
use crate::workspace::Workspace;

/// The shells, with the names under which they look for completions.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "sprag.bash"),
    ("elvish", "sprag.elv"),
    ("fish", "sprag.fish"),
    ("powershell", "_sprag.ps1"),
    ("zsh", "_sprag"),
];

/// The features that only the playground's build may have. `sprag demo` has the views by fingerprints, `hazmat`, and not the
/// keys.
const PLAYGROUND: [&str; 2] = ["feature \"scene\"", "feature \"show-keys\""];

/// Writes the manual pages and the completions to `dist` in the target directory, and checks that each names every command.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    demand_without("sprag-cli", None, &PLAYGROUND)?;
    run_cargo("build --release -p sprag-cli")?;
    let target = workspace.target_directory();
    let binary = target.join(format!("release/sprag{}", env::consts::EXE_SUFFIX));
    let folder = target.join("dist");
    // The manual of sprag lists the commands, of which each has a page of its own.
    let manual = output(&binary, &["man"])?;
    let commands = commands(&manual);
    if !commands.iter().any(|command| command == "encrypt") {
        return Err("the manual names no command".into());
    }
    write(&folder.join("man/sprag.1"), &manual)?;
    for command in commands.iter().filter(|command| *command != "help") {
        let page = output(&binary, &["man", command])?;
        write(&folder.join(format!("man/sprag-{command}.1")), &page)?;
    }
    for (shell, name) in COMPLETIONS {
        let script = output(&binary, &["completions", shell])?;
        if let Some(missing) = commands.iter().find(|command| !script.contains(*command)) {
            return Err(format!("the completions for {shell} lack {missing}").into());
        }
        write(&folder.join("completions").join(name), &script)?;
    }
    println!("dist: {} commands, in {}", commands.len(), folder.display());
    Ok(Outcome::Done)
}

/// The commands that a manual page refers to as pages of their own: `sprag\\-init(1)`.
fn commands(manual: &str) -> Vec<String> {
    let references = manual.split("sprag\\-").skip(1);
    let names = references.filter_map(|rest| Some(rest.split_once("(1)")?.0));
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase());
    names.filter(is_name).map(str::to_owned).collect()
}

/// The standard output of the command, which must succeed.
fn output(binary: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary).args(arguments).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("sprag {}: {said}", arguments.join(" ")).into());
    }
    Ok(str::from_utf8(&output.stdout)?.to_owned())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_where_the_manual_refers_to_their_pages() {
        let manual = ".TP\nsprag\\-init(1)\nCreate\n.TP\nsprag\\-id(1)\nthe sprag\\-client crate, page sprag(1)\n";
        assert_eq!(commands(manual), ["init", "id"]);
        assert_eq!(commands(""), [""; 0]);
    }
}

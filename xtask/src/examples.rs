//! `cargo xtask examples`: runs the examples of the crates that are published. Each asserts what it shows.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;
use crate::ci::TESTED;
use crate::command::{Outcome, cargo, run as execute};
use crate::workspace::{Workspace, list, text};

/// Builds the examples, and runs each without arguments.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    // Select the packages as the step `test` does, which has built the examples too. With `-p` cargo would choose
    // other features for the dependencies, and build them again.
    let arguments = format!("build {TESTED} --examples --message-format json-render-diagnostics");
    let output = cargo(&arguments).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("the examples do not build".into());
    }
    let built = String::from_utf8(output.stdout)?;
    let messages = built.lines().map(serde_json::from_str);
    let messages: Vec<Value> = messages.collect::<serde_json::Result<_>>()?;
    // Run the executable that cargo names. A file of an earlier build may lie in the same place.
    for package in workspace.published() {
        for target in list(package, "targets").iter().filter(is_example) {
            // Cargo leaves out an example whose required features are off.
            let name = text(target, "name");
            let executable = messages
                .iter()
                .find(|message| message["target"] == *target)
                .and_then(|message| message["executable"].as_str())
                .ok_or_else(|| format!("the example `{name}` was not built"))?;
            execute(&mut Command::new(executable))?;
        }
    }
    Ok(Outcome::Done)
}

fn is_example(target: &&Value) -> bool {
    list(target, "kind").contains(&"example".into())
}

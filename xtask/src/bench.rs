//! `cargo xtask bench`: measures, and writes the tables into `docs/performance.md`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::command::{Outcome, cargo};
use crate::end_to_end::with_binary;
use crate::workspace::Workspace;

const DOCUMENT: &str = "docs/performance.md";

/// The line after a table; the line before it has the table's name.
const END: &str = "<!-- end -->";

/// The table of the command, which a program of its own measures.
const FILES: &str = "files";

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    // Measure the tables that were asked for, or all.
    let (files, others): (Vec<String>, Vec<String>) =
        std::env::args().skip(2).partition(|table| table == FILES);
    let start = Instant::now();
    let mut measured = String::new();
    if files.is_empty() || !others.is_empty() {
        let mut benches = cargo("run --release -p benches --");
        measured += &output(benches.args(&others))?;
    }
    if !files.is_empty() || others.is_empty() {
        let benches = "run --release -p benches --bin files";
        measured += &output(&mut with_binary(workspace, benches)?)?;
    }
    println!("measured and built in {} s", start.elapsed().as_secs());
    // Put each table in the place of the one of its name.
    let mut document = fs::read_to_string(DOCUMENT)?;
    for table in measured
        .split_inclusive(END)
        .filter(|table| table.contains(END))
    {
        document = with(&document, table.trim())?;
    }
    fs::write(DOCUMENT, document)?;
    println!("wrote {DOCUMENT}");
    Ok(Outcome::Done)
}

/// The standard output of a program that measures.
fn output(program: &mut Command) -> Result<String> {
    let output = program.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("the benches failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The document with this table, from its first marker to the last, in the place of the one that begins alike.
fn with(document: &str, table: &str) -> Result<String> {
    let first = table.lines().next().unwrap_or_default();
    let missing = || format!("{DOCUMENT} has no place for the table `{first}`");
    let (before, rest) = document.split_once(first).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok([before, table, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_one_of_its_name_alone() {
        let document =
            "a\n<!-- bench: x -->\n1\n<!-- end -->\nb\n<!-- bench: y -->\n2\n<!-- end -->\nc\n";
        let replaced = with(document, "<!-- bench: y -->\nnew\n<!-- end -->").unwrap();
        assert_eq!(replaced, document.replace("\n2\n", "\nnew\n"));
        let unknown = with(document, "<!-- bench: z -->\nnew\n<!-- end -->");
        assert!(unknown.is_err());
        let open = with(
            "<!-- bench: x -->\n",
            "<!-- bench: x -->\nnew\n<!-- end -->",
        );
        assert!(open.is_err());
    }
}

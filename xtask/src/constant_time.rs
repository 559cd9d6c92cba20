//! `cargo xtask ct`: runs the paths of `tests/constant-time` under valgrind, with secrets marked
//! undefined, and names every branch and every address that depended on one.
//!
//! The result holds for the code that the compiler of this machine makes, and for the branches that a program
//! takes on valgrind's processor. That processor has AVX2, but neither AVX-512 nor the SHA instructions.

mod exceptions;
mod log;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::command::{Outcome, cargo, run as execute, succeeds};
use crate::workspace::Workspace;
use exceptions::Uses;
use log::Find;

/// The prefix of the names of controls: paths that leak on purpose, to show that memcheck sees leaks.
const CONTROL: &str = "control: ";

const VALGRIND: &str = "--leak-check=no --error-limit=no --num-callers=40 --fullpath-after=";

/// Runs every path under valgrind, and prints a line for each path and for each leak.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    if !succeeds(Command::new("valgrind").arg("--version")) {
        return Err(format!("ct: valgrind is not installed: {INSTALL}").into());
    }
    // Build the program, which lists its paths when it runs without arguments.
    let directory = workspace.target_directory().join("constant-time");
    let program = build(&directory)?;
    let listed = Command::new(&program).output()?.stdout;
    let listed = String::from_utf8(listed)?;
    // Run each path under valgrind.
    let mut uses = Uses::default();
    let mut problems = Vec::new();
    let mut controls = 0;
    for path in listed.lines() {
        // Print a report, and remember the problem if there is one.
        let finds = watch(&program, path, &directory.join("memcheck.log"))?;
        let report = Report::new(path, finds, &mut uses);
        println!("{report}");
        problems.extend(report.problem());
        controls += usize::from(path.starts_with(CONTROL));
    }
    // Report the exceptions that were used. An unused exception is a problem, because it could hide a leak
    // later.
    print!("{uses}");
    problems.extend(uses.unused());
    // Without a control, a run that finds nothing would prove nothing.
    if controls == 0 {
        problems.push("nothing shows that memcheck sees leaks: add a control".to_owned());
    }
    match problems.as_slice() {
        [] => Ok(Outcome::Done),
        _ => Err(format!("ct: {}", problems.join("\n       ")).into()),
    }
}

/// Builds the program that has the paths, and returns the path of its binary.
fn build(directory: &Path) -> Result<PathBuf> {
    let manifest = "--manifest-path tests/constant-time/Cargo.toml";
    let target = directory
        .to_str()
        .ok_or("the target directory is no text")?;
    // After a failure, build again to read the messages, because the first build printed them to the
    // terminal.
    let build = format!("build --release {manifest} --target-dir {target}");
    // graviola asks for ADX, which valgrind has but does not tell of; it knows that.
    let cargo = |arguments: &str| {
        let mut cargo = cargo(arguments);
        cargo.env("VALGRIND_BUG_494162", "1");
        cargo
    };
    execute(&mut cargo(&build)).map_err(|error| match cargo(&build).output() {
        Ok(again) if blames_crabgrind(&again.stderr) => format!(
            "{error}\nct: libclang, valgrind's headers or a C compiler is missing: {INSTALL}"
        )
        .into(),
        _ => error,
    })?;
    Ok(directory.join("release/constant-time"))
}

/// The packages to install: valgrind, and those that the crate for requests to valgrind is built with.
const INSTALL: &str = "`apt install libclang-dev valgrind gcc`, \
    or `dnf install clang-devel valgrind-devel gcc`; \
    LIBCLANG_PATH can name the folder of a libclang that is elsewhere";

/// Tells whether cargo failed in the build script that needs the packages of [`INSTALL`].
fn blames_crabgrind(said: &[u8]) -> bool {
    String::from_utf8_lossy(said).contains("custom build command for `crabgrind")
}

/// Runs one path under memcheck, and returns the finds.
fn watch(program: &Path, path: &str, log: &Path) -> Result<Vec<Find>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(VALGRIND.split_whitespace());
    valgrind.arg(format!("--log-file={}", log.display()));
    let output = valgrind.arg(program).arg(path).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("ct: {path}: {}: {said}", output.status).into());
    }
    let text = fs::read_to_string(log)?;
    log::read(&text).ok_or_else(|| format!("ct: {path}: cannot read {}", log.display()).into())
}

/// The result of one path.
struct Report<'a> {
    path: &'a str,
    leaks: Vec<Find>,
    /// The number of finds that an exception covers.
    excepted: usize,
}

impl<'a> Report<'a> {
    fn new(path: &'a str, finds: Vec<Find>, uses: &mut Uses) -> Self {
        let found = finds.len();
        let leaks: Vec<Find> = finds
            .into_iter()
            .filter(|find| !uses.excuse(path, find))
            .collect();
        Self {
            path,
            excepted: found - leaks.len(),
            leaks,
        }
    }

    fn is_control(&self) -> bool {
        self.path.starts_with(CONTROL)
    }

    /// The problem with the path, if any: a control must leak, and no other path may.
    fn problem(&self) -> Option<String> {
        let path = self.path;
        match (self.is_control(), self.leaks.is_empty()) {
            (true, true) => Some(format!(
                "{path}: was not caught, so the rest proves nothing"
            )),
            (false, false) => Some(format!("{path}: depends on a secret")),
            _ => None,
        }
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = match (self.is_control(), self.leaks.is_empty()) {
            (true, true) => "MISSED",
            (true, false) => "caught",
            (false, true) => "ok",
            (false, false) => "LEAKS",
        };
        write!(f, "{verdict:<7} {}", self.path)?;
        if self.excepted > 0 {
            write!(f, " ({} excepted)", self.excepted)?;
        }
        for leak in &self.leaks {
            write!(f, "\n          {leak}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAK: &str = "==1== Conditional jump or move depends on uninitialised value(s)\n\
        ==1==    at 0x1: a::leak (/w/crates/a/src/lib.rs:1)\n==1== \n\
        ==1== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)\n";

    fn report(path: &'static str, log: &str) -> (String, bool) {
        let report = Report::new(path, log::read(log).unwrap(), &mut Uses::default());
        let first = report.to_string().lines().next().unwrap().to_owned();
        (first, report.problem().is_some())
    }

    #[test]
    fn a_leak_is_a_problem_and_a_control_without_one_is_too() {
        let clean = "==1== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)\n";
        assert_eq!(report("path", clean), ("ok      path".to_owned(), false));
        assert_eq!(report("path", LEAK), ("LEAKS   path".to_owned(), true));
        let control = "control: a";
        assert_eq!(
            report(control, clean),
            ("MISSED  control: a".to_owned(), true)
        );
        assert_eq!(
            report(control, LEAK),
            ("caught  control: a".to_owned(), false)
        );
    }
}

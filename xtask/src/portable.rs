//! `cargo xtask portable`: runs the tests of the crates below the facade for other processors, in an emulator.
//!
//! One target is big-endian and the other has pointers of 32 bits, because these are what code that reads and
//! writes bytes can get wrong.

use std::process::Command;

use crate::Result;
use crate::ci::add_target;
use crate::command::{Outcome, cargo, run as execute, skip, succeeds};
use crate::workspace::Workspace;

/// A target, and the programs that link and run its tests.
struct Target {
    triple: &'static str,
    linker: &'static str,
    emulator: &'static str,
    /// The folder with the C library of the target.
    root: &'static str,
    /// Debian's package of the linker and of the C library.
    package: &'static str,
}

const TARGETS: [Target; 2] = [
    Target {
        triple: "s390x-unknown-linux-gnu",
        linker: "s390x-linux-gnu-gcc",
        emulator: "qemu-s390x",
        root: "/usr/s390x-linux-gnu",
        package: "gcc-s390x-linux-gnu",
    },
    Target {
        triple: "i686-unknown-linux-gnu",
        linker: "i686-linux-gnu-gcc",
        emulator: "qemu-i386",
        root: "/usr/i686-linux-gnu",
        package: "gcc-i686-linux-gnu",
    },
];

const TESTS: &str =
    "test -p sprag-primitives -p sprag-wire -p sprag-x3dh -p sprag-ratchet --lib --tests";

/// Runs the tests for each target whose programs are installed.
pub(crate) fn run(_: &Workspace) -> Result<Outcome> {
    let mut skipped = Vec::new();
    for target in &TARGETS {
        let is_installed = |program: &str| succeeds(Command::new(program).arg("--version"));
        let obstacle = target.obstacle(is_installed).or_else(|| {
            let library = add_target(target.triple);
            library.err().map(|error| format!("portable: {error}"))
        });
        if let Some(obstacle) = obstacle {
            skipped.push(obstacle);
            continue;
        }
        execute(&mut target.tests())?;
    }
    Ok(match skipped.as_slice() {
        [] => Outcome::Done,
        _ => skip(skipped.join("; ")),
    })
}

impl Target {
    /// The reason why the tests cannot run, if there is one.
    fn obstacle(&self, is_installed: impl Fn(&str) -> bool) -> Option<String> {
        let programs = [self.linker, self.emulator].into_iter();
        let missing: Vec<&str> = programs.filter(|program| !is_installed(program)).collect();
        if missing.is_empty() {
            return None;
        }
        let Self {
            triple, package, ..
        } = self;
        let missing = missing.join(" and ");
        Some(format!(
            "portable, {triple}: there is no {missing}: `apt install {package} qemu-user`"
        ))
    }

    /// The call of cargo that runs the tests in the emulator.
    fn tests(&self) -> Command {
        let mut tests = cargo(&format!("{TESTS} --target {}", self.triple));
        let variable = self.triple.replace('-', "_").to_uppercase();
        tests.env(format!("CARGO_TARGET_{variable}_LINKER"), self.linker);
        let runner = format!("{} -L {}", self.emulator, self.root);
        tests.env(format!("CARGO_TARGET_{variable}_RUNNER"), runner);
        tests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_package_that_has_it() {
        let [target, _] = &TARGETS;
        assert_eq!(target.obstacle(|_| true), None);
        let without_emulator = target.obstacle(|program| program == target.linker);
        let expected = "portable, s390x-unknown-linux-gnu: there is no qemu-s390x: \
                        `apt install gcc-s390x-linux-gnu qemu-user`";
        assert_eq!(without_emulator.as_deref(), Some(expected));
        let nothing = target.obstacle(|_| false).unwrap();
        assert!(nothing.contains("no s390x-linux-gnu-gcc and qemu-s390x: "));
    }

    #[test]
    fn cargo_is_told_how_to_link_and_run() {
        let [target, _] = &TARGETS;
        let tests = target.tests();
        let variables: Vec<_> = tests.get_envs().collect();
        let has = |name: &str, value: &str| {
            let expected = (name.as_ref(), Some(value.as_ref()));
            variables.contains(&expected)
        };
        let prefix = "CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU";
        assert!(has(&format!("{prefix}_LINKER"), target.linker));
        let runner = "qemu-s390x -L /usr/s390x-linux-gnu";
        assert!(has(&format!("{prefix}_RUNNER"), runner));
    }
}

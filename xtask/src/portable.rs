//! `cargo xtask portable`: runs the tests of the crates below the facade for other processors, in an emulator.
//!
//! One target is big-endian and the other has pointers of 32 bits, because these are what code that reads and
//! writes bytes can get wrong. On x86-64 the tests of the backends run on processors that lack instructions of the
//! accelerated one, where it must not be taken.

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

const TESTS: &str = "test -p sprag-primitives -p sprag-wire -p sprag-relay-wire -p sprag-devices -p sprag-x3dh -p sprag-ratchet --lib --tests";

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
    if let Some(obstacle) = lesser_processors()? {
        skipped.push(obstacle);
    }
    Ok(match skipped.as_slice() {
        [] => Outcome::Done,
        _ => skip(skipped.join("; ")),
    })
}

/// Processors of QEMU: one without most of the instructions, one without each that few lack alone, and one with all.
const PROCESSORS: [&str; 4] = ["Nehalem", "max,-adx", "max,-bmi2", "max"];

/// Runs the tests of the backends on [`PROCESSORS`]. Returns the reason if they cannot run.
fn lesser_processors() -> Result<Option<String>> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Ok(Some(
            "portable: lesser processors are for x86-64 Linux".to_owned(),
        ));
    }
    if !succeeds(Command::new("qemu-x86_64").arg("--version")) {
        let obstacle = "portable: there is no qemu-x86_64: `apt install qemu-user`";
        return Ok(Some(obstacle.to_owned()));
    }
    for processor in PROCESSORS {
        let mut tests = cargo(BACKENDS);
        let runner = format!("qemu-x86_64 -cpu {processor}");
        execute(tests.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner))?;
    }
    Ok(None)
}

const BACKENDS: &str = "test -p sprag-primitives --features accelerated,backend-choice --test suite \
                        --target x86_64-unknown-linux-gnu -- backends:: x25519:: aead::";

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

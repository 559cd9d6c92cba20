//! A description of the machine and of the build.

use std::fs;
use std::process::Command;

use crate::backend::{available, name_of};

/// The crates whose speed decides the tables.
const CRATES: [&str; 7] = [
    "chacha20poly1305",
    "curve25519-dalek",
    "graviola",
    "hmac",
    "libcrux-ml-kem",
    "sha2",
    "vodozemac",
];

/// The conditions of the figures.
pub(crate) fn run() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(": "));
        value
            .map_or("unknown", |(_, value)| value.trim())
            .to_owned()
    };
    let has: Vec<_> = value("flags")
        .split(' ')
        .filter(|flag| ["adx", "avx2", "avx512f", "bmi2", "sha_ni"].contains(flag))
        .map(str::to_owned)
        .collect();
    let cores = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let backends: Vec<_> = available()
        .iter()
        .map(|backend| name_of(*backend))
        .collect();
    format!(
        "- Processor: {}, {cores} cores, shared with other work; {}.\n\
         - Backends measured: {}.\n\
         - Build: cargo's release profile with the workspace's settings, {}, no link-time optimisation across \
         crates, no flags for this processor.\n\
         - Crates: {}.\n",
        value("model name"),
        has.join(", "),
        backends.join(" and "),
        compiler(),
        versions(),
    )
}

fn versions() -> String {
    let lock = include_str!("../../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split('"').next()?))
    };
    let versions: Vec<_> = CRATES.into_iter().filter_map(version).collect();
    versions.join(", ")
}

/// The compiler of this workspace, as it names itself.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    version.unwrap_or_else(|_| String::from("an unknown compiler"))
}

//! The notice of a platform on which no power cut is simulated.

#![cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]

use std::io::Write as _;

#[test]
fn this_platform_has_no_tracer() {
    let _written = writeln!(
        std::io::stderr(),
        "!! SKIPPED: power cuts are simulated on Linux alone, on x86-64 and 64-bit ARM with the GNU C library"
    );
}

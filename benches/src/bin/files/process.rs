//! The time and the memory of a process.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::Result;

/// The time and the memory of one process.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// The seconds from its start to its end.
    pub(crate) wall: f64,
    /// The seconds on any core, in the program and in the system.
    pub(crate) user: f64,
    pub(crate) system: f64,
    /// The most memory at once, in bytes.
    pub(crate) memory: f64,
}

/// Runs a command to its end in a small process of its own, whose only child it is, because the system counts the memory
/// of the largest child.
pub(crate) fn measure(command: &Command) -> Result<Usage> {
    let mut own = Command::new(env::current_exe()?);
    own.arg("process").arg(command.get_program());
    own.args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            own.env(name, value);
        }
    }
    let output = own.stdin(Stdio::null()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: std::result::Result<Vec<f64>, _> =
        text.split_whitespace().map(str::parse).collect();
    match numbers?[..] {
        [wall, user, system, memory] if output.status.success() => Ok(Usage {
            wall,
            user,
            system,
            memory,
        }),
        _ => {
            let line = String::from_utf8_lossy(&output.stderr);
            Err(format!("{command:?} failed: {}", line.trim()).into())
        }
    }
}

/// Runs a command, and prints what it took.
pub(crate) fn report(program: &str, arguments: &[&str]) -> Result<()> {
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()?;
    let wall = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{program} failed: {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user, system) = (seconds(usage.user_time()), seconds(usage.system_time()));
    println!("{wall} {user} {system} {}", usage.max_rss() * RSS_UNIT);
    Ok(())
}

fn seconds(time: TimeVal) -> f64 {
    std::time::Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or_default())
        .as_secs_f64()
}

/// The unit of memory in bytes.
const RSS_UNIT: i64 = if cfg!(target_vendor = "apple") {
    1
} else {
    1024
};

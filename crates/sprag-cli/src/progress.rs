//! A progress bar, for who waits at a terminal.

use std::io::{IsTerminal as _, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// How far a long stream is.
pub(crate) struct Progress {
    total: Option<u64>,
    done: u64,
    bar: Option<ProgressBar>,
    wanted: bool,
}

impl Progress {
    /// A bar that appears once there is something to wait for; `quiet` where it would be in the way.
    pub(crate) fn new(total: Option<u64>, quiet: bool) -> Self {
        Self {
            total,
            done: 0,
            bar: None,
            wanted: !quiet && stderr().is_terminal(),
        }
    }

    pub(crate) fn advance(&mut self, bytes: usize) {
        if !self.wanted {
            return;
        }
        self.done += bytes as u64;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        } else if self.done > UNSEEN {
            self.bar = Some(bar(self.total));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{bytes}, {bytes_per_sec}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What passes in less than a blink.
const UNSEEN: u64 = 32 * 1024 * 1024;

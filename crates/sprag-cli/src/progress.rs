//! A progress bar, for a user who waits at a terminal.

use std::io::{IsTerminal as _, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// The progress of a long stream.
pub(crate) struct Progress {
    total: Option<u64>,
    done: u64,
    bar: Option<ProgressBar>,
    wanted: bool,
}

impl Progress {
    /// The progress of a stream of `total` bytes, if that is known. A bar appears once the user has to wait.
    /// No bar appears if `quiet` is set, for example because the output goes to the same terminal.
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

/// The number of bytes before the bar appears. A shorter stream is done too soon for a bar to be of use.
const UNSEEN: u64 = 32 * 1024 * 1024;

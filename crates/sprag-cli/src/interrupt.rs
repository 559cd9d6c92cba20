//! Signals that end the program. They leave no hidden file behind, and the terminal as it was.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

/// The file to be removed when a signal ends the program.
static HIDDEN: Mutex<Option<PathBuf>> = Mutex::new(None);
static HANDLER: Once = Once::new();

/// Sets the file to be removed when a signal ends the program.
pub(crate) fn on_interrupt_remove(path: Option<PathBuf>) {
    // Without a file to be removed, signals do what the user wants of them: under `nohup`, a hangup does nothing.
    if path.is_some() {
        handle_signals();
    }
    *HIDDEN.lock().unwrap_or_else(PoisonError::into_inner) = path;
}

/// Ends the program as Ctrl-C does.
pub(crate) fn interrupted() -> ! {
    end(INTERRUPT)
}

/// Has signals end the program by [`end`]. A failure is ignored: without a handler, a signal leaves the hidden file to the
/// next run, which sweeps it up.
fn handle_signals() {
    HANDLER.call_once(|| drop(watch()));
}

/// Watches signals in a thread of its own, because a signal handler may do almost nothing.
#[cfg(unix)]
fn watch() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;
    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter();
    let mut signals = Signals::new(watched.filter(|signal| ignored & (1 << (signal - 1)) == 0))?;
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(signal);
        }
    })?;
    Ok(())
}

/// The signals that this process was started to ignore, as a set of bits: those of the terminal in the background of a
/// script, and a hangup under `nohup`. They stay ignored, because a handler would take the place of that.
#[cfg(unix)]
fn ignored() -> u64 {
    // The standard library does not tell, but Linux does. Elsewhere a hangup is left alone, because that is the usual case.
    const HANGUP: u64 = 1;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    set.unwrap_or(HANGUP)
}

#[cfg(not(unix))]
fn watch() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| end(INTERRUPT))
}

/// Ends the program for the signal of this number, with the exit code that shells report for it.
fn end(signal: i32) -> ! {
    #[cfg(unix)]
    terminal::restore(signal);
    let path = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = path.as_ref() {
        drop(fs::remove_file(path));
    }
    std::process::exit(128 + signal);
}

/// The number of the signal that Ctrl-C sends.
const INTERRUPT: i32 = 2;

#[cfg(unix)]
pub(crate) use terminal::Kept;

/// The modes of the terminal, which a prompt without echo changes.
#[cfg(unix)]
mod terminal {
    use core::time::Duration;
    use std::fs::File;
    use std::io::Write as _;
    use std::sync::{Mutex, PoisonError};

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    use super::{INTERRUPT, handle_signals};

    /// The terminal and its modes before the prompt, while there is one.
    static TERMINAL: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    /// The time that the prompt is given to turn the echo off, which takes microseconds.
    const STEPS_OF_PROMPT: Duration = Duration::from_millis(20);

    /// The promise that a signal restores the terminal, as long as this lives.
    pub(crate) struct Kept(());

    impl Kept {
        /// Remembers the modes of the terminal. Where there is no terminal, there is nothing to restore.
        pub(crate) fn now() -> Self {
            handle_signals();
            let terminal = File::options().read(true).write(true).open("/dev/tty");
            let terminal = terminal.ok().and_then(|file| {
                let modes = tcgetattr(&file).ok()?;
                Some((file, modes))
            });
            *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = terminal;
            Self(())
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Restores the terminal, and ends the line of the prompt. At Ctrl-C the prompt has ended it.
    pub(super) fn restore(signal: i32) {
        let terminal = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((mut file, modes)) = terminal.as_ref().map(|(file, modes)| (file, modes)) {
            tcsetattr(file, OptionalActions::Now, modes).ok();
            // The prompt turns the echo off in two steps on a thread of its own. If the signal came before the last one,
            // that is undone, too.
            std::thread::sleep(STEPS_OF_PROMPT);
            tcsetattr(file, OptionalActions::Now, modes).ok();
            if signal != INTERRUPT {
                drop(file.write_all(b"\n"));
            }
        }
    }
}

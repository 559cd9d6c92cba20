//! Interrupts by the user, which leave no hidden file behind.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

/// The file to be removed when the user interrupts the program.
static HIDDEN: Mutex<Option<PathBuf>> = Mutex::new(None);
static HANDLER: Once = Once::new();

/// Sets the file to be removed when the user interrupts the program.
pub(crate) fn on_interrupt_remove(path: Option<PathBuf>) {
    // Without a file to be removed, signals do what the user wants of them: under `nohup`, a hangup does nothing.
    if path.is_some() {
        HANDLER.call_once(|| {
            // Ignore a failure: without a handler, an interrupt leaves the hidden file to the next run, which sweeps
            // it up.
            drop(ctrlc::set_handler(|| {
                let path = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(path) = path.as_ref() {
                    drop(fs::remove_file(path));
                }
                std::process::exit(INTERRUPTED);
            }));
        });
    }
    *HIDDEN.lock().unwrap_or_else(PoisonError::into_inner) = path;
}

/// The exit code that shells report for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

//! The prompt for a passphrase at the terminal, which does not show what is typed.

use std::io;

use crate::failure::Failure;
use crate::interrupt::interrupted;

/// Asks for a passphrase. Ctrl-C ends the program. Where there is no terminal, `elsewhere` names the other ways to give
/// one.
pub(crate) fn ask(prompt: &str, elsewhere: &str) -> Result<String, Failure> {
    #[cfg(unix)]
    let kept = crate::interrupt::Kept::now();
    let typed = rpassword::prompt_password(format!("{prompt}: "));
    let failure = match typed {
        Ok(typed) => return Ok(typed),
        // The prompt has restored the terminal, and may be faster than the thread that watches signals.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => interrupted(),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            end_line();
            Failure::refused("no passphrase was typed: try again")
        }
        Err(error) if has_terminal() => Failure::refused(format!(
            "the passphrase cannot be asked for on the terminal: {error}: {elsewhere}"
        )),
        Err(_) => Failure::refused(format!(
            "there is no terminal to ask for the passphrase on: {elsewhere}"
        )),
    };
    #[cfg(unix)]
    drop(kept);
    Err(failure)
}

/// Ends the line of the prompt, which Ctrl-D leaves as it is.
#[cfg(unix)]
fn end_line() {
    use std::io::Write as _;
    let terminal = std::fs::File::options().write(true).open("/dev/tty");
    drop(terminal.and_then(|mut terminal| terminal.write_all(b"\n")));
}

#[cfg(not(unix))]
const fn end_line() {}

/// Tells whether this process has a terminal.
#[cfg(unix)]
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

#[cfg(not(unix))]
const fn has_terminal() -> bool {
    false
}

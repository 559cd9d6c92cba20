//! Questions to the user at the terminal.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};

use crate::failure::Failure;
use crate::input::take_standard_input;

/// Asks `question` on standard error, and reads one line. Returns `None` if nobody can be asked. `instead` names what to do
/// where the terminal fails.
pub(crate) fn ask(question: &str, instead: &str) -> Result<Option<String>, Failure> {
    let Some(terminal) = terminal() else {
        return Ok(None);
    };
    let asked = write!(io::stderr(), "sprag: {question}: ");
    let mut line = String::new();
    let answered = asked.and_then(|()| {
        io::stderr().flush()?;
        BufReader::new(terminal.take(MAX_ANSWER)).read_line(&mut line)
    });
    answered.map_err(|error| {
        Failure::refused(format!("the terminal cannot be used: {error}: {instead}"))
    })?;
    // Ctrl-D leaves the cursor behind the question.
    if !line.ends_with('\n') {
        drop(writeln!(io::stderr()));
    }
    Ok(Some(line.trim().to_owned()))
}

/// Standard input, if it is a terminal at which somebody reads standard error, and if nothing else is read from it.
fn terminal() -> Option<File> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    take_standard_input("the answer to a question").ok()?.ok()
}

/// The most bytes of an answer that are read. A name and a safety number are shorter.
const MAX_ANSWER: u64 = 4096;

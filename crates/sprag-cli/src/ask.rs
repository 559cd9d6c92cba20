//! A question to the user at the terminal.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};

use sprag::IdentityKey;

use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::input::take_standard_input;

/// Asks for a name for a sender that is not known. Returns `None` if nobody can be asked, or nothing was answered.
pub(crate) fn name_of(identity: &IdentityKey) -> Result<Option<String>, Failure> {
    let Some(terminal) = terminal() else {
        return Ok(None);
    };
    // The fingerprint takes two lines, because all its digits do not fit into one.
    let (first, second) = identity.as_bytes().split_at(16);
    let asked = write!(
        io::stderr(),
        "sprag: the sender is not known, and has the fingerprint\n  {}\n  {}\n\
         Compare it with the one that the sender's `sprag id` prints.\n\
         Name for the sender (nothing to leave the file as it is): ",
        Grouped(first),
        Grouped(second)
    );
    let mut line = String::new();
    let answered = asked.and_then(|()| {
        io::stderr().flush()?;
        BufReader::new(terminal.take(MAX_ANSWER)).read_line(&mut line)
    });
    answered.map_err(|error| {
        Failure::refused(format!(
            "the terminal cannot be used: {error}: give --from NAME"
        ))
    })?;
    // Ctrl-D leaves the cursor behind the question.
    if !line.ends_with('\n') {
        drop(writeln!(io::stderr()));
    }
    let name = line.trim();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// Standard input, if it is a terminal at which somebody reads standard error, and if nothing else is read from it.
fn terminal() -> Option<File> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    take_standard_input("the answer to a question").ok()?.ok()
}

/// The most bytes of an answer that are read. A name is shorter.
const MAX_ANSWER: u64 = 4096;

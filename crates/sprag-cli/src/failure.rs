use core::fmt::Display;
use std::io;
use std::path::Path;

use crate::exit::Exit;

/// The reason for which a command ends early.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// The reader of the output went away, as in `sprag demo | head`. This is not an error.
    OutputClosed,
    /// A refusal: its kind, and one line that says what failed, why, and what the user can do.
    Refused(Exit, String),
}

impl Failure {
    /// A failure to write to standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::refused(format!(
            "standard output cannot be written: {error}: write elsewhere"
        ))
        .with(Exit::File)
    }

    /// A promise of this program that did not hold.
    pub(crate) fn defect(what: &str) -> Self {
        Self::refused(format!("{what}: this is a defect of sprag: report it"))
    }

    /// A refusal of no special kind.
    pub(crate) fn refused(line: impl Into<String>) -> Self {
        Self::Refused(Exit::Refused, line.into())
    }

    /// The same failure with an exit code, unless it has one already.
    pub(crate) fn with(self, exit: Exit) -> Self {
        match self {
            Self::Refused(Exit::Refused, line) => Self::Refused(exit, line),
            other => other,
        }
    }

    /// A file operation that failed. `verb` names the operation as a participle: "`path` cannot be read".
    pub(crate) fn file(path: &Path, verb: &str, error: &io::Error) -> Self {
        let path = path.display();
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "check the name",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "choose a place where you may, or change its permissions"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room and try again",
            io::ErrorKind::AlreadyExists => "give another name, or --force to replace it",
            io::ErrorKind::IsADirectory => "give the name of a file",
            io::ErrorKind::NotADirectory => "part of the name is a file: check the name",
            _ => "put that right and try again",
        };
        Self::Refused(
            Exit::File,
            format!("{path} cannot be {verb}: {error}: {advice}"),
        )
    }

    /// The same failure with its subject put in front of the line.
    pub(crate) fn about(self, what: impl Display) -> Self {
        match self {
            Self::OutputClosed => Self::OutputClosed,
            Self::Refused(exit, line) => Self::Refused(exit, format!("{what}: {line}")),
        }
    }
}

impl From<sprag::Error> for Failure {
    fn from(error: sprag::Error) -> Self {
        Self::defect(&error.to_string())
    }
}

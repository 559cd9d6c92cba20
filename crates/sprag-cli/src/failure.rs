use std::io;

/// Why a command ends early.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// Nobody reads the output any more, as in `sprag demo | head`: no fault of anyone's.
    OutputClosed,
    /// One line that says what, why and what to do.
    Refused(String),
}

impl Failure {
    /// A failure to write to standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::Refused(format!(
            "standard output cannot be written: {error}: write elsewhere"
        ))
    }

    /// Something that this program promises, and that did not hold.
    pub(crate) fn defect(what: &str) -> Self {
        Self::Refused(format!("{what}: this is a defect of sprag: report it"))
    }
}

impl From<sprag::Error> for Failure {
    fn from(error: sprag::Error) -> Self {
        Self::defect(&error.to_string())
    }
}

use crate::name::{Name, NameError};

/// The sender of a message, as the caller knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Sender<'a> {
    /// The peer of this name. A user that is not known yet is bound to the name. The sending device must be in the newest list
    /// of that user.
    Named(&'a str),
    /// Any peer that is known, or another device of the own user. All sessions are tried, which takes time in proportion to
    /// their number.
    AnyPeer,
}

impl Sender<'_> {
    /// The name that the caller expects, in the form in which names are compared.
    pub(super) fn name(self) -> Result<Option<Name>, NameError> {
        match self {
            Self::Named(name) => Name::new(name).map(Some),
            Self::AnyPeer => Ok(None),
        }
    }
}

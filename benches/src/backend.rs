//! The backends of the primitives, one of which is in use at a time.

/// A backend of the primitives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Backend {
    Portable,
}

impl Backend {
    /// The backends that this machine runs.
    pub(crate) fn all() -> Vec<Self> {
        vec![Self::Portable]
    }

    /// Uses this backend from now on.
    pub(crate) fn choose(self) {}

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
        }
    }
}

//! The state of a peer's verification, in words.

use sprag_client::{Means, Verification};

/// The state for programs.
pub(crate) const fn word(verification: Verification) -> &'static str {
    match verification {
        Verification::Unverified => "no",
        Verification::Verified(Means::Scanned) => "scanned",
        Verification::Verified(Means::Compared) => "compared",
        Verification::Changed(_) => "changed",
    }
}

/// The state for people, behind the name of the peer and "is".
pub(crate) const fn words(verification: Verification) -> &'static str {
    match verification {
        Verification::Unverified => "not verified",
        Verification::Verified(Means::Scanned) => "verified, by a code that you scanned",
        Verification::Verified(Means::Compared) => "verified, by a number that you compared",
        Verification::Changed(_) => {
            "not verified any more, because two of its device lists contradict each other"
        }
    }
}

//! The state of a peer's verification, in words.

use sprag_client::{How, Verification, Verified};

/// The state for programs.
pub(crate) const fn word(verification: Verification) -> &'static str {
    match verification {
        Verification::Unverified => "no",
        Verification::Verified(Verified {
            how: How::Scanned, ..
        }) => "scanned",
        Verification::Verified(Verified {
            how: How::Compared, ..
        }) => "compared",
        Verification::Changed(_) => "changed",
    }
}

/// The state for people, behind the name of the peer and "is".
pub(crate) const fn words(verification: Verification) -> &'static str {
    match verification {
        Verification::Unverified => "not verified",
        Verification::Verified(Verified {
            how: How::Scanned, ..
        }) => "verified, by a code that you scanned",
        Verification::Verified(Verified {
            how: How::Compared, ..
        }) => "verified, by a number that you compared",
        Verification::Changed(_) => {
            "not verified any more, because two of its device lists contradict each other"
        }
    }
}

//! The reasons for which sessions are renewed, in words.

use sprag_client::RenewReason;

/// The reason for programs.
pub(crate) const fn word(reason: RenewReason) -> &'static str {
    match reason {
        RenewReason::Gap => "gap",
        RenewReason::Fork => "fork",
        RenewReason::Lost => "lost",
        RenewReason::Restored => "restored",
        _ => "other",
    }
}

/// The reason for people, behind "because".
pub(crate) const fn words(reason: RenewReason) -> &'static str {
    match reason {
        RenewReason::Gap => "too many messages in a row did not arrive",
        RenewReason::Fork => {
            "two different messages had the same number, as after a backup was put back"
        }
        RenewReason::Lost => "the session before was lost",
        RenewReason::Restored => "its account was put back to an older state",
        _ => "of something that a newer sprag knows",
    }
}

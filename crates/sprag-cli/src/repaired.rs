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

/// The reason that the sender of a message gives, for people, behind "because".
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

/// The reason for a new session that is due, which either party may have given, for people.
pub(crate) const fn words_of_due(reason: RenewReason) -> &'static str {
    match reason {
        RenewReason::Restored => "one of the two accounts was put back to an older state",
        reason => words(reason),
    }
}

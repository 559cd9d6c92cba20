//! The right of a device to sign the list of its user's devices, in words.

use sprag_client::SigningStatus;

/// The right for programs.
pub(crate) const fn word(signing: SigningStatus) -> &'static str {
    match signing {
        SigningStatus::Signs => "yes",
        SigningStatus::NoUserKey => "no",
        SigningStatus::Granted(_) => "granted",
        SigningStatus::Unsure { .. } => "unsure",
    }
}

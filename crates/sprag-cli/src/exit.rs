//! Exit codes, by which a script tells failures apart.

use core::fmt::Write as _;

use sprag::{Error, HandshakeError, RatchetError};
use sprag_client::{ChangeError, ClientError, RecoveryError};
use sprag_store::Error as StoreError;

/// The kind of a failure. Its number is the exit code, which never changes its meaning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// A reason that has no code of its own.
    Refused = 1,
    /// Arguments that say nothing that can be done, or of which one is missing.
    Usage = 2,
    /// An input that is damaged, cut, or of another kind than the command takes.
    Damaged = 3,
    /// An account that another process uses.
    Busy = 4,
    /// A passphrase that is wrong, or that nobody could be asked for.
    Passphrase = 5,
    /// A peer, a sender, a session or an account that is not known.
    Unknown = 6,
    /// An account whose files are damaged, missing or put back.
    Account = 7,
    /// A file, a folder or a stream that cannot be read or written.
    File = 8,
}

/// Each exit code of a command, with its meaning. Shells have those from 129 on for a program that a signal ended.
pub(crate) const TABLE: [(u8, &str); 13] = [
    (0, "done"),
    (Exit::Refused as u8, "refused for a reason without a code"),
    (Exit::Usage as u8, "wrong usage"),
    (
        Exit::Damaged as u8,
        "the input is damaged or of another kind: get it again",
    ),
    (
        Exit::Busy as u8,
        "another command uses the account: try again",
    ),
    (
        Exit::Passphrase as u8,
        "the passphrase is wrong, or there is none",
    ),
    (
        Exit::Unknown as u8,
        "no such account, peer, sender or session",
    ),
    (
        Exit::Account as u8,
        "the account is damaged or was put back",
    ),
    (
        Exit::File as u8,
        "a file or a stream cannot be read or written",
    ),
    (129, "ended by the signal HUP"),
    (130, "ended by Ctrl-C"),
    (131, "ended by the signal QUIT"),
    (143, "ended by the signal TERM"),
];

/// The table for a help text.
pub(crate) fn table() -> String {
    let mut table = "Exit codes:".to_owned();
    for (code, meaning) in TABLE {
        // Writing to a string cannot fail.
        write!(table, "\n  {code:<4} {meaning}").ok();
    }
    table
}

impl Exit {
    /// The kind of an error of the client.
    pub(crate) const fn of(error: &ClientError<StoreError>) -> Self {
        match error {
            ClientError::Store(error) => Self::of_store(error),
            ClientError::Protocol(error) => Self::of_protocol(error),
            ClientError::NoAccount
            | ClientError::Damaged
            | ClientError::OlderStore(_)
            | ClientError::RolledBack
            | ClientError::NewerStore(_) => Self::Account,
            ClientError::Conflict => Self::Busy,
            ClientError::UnknownPeer(_)
            | ClientError::UnknownSender(_)
            | ClientError::NoBundle(_)
            | ClientError::NoSession
            | ClientError::SessionEnded
            | ClientError::NoUser
            | ClientError::Removed
            | ClientError::Change(ChangeError::NotListed(_)) => Self::Unknown,
            ClientError::NotAFile
            | ClientError::List(_)
            | ClientError::LinkContent(_)
            | ClientError::NotAnAcceptance
            | ClientError::NoWelcome
            | ClientError::ForeignBundle(_)
            | ClientError::MisplacedRenewal
            | ClientError::Recovery(RecoveryError::NotARecovery | RecoveryError::Malformed) => {
                Self::Damaged
            }
            ClientError::Recovery(
                RecoveryError::WrongPassphrase | RecoveryError::LongPassphrase,
            ) => Self::Passphrase,
            // The names that a command takes are arguments.
            ClientError::InvalidName(_) => Self::Usage,
            _ => Self::Refused,
        }
    }

    /// The kind of an error of the store.
    pub(crate) const fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::InUse => Self::Busy,
            StoreError::NotAStore | StoreError::Damaged(_) => Self::Account,
            StoreError::Io(_) | StoreError::NoLocks(_) => Self::File,
            _ => Self::Refused,
        }
    }

    const fn of_protocol(error: &Error) -> Self {
        match error {
            Error::Wire(_)
            | Error::Ratchet(RatchetError::NotAuthentic)
            | Error::Handshake(
                HandshakeError::NotAuthentic | HandshakeError::InvalidSignature(_),
            ) => Self::Damaged,
            Error::Snapshot(_) => Self::Account,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_told_once_and_in_order() {
        assert!(TABLE.is_sorted_by(|(one, _), (other, _)| one < other));
        let readme = include_str!("../README.md");
        for (code, meaning) in TABLE {
            assert!(table().contains(&format!("\n  {code:<4} {meaning}")));
            let row = format!("| {code} | {meaning} |");
            assert!(readme.contains(&row), "the README lacks {row}");
        }
    }
}

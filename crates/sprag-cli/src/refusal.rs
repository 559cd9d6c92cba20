//! Errors of the library in words for the user: what failed, why, and what the user can do.

mod own_devices;

use sprag::{Error, HandshakeError, RatchetError, Slot, WireError};
use sprag_client::{ClientError, ListError, NameError};
use sprag_store::Error as StoreError;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::Grouped;
use crate::input::AGAIN;

use own_devices::{of_linking, of_own_bundle, of_signing};

impl From<ClientError<StoreError>> for Failure {
    fn from(error: ClientError<StoreError>) -> Self {
        let exit = Exit::of(&error);
        Self::refused(match error {
            ClientError::Store(error) => return of_store(&error),
            ClientError::Protocol(Error::Wire(error)) => return of_wire(error),
            ClientError::Protocol(error) => of_protocol(&error),
            ClientError::NoAccount => {
                format!("the store has no account in it: {RESTORE}")
            }
            ClientError::AccountExists => {
                "there is an account already: use it, or give another folder with --home DIR"
                    .to_owned()
            }
            ClientError::Damaged => format!(
                "the store is damaged, or is of another account or another time than the key: \
                 {RESTORE}"
            ),
            ClientError::RolledBack => {
                "the account was put back to an older state: run `sprag restored`, and then `sprag repair NAME` for each peer"
                    .to_owned()
            }
            ClientError::Conflict => {
                "another program changed the account just now: try again".to_owned()
            }
            ClientError::InvalidName(error) => of_name(error),
            ClientError::UnknownPeer(name) => format!(
                "no peer is named {name}: `sprag add {name} BUNDLE` adds one, `sprag status` lists \
                 them"
            ),
            ClientError::OtherIdentity(name) => format!(
                "this comes from another user than {name}: ask {name} which fingerprint is \
                 right; if {name} began a new account, `sprag forget {name}` first"
            ),
            ClientError::KnownAs(name) => format!(
                "this user is known as {name}: use that name, or `sprag forget {name}` first"
            ),
            ClientError::NoBundle(name) => format!(
                "there is no session with {name} to send in: ask {name} for a bundle and `sprag add {name} \
                 BUNDLE`"
            ),
            ClientError::OldBundle(name) if !name.is_empty() => format!(
                "a newer bundle of {name} was added before: ask {name} for a new one; if the clock there \
                 was wrong at that time, add this one with --renew"
            ),
            ClientError::Downgrade(name) if !name.is_empty() => format!(
                "{name} was met with PQXDH, which is secure against a quantum computer, and this is for X3DH, \
                 which is not: ask {name} for another bundle"
            ),
            ClientError::OlderStore(_) => {
                "the account is of an earlier version, and its folder may not be written: run a command, for example \
                 `sprag status`, where it may: that carries the account over"
                    .to_owned()
            }
            ClientError::NewerStore(number) => format!(
                "the account is of a newer version, with a store of format {number}: this one knows formats 1 to 3: use a \
                 newer sprag"
            ),
            other => of_devices(other),
        })
        .with(exit)
    }
}

/// Tells whether an error may come from bytes that were changed on their way.
pub(crate) const fn may_be_damage(error: &ClientError<StoreError>) -> bool {
    matches!(
        error,
        ClientError::NoSession
            | ClientError::NotAFile
            | ClientError::Protocol(
                Error::Wire(_)
                    | Error::Handshake(HandshakeError::NotAuthentic)
                    | Error::Ratchet(RatchetError::NotAuthentic | RatchetError::Duplicate)
                    | Error::UnknownPrekey(..)
                    | Error::PrekeyGone(..)
            )
    )
}

/// Turns an error of decoding into a refusal.
pub(crate) fn of_wire(error: WireError) -> Failure {
    let advice = match error {
        // A version or a kind of tomorrow, or of another program.
        WireError::UnknownVersion(_) | WireError::UnknownKind(_) | WireError::UnknownSuite(_) => {
            "give what a peer's sprag wrote; if you did, it was altered on its way or needs a newer sprag"
        }
        WireError::OtherKind(_) => "give what a peer's sprag wrote",
        WireError::Earlier => {
            return Failure::refused(format!(
                "this bundle is of an earlier version of sprag, which knew no device lists: {NEW_BUNDLE}"
            ))
            .with(Exit::Damaged);
        }
        _ => AGAIN,
    };
    Failure::refused(format!("{error}: {advice}")).with(Exit::Damaged)
}

/// Describes what is wrong with a name, with advice.
fn of_name(error: NameError) -> String {
    match error {
        NameError::Forbidden(character) => format!(
            "the name has the character U+{:04X}, which is not seen, only changes others or has no meaning yet: leave \
             it out",
            u32::from(character)
        ),
        other => format!("the {other}: choose another"),
    }
}

/// Describes what is wrong with a peer's devices, with advice.
fn of_devices(error: ClientError<StoreError>) -> String {
    match error {
        ClientError::NoDeviceList => format!("there is no device list of the peer yet: {NEW_BUNDLE}"),
        ClientError::List(ListError::OtherUser) => {
            "this is of another user than the account: name the account of that user with --home DIR, or give what a device of \
             your own wrote; a peer's bundle is for `sprag add NAME BUNDLE`"
                .to_owned()
        }
        ClientError::List(error) => format!("{error}: {NEW_BUNDLE}"),
        ClientError::NotListed(_) => format!(
            "the device that this comes from is not in its user's list of devices: do not rely on it: {NEW_BUNDLE}"
        ),
        ClientError::LostDevice(_) => {
            "this comes from a device that its user has reported lost, so somebody else may have it: do not rely on it: ask \
             the peer over another channel"
                .to_owned()
        }
        ClientError::RetiredDevice(_) => {
            "this comes from a device that its user has taken out of use, from which only files are read, and those not for long: \
             do not rely on it: ask the peer over another channel"
                .to_owned()
        }
        ClientError::UnknownContent(_) => {
            "this message holds what only a newer sprag can read: use a newer one, which can still read it".to_owned()
        }
        ClientError::OldList(name) if name.is_empty() => {
            "a newer list of your devices is known here: give the newest, which another device of yours or a peer has".to_owned()
        }
        ClientError::Equivocation(name) if name.is_empty() => {
            "two lists of your own devices contradict each other, so that somebody else may have the key that signs them: begin a \
             new user with `sprag init` in another folder, and tell your peers over another channel"
                .to_owned()
        }
        ClientError::OldList(name) => format!(
            "a newer device list of {name} was known before: ask {name} for a new bundle"
        ),
        ClientError::Equivocation(name) => format!(
            "two device lists of {name} contradict each other, so that somebody else may have {name}'s user key: ask {name} \
             over another channel; to go on all the same, `sprag verify {name} --dismiss`"
        ),
        ClientError::NotVerified(name) => format!(
            "{name} is not verified: nothing was encrypted: `sprag verify {name}` compares keys"
        ),
        ClientError::AwaitsList(name) => format!(
            "{name} spoke of a newer device list, which has not come yet: ask {name} for a new bundle"
        ),
        other => of_own_bundle(&other)
            .or_else(|| of_linking(&other))
            .or_else(|| of_signing(&other))
            .unwrap_or_else(|| of_unreadable(&other)),
    }
}

/// The advice where a device list is missing or wrong.
const NEW_BUNDLE: &str = "ask the peer for a new bundle, which a sprag of this version wrote";

/// Describes the reason for which a message cannot be read, with advice.
fn of_unreadable(error: &ClientError<StoreError>) -> String {
    match error {
        ClientError::UnknownSender(user) => format!(
            "the sender is not known, and has the fingerprint {}: if you expect this message, give \
             --from NAME",
            Grouped(user.as_bytes())
        ),
        ClientError::NoSession => format!(
            "no session knows this message: it is damaged, was decrypted long ago or is not for this account: \
             {AGAIN}; if others of this sender cannot be read either, {RENEW}"
        ),
        ClientError::SessionEnded => format!(
            "this message begins a session that was accepted before and ended, or whose sender was forgotten: if \
             you have not read the message, {RENEW}, and have it sent again"
        ),
        ClientError::AlreadyRead(name) if name.is_empty() => {
            "this message from another device of yours was decrypted before: each can be decrypted once: if its text is lost, \
             encrypt it again there"
                .to_owned()
        }
        ClientError::AlreadyRead(name) => format!(
            "this message from {name} was decrypted before: each can be decrypted once: if its text is lost, ask \
             {name} to encrypt it again"
        ),
        ClientError::OwnMessage(name) if name.is_empty() => {
            "this message is your own, and the devices that it is for can decrypt it, which this one is not: give it to them, or \
             give the file that was encrypted"
                .to_owned()
        }
        ClientError::OwnMessage(name) => format!(
            "this message is your own, to {name}: {name} can decrypt it, and your other devices, but not this one: give the file \
             that was encrypted"
        ),
        ClientError::NotAFile => format!("the message carries no key of this file: {AGAIN}"),
        other => format!("{other}: {AGAIN}"),
    }
}

/// Describes an error of the protocol, with advice.
fn of_protocol(error: &Error) -> String {
    let advice = match error {
        Error::Ratchet(RatchetError::Duplicate) => {
            return format!(
                "{error}: it was decrypted long ago, or the sender was put back to an older state, for example from a \
                 backup, or this is a damaged copy: if you have not read this one, {RENEW}"
            );
        }
        Error::Ratchet(RatchetError::KeyGivenUp) => "ask its sender to encrypt it again",
        Error::Ratchet(
            RatchetError::TooManySkipped
            | RatchetError::Forked
            | RatchetError::CounterExhausted
            | RatchetError::InvalidRatchetKey(_),
        ) => RENEW,
        Error::Ratchet(RatchetError::TooLong) => "split it",
        Error::Ratchet(RatchetError::NotAuthentic) => {
            "the message was altered on its way, or was decrypted long ago: get it again from its sender"
        }
        Error::Handshake(HandshakeError::NotAuthentic) => {
            "the message was altered on its way: get it again from its sender"
        }
        Error::Handshake(HandshakeError::InFuture(_)) => {
            "compare the clocks of both machines: put right the one that is wrong, and ask the peer for a new bundle \
             if it is the peer's"
        }
        Error::Handshake(HandshakeError::OwnBundle) => {
            "give the peer's; `sprag device add` takes that of another device of yours"
        }
        Error::Handshake(_) => "ask the peer for a new bundle, over a channel that you trust",
        Error::UnknownPrekey(..) => {
            "the message is for another account, for example one that you had before, or was altered on its way: send \
             its sender a new bundle, to be added with --renew, or with `sprag device add` on another device of yours"
        }
        Error::PrekeyGone(Slot::SignedPrekey, _) => {
            "the bundle that the message was encrypted with is too old: send its sender a new one, to be added with \
             --renew, or with `sprag device add` on another device of yours"
        }
        Error::PrekeyGone(..) => {
            "two people used one bundle, or this is a damaged copy of a message: send its sender a new bundle, to be \
             added with --renew, or with `sprag device add` on another device of yours"
        }
        Error::TooManyReusableSessions => {
            "`sprag rotate` makes room; give each peer a bundle of its own"
        }
        Error::PrekeysStillKept(_) => {
            "rotate again later, or drop all replaced keys at once with `sprag rotate --keep 0`"
        }
        Error::PrekeysExhausted => "begin a new account, with --home DIR",
        Error::InvalidPadding => "ask its sender to encrypt it again, with the newest sprag",
        Error::Snapshot(_) => RESTORE,
        _ => AGAIN,
    };
    format!("{error}: {advice}")
}

/// The advice where one party has lost the session, or was put back to an older state of it.
const RENEW: &str = "`sprag repair NAME -o FILE` writes what begins a new session with the sender";

/// The advice for a damaged account. New bundles are needed because a session from a backup would use keys
/// again that were used since the backup.
const RESTORE: &str = "bring the whole folder back from one backup, run `sprag restored` and exchange new bundles with each \
                       peer before you send anything";

/// Turns an error of the store into a refusal.
pub(crate) fn of_store(error: &StoreError) -> Failure {
    said_of_store(error).with(Exit::of_store(error))
}

fn said_of_store(error: &StoreError) -> Failure {
    let advice = match error {
        StoreError::InUse => {
            return Failure::refused(
                "another sprag is at work on this account: wait until it is done and try again",
            );
        }
        StoreError::NoLocks(error) => {
            return Failure::refused(format!(
                "the file system of the account's folder locks no files ({error}), so that two commands could \
                 destroy the account: put the folder on a local disk, and name it with --home DIR"
            ));
        }
        StoreError::NotAStore | StoreError::Damaged(_) => RESTORE,
        StoreError::Io(error) => {
            return Failure::refused(format!(
                "the account's store cannot be used: {error}: put that right and try again"
            ));
        }
        _ => "try again",
    };
    Failure::refused(format!("the account cannot be used: {error}: {advice}"))
}

#[cfg(test)]
mod tests;

//! The refusals that concern the devices of one's own user, in words.

use sprag_client::{ChangeError, ClientError, RecoveryError};
use sprag_store::Error as StoreError;

/// Describes the reason for which a device is not linked, or does not read what links it, with advice. `None` if it is another
/// reason.
pub(super) fn of_linking(error: &ClientError<StoreError>) -> Option<String> {
    let line = match error {
        ClientError::LinkContent(kind) => format!(
            "this is a {kind}, by which a device is linked: `sprag device join FILE` takes a welcome, `sprag device add FILE` \
             an acceptance"
        ),
        ClientError::NoInvitation => format!(
            "no invitation is open: none was written, it was accepted before, or wrong digits have voided it: {INVITE}"
        ),
        ClientError::InvitationExpired => {
            format!("the ten minutes of the invitation are over: {INVITE}")
        }
        ClientError::OtherInvitation => {
            "this belongs to another invitation than the newest: give the file and the code that one `sprag device invite` wrote"
                .to_owned()
        }
        ClientError::NotAnAcceptance => {
            "this does not answer an invitation: give the file that `sprag device join INVITATION -o FILE` wrote on the new device"
                .to_owned()
        }
        ClientError::WrongLinkCode => format!(
            "this answers the invitation without its code, so somebody else may have made it: do not rely on it: {INVITE}"
        ),
        ClientError::WrongDigits { left: 0 } => format!(
            "the digits are wrong for the third time, and the invitation is void: somebody may have answered in the place of your \
             device: see that nobody else sees the code: {INVITE}"
        ),
        ClientError::WrongDigits { left } => format!(
            "the digits are not those of the device that answered, which may be somebody else's: compare them with the screen of \
             your new device and try again, {left} more {}: nothing was signed",
            if *left == 1 { "time" } else { "times" }
        ),
        ClientError::NoPendingLink => {
            "this device waits for no welcome, and this is no key for it: a new device takes one after `sprag device join \
             INVITATION`: give another folder with --home DIR to link one"
                .to_owned()
        }
        ClientError::NoWelcome => {
            "this is no welcome for this device: give the file that `sprag device add ACCEPTANCE -o FILE` wrote for it; `sprag \
             decrypt` takes what is no welcome"
                .to_owned()
        }
        ClientError::ForeignBundle(_) => {
            "this has the bundle of another device than the one that sent it: do not rely on it: ask its sender over another channel"
                .to_owned()
        }
        ClientError::UsedBundle(name) => format!(
            "this request for a new session has a bundle that began one before, so somebody may have repeated it: ask {name} over \
             another channel: `sprag repair` there makes a new one"
        ),
        ClientError::MisplacedRenewal => {
            "this says that it renews a session, in the middle of one, so that somebody may have a copy of that session: do not \
             rely on it: ask its sender over another channel"
                .to_owned()
        }
        _ => return None,
    };
    Some(line)
}

/// Describes the reason for which a bundle of another device of the own user is refused, with advice. `None` if it is another
/// reason, or the bundle is a peer's.
pub(super) fn of_own_bundle(error: &ClientError<StoreError>) -> Option<String> {
    let line = match error {
        ClientError::OldBundle(name) if name.is_empty() => {
            "a newer bundle of this device of yours was taken before: `sprag repair --own -o FILE` there writes a new one"
                .to_owned()
        }
        ClientError::Downgrade(name) if name.is_empty() => {
            "this device of yours was met with PQXDH, which is secure against a quantum computer, and this is for X3DH, which is \
             not: have the device write another bundle with `sprag bundle`, and `sprag device add BUNDLE`"
                .to_owned()
        }
        ClientError::UsedBundle(name) if name.is_empty() => {
            "this request for a new session from another device of yours has a bundle that began one before, so somebody may have \
             repeated it: `sprag repair --own -o FILE` there makes a new one"
                .to_owned()
        }
        _ => return None,
    };
    Some(line)
}

/// Describes the reason for which this device does not sign the list of the own devices, or has no user, with advice. `None` if
/// it is another reason.
pub(super) fn of_signing(error: &ClientError<StoreError>) -> Option<String> {
    let line = match error {
        ClientError::NoUser => {
            "this device has not been welcomed yet: `sprag device join WELCOME` takes the welcome that `sprag device add` wrote on \
             the device that invited it"
                .to_owned()
        }
        ClientError::Removed => {
            "this device was removed from the list of its user's devices, and all that it had is deleted: remove the folder, or \
             give another one with --home DIR, and link a new device with `sprag device join`"
                .to_owned()
        }
        ClientError::NoUserKey => {
            "the key that signs the list of your devices is not on this one: run this on the device that signs, or have it run \
             `sprag device grant` for this one; `sprag recovery import FILE` takes the key from a recovery file"
                .to_owned()
        }
        ClientError::SigningUnsure => {
            "a newer list of your devices may have been signed than the one that is known here, so this device signs none yet: \
             read a message in a new session, which says what its sender knows, or give the newest list to `sprag recovery \
             import --list LIST`: `sprag device list -o LIST` writes it on another device of yours, and `sprag device list YOU \
             -o LIST` on a peer's"
                .to_owned()
        }
        ClientError::Granted(identity) => format!(
            "another device of yours signs the list, the one with the identity {identity}: run this there; `sprag device list` \
             shows its number"
        ),
        ClientError::ThisDevice => {
            "this is the device that the command runs on: run it on another one that signs the list, or give another number"
                .to_owned()
        }
        ClientError::Change(error) => of_change(error),
        ClientError::Recovery(error) => of_recovery(*error),
        _ => return None,
    };
    Some(line)
}

fn of_change(error: &ChangeError) -> String {
    let advice = match error {
        ChangeError::NotListed(_) => "`sprag device list` shows the numbers",
        ChangeError::LastDevice => "link another one first",
        ChangeError::TooManyDevices => "`sprag device revoke` makes room",
        ChangeError::Exhausted => "begin a new user, with `sprag init`",
        _ => "begin anew with `sprag device invite`, and a new device in another folder",
    };
    format!("{error}: {advice}")
}

fn of_recovery(error: RecoveryError) -> String {
    match error {
        RecoveryError::WrongPassphrase => {
            "the passphrase is not that of the recovery file, or the file was changed: try again"
                .to_owned()
        }
        RecoveryError::LongPassphrase => format!("{error}: choose a shorter one"),
        RecoveryError::OldList => format!(
            "{error}, so it is not the newest: give a newer one, which another device of yours or a peer has"
        ),
        _ => format!("{error}: give what `sprag recovery export` wrote"),
    }
}

/// The advice for an invitation that cannot be used.
const INVITE: &str = "`sprag device invite` writes a new one";

#[cfg(test)]
mod tests;

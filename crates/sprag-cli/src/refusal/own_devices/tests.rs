use sprag_client::{ContentKind, DeviceNumber, IdentityKey};

use super::*;
use crate::exit::Exit;
use crate::failure::Failure;

fn refused(error: ClientError<StoreError>) -> (Exit, String) {
    match Failure::from(error) {
        Failure::Refused(exit, line) => (exit, line),
        Failure::OutputClosed => panic!("an error is a refusal"),
    }
}

/// Demands that the advice names this command, or has these words, and the exit code.
#[track_caller]
fn advises(error: ClientError<StoreError>, words: &str, expected: Exit) {
    let (exit, line) = refused(error);
    assert!(line.contains(words), "{line}");
    assert!(line.matches(": ").count() >= 1, "{line}");
    assert_eq!(exit, expected, "{line}");
}

#[test]
fn an_invitation_that_cannot_be_used_is_to_be_made_anew() {
    for error in [
        ClientError::NoInvitation,
        ClientError::InvitationExpired,
        ClientError::WrongLinkCode,
        ClientError::WrongDigits { left: 0 },
    ] {
        advises(
            error,
            "`sprag device invite` writes a new one",
            Exit::Refused,
        );
    }
    advises(
        ClientError::WrongDigits { left: 2 },
        "2 more times",
        Exit::Refused,
    );
    advises(
        ClientError::WrongDigits { left: 1 },
        "1 more time:",
        Exit::Refused,
    );
    advises(
        ClientError::OtherInvitation,
        "the code that one",
        Exit::Refused,
    );
}

#[test]
fn a_message_that_is_another_one_is_named_with_what_takes_it() {
    for (error, words) in [
        (
            ClientError::LinkContent(ContentKind::LinkWelcome),
            "`sprag device join FILE`",
        ),
        (
            ClientError::NotAnAcceptance,
            "`sprag device join INVITATION",
        ),
        (ClientError::NoWelcome, "`sprag device add ACCEPTANCE"),
        (ClientError::MisplacedRenewal, "over another channel"),
    ] {
        advises(error, words, Exit::Damaged);
    }
    let identity = IdentityKey::from_bytes(&[9; 32]).unwrap();
    advises(
        ClientError::ForeignBundle(identity),
        "over another channel",
        Exit::Damaged,
    );
    let used = ClientError::UsedBundle("bob".to_owned());
    advises(used, "ask bob over another channel", Exit::Refused);
    advises(ClientError::NoPendingLink, "--home DIR", Exit::Refused);
}

#[test]
fn a_device_that_does_not_sign_says_who_does() {
    for (error, words) in [
        (ClientError::NoUserKey, "`sprag device grant`"),
        (
            ClientError::SigningUnsure,
            "`sprag recovery import --list LIST`",
        ),
        (ClientError::ThisDevice, "another one"),
    ] {
        advises(error, words, Exit::Refused);
    }
    let identity = IdentityKey::from_bytes(&[9; 32]).unwrap();
    let named = identity.to_string();
    advises(ClientError::Granted(identity), &named, Exit::Refused);
}

#[test]
fn a_device_without_a_user_says_what_it_needs() {
    advises(
        ClientError::NoUser,
        "`sprag device join WELCOME`",
        Exit::Unknown,
    );
    advises(ClientError::Removed, "`sprag device join`", Exit::Unknown);
}

#[test]
fn a_change_of_the_list_that_cannot_be_says_what_can() {
    let missing = ChangeError::NotListed(DeviceNumber::new(7));
    advises(
        ClientError::Change(missing),
        "`sprag device list`",
        Exit::Unknown,
    );
    for (error, words) in [
        (ChangeError::LastDevice, "link another one first"),
        (ChangeError::TooManyDevices, "`sprag device revoke`"),
        (ChangeError::Exhausted, "`sprag init`"),
        (
            ChangeError::WasRevoked(DeviceNumber::new(7)),
            "`sprag device invite`",
        ),
    ] {
        advises(ClientError::Change(error), words, Exit::Refused);
    }
}

#[test]
fn a_recovery_file_that_does_not_open_says_why() {
    for (error, words, exit) in [
        (
            RecoveryError::WrongPassphrase,
            "try again",
            Exit::Passphrase,
        ),
        (
            RecoveryError::LongPassphrase,
            "choose a shorter one",
            Exit::Passphrase,
        ),
        (
            RecoveryError::NotARecovery,
            "`sprag recovery export`",
            Exit::Damaged,
        ),
        (
            RecoveryError::Malformed,
            "`sprag recovery export`",
            Exit::Damaged,
        ),
        (RecoveryError::OldList, "give a newer one", Exit::Refused),
    ] {
        advises(ClientError::Recovery(error), words, exit);
    }
}

#[test]
fn a_bundle_of_another_own_device_is_renewed_by_the_commands_for_own_devices() {
    let own = String::new;
    for (error, words) in [
        (
            ClientError::OldBundle(own()),
            "`sprag repair --own -o FILE`",
        ),
        (
            ClientError::UsedBundle(own()),
            "`sprag repair --own -o FILE`",
        ),
        (ClientError::Downgrade(own()), "`sprag device add BUNDLE`"),
    ] {
        let (exit, line) = refused(error);
        assert!(line.contains(words) && !line.contains("--renew"), "{line}");
        assert_eq!(exit, Exit::Refused);
    }
}

use sprag::{PrimitiveError, Suite, WireError};
use sprag_client::UserId;

use super::*;

fn said(error: ClientError<StoreError>) -> String {
    match Failure::from(error) {
        Failure::Refused(_, line) => line,
        Failure::OutputClosed => panic!("an error is a refusal"),
    }
}

/// Demands that a refusal says what failed, and this at its end.
#[track_caller]
fn ends(error: ClientError<StoreError>, words: &str) {
    let line = said(error);
    assert!(line.ends_with(words), "{line}");
    assert!(line.matches(": ").count() >= 1, "{line}");
    assert!(line.len() > words.len(), "{line} does not say what failed");
}

fn ratchet(error: RatchetError) -> ClientError<StoreError> {
    ClientError::Protocol(Error::Ratchet(error))
}

fn handshake(error: HandshakeError) -> ClientError<StoreError> {
    ClientError::Protocol(Error::Handshake(error))
}

#[test]
fn a_lost_or_forked_session_is_to_be_renewed() {
    let renew = "`sprag repair NAME -o FILE` writes what begins a new session with the sender";
    let invalid = RatchetError::InvalidRatchetKey(PrimitiveError::NonContributory);
    for error in [
        RatchetError::TooManySkipped,
        RatchetError::Forked,
        RatchetError::CounterExhausted,
        RatchetError::Duplicate,
        invalid,
    ] {
        ends(ratchet(error), renew);
    }
    ends(ClientError::NoSession, renew);
}

#[test]
fn a_message_that_can_be_had_again_is_to_be_had_again() {
    let again = "get it again from its sender";
    ends(ratchet(RatchetError::NotAuthentic), again);
    ends(handshake(HandshakeError::NotAuthentic), again);
    ends(ClientError::Protocol(WireError::Truncated.into()), again);
    ends(ClientError::NotAFile, again);
    let given_up = ratchet(RatchetError::KeyGivenUp);
    ends(given_up, "ask its sender to encrypt it again");
    let padding = ClientError::Protocol(Error::InvalidPadding);
    ends(
        padding,
        "ask its sender to encrypt it again, with the newest sprag",
    );
}

#[test]
fn a_message_to_prekeys_that_are_not_there_needs_a_new_bundle() {
    for slot in [Slot::SignedPrekey, Slot::OneTimePrekey, Slot::KemPrekey] {
        let [unknown, gone] = [Error::UnknownPrekey(slot, 7), Error::PrekeyGone(slot, 7)];
        for error in [unknown, gone] {
            let line = said(ClientError::Protocol(error));
            assert!(line.starts_with(&format!("{slot} 7 ")), "{line}");
            assert!(
                line.ends_with(
                    "with --renew, or with `sprag device add` on another device of yours"
                ),
                "{line}"
            );
        }
    }
    let unknown = Error::UnknownPrekey(Slot::OneTimePrekey, 7);
    assert!(said(ClientError::Protocol(unknown)).contains("for another account"));
    let replaced = Error::PrekeyGone(Slot::SignedPrekey, 7);
    assert!(said(ClientError::Protocol(replaced)).contains("is too old"));
    for slot in [Slot::OneTimePrekey, Slot::KemPrekey] {
        let used = ClientError::Protocol(Error::PrekeyGone(slot, 7));
        assert!(said(used).contains("two people used one bundle"));
    }
}

#[test]
fn a_bundle_that_is_refused_is_to_be_asked_for_again() {
    let slot = Slot::SignedPrekey;
    let new = "ask the peer for a new bundle, over a channel that you trust";
    for error in [
        HandshakeError::InvalidSignature(slot),
        HandshakeError::Stale(slot),
        HandshakeError::NotAccepted(Suite::X3dh),
    ] {
        ends(handshake(error), new);
    }
    let clocks = said(handshake(HandshakeError::InFuture(slot)));
    assert!(clocks.contains("compare the clocks"), "{clocks}");
    ends(
        ClientError::OldBundle("bob".to_owned()),
        "if the clock there was wrong at that time, add this one with --renew",
    );
    ends(
        ClientError::Downgrade("bob".to_owned()),
        "ask bob for another bundle",
    );
}

#[test]
fn an_account_that_has_no_room_is_told_how_to_make_some() {
    let full = ClientError::Protocol(Error::TooManyReusableSessions);
    ends(
        full,
        "`sprag rotate` makes room; give each peer a bundle of its own",
    );
    let exhausted = ClientError::Protocol(Error::PrekeysExhausted);
    ends(exhausted, "begin a new account, with --home DIR");
}

#[test]
fn a_damaged_account_is_to_be_brought_back() {
    let restore =
        "run `sprag restored` and exchange new bundles with each peer before you send anything";
    ends(ClientError::Damaged, restore);
    ends(ClientError::NoAccount, restore);
    let snapshot = Error::Snapshot(PrimitiveError::SnapshotInvalid);
    ends(ClientError::Protocol(snapshot), restore);
    ends(ClientError::Store(StoreError::NotAStore), restore);
    ends(ClientError::Conflict, "try again");
    ends(ClientError::Store(StoreError::InUse), "try again");
    ends(ClientError::Store(StoreError::Interrupted), "try again");
}

#[test]
fn an_unknown_sender_is_shown_by_its_fingerprint() {
    let user = UserId::from_bytes([9; 32]);
    let line = said(ClientError::UnknownSender(user));
    let fingerprint = Grouped(user.as_bytes()).to_string();
    assert!(line.contains(&fingerprint), "{line}");
    assert!(line.ends_with("give --from NAME"), "{line}");
}

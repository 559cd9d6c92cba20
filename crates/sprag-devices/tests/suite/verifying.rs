//! Safety numbers, codes to scan, and the state of a verification.

use sprag_devices::snapshot::Snapshot;
use sprag_devices::{
    How, ParseScanCodeError, ParseUserIdError, SafetyNumber, SafetyNumberHalf, ScanCode, Scanned,
    UserId, Verification, Verified, scan,
};

use crate::support::{first, id, user, with};

#[test]
fn a_safety_number_is_the_halves_in_order() {
    let (one, two) = (id(1), id(2));
    let number = SafetyNumber::between(&one, &two);
    let [lower, higher] = number.halves();
    assert!(lower.digits() < higher.digits());
    let mut halves = [one, two].map(|id| SafetyNumberHalf::of(&id));
    halves.sort();
    assert_eq!([*lower, *higher], halves);
    assert_eq!(number.to_string(), format!("{} {}", halves[0], halves[1]));
    assert_ne!(number, SafetyNumber::between(&one, &id(3)));
}

#[test]
fn a_device_changes_no_safety_number() {
    let alice = user(1);
    let one = first(&alice, 3);
    let two = with(&one, &alice, 4);
    assert_eq!(one.user_id(), two.user_id());
}

#[test]
fn a_scan_tells_who_is_mistaken() {
    let (alice, bob, mallory) = (id(1), id(2), id(3));
    for (own, peer, expected) in [
        (bob, alice, Scanned::Match),
        (mallory, alice, Scanned::PeerDiffers),
        (bob, mallory, Scanned::SelfDiffers),
        (mallory, mallory, Scanned::Unrelated),
        // The code that Alice shows herself.
        (alice, bob, Scanned::Unrelated),
    ] {
        let code = ScanCode { own, peer }.to_string();
        assert_eq!(scan(&code, &alice, &bob), Ok(expected));
    }
}

#[test]
fn what_is_no_code_is_refused_with_its_reason() {
    let code = ScanCode {
        own: id(1),
        peer: id(2),
    }
    .to_string();
    assert_eq!(code.len(), 110);
    let parse = |text: &str| text.parse::<ScanCode>().unwrap_err();
    assert_eq!(parse("https://example.org"), ParseScanCodeError::Prefix);
    assert_eq!(parse("SPRAG-LINK:AAAA"), ParseScanCodeError::Prefix);
    assert_eq!(parse(&code.to_lowercase()), ParseScanCodeError::Prefix);
    assert_eq!(parse("SPRAG:"), ParseScanCodeError::Length);
    assert_eq!(parse(&code[..109]), ParseScanCodeError::Length);
    assert_eq!(parse(&code[..102]), ParseScanCodeError::Length);
    assert_eq!(
        parse(&format!("{code}AAAAAAAA")),
        ParseScanCodeError::Length
    );
    assert_eq!(
        parse(&format!("SPRAG:{}", "A".repeat(2000))),
        ParseScanCodeError::Length
    );
    assert_eq!(
        parse(&code.replace("AE", "A1")),
        ParseScanCodeError::Character
    );
    // The first five bits are 0, and the next three are the version.
    let other = format!("SPRAG:AI{}", &code[8..]);
    assert_eq!(parse(&other), ParseScanCodeError::UnknownVersion(2));
    assert_eq!(parse("SPRAG:AI"), ParseScanCodeError::UnknownVersion(2));
    // A number of a device is no user id.
    assert_eq!("1".parse::<UserId>(), Err(ParseUserIdError::Length));
    assert_eq!("device".parse::<UserId>(), Err(ParseUserIdError::Digit(3)));
}

#[test]
fn only_a_match_or_a_comparison_verifies() {
    let peer = id(2);
    let half = SafetyNumberHalf::of(&peer);
    let unverified = Verification::default();
    for scanned in [
        Scanned::PeerDiffers,
        Scanned::SelfDiffers,
        Scanned::Unrelated,
    ] {
        assert_eq!(unverified.scanned(scanned, &peer), unverified);
    }
    let how = How::Scanned;
    let verified = Verification::Verified(Verified { how, half });
    assert_eq!(unverified.scanned(Scanned::Match, &peer), verified);
    let how = How::Compared;
    let compared = Verification::Verified(Verified { how, half });
    assert_eq!(unverified.compared(&peer), compared);
}

#[test]
fn a_change_takes_a_verification_away_and_only_a_comparison_gives_it_back() {
    let (peer, other) = (id(2), id(3));
    let verified = Verification::Unverified.compared(&peer);
    let Verification::Verified(was) = verified else {
        panic!("verified");
    };
    let changed = verified.changed();
    assert_eq!(changed, Verification::Changed(was));
    assert_eq!(changed.changed(), changed);
    assert_eq!(changed.scanned(Scanned::PeerDiffers, &other), changed);
    let synced = Verified {
        how: How::Scanned,
        half: SafetyNumberHalf::of(&other),
    };
    assert_eq!(changed.synced(synced, &other), changed);
    assert!(changed.compared(&other).is_verified());
    assert!(changed.scanned(Scanned::Match, &other).is_verified());
    assert_eq!(Verification::Unverified.changed(), Verification::Unverified);
}

#[test]
fn own_devices_pass_on_a_verification_of_the_same_key_alone() {
    let (peer, other) = (id(2), id(3));
    let Verification::Verified(verified) = Verification::Unverified.compared(&peer) else {
        panic!("verified");
    };
    let unverified = Verification::Unverified;
    assert!(unverified.synced(verified, &peer).is_verified());
    assert_eq!(unverified.synced(verified, &other), unverified);
}

#[test]
fn a_state_is_read_back_and_others_are_refused() {
    let verified = Verification::Unverified.compared(&id(2));
    for state in [Verification::Unverified, verified, verified.changed()] {
        let bytes = state.to_snapshot();
        assert_eq!(Verification::from_snapshot(bytes.expose()), Ok(state));
    }
    assert!(Verification::from_snapshot(&[3]).is_err());
    let mut bytes = verified.to_snapshot().expose().to_vec();
    bytes[1] = 2;
    assert!(Verification::from_snapshot(&bytes).is_err());
}

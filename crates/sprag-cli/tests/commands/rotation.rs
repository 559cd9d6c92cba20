use std::fs;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sprag::{Account as LibraryAccount, decode_file_header};
use sprag_client::{IncomingFile, Sender};

use crate::support::{Two, assert_refused, made_at};

const DAY: u64 = 24 * 60 * 60;

#[expect(
    clippy::disallowed_methods,
    reason = "commands go by the clock of the machine"
)]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// Bob rotated 40 days ago and kept the keys for 30, and a message to them is on its way. His last command was `days`
/// days ago.
fn rotated(days: u64) -> (Two, String) {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(3);
    let bundle = two.file("bundle", &two.bob.done(&["bundle", "--reusable"]));
    two.alice.done(&["add", "bob", &bundle]);
    let late = two.file("late", &two.alice.pipe(&["encrypt", "bob"], b"late"));
    let mut bob = two.bob.client();
    let then = now() - 40 * DAY;
    bob.vouched_time(then, &mut rng).unwrap();
    // The account is of today, so that its clock went back.
    bob.redate(then, 30 * DAY, &mut rng).unwrap();
    bob.vouched_time(now() - days * DAY, &mut rng).unwrap();
    drop(bob);
    (two, late)
}

#[test]
fn one_command_under_a_wrong_clock_deletes_no_keys() {
    // As far as the account knows, the clock leapt by 40 days.
    let (two, late) = rotated(40);
    for command in [&["bundle"][..], &["bundle", "--reusable"], &["rotate"]] {
        two.bob.done(command);
    }
    let decrypt = ["decrypt", "--from", "alice", "-i", &late];
    assert_eq!(two.bob.done(&decrypt), b"late");
}

#[test]
fn commands_days_apart_delete_keys_whose_time_is_up() {
    let (two, late) = rotated(5);
    two.bob.done(&["bundle"]);
    let decrypt = ["decrypt", "--from", "alice", "-i", &late];
    two.bob.refused(&decrypt, "its time is up");
}

#[test]
fn commands_that_read_delete_nothing() {
    let (two, late) = rotated(5);
    for command in [&["id", "--check"][..], &["status"], &["status", "--json"]] {
        two.bob.done(command);
    }
    // A command that changes the account would delete the keys.
    let file = fs::read(late).unwrap();
    let (header, _) = decode_file_header(&file).unwrap();
    let header = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: now(),
    };
    let mut rng = StdRng::seed_from_u64(4);
    let sender = Sender::Named("alice");
    let received = two.bob.client().decrypt_file(sender, header, &mut rng);
    assert_eq!(received.unwrap().peer, "alice");
}

#[test]
fn a_ninth_rotation_is_refused_before_keys_are_dropped_that_are_promised() {
    let two = Two::introduced();
    for _ in 0..8 {
        // The clock did not go back, however soon one rotation follows the other.
        let said = two.bob.text(&["rotate"]);
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let refusal = two.bob.run(&["rotate"], b"");
    assert_refused(
        &refusal,
        "the keys of eight rotations are promised to be kept, the oldest for 3",
    );
    assert_refused(
        &refusal,
        " days more: rotate again then, once commands that are two days apart agree about the time, or drop all \
         replaced keys at once with --keep 0",
    );
    let first = two.alice.pipe(&["encrypt", "bob"], b"first");
    assert_eq!(
        two.bob.pipe(&["decrypt", "--from", "alice"], &first),
        b"first"
    );
    let said = two.bob.text(&["rotate", "--keep", "0"]);
    assert!(said.contains("are gone"), "{said}");
    two.bob.done(&["rotate"]);
}

#[test]
fn a_rotation_is_refused_as_long_as_the_time_of_the_oldest_keys_is_not_certain() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(6);
    let mut bob = two.bob.client();
    let then = now() - 2 * DAY;
    bob.vouched_time(then, &mut rng).unwrap();
    for _ in 0..8 {
        bob.redate(then, DAY, &mut rng).unwrap();
    }
    drop(bob);
    let refusal = "the oldest until it is certain that its time is up: rotate again then";
    two.bob.refused(&["rotate"], refusal);
}

#[test]
fn keys_replaced_while_the_clock_was_far_behind_are_kept_as_long_as_promised() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(7);
    let bundle = two.file("bundle", &two.bob.done(&["bundle", "--reusable"]));
    two.alice.done(&["add", "bob", &bundle]);
    let late = two.file("late", &two.alice.pipe(&["encrypt", "bob"], b"late"));
    // A machine whose clock does not run while it is off begins in 1970.
    let mut bob = two.bob.client();
    bob.vouched_time(DAY, &mut rng).unwrap();
    bob.rotate(DAY, 30 * DAY, &mut rng).unwrap();
    for days in [20, 10] {
        bob.vouched_time(now() - days * DAY, &mut rng).unwrap();
    }
    drop(bob);
    two.bob.done(&["bundle"]);
    let decrypt = ["decrypt", "--from", "alice", "-i", &late];
    assert_eq!(two.bob.done(&decrypt), b"late");
}

#[test]
fn a_rotation_under_a_clock_that_went_back_says_how_its_keys_are_dated() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(5);
    // The clock was 1,500 days ahead.
    let ahead = now() + 1_500 * DAY;
    two.bob.client().rotate(ahead, DAY, &mut rng).unwrap();
    let said = two.bob.text(&["rotate"]);
    assert!(said.contains("1500 days behind"), "{said}");
    assert!(said.contains("--redate"), "{said}");
    assert_eq!(two.bob.client().prekeys_created().unwrap(), ahead + 1);
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    two.alice.refused(&["add", "bob", &bundle], "in the future");
    // The way back.
    let said = two.bob.text(&["rotate", "--redate"]);
    assert!(said.contains("with --renew"), "{said}");
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &bundle]);
    let said = two.bob.text(&["rotate"]);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn bundles_from_before_a_rotation_work_as_long_as_its_keys_are_kept() {
    let two = Two::new();
    let bundles = [(); 2].map(|()| two.bob.done(&["bundle", "--reusable"]));
    let said = two.bob.text(&["rotate"]);
    assert!(said.contains("kept for 30 days"), "{said}");
    assert_ne!(two.bob.done(&["bundle", "--reusable"]), bundles[0]);

    let bundle = two.file("bundle", &bundles[0]);
    two.alice.done(&["add", "bob", &bundle]);
    let first = two.alice.pipe(&["encrypt", "bob"], b"one");
    assert_eq!(
        two.bob.pipe(&["decrypt", "--from", "alice"], &first),
        b"one"
    );
    let answer = two.bob.pipe(&["encrypt", "alice"], b"two");
    assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"two");
}

#[test]
fn bundles_from_before_a_rotation_are_useless_once_its_keys_are_gone() {
    let two = Two::new();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let said = two.bob.text(&["rotate", "--keep", "0"]);
    assert!(said.contains("are gone"), "{said}");
    two.alice.done(&["add", "bob", &bundle]);
    let late = two.file("late", &two.alice.pipe(&["encrypt", "bob"], b"late"));
    let decrypt = ["decrypt", "--from", "alice", "-i", &late];
    two.bob.refused(&decrypt, "sprag: signed prekey ");
    two.bob.refused(
        &decrypt,
        " was replaced, and its time is up: the bundle that the message was encrypted with is too old: send its sender a \
         new one, to be added with --renew",
    );
}

#[test]
fn sessions_go_on_through_a_rotation() {
    let two = Two::talking();
    let on_its_way = two.alice.pipe(&["encrypt", "bob"], b"on its way");
    two.bob.done(&["rotate", "--keep", "0"]);
    two.alice.done(&["rotate", "--keep", "0"]);
    assert_eq!(two.bob.pipe(&["decrypt"], &on_its_way), b"on its way");
    let answer = two.bob.pipe(&["encrypt", "alice"], b"answer");
    assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"answer");
}

#[test]
fn a_bundle_older_than_allowed_is_refused() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(1);
    let year_2020 = 1_577_836_800;
    let [old, unstated] = [year_2020, 0].map(|time| made_at(time).publish(&mut rng).unwrap());
    for (name, bundle) in [("old", old), ("unstated", unstated)] {
        let bundle = two.file(name, &bundle);
        two.alice.refused(
            &["add", name, &bundle, "--max-age", "365"],
            "signed prekey was not made as recently as demanded",
        );
        two.alice.done(&["add", name, &bundle]);
    }
    let fresh = two.file("fresh", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &fresh, "--max-age", "1"]);
}

#[test]
fn a_bundle_without_post_quantum_keys_is_refused() {
    let two = Two::new();
    let mut rng = StdRng::seed_from_u64(2);
    let classical = LibraryAccount::generate(&mut rng)
        .publish_x3dh(&mut rng)
        .unwrap();
    let bundle = two.file("classical", &classical);
    two.alice
        .refused(&["add", "bob", &bundle], "X3DH is not accepted");
    two.alice.refused(&["status", "bob"], "no peer is named");
}

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde_json::Value;
use sprag::Policy;

use crate::support::{Account, Two, assert_refused};

/// Two users with two devices each. Each device knows the other user by a bundle of each device, and each has a bundle of
/// the other own one only where the test gives it.
struct Four {
    two: Two,
    alice_2: Account,
    bob_2: Account,
}

impl Four {
    fn new() -> Self {
        let two = Two::new();
        let alice_2 = Account::linked_to(&two.alice, two.folder.path().join("alice 2"));
        let bob_2 = Account::linked_to(&two.bob, two.folder.path().join("bob 2"));
        Self {
            two,
            alice_2,
            bob_2,
        }
    }
}

#[test]
fn every_listed_and_reachable_device_reads() {
    let four = Four::new();
    let (alice, bob) = (&four.two.alice, &four.two.bob);
    alice.pipe(&["add", "bob", "-"], &bob.done(&["bundle"]));
    let added = alice.json(
        &["add", "bob", "-", "--json"],
        &four.bob_2.done(&["bundle"]),
    );
    assert_eq!(added["device"], 1);
    assert_eq!(added["new"], false);
    let file = alice.pipe(&["encrypt", "bob"], b"to both");
    for account in [bob, &four.bob_2] {
        assert_eq!(
            account.pipe(&["decrypt", "--from", "alice"], &file),
            b"to both"
        );
    }
    // Both answer, each to the device that it knows.
    for account in [bob, &four.bob_2] {
        let answer = account.pipe(&["encrypt", "alice"], b"answer");
        assert_eq!(alice.pipe(&["decrypt"], &answer), b"answer");
    }
    let status = alice.status("bob");
    assert_eq!(status["devices"].as_array().unwrap().len(), 2);
    assert_eq!(status["devices"][1]["reached"], true);
    assert_eq!(
        status["user"],
        bob.text(&["id"]).split_whitespace().collect::<String>()
    );
    assert_eq!(bob.text(&["id"]), four.bob_2.text(&["id"]));
}

#[test]
fn the_other_own_device_gets_a_copy() {
    let four = Four::new();
    let (alice, bob) = (&four.two.alice, &four.two.bob);
    alice.pipe(&["add", "bob", "-"], &bob.done(&["bundle"]));
    // No command does this, because devices that are linked by commands have a session.
    let bundle = four.alice_2.done(&["bundle"]);
    let mut rng = UnwrapErr(SysRng);
    alice.client().add_own_device(&bundle, &mut rng).unwrap();
    let file = alice.pipe(&["encrypt", "bob"], b"hello");
    let output = four.alice_2.run(&["decrypt", "--json"], &file);
    assert_eq!(output.stdout, b"hello", "{output:?}");
    let object: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(object["own_device"], true);
    assert_eq!(object["peer"], Value::Null);
    assert_eq!(object["device"], 0);
    // The second device does not know Bob by any name.
    let user = alice.status("bob")["user"].clone();
    assert_eq!(
        (&object["sent_to"], &object["sent_to_user"]),
        (&user, &user)
    );
    four.alice_2
        .pipe(&["add", "robert", "-"], &bob.done(&["bundle"]));
    let file = alice.pipe(&["encrypt", "bob"], b"again");
    let output = four.alice_2.run(&["decrypt"], &file);
    assert_eq!(output.stdout, b"again");
    assert_eq!(
        output.stderr,
        b"sprag: a copy of what your own device 0 encrypted to robert\n"
    );
    let file = alice.pipe(&["encrypt", "bob"], b"once more");
    let path = four.two.path("output");
    let object = four
        .alice_2
        .json(&["decrypt", "--json", "-o", &path], &file);
    assert_eq!(object["sent_to"], "robert");
    assert_eq!(object["sent_to_user"], user);
    let object = bob.json(
        &[
            "decrypt",
            "--from",
            "alice",
            "--json",
            "-o",
            &four.two.path("other"),
        ],
        &file,
    );
    assert_eq!(object["peer"], "alice");
    assert_eq!(
        (&object["sent_to"], &object["sent_to_user"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_device_without_a_bundle_is_named_and_no_error() {
    let four = Four::new();
    let (alice, bob) = (&four.two.alice, &four.two.bob);
    alice.pipe(&["add", "bob", "-"], &bob.done(&["bundle"]));
    let output = alice.run(&["encrypt", "bob"], b"hello");
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("not encrypted to device 1 of bob: no bundle of it was added"),
        "{said}"
    );
    assert!(
        said.contains("not encrypted to your own device 1"),
        "{said}"
    );
    assert_eq!(
        bob.pipe(&["decrypt", "--from", "alice"], &output.stdout),
        b"hello"
    );
    assert_eq!(alice.status("bob")["devices"][1]["reached"], false);
}

#[test]
fn a_device_that_joins_later_is_told_once() {
    let two = Two::talking();
    let bob_2 = Account::linked_to(&two.bob, two.folder.path().join("bob 2"));
    let message = two.bob.pipe(&["encrypt", "alice"], b"news");
    let output = two.alice.run(&["decrypt"], &message);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("bob has the new device 1"), "{said}");
    let message = two.bob.pipe(&["encrypt", "alice"], b"no news");
    let output = two.alice.run(&["decrypt"], &message);
    assert_eq!(output.stderr, b"sprag: from bob\n");
    let added = two
        .alice
        .text(&["add", "bob", &two.file("2", &bob_2.done(&["bundle"]))]);
    assert!(
        added.starts_with("bob was known already; device 1 of bob can be reached"),
        "{added}"
    );
    let file = two.alice.pipe(&["encrypt", "bob"], b"to both");
    assert_eq!(two.bob.pipe(&["decrypt"], &file), b"to both");
    assert_eq!(
        bob_2.pipe(&["decrypt", "--from", "alice"], &file),
        b"to both"
    );
}

#[test]
fn an_own_device_that_no_session_can_begin_with_is_reached_by_a_bundle_of_its_own() {
    let two = Two::talking();
    let second = Account::linked_to(&two.alice, two.folder.path().join("alice 2"));
    // The key cannot go to a device that has no session.
    let output = two.alice.run(&["device", "grant", "1"], b"");
    assert_refused(
        &output,
        "no session with your device 1 to send the key in: have it write a bundle with `sprag bundle`, and `sprag device add",
    );
    assert_eq!(output.status.code(), Some(6));
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["signs"], "yes");
    // A bundle for X3DH that a program has added, which accepts that.
    let mut rng = UnwrapErr(SysRng);
    let classical = second.client().publish_x3dh(&mut rng).unwrap();
    let mut program = two.alice.client();
    program.set_policy(Policy::post_quantum().allow_x3dh());
    program.add_own_device(&classical, &mut rng).unwrap();
    drop(program);
    let output = two.alice.run(&["encrypt", "bob"], b"hello");
    assert_eq!(output.status.code(), Some(0));
    let skipped = String::from_utf8(output.stderr).unwrap();
    let repaired = two
        .alice
        .text(&["repair", "--own", "-o", &two.path("none")]);
    for said in [skipped, repaired] {
        assert!(
            said.contains("your own device 1") || said.contains("your device 1"),
            "{said}"
        );
        assert!(said.contains("with `sprag bundle`"), "{said}");
        assert!(said.contains("`sprag device add"), "{said}");
        assert!(!said.contains("--renew"), "{said}");
    }
    // The advice holds.
    let bundle = two.file("own.bundle", &second.done(&["bundle"]));
    two.alice.done(&["device", "add", &bundle]);
    let output = two.alice.run(&["encrypt", "bob"], b"hello");
    assert_eq!(output.stderr, b"");
    assert_eq!(second.pipe(&["decrypt"], &output.stdout), b"hello");
}

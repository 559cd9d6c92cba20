use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sprag::limits::MAX_MESSAGE_LENGTH;

use crate::link::Link;
use crate::support::{Account, Two, assert_refused, run};

/// Copies an account, and puts the copy back in its folder when it is called.
pub(crate) fn backup_of(account: &Account) -> impl Fn() {
    let backup = ["key", "store"].map(|name| {
        let path: PathBuf = account.home.join(name);
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    });
    move || {
        for (path, bytes) in &backup {
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Each reads a message of the other.
#[track_caller]
fn talk(one: (&Account, &str), other: (&Account, &str)) {
    for ((from, _), (to, name)) in [(one, other), (other, one)] {
        let file = from.pipe(&["encrypt", name], b"read");
        assert_eq!(to.pipe(&["decrypt"], &file), b"read");
    }
}

#[test]
fn a_session_that_is_lost_is_begun_anew_by_a_bundle_that_there_is() {
    let two = Two::talking();
    let [renewal, answer, other] = ["renewal", "answer", "other"].map(|name| two.path(name));
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &bundle, "--renew"]);
    let said = two.alice.text(&["repair", "bob", "-o", &renewal]);
    let expected = format!(
        "device 0 of bob: a new session was begun: send {renewal}, which `sprag decrypt` takes there\n"
    );
    assert_eq!(said, expected);
    // Nothing more is written while the answer is awaited, unless the user says so.
    let object = two
        .alice
        .json(&["repair", "bob", "-o", &other, "--json"], b"");
    assert_eq!(
        (&object[0]["outcome"], &object[0]["output"]),
        (&"waiting".into(), &Value::Null)
    );
    assert_eq!(two.alice.status("bob")["waiting"], true);
    let said = two.alice.text(&["status", "bob"]);
    assert!(
        said.contains("waiting           a new session was begun"),
        "{said}"
    );
    let said = two.alice.text(&["repair", "bob", "-o", &other, "--again"]);
    assert!(said.contains("send "), "{said}");
    // Bob takes the first and is told what is due.
    let output = two.bob.run(&["decrypt", &renewal], b"");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said,
        "alice began a new session, because the session before was lost\n"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("due to alice: an answer"), "{said}");
    let status = two.bob.status("alice");
    assert_eq!(
        (&status["owed"][0]["due"], &status["owed"][0]["device"]),
        (&"answer".into(), &0.into())
    );
    let said = two.bob.text(&["owed", "alice", "-o", &answer]);
    assert!(
        said.starts_with("for device 0 of alice: an answer"),
        "{said}"
    );
    assert_eq!(two.bob.text(&["owed"]), "nothing is due\n");
    two.bob
        .refused(&["owed", "alice", "-o", &answer], "nothing is due");
    let object = two.alice.json(&["decrypt", "-i", &answer, "--json"], b"");
    assert_eq!(
        (&object["message"], &object["peer"]),
        (&"answer".into(), &"bob".into())
    );
    assert_eq!(two.alice.status("bob")["waiting"], false);
    talk((&two.alice, "alice"), (&two.bob, "bob"));
    // The same message is not read twice.
    two.bob
        .refused(&["decrypt", &renewal], "was decrypted before");
}

#[test]
fn an_account_that_was_put_back_offers_bundles() {
    let two = Two::talking();
    let put_back = backup_of(&two.bob);
    let lost = two.bob.pipe(&["encrypt", "alice"], b"lost");
    two.alice.pipe(&["decrypt"], &lost);
    put_back();
    two.bob.done(&["restored"]);
    let status = two.bob.status("alice");
    assert_eq!(status["renew"], "restored");
    let said = two.bob.text(&["owed"]);
    assert!(said.contains("`sprag repair alice -o FILE`"), "{said}");
    two.bob.refused(
        &["owed", "-o", &two.path("nothing")],
        "`sprag repair alice -o FILE`",
    );
    let said = two.bob.text(&["status", "alice"]);
    for words in [
        "a new bundle, to device 0: `sprag repair alice -o FILE` writes it",
        "to be renewed     one of the two accounts was put back",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let offer = two.path("offer");
    let object = two
        .bob
        .json(&["repair", "alice", "-o", &offer, "--json"], b"");
    assert_eq!(
        (&object[0]["outcome"], &object[0]["output"]),
        (&"bundle".into(), &offer.as_str().into())
    );
    // Whoever gives it to the wrong command is told the right one.
    two.alice
        .refused(&["decrypt", &offer], "is a bundle: `sprag add");
    let said = two.alice.text(&["add", "bob", &offer]);
    assert!(
        said.contains("your next message begins a new session"),
        "{said}"
    );
    talk((&two.alice, "alice"), (&two.bob, "bob"));
    assert_eq!(two.bob.status("alice")["renew"], Value::Null);
}

#[test]
fn a_message_that_proves_that_the_sessions_have_parted_makes_a_new_one_due() {
    let two = Two::talking();
    let put_back = backup_of(&two.bob);
    let question = two.alice.pipe(&["encrypt", "bob"], b"question");
    two.bob.pipe(&["decrypt"], &question);
    let read = two.bob.pipe(&["encrypt", "alice"], b"read");
    two.alice.pipe(&["decrypt"], &read);
    put_back();
    // Nobody notices that the account was put back where its commits are not counted. It takes another step of the ratchet.
    let unnoticed = |arguments: &[&str], input: &[u8]| {
        let mut command = two.bob.command(arguments);
        command.env("XDG_STATE_HOME", "/dev/null");
        run(&mut command, input).stdout
    };
    assert_eq!(unnoticed(&["decrypt"], &question), b"question");
    let forked = unnoticed(&["encrypt", "alice"], b"forked");
    two.alice.refused_input(&["decrypt"], &forked);
    let status = two.alice.status("bob");
    let due = &status["owed"][0]["due"];
    assert_eq!((&status["renew"], due), (&json!("fork"), &json!("bundle")));
    let said = two.alice.text(&["status", "bob"]);
    assert!(
        said.contains("to be renewed     two different messages"),
        "{said}"
    );
    fs::remove_dir_all(two.bob.state()).unwrap();
    let offer = two.path("offer");
    let said = two.alice.text(&["repair", "bob", "-o", &offer]);
    assert!(said.contains("a bundle that `sprag add --renew`"), "{said}");
    two.bob.done(&["add", "alice", &offer, "--renew"]);
    talk((&two.bob, "bob"), (&two.alice, "alice"));
    assert_eq!(two.alice.status("bob")["renew"], Value::Null);
}

#[test]
fn junk_is_counted_to_three_and_sends_nothing() {
    let two = Two::talking();
    let genuine = two.bob.pipe(&["encrypt", "alice"], b"genuine");
    let of_others = {
        let other = Two::talking();
        other.bob.pipe(&["encrypt", "alice"], b"for another alice")
    };
    for count in [1, 2, 3, 3] {
        two.alice
            .refused_input(&["decrypt", "--from", "bob"], &of_others);
        assert_eq!(two.alice.status("bob")["unreadable"], count);
    }
    let said = two.alice.text(&["status"]);
    assert!(
        said.contains("3 messages or more in a row: `sprag repair bob`"),
        "{said}"
    );
    assert_eq!(two.alice.text(&["owed"]), "nothing is due\n");
    assert_eq!(two.alice.pipe(&["decrypt"], &genuine), b"genuine");
    assert_eq!(two.alice.status("bob")["unreadable"], 0);
}

#[test]
fn each_device_takes_its_own_of_several_messages() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.bob, "bob 2");
    let third = Account::new(two.folder.path().join("third"));
    third.done(&["init"]);
    for device in [&two.bob, &second] {
        let bundle = two.file("bundle", &device.done(&["bundle"]));
        two.alice.done(&["add", "bob", &bundle, "--renew"]);
    }
    let renewals = two.path("renewals");
    let said = two.alice.text(&["repair", "bob", "-o", &renewals]);
    assert_eq!(said.lines().count(), 2, "{said}");
    let text = fs::read_to_string(&renewals).unwrap();
    assert_eq!(text.matches("-----BEGIN SPRAG MESSAGE-----").count(), 2);
    // As a mail has it, and also from standard input.
    let mail = format!("Dear Bob,\n\n{}", text.replace('\n', "\r\n"));
    for device in [&two.bob, &second] {
        let object = device.json(&["decrypt", "--from", "alice", "--json"], mail.as_bytes());
        let said = (&object["message"], &object["peer"]);
        assert_eq!(said, (&json!("renewal"), &json!("alice")));
        // The message for the other device is none that could not be read.
        assert_eq!(device.status("alice")["unreadable"], 0);
    }
    // Each was read once, whoever is said to have sent them.
    let output = second.run(&["decrypt", "--from", "alice"], mail.as_bytes());
    assert_refused(&output, "was decrypted before");
    let output = third.run(&["decrypt"], mail.as_bytes());
    assert_refused(&output, "");
    // One that is cut says so.
    let cut = &text[..text.len() - 40];
    let output = third.run(&["decrypt"], cut.as_bytes());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let file = two.alice.pipe(&["encrypt", "bob"], b"to both");
    for device in [&two.bob, &second] {
        assert_eq!(device.pipe(&["decrypt"], &file), b"to both");
    }
}

#[test]
fn more_messages_than_are_read_at_once_are_refused_together() {
    let two = Two::talking();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &bundle, "--renew"]);
    let renewals = two.path("renewals");
    two.alice.text(&["repair", "bob", "-o", &renewals]);
    let renewal = fs::read_to_string(&renewals).unwrap();
    // Each line has 48 bytes.
    let line = format!("{}\n", "A".repeat(64));
    let long = |bytes: usize| {
        let lines = line.repeat(bytes / 48);
        format!("-----BEGIN SPRAG MESSAGE-----\n{lines}-----END SPRAG MESSAGE-----\n")
    };
    let limit = MAX_MESSAGE_LENGTH - 64 * 1024;
    let many = [long(48).repeat(64), renewal.clone()].concat();
    let large = [renewal.clone(), long(limit / 2), long(limit / 2 + 100_000)].concat();
    for messages in [many, large] {
        let output = two.bob.run(&["decrypt"], messages.as_bytes());
        assert_refused(&output, "give them in several files");
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
    // The renewal among them was not read, and is read among as many as are read at once.
    let most = [long(48).repeat(63), renewal].concat();
    let object = two.bob.json(&["decrypt", "--json"], most.as_bytes());
    assert_eq!(object["message"], "renewal");
}

#[test]
fn a_list_that_is_owed_makes_a_new_device_known_and_reached() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let list = two.path("for bob");
    let said = two.alice.text(&["owed"]);
    assert!(
        said.starts_with("due to bob: your list of devices: your next file"),
        "{said}"
    );
    let object = two.alice.json(&["owed", "bob", "-o", &list, "--json"], b"");
    assert_eq!(
        (&object[0]["peer"], &object[0]["due"]),
        (&json!("bob"), &json!("list"))
    );
    let output = two.bob.run(&["decrypt", &list], b"");
    assert_eq!(output.stdout, b"alice sent its newest list of devices\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "sprag: alice has the new device 1\n");
    // It brought a bundle of the device, and a list has no other use.
    assert_eq!(two.bob.status("alice")["devices"][1]["reached"], true);
    let file = two.bob.pipe(&["encrypt", "alice"], b"to both");
    assert_eq!(two.alice.pipe(&["decrypt"], &file), b"to both");
    assert_eq!(second.pipe(&["decrypt"], &file), b"to both");
    let file = second.pipe(&["encrypt", "bob"], b"from the second");
    assert_eq!(two.bob.pipe(&["decrypt"], &file), b"from the second");
    assert_eq!(two.alice.pipe(&["decrypt"], &file), b"from the second");
    assert_eq!(two.alice.text(&["owed"]), "nothing is due\n");
    two.alice.exits(&["owed", "carol"], b"", 6);
}

#[test]
fn the_other_own_device_is_reached_again_by_a_bundle() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let put_back = backup_of(&second);
    let file = two.alice.pipe(&["encrypt", "bob"], b"lost");
    second.pipe(&["decrypt"], &file);
    put_back();
    second.done(&["restored"]);
    let offer = two.path("offer");
    let said = second.text(&["repair", "--own", "-o", &offer]);
    assert!(said.contains("`sprag device add` takes there"), "{said}");
    let said = two.alice.text(&["device", "add", &offer]);
    assert_eq!(
        said,
        "your next message to your device 1 begins a new session\n"
    );
    let file = two.alice.pipe(&["encrypt", "bob"], b"copied");
    assert_eq!(second.pipe(&["decrypt"], &file), b"copied");
    // The first device begins anew by a bundle, and waits; the second takes the message.
    let [bundle, renewal] = ["bundle", "renewal"].map(|name| two.path(name));
    second.done(&["bundle", "-o", &bundle]);
    two.alice.done(&["device", "add", &bundle]);
    let repair = ["repair", "--own", "-o", &renewal, "--json"];
    assert_eq!(two.alice.json(&repair, b"")[0]["outcome"], "renewal");
    assert_eq!(two.alice.json(&repair, b"")[0]["outcome"], "waiting");
    let said = second.text(&["decrypt", &renewal]);
    assert!(
        said.starts_with("your own device 0 began a new session"),
        "{said}"
    );
    let again = [&repair[..], &["--again"]].concat();
    assert_ne!(two.alice.json(&again, b"")[0]["outcome"], "waiting");
    // The bundle of a peer is none of one's own.
    let foreign = two.file("foreign", &two.bob.done(&["bundle"]));
    two.alice.refused(&["device", "add", &foreign], "");
}

#[test]
fn a_removed_device_stops_when_it_reads_the_notice() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    second.done(&["add", "bob", &bundle]);
    let [notice, again, none] = ["notice", "again", "none"].map(|name| two.path(name));
    two.alice.done(&["device", "revoke", "1", "-o", &notice]);
    for arguments in [
        &["decrypt", "-i", &notice][..],
        &["id"],
        &["status"],
        &["decrypt", "-i", &notice],
        &["encrypt", "bob"],
    ] {
        let output = second.run(arguments, b"");
        assert_refused(&output, "this device was removed from the list");
        assert_eq!(output.status.code(), Some(6), "{arguments:?}");
    }
    // The notice can be had again, in case it was lost, but none for a device that there never was.
    two.alice.done(&["device", "revoke", "1", "-o", &again]);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&notice).unwrap());
    two.alice
        .refused(&["device", "revoke", "2", "-o", &none], "no device");
    assert!(!fs::exists(&none).unwrap());
}

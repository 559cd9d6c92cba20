use serde_json::Value;

use crate::link::Link;
use crate::support::{Account, Two, assert_refused};

/// Alice with a second device, which Bob reaches too.
fn with_second(two: &Two) -> Account {
    let second = Link::whole(two, &two.alice, "alice 2");
    let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    second.done(&["add", "bob", &bundle]);
    let file = second.pipe(&["encrypt", "bob"], b"hello");
    two.bob.pipe(&["decrypt"], &file);
    two.alice.pipe(&["decrypt"], &file);
    second
}

#[test]
fn a_retired_device_is_read_for_a_time_and_a_lost_one_is_not() {
    for (options, reason) in [(&[][..], "retired"), (&["--lost"], "lost")] {
        let two = Two::talking();
        let second = with_second(&two);
        let late = second.pipe(&["encrypt", "bob"], b"late");
        let revoke = [&["device", "revoke", "1", "--json"][..], options].concat();
        let object = two.alice.json(&revoke, b"");
        assert_eq!(object["reason"], reason);
        assert_eq!(
            (&object["device"], &object["version"]),
            (&1.into(), &3.into())
        );
        // Bob learns it with the next message, and writes to the device no more.
        let file = two.alice.pipe(&["encrypt", "bob"], b"news");
        let output = two.bob.run(&["decrypt"], &file);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("alice no longer has device 1"), "{said}");
        second.refused_input(&["decrypt"], &file);
        let file = two.bob.pipe(&["encrypt", "alice"], b"to one");
        second.refused_input(&["decrypt"], &file);
        // What was on its way.
        let output = two.bob.run(&["decrypt"], &late);
        if reason == "retired" {
            assert_eq!(output.stdout, b"late", "{output:?}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains("has taken the device out of use"), "{said}");
        } else {
            assert_refused(&output, "");
        }
    }
}

#[test]
fn the_home_of_a_removed_device_says_so_at_each_command() {
    let two = Two::talking();
    let second = with_second(&two);
    two.alice.done(&["device", "revoke", "1"]);
    let list = two.path("list");
    two.alice.done(&["device", "list", "-o", &list]);
    let message = two.bob.pipe(&["encrypt", "alice"], b"text");
    let learn = ["recovery", "import", "--list", &list];
    for arguments in [
        &learn[..],
        &learn,
        &["status"],
        &["decrypt"],
        &["encrypt", "bob"],
        &["bundle"],
        &["device", "list"],
        &["device", "invite"],
        &["device", "join", &list],
        &["id"],
        &["rotate"],
        &["forget", "bob"],
    ] {
        let output = second.run(arguments, &message);
        assert_eq!(output.stdout, b"", "{arguments:?}");
        if arguments != ["device", "join", &list] {
            assert_refused(&output, "this device was removed from the list");
            assert_eq!(output.status.code(), Some(6), "{arguments:?}");
        }
    }
    second.refused(&["init"], "has an account");
}

#[test]
fn a_notice_that_cannot_be_written_is_had_again_and_a_retired_device_declared_lost() {
    let two = Two::talking();
    let second = with_second(&two);
    let revoke = ["device", "revoke", "1", "-o", "/dev/full"];
    let output = two.alice.run(&revoke, b"");
    assert_refused(
        &output,
        "device 1 is none of yours any more, but its notice was not written",
    );
    assert_eq!(output.status.code(), Some(8));
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["devices"].as_array().unwrap().len(), 1);
    // The same command writes it again, also once the device is said to be lost.
    let notice = two.path("notice");
    two.alice
        .run(&["device", "revoke", "1", "-o", &notice], b"");
    let first = std::fs::read(&notice).unwrap();
    let lost = two.path("lost");
    let output = two
        .alice
        .run(&["device", "revoke", "1", "--lost", "-o", &lost], b"");
    assert!(output.status.success());
    assert_eq!(std::fs::read(&lost).unwrap(), first);
    second.refused(&["decrypt", &lost], "this device was removed from the list");
    // It stays lost.
    two.alice.exits(&["device", "revoke", "1"], b"", 6);
}

#[test]
fn a_device_is_not_removed_by_itself_nor_where_the_key_is_missing() {
    let two = Two::talking();
    let second = with_second(&two);
    two.alice.refused(
        &["device", "revoke", "0"],
        "the device that the command runs on",
    );
    two.alice.exits(&["device", "revoke", "7"], b"", 6);
    second.refused(&["device", "revoke", "0"], "is not on this one");
    second.refused(&["device", "invite"], "is not on this one");
    second.refused(&["device", "grant", "0"], "is not on this one");
    let export = ["recovery", "export", "-o", &two.path("recovery")];
    let mut command = second.command(&export);
    command.env("SPRAG_RECOVERY_PASSPHRASE", "other");
    assert_refused(
        &crate::support::run(&mut command, b""),
        "is not on this one",
    );
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["version"], 2);
}

#[test]
fn the_key_that_signs_goes_to_another_device() {
    let two = Two::talking();
    let second = with_second(&two);
    let [key, again] = ["key", "again"].map(|name| two.path(name));
    two.alice.done(&["device", "grant", "1", "-o", &key]);
    // The first signs no more, and can write the key again for the same device.
    two.alice
        .refused(&["device", "invite"], "another device of yours signs");
    let said = two.alice.text(&["device", "list"]);
    assert!(
        said.contains("signing was handed over to device 1"),
        "{said}"
    );
    two.alice.done(&["device", "grant", "1", "-o", &again]);
    let object = second.json(&["device", "join", &key, "--json"], b"");
    assert_eq!(
        (&object["signs"], &object["version"]),
        (&true.into(), &3.into())
    );
    let list = second.json(&["device", "list", "--json"], b"");
    assert_eq!(list["signs"], "yes");
    // The first learns it with a message, and has no key any more.
    let file = second.pipe(&["encrypt", "bob"], b"news");
    two.alice.pipe(&["decrypt"], &file);
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(
        (&list["signs"], &list["version"]),
        (&"no".into(), &3.into())
    );
    two.alice
        .refused(&["device", "invite"], "is not on this one");
    // The second removes the first.
    let object = second.json(&["device", "revoke", "0", "--json"], b"");
    assert_eq!(object["version"], 4);
}

#[test]
fn the_recovery_file_is_renewed_or_said_to_be_out_of_date() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let digits = link.answer();
    let [acceptance, welcome, recovery] =
        ["acceptance", "welcome", "recovery"].map(|name| two.path(name));
    let add = [
        "device",
        "add",
        &acceptance,
        "-o",
        &welcome,
        "--digits",
        &digits,
    ];
    let with_recovery = [&add[..], &["--recovery", &recovery]].concat();
    let mut command = two.alice.command(&with_recovery);
    command.env("SPRAG_RECOVERY_PASSPHRASE", "other");
    let output = crate::support::run(&mut command, b"");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("out of date"), "{said}");
    let opened = recovered(&recovery, &two);
    assert_eq!(opened["devices"].as_array().unwrap().len(), 3);
    link.welcome();
    let output = two.alice.run(&["device", "revoke", "1"], b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("a recovery file from before is out of date"),
        "{said}"
    );
    // Without a passphrase nothing is changed.
    let mut command = two
        .alice
        .command(&["device", "revoke", "1", "--recovery", &recovery]);
    command.env("SPRAG_RECOVERY_PASSPHRASE", "");
    let output = crate::support::run(&mut command, b"");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
}

/// The devices of a user that is recovered from this file.
fn recovered(file: &str, two: &Two) -> Value {
    let new = Account::new(two.folder.path().join("recovered"));
    let mut command = new.command(&["recovery", "import", file, "--unchanged"]);
    command.env("SPRAG_RECOVERY_PASSPHRASE", "other");
    let output = crate::support::run(&mut command, b"");
    assert!(output.status.success(), "{output:?}");
    new.json(&["device", "list", "--json"], b"")
}

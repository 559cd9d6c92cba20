use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sprag_client::{Acceptance, Client, Invitation, MemoryStore, StoreKey};

use crate::link::{Link, other_than};
use crate::support::{Account, Two, assert_refused, names};

#[test]
fn a_device_is_linked_by_an_invitation_a_code_and_six_digits() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let digits = link.answer();
    assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(link.add(&two.alice, &digits), b"device 1 is one of yours\n");
    assert_eq!(link.welcome(), two.alice.text(&["id"]));
    assert_eq!(link.new.text(&["id"]), two.alice.text(&["id"]));
    // Both know each other, by the name that the new one gave itself.
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["version"], 2);
    assert_eq!(list["signs"], "yes");
    assert_eq!(list["devices"][0]["this"], true);
    assert_eq!(list["devices"][1]["name"], "phone");
    assert_eq!(list["devices"][1]["reached"], true);
    let list = link.new.json(&["device", "list", "--json"], b"");
    assert_eq!(
        (&list["signs"], &list["devices"][1]["this"]),
        (&"no".into(), &true.into())
    );
    // The peers came along with their users. Copies go both ways, and Bob reaches both devices.
    assert_eq!(
        link.new.status("bob")["user"],
        two.alice.status("bob")["user"]
    );
    let file = two.alice.pipe(&["encrypt", "bob"], b"from the first");
    assert_eq!(link.new.pipe(&["decrypt"], &file), b"from the first");
    assert_eq!(two.bob.pipe(&["decrypt"], &file), b"from the first");
    let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    link.new.done(&["add", "bob", &bundle]);
    let file = link.new.pipe(&["encrypt", "bob"], b"from the second");
    assert_eq!(two.alice.pipe(&["decrypt"], &file), b"from the second");
    assert_eq!(two.bob.pipe(&["decrypt"], &file), b"from the second");
    let file = two.bob.pipe(&["encrypt", "alice"], b"to both");
    for device in [&two.alice, &link.new] {
        assert_eq!(device.pipe(&["decrypt"], &file), b"to both");
    }
}

#[test]
fn each_step_can_be_repeated_after_an_interruption() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    // The account was made, and the answer could not be written.
    let mut arguments = link.join();
    "/dev/full".clone_into(&mut arguments[4]);
    link.new
        .exits(&arguments.each_ref().map(String::as_str), b"", 8);
    let digits = link.answer();
    let acceptance = fs::read(link.path("acceptance")).unwrap();
    // The creation of the account was interrupted between its two files.
    let [key, new_key] = ["key", "key.init"].map(|name| link.new.home.join(name));
    fs::rename(&key, &new_key).unwrap();
    assert_eq!(link.answer(), digits);
    assert!(key.exists() && !new_key.exists());
    assert_eq!(fs::read(link.path("acceptance")).unwrap(), acceptance);
    // The device was admitted, and the welcome could not be written. It is the same without digits.
    let [acceptance, welcome] = ["acceptance", "welcome"].map(|name| link.path(name));
    let add = ["device", "add", &acceptance];
    let full = [&add[..], &["-o", "/dev/full", "--digits", &digits]].concat();
    two.alice.exits(&full, b"", 8);
    let said = two.alice.text(&[&add[..], &["-o", &welcome]].concat());
    assert_eq!(
        said,
        "device 1 was linked before; this is its welcome again\n"
    );
    link.welcome();
    link.new
        .refused(&["device", "join", &welcome], "has taken this before");
    // Once the device has written, its welcome is gone.
    let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    link.new.done(&["add", "bob", &bundle]);
    let file = link.new.pipe(&["encrypt", "bob"], b"written");
    two.alice.pipe(&["decrypt"], &file);
    two.alice
        .refused(&add, "device 1 was linked before, and was welcomed");
}

#[test]
fn digits_that_are_wrong_three_times_void_the_invitation() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let digits = link.answer();
    let acceptance = link.path("acceptance");
    let add = |digits: &str| {
        let add = ["device", "add", &acceptance, "--digits", digits];
        two.alice.run(&add, b"")
    };
    let wrong = other_than(&digits);
    assert_refused(&add(&wrong), "try again, 2 more times");
    // What is not six digits counts as no attempt.
    for typed in ["", "12345", "1234567", "12345x"] {
        assert_refused(&add(typed), "this counted as no attempt");
    }
    assert_refused(&add(&wrong), "try again, 1 more time:");
    assert_refused(
        &add(&wrong),
        "wrong for the third time, and the invitation is void",
    );
    assert_refused(&add(&digits), "no invitation is open");
    let list = two.alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["version"], 1);
    // The device that answered says that it waits, and how to answer another invitation.
    link.invite(&two.alice);
    let arguments = link.join();
    let again = link.new.run(&arguments.each_ref().map(String::as_str), b"");
    assert_refused(&again, "remove the folder");
    let other = Link::whole(&two, &two.alice, "alice 3");
    assert_eq!(other.text(&["id"]), two.alice.text(&["id"]));
}

/// The time of this machine, which the command goes by.
#[expect(clippy::disallowed_methods, reason = "the command reads the clock")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// An invitation of Alice that was over a minute ago.
fn expired(two: &Two) -> (Invitation, u64) {
    let then = now() - 660;
    let mut rng = UnwrapErr(SysRng);
    let invitation = two.alice.client().invite(then, 600, &mut rng).unwrap();
    (invitation, then)
}

#[test]
fn an_invitation_is_good_for_ten_minutes() {
    let two = Two::introduced();
    let (invitation, then) = expired(&two);
    let link = Link::new(&two);
    two.file("invitation", &invitation.bytes);
    two.file("code", invitation.code.expose().to_string().as_bytes());
    let arguments = link.join();
    let joined = link.new.run(&arguments.each_ref().map(String::as_str), b"");
    assert_refused(&joined, "the ten minutes of the invitation are over");
    // One that was answered in time, and is admitted too late.
    let mut rng = UnwrapErr(SysRng);
    let acceptance = Acceptance {
        invitation: &invitation.bytes,
        code: &invitation.code,
        name: "",
        now: then,
    };
    let key = StoreKey::generate(&mut rng);
    let accepted = Client::accept_invitation(MemoryStore::default(), &key, acceptance, &mut rng);
    let (_, accepted) = accepted.unwrap();
    let acceptance = two.file("acceptance", &accepted.message);
    let add = [
        "device",
        "add",
        &acceptance,
        "--digits",
        accepted.digits.as_str(),
    ];
    two.alice
        .refused(&add, "the ten minutes of the invitation are over");
    // The invitation that the command writes now is good.
    let now = now();
    let path = two.path("other");
    let object = two
        .alice
        .json(&["device", "invite", "-o", &path, "--json"], b"");
    let left = object["expiry"].as_u64().unwrap() - now;
    assert!((600..660).contains(&left), "{left}");
}

#[test]
fn an_answer_that_is_refused_leaves_no_account() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let other = two.path("other");
    let other_code = two.alice.done(&["device", "invite", "-o", &other]);
    let arguments = link.join();
    let join = arguments.each_ref().map(String::as_str);
    for (code, exit, because) in [
        (
            &other_code[..],
            1,
            "the code is of another invitation than the file",
        ),
        (b"SPRAG-LINK:ABC", 3, "a link code has 69 characters"),
        (b"nothing", 3, "it does not begin as a code does"),
    ] {
        two.file("code", code);
        let output = link.new.run(&join, b"");
        assert_refused(&output, because);
        assert_eq!(output.status.code(), Some(exit));
    }
    // Nobody can be asked for the code.
    link.new
        .refused(&["device", "join", &other], "give --code-file FILE");
    two.file("code", &other_code);
    let long = "x".repeat(65);
    let code = two.path("code");
    let named = [
        "device",
        "join",
        &other,
        "--code-file",
        &code,
        "--name",
        &long,
    ];
    link.new.refused(&named, "more than 64 bytes");
    assert!(!names(two.folder.path()).contains(&"alice 2".to_owned()));
    // A folder that was there before is as it was, also where the account is refused as late as its creation.
    let (invitation, _) = expired(&two);
    let late = two.file("late", &invitation.bytes);
    let late_code = two.file("late code", invitation.code.expose().to_string().as_bytes());
    let join_late = ["device", "join", &late, "--code-file", &late_code];
    link.new.refused(&join_late, "the ten minutes");
    assert!(!link.new.home.exists());
    fs::create_dir(&link.new.home).unwrap();
    link.new.refused(&join_late, "the ten minutes");
    assert!(names(&link.new.home).is_empty());
    // The invitation that was replaced is answered in vain.
    let [first, old] = ["invitation", "old"].map(|name| two.path(name));
    let old_code = two.alice.done(&["device", "invite", "-o", &first]);
    two.file("code", &old_code);
    two.alice.done(&["device", "invite", "-o", &old]);
    let digits = link.answer();
    let acceptance = two.path("acceptance");
    let add = ["device", "add", &acceptance, "--digits", &digits];
    two.alice.refused(&add, "");
}

#[test]
fn a_device_that_waits_for_its_welcome_does_nothing_else() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    link.answer();
    let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    for arguments in [
        &["status"][..],
        &["id"],
        &["id", "--check"],
        &["bundle"],
        &["add", "bob", &bundle],
        &["encrypt", "bob"],
        &["device", "list"],
        &["device", "invite"],
        &["rotate"],
    ] {
        let output = link.new.run(arguments, b"");
        assert_refused(&output, "`sprag device join WELCOME`");
        assert_eq!(output.status.code(), Some(6), "{arguments:?}");
    }
    link.new.refused(&["init"], "has an account");
}

#[test]
fn what_is_another_file_is_named_with_the_command_that_takes_it() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    link.answer();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"text"));
    let list = two.path("list");
    two.alice.done(&["device", "list", "-o", &list]);
    let [invitation, acceptance] = ["invitation", "acceptance"].map(|name| two.path(name));
    for (arguments, because) in [
        (["device", "join", &bundle], "is a bundle: `sprag add"),
        (
            ["device", "add", &file],
            "is an encrypted file: `sprag decrypt",
        ),
        (
            ["device", "add", &invitation],
            "is an invitation: `sprag device join",
        ),
        (
            ["device", "join", &list],
            "is a list of devices: `sprag recovery import --list",
        ),
        (
            ["recovery", "import", &invitation],
            "is an invitation: `sprag device join",
        ),
        (
            ["add", "carol", &invitation],
            "is an invitation: `sprag device join",
        ),
        (
            ["decrypt", "-i", &invitation],
            "is an invitation: `sprag device join",
        ),
    ] {
        let output = two.alice.run(&arguments, b"");
        assert_refused(&output, because);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
    }
    // Only `sprag decrypt` takes more than one message.
    let twice = fs::read_to_string(&acceptance).unwrap().repeat(2);
    let twice = two.file("twice", twice.as_bytes());
    let output = two.alice.run(&["device", "add", &twice], b"");
    assert_refused(&output, "has more than one message");
    // A message that is none of the linking.
    let output = two.alice.run(&["device", "join", &acceptance], b"");
    assert_refused(&output, "acceptance");
}

#[test]
fn what_is_for_another_device_is_told_where_it_goes() {
    let two = Two::talking();
    let new = Link::whole(&two, &two.alice, "alice 2");
    // The device that wrote the welcome reads it.
    two.alice.refused(
        &["device", "join", &two.path("welcome")],
        "this message is your own, and the devices that it is for can decrypt it",
    );
    // There is nothing that waits for it, and `sprag init` would not help.
    let invitation = fs::read(two.path("invitation")).unwrap();
    let nowhere = Account::new(two.folder.path().join("nowhere"));
    let output = nowhere.run(&["device", "join", &two.path("welcome")], b"");
    assert_refused(
        &output,
        "is no invitation: a new device begins with `sprag device join INVITATION`",
    );
    assert_eq!(output.status.code(), Some(6));
    assert!(!nowhere.home.exists());
    // What is a message to the command that takes bundles, and what is a bundle to the one that takes messages.
    two.alice.refused(
        &["add", "carol", &two.path("acceptance")],
        "and `sprag decrypt -i FILE` any other",
    );
    let own = two.file("own", &new.done(&["bundle"]));
    two.alice.refused(
        &["decrypt", "-i", &own],
        "and `sprag device add FILE` that of another device of yours",
    );
    // One stream cannot be two files.
    let output = nowhere.run(&["device", "join", "-", "--code-file", "-"], &invitation);
    assert_refused(&output, "standard input can be read once");
    // A bundle of one's own other device, and one of a peer, each given to the command that takes the other.
    two.alice
        .refused(&["add", "me", &own], "`sprag device add` takes that of");
    let of_this = two.file("of this", &two.alice.done(&["bundle"]));
    two.alice.refused(
        &["device", "add", &of_this],
        "this device wrote the bundle itself",
    );
    let foreign = two.file("foreign", &two.bob.done(&["bundle"]));
    let output = two.alice.run(&["device", "add", &foreign], b"");
    assert_refused(&output, "a peer's bundle is for `sprag add NAME BUNDLE`");
    assert_eq!(output.status.code(), Some(3));
    // A message that links nothing.
    let notice = two.path("notice");
    two.alice.done(&["device", "revoke", "1", "-o", &notice]);
    let output = new.run(&["device", "join", &notice], b"");
    assert_refused(&output, "`sprag decrypt` takes what is no welcome");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_device_that_has_answered_an_invitation_answers_no_other() {
    let two = Two::introduced();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let digits = link.answer();
    let [invitation, acceptance, second] =
        ["invitation", "acceptance", "second"].map(|name| two.path(name));
    let first = fs::read(&acceptance).unwrap();
    // One of the same device, and one of a device of another user.
    let other = two.path("other");
    two.alice.done(&["device", "invite", "-o", &other]);
    let foreign = two.path("foreign");
    two.bob.done(&["device", "invite", "-o", &foreign]);
    for invitation in [&other, &foreign] {
        let join = ["device", "join", invitation, "-o", &second];
        let output = link.new.run(&join, b"");
        assert_refused(&output, "has answered another invitation before");
        assert_eq!(output.status.code(), Some(1));
        assert!(!fs::exists(&second).unwrap());
    }
    // The one that it has answered is answered with the same, without the code.
    let again = link
        .new
        .text(&["device", "join", &invitation, "-o", &second]);
    assert_eq!(again.trim_end(), digits);
    assert_eq!(fs::read(&second).unwrap(), first);
    // What is already a device of a user answers none.
    two.bob
        .refused(&["device", "join", &invitation], "has an account");
}

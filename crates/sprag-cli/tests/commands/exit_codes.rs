use std::fs;

use crate::link::Link;
use crate::support::{Account, Two, assert_refused, run};

#[test]
fn an_argument_that_is_not_of_its_form_exits_with_2() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let [invitation, acceptance, code] =
        ["invitation", "acceptance", "code"].map(|name| two.path(name));
    let long = "x".repeat(65);
    let join = ["device", "join", &invitation, "--code-file", &code];
    link.new
        .exits(&[&join[..], &["--name", &long]].concat(), b"", 2);
    assert!(!link.new.home.exists());
    link.answer();
    for wrong in ["", "12345", "1234567", "12345x"] {
        let add = ["device", "add", &acceptance, "--digits", wrong];
        two.alice.exits(&add, b"", 2);
    }
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let file = two.bob.pipe(&["encrypt", "alice"], b"text");
    for name in ["", " ", "bob\u{200b}", &"x".repeat(5000)] {
        for arguments in [
            &["encrypt", name][..],
            &["status", name],
            &["verify", name],
            &["owed", name],
            &["repair", name],
            &["device", "list", name],
            &["forget", name],
            &["rename", name, "robert"],
            &["rename", "bob", name],
            &["add", name, &bundle],
            &["decrypt", "--from", name],
        ] {
            two.alice.exits(arguments, &file, 2);
        }
    }
}

#[test]
fn an_option_that_is_missing_exits_with_2() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    // Nobody can be asked.
    link.new
        .exits(&["device", "join", &two.path("invitation")], b"", 2);
    link.answer();
    two.alice
        .exits(&["device", "add", &two.path("acceptance")], b"", 2);
    two.alice.exits(&["verify", "bob", "--numbers"], b"", 2);
    // Nothing says where the output goes.
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"text"));
    two.alice.exits(&["decrypt", &file], b"", 2);
    // Nothing says which list is the newest.
    let [recovery, code] = ["recovery", "code"].map(|name| two.path(name));
    let passphrase = ["--recovery-passphrase-file", &code];
    let export = [&["recovery", "export", "-o", &recovery][..], &passphrase].concat();
    two.alice.done(&export);
    let nowhere = Account::new(two.folder.path().join("nowhere"));
    nowhere.exits(&["recovery", "import", &recovery], b"", 2);
}

#[test]
fn an_option_without_use_exits_with_2() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let digits = link.answer();
    link.add(&two.alice, &digits);
    let [invitation, welcome] = ["invitation", "welcome"].map(|name| two.path(name));
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    for (command, file, option) in [
        ("join", &welcome, ["-o", "answer"]),
        ("join", &welcome, ["--name", "phone"]),
        ("join", &welcome, ["--code-file", "code"]),
        ("join", &invitation, ["--recovery", "recovery"]),
        ("add", &bundle, ["-o", "welcome"]),
        ("add", &bundle, ["--digits", &digits]),
        ("add", &bundle, ["--recovery", "recovery"]),
    ] {
        let output = link
            .new
            .run(&[&["device", command, file][..], &option].concat(), b"");
        assert_refused(&output, &format!("with which {} has no use", option[0]));
        assert_eq!(output.status.code(), Some(2), "{command} {option:?}");
    }
    link.welcome();
}

#[test]
fn one_stream_for_two_files_exits_with_2() {
    let two = Two::talking();
    let link = Link::new(&two);
    link.invite(&two.alice);
    let invitation = fs::read(two.path("invitation")).unwrap();
    let both = ["device", "join", "-", "--code-file", "-"];
    link.new.exits(&both, &invitation, 2);
    let bundle = two.bob.done(&["bundle"]);
    let both = ["add", "carol", "-", "--passphrase-file", "-"];
    two.alice.exits(&both, &bundle, 2);
}

#[test]
fn a_damaged_input_exits_with_3() {
    let two = Two::talking();
    let whole = two.bob.pipe(&["encrypt", "alice"], &[7; 1000]);
    let armored = two.bob.pipe(&["encrypt", "alice", "-a"], &[7; 1000]);
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [
        &whole[..whole.len() - 5],
        &whole[..40],
        &flipped,
        &armored[..armored.len() / 2],
        b"Dear Alice",
        b"",
    ] {
        let output = two.path("output");
        two.alice.exits(&["decrypt", "-o", &output], damaged, 3);
    }
    let mut bundle = two.bob.done(&["bundle"]);
    bundle[60] ^= 1;
    two.alice.exits(&["add", "carol", "-"], &bundle, 3);
}

#[test]
fn an_account_in_use_exits_with_4() {
    let two = Two::talking();
    let client = two.alice.client();
    two.alice.exits(&["status"], b"", 4);
    drop(client);
    two.alice.done(&["status"]);
}

#[test]
fn a_passphrase_that_is_wrong_or_missing_exits_with_5() {
    let two = Two::talking();
    let mut command = two.alice.command(&["status"]);
    let output = run(command.env("SPRAG_PASSPHRASE", "wrong"), b"");
    assert_eq!(output.status.code(), Some(5));
    let empty = two.file("empty", b"");
    let carol = Account::new(two.folder.path().join("carol"));
    carol.exits(&["init", "--passphrase-file", &empty], b"", 5);
    let passwd = ["passwd", "--new-passphrase-file", &empty];
    two.alice.exits(&passwd, b"", 5);
}

#[test]
fn what_is_not_known_exits_with_6() {
    let two = Two::introduced();
    two.alice.exits(&["status", "carol"], b"", 6);
    two.alice.exits(&["encrypt", "carol"], b"", 6);
    let message = two.alice.pipe(&["encrypt", "bob"], b"hello");
    two.bob.exits(&["decrypt"], &message, 6);
    let nobody = Account::new(two.folder.path().join("nobody"));
    nobody.exits(&["id"], b"", 6);
}

#[test]
fn a_damaged_account_exits_with_7() {
    let two = Two::talking();
    let store = two.alice.home.join("store");
    let whole = fs::read(&store).unwrap();
    fs::write(&store, &whole[..whole.len() / 2]).unwrap();
    two.alice.exits(&["status"], b"", 7);
    fs::remove_file(&store).unwrap();
    two.alice.exits(&["status"], b"", 7);
    fs::write(two.bob.home.join("key"), "text").unwrap();
    two.bob.exits(&["status"], b"", 7);
}

#[test]
fn a_file_that_cannot_be_used_exits_with_8() {
    let two = Two::talking();
    let none = two.path("none");
    two.alice.exits(&["encrypt", "bob", "-i", &none], b"", 8);
    two.alice
        .exits(&["bundle", "-o", &two.path("none/none")], b"", 8);
    two.alice.exits(&["bundle", "-o", &two.path("")], b"", 8);
    let missing = ["status", "--passphrase-file", &none];
    two.alice.exits(&missing, b"", 8);
}

#[test]
fn all_else_that_is_refused_exits_with_1() {
    let two = Two::talking();
    two.alice.exits(&["init"], b"", 1);
    let message = two.bob.pipe(&["encrypt", "alice"], b"hello");
    two.alice.pipe(&["decrypt"], &message);
    two.alice.exits(&["decrypt"], &message, 1);
}

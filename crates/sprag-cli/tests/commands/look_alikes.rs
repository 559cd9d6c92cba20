use crate::support::{self, Account, Two, assert_refused, run};

const PASSPHRASE: &[u8] = support::PASSPHRASE.as_bytes();

/// One text in two forms of Unicode.
const COMPOSED: &str = "Andr\u{e9}";
const DECOMPOSED: &str = "Andre\u{301}";

#[test]
fn a_name_in_two_forms_is_one_peer() {
    let two = Two::new();
    let bundle = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    let said = two.alice.text(&["add", DECOMPOSED, &bundle]);
    assert!(said.starts_with(&format!("{COMPOSED} is new")), "{said}");
    let said = two.alice.text(&["add", COMPOSED, &bundle]);
    assert!(said.contains("was known already"), "{said}");
    assert_eq!(two.alice.status(DECOMPOSED)["peer"], COMPOSED);
    for (form, text) in [(COMPOSED, b"one"), (DECOMPOSED, b"two")] {
        let message = two.alice.pipe(&["encrypt", form], text);
        assert_eq!(two.bob.pipe(&["decrypt", "--from", form], &message), text);
        assert_eq!(two.alice.status(form)["peer"], COMPOSED);
    }
    assert_eq!(two.bob.status(DECOMPOSED)["received"], 2);
    two.alice.done(&["forget", DECOMPOSED]);
    two.alice
        .refused(&["status", COMPOSED], &format!("is named {COMPOSED}"));
}

#[test]
fn names_that_show_less_than_they_hold_are_refused_in_words() {
    let two = Two::introduced();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let message = two.file("message", &two.alice.pipe(&["encrypt", "bob"], b"hello"));
    let long = "x".repeat(129);
    for (name, because) in [
        ("bob\u{202e}", "U+202E"),
        ("bo\u{200b}b", "U+200B"),
        ("bob\u{7}", "U+0007"),
        ("bob\u{378}", "U+0378"),
        (" ", "name is empty: choose another"),
        (&long, "longer than 128 bytes: choose another"),
    ] {
        two.alice.refused(&["add", name, &bundle], because);
        two.alice.refused(&["encrypt", name], because);
        two.alice.refused(&["status", name], because);
        two.alice.refused(&["forget", name], because);
        let decrypt = ["decrypt", "--from", name, "-i", &message];
        two.bob.refused(&decrypt, because);
    }
    two.bob
        .done(&["decrypt", "--from", "alice", "-i", &message]);
}

#[test]
fn a_passphrase_in_two_forms_opens_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::new(folder.path().join("home"));
    let opens = |passphrase: &str| {
        let mut command = account.command(&["status"]);
        run(command.env("SPRAG_PASSPHRASE", passphrase), b"")
    };
    let mut init = account.command(&["init"]);
    let created = run(init.env("SPRAG_PASSPHRASE", DECOMPOSED), b"");
    assert!(created.status.success());
    assert!(opens(DECOMPOSED).status.success());
    assert!(opens(COMPOSED).status.success());
    assert_refused(&opens("Andre"), "try again");
    let mut passwd = account.command(&["passwd"]);
    passwd.env("SPRAG_PASSPHRASE", COMPOSED);
    let changed = run(passwd.env("SPRAG_NEW_PASSPHRASE", "a\u{a0}b \u{d55c}"), b"");
    assert!(changed.status.success());
    assert!(opens("a b \u{1112}\u{1161}\u{11ab}").status.success());
    assert_refused(&opens("a\tb"), "RFC 8265");
}

#[test]
fn a_passphrase_that_is_no_text_is_refused_in_words() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let two = Two::new();
    let mut id = two.bob.command(&["status"]);
    id.env("SPRAG_PASSPHRASE", OsStr::from_bytes(b"caf\xe9"));
    assert_refused(
        &run(&mut id, b""),
        "SPRAG_PASSPHRASE is not UTF-8: save it as UTF-8",
    );
    for (name, bytes, because) in [
        ("latin", &b"caf\xe9\n"[..], "latin is not UTF-8"),
        (
            "notepad",
            b"\xff\xfec\0o\0",
            "notepad is UTF-16: save it as UTF-8",
        ),
        ("two", b"correct\nhorse\n", "two has more than one line"),
        ("tab", b"correct\thorse\n", "tab has a character"),
    ] {
        let file = two.file(name, bytes);
        two.bob
            .refused(&["status", "--passphrase-file", &file], because);
        two.bob
            .refused(&["passwd", "--new-passphrase-file", &file], because);
    }
    let marked = two.file("marked", b"\xef\xbb\xbfcorrect horse\r\n");
    two.bob.done(&["status", "--passphrase-file", &marked]);
}

#[test]
fn a_passphrase_comes_from_standard_input_if_nothing_else_does() {
    let two = Two::introduced();
    let carol = Account::new(two.folder.path().join("carol"));
    let dash = "--passphrase-file=-";
    carol.pipe(&["init", dash], b"battery staple\n");
    carol.refused(&["status"], "try again");
    carol.pipe(&["status", "--passphrase-file", "-"], b"battery staple");
    let old = two.file("old", b"battery staple");
    let passwd = [
        "passwd",
        "--passphrase-file",
        &old,
        "--new-passphrase-file=-",
    ];
    carol.pipe(&passwd, PASSPHRASE);
    carol.done(&["status"]);
    assert_refused(&carol.run(&["init", dash], b""), "has an account");
    assert_refused(
        &carol.run(&["status", dash], b"\xff\xfeh\0"),
        "standard input is UTF-16",
    );
}

#[test]
fn standard_input_serves_one_use() {
    let two = Two::introduced();
    let dash = "--passphrase-file=-";
    let file = two.file("file", b"hello");
    let sent = two
        .alice
        .pipe(&["encrypt", "bob", "-i", &file, dash], PASSPHRASE);
    let sent = two.file("sent", &sent);
    let both = "cannot be both the input and the passphrase: give one of them in a file";
    for arguments in [
        &["encrypt", "bob", dash][..],
        &["encrypt", "bob", "-i", "-", dash],
        &["decrypt", dash],
    ] {
        assert_refused(&two.alice.run(arguments, PASSPHRASE), both);
    }
    let bundle = two.bob.done(&["bundle"]);
    assert_refused(&two.alice.run(&["add", "carol", "-", dash], &bundle), both);
    let arguments = ["passwd", dash, "--new-passphrase-file=-"];
    let refused = two.alice.run(&arguments, PASSPHRASE);
    assert_refused(
        &refused,
        "both the passphrase and the new passphrase: give one",
    );
    // Nothing was changed.
    two.alice.done(&["status", "bob"]);
    two.bob.done(&["decrypt", "--from", "alice", "-i", &sent]);
}

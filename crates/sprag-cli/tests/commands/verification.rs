use std::fs;
use std::process::Stdio;

use crate::support::{Account, Two};
use crate::terminal::Terminal;

fn code(account: &Account, name: &str) -> String {
    let object = account.json(&["verify", name, "--json"], b"");
    object["code"].as_str().unwrap().to_owned()
}

fn verified(account: &Account, name: &str) -> String {
    account.status(name)["verified"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn both_sides_show_one_number_and_showing_it_changes_nothing() {
    let two = Two::talking();
    let [one, other] = [(&two.alice, "bob"), (&two.bob, "alice")].map(|(account, name)| {
        account.json(&["verify", name, "--json"], b"")["safety_number"].clone()
    });
    assert_eq!(one, other);
    let shown = two.alice.text(&["verify", "bob"]);
    let digits: String = one.as_str().unwrap().split(' ').collect();
    assert!(
        shown
            .split_whitespace()
            .collect::<String>()
            .contains(&digits),
        "{shown}"
    );
    assert!(!shown.contains('█'), "{shown}");
    assert!(two.alice.text(&["verify", "bob", "--qr"]).contains('█'));
    assert_eq!(verified(&two.alice, "bob"), "no");
}

#[test]
fn a_code_verifies_its_peer_and_no_other_code_does() {
    let two = Two::talking();
    let eve = Account::new(two.folder.path().join("eve"));
    eve.done(&["init"]);
    eve.pipe(&["add", "alice", "-"], &two.alice.done(&["bundle"]));
    eve.pipe(&["add", "bob", "-"], &two.bob.done(&["bundle"]));
    two.bob.pipe(&["add", "eve", "-"], &eve.done(&["bundle"]));
    for (code, because) in [
        (code(&eve, "alice"), "of another user than the bob"),
        (code(&two.bob, "eve"), "knows another user in your place"),
        (code(&eve, "bob"), "says nothing about bob"),
        (code(&two.alice, "bob"), "says nothing about bob"),
    ] {
        two.alice
            .refused(&["verify", "bob", "--scan", &code], because);
        assert_eq!(verified(&two.alice, "bob"), "no");
    }
    for wrong in ["SPRAG:", "text", &code(&two.bob, "alice")[..100]] {
        two.alice.exits(&["verify", "bob", "--scan", wrong], b"", 3);
    }
    two.alice
        .refused(&["encrypt", "bob", "--verified"], "bob is not verified");
    // White space from a mail does not count.
    let code = code(&two.bob, "alice");
    let spaced = format!(" {}\n{} ", &code[..50], &code[50..]);
    let said = two
        .alice
        .pipe(&["verify", "bob", "--scan", "-"], spaced.as_bytes());
    assert_eq!(said, b"bob is verified, by a code that you scanned\n");
    assert_eq!(verified(&two.alice, "bob"), "scanned");
    two.alice.done(&["encrypt", "bob", "--verified"]);
    two.alice.done(&["forget", "bob"]);
    two.alice
        .pipe(&["add", "bob", "-"], &two.bob.done(&["bundle"]));
    assert_eq!(verified(&two.alice, "bob"), "no");
}

/// Has Alice compare numbers at a terminal, where she types `answer`.
fn compare(two: &Two, answer: &'static str) -> (Option<i32>, String) {
    let terminal = Terminal::new();
    let mut command = two.alice.command(&["verify", "bob", "--numbers"]);
    command.stdin(terminal.side()).stderr(terminal.side());
    command.stdout(Stdio::piped());
    let (child, shown) = terminal.start(&mut command, "reads to you: ", answer);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), shown.join().unwrap())
}

#[test]
fn numbers_are_compared_by_the_user_alone() {
    let two = Two::talking();
    two.alice
        .refused(&["verify", "bob", "--numbers"], "nobody can be asked");
    for answer in ["no\n", "\n", "12345\n", "\x04"] {
        let (code, shown) = compare(&two, answer);
        assert_eq!(code, Some(1), "{shown}");
        assert_eq!(verified(&two.alice, "bob"), "no");
    }
    let (code, shown) = compare(&two, "yes\n");
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(verified(&two.alice, "bob"), "compared");
}

#[test]
fn a_picture_appears_beside_the_number() {
    let two = Two::talking();
    let path = two.path("code.svg");
    let object = two
        .alice
        .json(&["verify", "bob", "--svg", &path, "--json"], b"");
    assert_eq!(object["svg"], path.as_str());
    let picture = fs::read(&path).unwrap();
    assert!(picture.starts_with(b"<?xml"));
    assert_eq!(two.alice.done(&["verify", "bob", "--svg", "-"]), picture);
    let inside = two.path("alice/code.svg");
    two.alice.refused(
        &["verify", "bob", "--svg", &inside],
        "folder of the account",
    );
}

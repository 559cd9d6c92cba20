use std::fs;
use std::process::Stdio;

use qrcode::{Color, EcLevel, QrCode};

use crate::support::{Account, Two};
use crate::terminal::AtTerminal;

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
    two.alice.refused(
        &["verify", "bob", "--scan", "text"],
        "the code cannot be read: give the whole text that `sprag verify` prints on the peer's side, from SPRAG: on",
    );
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
fn compare(two: &Two, answer: &str) -> (Option<i32>, String) {
    let command = two.alice.command(&["verify", "bob", "--numbers"]);
    let mut command = AtTerminal::spawn_beside(command, |command| command.stdout(Stdio::piped()));
    command.wait_for("reads to you: ");
    command.types(answer);
    let (output, shown) = command.end_with_output();
    (output.status.code(), shown)
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

/// The modules of a code with a light frame of four modules, row by row, with true for a dark one.
fn modules(text: &str) -> Vec<Vec<bool>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let (side, dark) = (code.width(), code.to_colors());
    let module = |x: usize, y: usize| {
        let inside = (4..4 + side).contains(&x) && (4..4 + side).contains(&y);
        inside && dark[(y - 4) * side + x - 4] == Color::Dark
    };
    (0..side + 8)
        .map(|y| (0..side + 8).map(|x| module(x, y)).collect())
        .collect()
}

/// The modules that lines of half blocks draw light on dark, row by row, with true for a dark one.
fn drawn(lines: &[&str]) -> Vec<Vec<bool>> {
    let halves = lines.iter().flat_map(|line| [(line, "█▀"), (line, "█▄")]);
    halves
        .map(|(line, light)| line.chars().map(|half| !light.contains(half)).collect())
        .collect()
}

/// The text without what sets colours, each of which must be light on dark.
fn without_colours(text: &str) -> String {
    text.replace("\u{1b}[97m\u{1b}[40m", "")
        .replace("\u{1b}[0m", "")
}

#[test]
fn a_terminal_shows_the_code_drawn_and_what_is_none_does_not() {
    let two = Two::talking();
    let verify = |terminal: &str| {
        let mut command = two.alice.command(&["verify", "bob"]);
        command.env("TERM", terminal);
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(variable);
        }
        command
    };
    for (terminal, is_coloured) in [("xterm-256color", true), ("dumb", false)] {
        let (status, screen) = AtTerminal::spawn(verify(terminal)).end();
        assert!(status.success(), "{screen}");
        assert_eq!(screen.contains('\u{1b}'), is_coloured, "{screen:?}");
        // The code is printed as text too, in the line before the drawing.
        let screen = without_colours(&screen);
        let lines: Vec<&str> = screen.lines().collect();
        let text = lines.iter().position(|line| line.starts_with("SPRAG:"));
        let (before, drawing) = lines.split_at(text.unwrap() + 1);
        assert_eq!(before.last(), Some(&&*code(&two.alice, "bob")));
        // The last line has half a row more than the code has rows.
        let mut rows = drawn(drawing);
        assert!(
            rows.pop().is_some_and(|row| !row.contains(&false)),
            "{screen}"
        );
        assert!(rows == modules(before.last().unwrap()), "{screen}");
    }
    // Standard input and error are a terminal still.
    let piped = AtTerminal::spawn_beside(verify("xterm"), |command| command.stdout(Stdio::piped()));
    let (output, screen) = piped.end_with_output();
    assert_eq!((output.status.code(), &*screen), (Some(0), ""));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.lines().last(), Some(&*code(&two.alice, "bob")));
    assert!(!shown.contains(['█', '▀', '▄', '\u{1b}']), "{shown}");
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

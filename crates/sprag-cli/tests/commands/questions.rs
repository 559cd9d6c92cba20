use std::process::Stdio;

use crate::support::{Two, assert_refused};
use crate::terminal::AtTerminal;

const QUESTION: &str = "(nothing to leave the file as it is): ";

/// Has Bob decrypt a first message of Alice at a terminal, where he types `answer`. Returns the exit code, the output and
/// what the terminal showed.
fn decrypt_at_a_terminal(two: &Two, answer: &str) -> (Option<i32>, Vec<u8>, String) {
    let message = two.file("message", &two.alice.pipe(&["encrypt", "bob"], b"hello"));
    let command = two.bob.command(&["decrypt", "-i", &message]);
    let mut command = AtTerminal::spawn_beside(command, |command| command.stdout(Stdio::piped()));
    command.wait_for(QUESTION);
    command.types(answer);
    let (output, shown) = command.end_with_output();
    (output.status.code(), output.stdout, shown)
}

#[test]
fn a_sender_that_is_not_known_is_asked_for_at_a_terminal() {
    let two = Two::introduced();
    let (code, output, shown) = decrypt_at_a_terminal(&two, "  alice \n");
    assert_eq!(
        (code, output.as_slice()),
        (Some(0), &b"hello"[..]),
        "{shown}"
    );
    // The fingerprint that the sender's `sprag id` prints stands in the question, before the name is given.
    let digits = |text: &str| text.split_whitespace().collect::<String>();
    let fingerprint = two.alice.text(&["id"]);
    let (before, after) = shown.split_once(QUESTION).unwrap();
    assert!(digits(before).contains(&digits(&fingerprint)), "{shown}");
    assert!(after.contains("alice is new"), "{shown}");
    assert!(after.contains(fingerprint.trim_end()), "{shown}");
    let identity = two.alice.client().identity().unwrap().to_string();
    assert_eq!(two.bob.status("alice")["identity"], identity);
}

#[test]
fn no_answer_leaves_the_sender_unknown_and_the_file_as_it_is() {
    let two = Two::introduced();
    // The user types nothing, or ends the input.
    for answer in ["\n", "\x04"] {
        let (code, output, shown) = decrypt_at_a_terminal(&two, answer);
        assert_eq!((code, output.as_slice()), (Some(6), &b""[..]), "{shown}");
        assert!(shown.contains("--from NAME"), "{shown}");
        let (_, refusal) = shown.split_once(QUESTION).unwrap();
        assert!(refusal.starts_with("\r\nsprag: "), "{shown}");
    }
    assert_eq!(two.bob.text(&["status", "--json"]), "[]\n");
    let message = two.path("message");
    let read = ["decrypt", "--from", "alice", "-i", &message];
    assert_eq!(two.bob.done(&read), b"hello");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let two = Two::introduced();
    let message = two.file("message", &two.alice.pipe(&["encrypt", "bob"], b"hello"));
    let decrypt = || two.bob.command(&["decrypt", "-i", &message]);
    // Standard error alone is a terminal, then standard input alone.
    let command = AtTerminal::spawn_beside(decrypt(), |command| {
        command.stdin(Stdio::null()).stdout(Stdio::piped())
    });
    let (output, shown) = command.end_with_output();
    assert_eq!(output.status.code(), Some(6));
    assert!(!shown.contains(QUESTION), "{shown}");
    let mut command = AtTerminal::spawn_beside(decrypt(), |command| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped())
    });
    command.types("alice\n");
    let (output, shown) = command.end_with_output();
    assert_refused(&output, "give --from NAME");
    assert!(!shown.contains(QUESTION), "{shown}");
}

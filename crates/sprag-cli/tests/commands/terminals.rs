use std::process::ExitStatus;

use rustix::process::Signal;

use crate::support::{PASSPHRASE, Two};
use crate::terminal::AtTerminal;

#[test]
fn a_signal_at_the_prompt_leaves_the_terminal_as_it_was() {
    let two = Two::talking();
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    let output = two.path("output");
    let decrypt = ["decrypt", "-i", &message, "-o", &output];
    let names = two.names();
    for arguments in [&["status"][..], &decrypt] {
        for (signal, code) in [
            (Signal::INT, 130),
            (Signal::TERM, 143),
            (Signal::HUP, 129),
            (Signal::QUIT, 131),
        ] {
            let mut command = AtTerminal::new(&two.alice, arguments);
            command.wait_for_prompt();
            command.signal(signal);
            let (status, screen) = command.end();
            assert_eq!(status.code(), Some(code), "{screen}");
            assert_eq!(screen.trim_end(), "Passphrase:");
        }
        let mut command = AtTerminal::new(&two.alice, arguments);
        command.wait_for_prompt();
        command.types("half a pass\u{3}");
        let (status, screen) = command.end();
        assert_eq!(status.code(), Some(130));
        assert_eq!(screen, "Passphrase: \r\n");
    }
    assert_eq!(two.names(), names);
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_the_user_has_ignored_ends_no_prompt() {
    let two = Two::new();
    let script = "trap '' HUP QUIT; exec \"$0\" status";
    let mut command = two.alice.script(script, &[]);
    command.env_remove("SPRAG_PASSPHRASE");
    let mut command = AtTerminal::spawn(command);
    command.wait_for_prompt();
    command.signal(Signal::HUP);
    command.signal(Signal::QUIT);
    command.types(&format!("{PASSPHRASE}\n"));
    let (status, screen) = command.end();
    assert!(status.success(), "{screen}");
}

#[test]
fn a_passphrase_is_typed_unseen() {
    let two = Two::new();
    let mut command = AtTerminal::new(&two.alice, &["status"]);
    command.wait_for_prompt();
    command.types(&format!("{PASSPHRASE}\n"));
    let (status, screen) = command.end();
    assert!(status.success(), "{screen}");
    assert!(!screen.contains(PASSPHRASE), "{screen}");
    assert!(
        screen.contains(two.alice.text(&["status"]).trim_end()),
        "{screen}"
    );
    let mut command = AtTerminal::new(&two.alice, &["status"]);
    command.wait_for_prompt();
    command.types("\u{4}");
    let (status, screen) = command.end();
    assert_eq!(status.code(), Some(5));
    assert!(
        screen.starts_with("Passphrase: \r\nsprag: no passphrase was typed"),
        "{screen}"
    );
}

/// Decrypts a message of Bob's at Alice's terminal.
fn shown(two: &Two, text: &[u8], options: &[&str]) -> (ExitStatus, String) {
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], text));
    let arguments = [&["decrypt", "-i", &message], options].concat();
    AtTerminal::spawn(two.alice.command(&arguments)).end()
}

#[test]
fn text_at_a_terminal_controls_nothing_and_ends_its_line() {
    let two = Two::talking();
    let text = "red: \u{1b}[31m\u{9b}0m\r\n\ttab \u{202e}\u{7}end";
    let (status, screen) = shown(&two, text.as_bytes(), &[]);
    assert!(status.success(), "{screen}");
    let expected = "red: \\u{1b}[31m\\u{9b}0m\r\n\ttab \\u{202e}\\u{7}end\r\nsprag: from bob\r\n";
    assert_eq!(screen, expected);
    let (_, screen) = shown(&two, b"a line\n", &[]);
    assert_eq!(screen, "a line\r\nsprag: from bob\r\n");
    let (_, screen) = shown(&two, b"", &[]);
    assert_eq!(screen, "sprag: from bob\r\n");
    // What is no terminal gets the bytes, and so does a terminal that is named.
    let message = two.bob.pipe(&["encrypt", "alice"], text.as_bytes());
    assert_eq!(two.alice.pipe(&["decrypt"], &message), text.as_bytes());
    for option in ["-", "/dev/tty"] {
        let (status, screen) = shown(&two, b"\x1b[31m\x01", &["-o", option]);
        assert!(status.success(), "{screen}");
        assert!(
            screen.starts_with("\u{1b}[31m\u{1}sprag: from bob"),
            "{screen:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_not_written_to_a_terminal() {
    let two = Two::talking();
    let long = [&[b'x'; 100_000][..], b"\xff\x1b[31m"].concat();
    for bytes in [&b"\x89PNG\r\n\x1a\n"[..], b"nul\0", b"caf\xe9", &long] {
        let (status, screen) = shown(&two, bytes, &[]);
        assert_eq!(status.code(), Some(8), "{screen}");
        let refusal = "sprag: a terminal cannot show this: it is not text in UTF-8: give -o FILE, or -o - to write the \
                       bytes as they are\r\n";
        assert!(screen.ends_with(refusal), "{screen}");
        assert!(
            !screen.contains('\u{1b}') && !screen.contains('\u{fffd}'),
            "{screen}"
        );
        // The refusal begins in a line of its own.
        let before = screen.len() - refusal.len();
        assert!(
            before == 0 || screen[..before].ends_with("\r\n"),
            "{screen}"
        );
        // The key is kept.
        let message = two.path("message");
        assert_eq!(two.alice.done(&["decrypt", "-i", &message]), bytes);
    }
}

#[test]
fn a_refusal_after_a_part_of_a_text_begins_in_a_line_of_its_own() {
    let two = Two::talking();
    let text = [b'x'; 200_000];
    let mut message = two.bob.pipe(&["encrypt", "alice"], &text);
    *message.last_mut().unwrap() ^= 1;
    let message = two.file("message", &message);
    let command = two.alice.command(&["decrypt", "-i", &message]);
    let (status, screen) = AtTerminal::spawn(command).end();
    assert_eq!(status.code(), Some(3));
    assert!(
        screen.contains("x\r\nsprag: "),
        "{}",
        &screen[screen.len() - 300..]
    );
}

use std::fs;

use crate::support::{Two, assert_refused};

/// A change that a program makes to an input.
type Change = fn(&[u8]) -> Vec<u8>;

/// Each LF as CR LF.
fn line_ends(bytes: &[u8]) -> Vec<u8> {
    let ended = |byte: &u8| {
        if *byte == b'\n' {
            vec![b'\r', b'\n']
        } else {
            vec![*byte]
        }
    };
    bytes.iter().flat_map(ended).collect()
}

/// Random bytes, made again until they have two line feeds, by which changed line ends are recognised.
fn with_line_feeds(mut make: impl FnMut() -> Vec<u8>) -> Vec<u8> {
    loop {
        let bytes = make();
        if bytes.iter().filter(|byte| **byte == b'\n').count() >= 2 {
            return bytes;
        }
    }
}

/// Bytes as a program writes them that takes them for UTF-8.
fn as_utf_8(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).into_owned().into_bytes()
}

/// Bytes as the shell of Windows writes them that takes them for characters.
fn as_utf_16(bytes: &[u8]) -> Vec<u8> {
    let units = bytes.iter().flat_map(|byte| [*byte, 0]);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

/// Quotes each line.
fn quoted(text: &[u8], mark: &str) -> Vec<u8> {
    let text = core::str::from_utf8(text).unwrap();
    let lines = text.lines().map(|line| format!("{mark}{line}\n"));
    lines.collect::<String>().into_bytes()
}

#[test]
fn armored_text_that_was_changed_is_read() {
    let two = Two::new();
    let bundle = two.bob.done(&["bundle", "--armor"]);
    let spaces = |text: &[u8]| {
        let text = core::str::from_utf8(text).unwrap().replace(' ', "\u{a0}");
        text.replace('\n', "\u{a0}\r\n").into_bytes()
    };
    let one_line = |text: &[u8]| {
        let text = core::str::from_utf8(text).unwrap();
        text.replace('\n', " ").into_bytes()
    };
    let changes: [Change; 6] = [
        as_utf_16,
        |text| quoted(text, "> "),
        |text| quoted(&quoted(text, "| "), "> "),
        spaces,
        one_line,
        line_ends,
    ];
    for (number, change) in changes.iter().enumerate() {
        two.alice.pipe(&["add", "bob", "-"], &change(&bundle));
        let text = format!("message {number}").into_bytes();
        let message = two.alice.pipe(&["encrypt", "bob", "-a"], &text);
        let file = two.file("changed", &change(&message));
        let decrypt = ["decrypt", "--from", "alice", "-i", &file];
        assert_eq!(two.bob.done(&decrypt), text);
    }
}

#[test]
fn bytes_that_were_taken_for_text_are_said_to_be() {
    let two = Two::talking();
    let content: Vec<u8> = (0..=250).cycle().take(200_000).collect();
    let message = two.bob.pipe(&["encrypt", "alice"], &content);
    let bundle = with_line_feeds(|| two.bob.done(&["bundle"]));
    let first = Two::introduced();
    let first_message = with_line_feeds(|| first.alice.pipe(&["encrypt", "bob"], b"first"));
    let output = two.path("output");
    let text = "its bytes were taken for text on the way, by a shell or a mail program: have it written again with -o FILE \
                and sent as an attached file, or as text with --armor";
    let line_feeds = "each line feed in it became a carriage return and a line feed, as mail or FTP does to text: have it \
                      written again with -o FILE";
    let changes: [(Change, _); 3] = [(line_ends, line_feeds), (as_utf_8, text), (as_utf_16, text)];
    for (change, why) in changes {
        let changed = two.file("changed", &change(&message));
        let decrypt = ["decrypt", "-i", &changed, "-o", &output];
        two.alice.refused(&decrypt, why);
        let changed = two.file("bundle", &change(&bundle));
        two.alice.refused(&["add", "carol", &changed], why);
        let decrypt = ["decrypt", "--from", "alice"];
        assert_refused(&first.bob.run(&decrypt, &change(&first_message)), why);
    }
    // The content alone may be changed. Line feeds in front of it decide by what that is recognised.
    let header = message.len() - content.len();
    let changed = [&message[..header], &line_ends(&message[header..])].concat();
    let result = two.alice.run(&["decrypt", "-o", &output], &changed);
    assert_refused(&result, "");
    assert!(!fs::exists(&output).unwrap());
    assert_eq!(two.alice.pipe(&["decrypt"], &message), content);
}

#[test]
fn an_input_that_is_cut_short_is_said_to_be() {
    let two = Two::talking();
    let message = two.bob.pipe(&["encrypt", "alice"], b"hello");
    for length in [1, 2, 3, 34, 35, 36, 38, 39, 40, 100] {
        let result = two.alice.run(&["decrypt"], &message[..length]);
        assert_refused(
            &result,
            "standard input is cut short: get it again from its sender",
        );
    }
    let bare = b"-----BEGIN SPRAG FILE-----\n-----END SPRAG FILE-----\n";
    assert_refused(&two.alice.run(&["decrypt"], bare), "is cut short");
    let bundle = two.bob.done(&["bundle"]);
    for length in [1, 2, 3, 10] {
        let cut = two.file("cut", &bundle[..length]);
        two.alice
            .refused(&["add", "carol", &cut], "input is truncated: get it again");
    }
    assert_refused(
        &two.alice.run(&["decrypt"], b"\x1f\x8b another program's"),
        "version 31 of the protocol is not known: give what a peer's sprag wrote",
    );
}

#[test]
fn the_command_that_takes_an_input_is_named() {
    let two = Two::talking();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    two.alice.refused(
        &["decrypt", "-i", &bundle],
        "is a bundle: `sprag add NAME FILE` takes it",
    );
    two.alice.refused(
        &["add", "carol", &message],
        "is an encrypted file: `sprag decrypt -i FILE` takes it",
    );
}

#[test]
fn an_account_that_cannot_be_seen_is_not_said_to_be_missing() {
    let two = Two::new();
    for (name, command) in [("store", "status"), ("key", "init"), ("key", "status")] {
        let path = two.alice.home.join(name);
        let away = two.path("away");
        fs::rename(&path, &away).unwrap();
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let result = two.alice.run(&[command], b"");
        assert_refused(&result, &format!("{name} cannot be read: "));
        fs::remove_file(&path).unwrap();
        fs::rename(&away, &path).unwrap();
    }
    two.alice.done(&["status"]);
}

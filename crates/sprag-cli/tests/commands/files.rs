use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Two;

/// The content of a chunk.
const PIECE: usize = 64 * 1024 - 4;

#[test]
fn every_length_around_pieces_comes_back_in_both_forms() {
    let two = Two::talking();
    for length in [
        0,
        1,
        15,
        16,
        17,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        2 * PIECE,
        5 * PIECE + 9,
        64 * PIECE + 1,
    ] {
        let content: Vec<u8> = (0..=252).cycle().take(length).collect();
        for armor in [&[][..], &["--armor"]] {
            let file = two
                .bob
                .pipe(&[&["encrypt", "alice"], armor].concat(), &content);
            assert_eq!(two.alice.pipe(&["decrypt"], &file), content, "{length}");
        }
    }
}

#[test]
fn armor_survives_mail() {
    let two = Two::talking();
    let armored = || two.bob.pipe(&["encrypt", "alice", "-a"], &[9; 1000]);
    let text = || String::from_utf8(armored()).unwrap();
    assert!(text().lines().all(|line| line.len() <= 64));
    let windows = text().replace('\n', "\r\n");
    let mail = format!("From: bob\r\n\r\nSee below\r\n{windows}-- \r\nBob\r\n");
    let spaced = text().replace('\n', " \n\n ");
    for text in [windows.clone(), spaced] {
        let file = two.file("mail", text.as_bytes());
        assert_eq!(two.alice.done(&["decrypt", "-i", &file]), [9; 1000]);
        two.alice.refused(&["decrypt", "-i", &file], "");
    }
    two.alice
        .refused(&["decrypt", "-i", &two.file("mail", mail.as_bytes())], "");
    let mail = format!("From: bob\r\n\r\nSee below\r\n{}\r\nBob\r\n", text());
    assert_eq!(two.alice.pipe(&["decrypt"], mail.as_bytes()), [9; 1000]);
}

#[test]
fn of_two_messages_in_one_input_none_is_lost() {
    let two = Two::talking();
    let output = two.path("output");
    // One of the pairs is longer than what is decrypted at once.
    for length in [10, 3 * PIECE] {
        let messages = [b'a', b'b'].map(|byte| {
            (
                two.bob
                    .pipe(&["encrypt", "alice", "-a"], &vec![byte; length]),
                byte,
            )
        });
        let both = messages.clone().map(|(message, _)| message);
        for between in ["", "\n-- \nBob\n\n> quoted\n  "] {
            let both = two.file("both", &both.join(between.as_bytes()));
            let decrypt = ["decrypt", "-i", &both, "-o", &output];
            two.alice
                .refused(&decrypt, "save each, from its BEGIN line to its END line");
            assert!(!fs::exists(&output).unwrap());
        }
        for (message, byte) in messages {
            assert_eq!(two.alice.pipe(&["decrypt"], &message), vec![byte; length]);
        }
    }
    let [message, behind] = [(); 2].map(|()| two.bob.pipe(&["encrypt", "alice"], b"bytes"));
    let both = two.file("both", &[message.clone(), behind].concat());
    two.alice
        .refused(&["decrypt", "-i", &both, "-o", &output], "extended");
    assert_eq!(two.alice.pipe(&["decrypt"], &message), b"bytes");
}

#[test]
fn of_two_bundles_in_one_input_none_is_lost() {
    let two = Two::new();
    let armored = two.bob.done(&["bundle", "--armor"]);
    let message = Two::introduced()
        .alice
        .pipe(&["encrypt", "bob", "-a"], b"x");
    let bytes = two.bob.done(&["bundle"]);
    for (both, why) in [
        ([&*armored, &*armored], "more armored text begins in line"),
        ([&armored, &message], "more armored text begins in line"),
        ([&bytes, &bytes], "get it again"),
    ] {
        let both = two.file("both", &both.concat());
        two.alice.refused(&["add", "bob", &both], why);
        two.alice.refused(&["status", "bob"], "no peer is named");
    }
}

#[test]
fn damaged_armor_spoils_nothing() {
    let two = Two::talking();
    let text = two.bob.pipe(&["encrypt", "alice", "-a"], &[9; 1000]);
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for gone in 0..lines.len() {
        let mut lines = lines.clone();
        lines.remove(gone);
        let file = two.file("bad", lines.join("\n").as_bytes());
        two.alice
            .refused(&["decrypt", "-i", &file, "-o", &two.path("out")], "");
    }
    let flipped = text.replacen(lines[9], &lines[9].replace('A', "B").replace('w', "*"), 1);
    if flipped != text {
        let file = two.file("bad", flipped.as_bytes());
        two.alice
            .refused(&["decrypt", "-i", &file, "-o", &two.path("out")], "");
    }
    assert!(!fs::exists(two.path("out")).unwrap());
    assert_eq!(two.alice.pipe(&["decrypt"], text.as_bytes()), [9; 1000]);
}

#[test]
fn outputs_replace_what_was_there_at_the_end() {
    let two = Two::talking();
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let output = two.file("output", b"before");
    let link = two.path("link");
    std::os::unix::fs::symlink(&output, &link).unwrap();
    fs::set_permissions(&output, fs::Permissions::from_mode(0o640)).unwrap();
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"after"));
    two.alice.done(&["decrypt", "-i", &file, "-o", &link]);
    assert_eq!(fs::read(&output).unwrap(), b"after");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(mode(&output), 0o640);
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], b"new"));
    let new = two.path("new");
    two.alice.done(&["decrypt", "-i", &file, "-o", &new]);
    assert_eq!(mode(&new), 0o600);
    two.bob.done(&["bundle", "-o", "/dev/null"]);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

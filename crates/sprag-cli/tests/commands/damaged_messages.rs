//! Damaged and interrupted copies never spoil the genuine message.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;

use crate::support::{Account, Two, assert_refused};

const CHUNK: usize = 64 * 1024;
const PIECE: usize = CHUNK - 4;
const SEALED: usize = CHUNK + 16;

/// Content of three full pieces and a bit.
fn content() -> Vec<u8> {
    (0..=250).cycle().take(3 * PIECE + 100).collect()
}

/// The place at which the chunks begin, after the prefix, the number of messages and the only one, whose length it says.
fn body(file: &[u8]) -> usize {
    assert_eq!(file[34], 1);
    let length = u32::from_le_bytes(file[35..39].try_into().unwrap());
    39 + usize::try_from(length).unwrap()
}

/// Copies of a file that was damaged on its way, each with a name.
fn damaged(file: &[u8], other: &[u8]) -> Vec<(String, Vec<u8>)> {
    let body = body(file);
    let mut copies = Vec::new();
    let flips = (0..body).step_by(7).chain([body - 1]);
    let chunks = (0..4).flat_map(|chunk| [0, 1000].map(|at| body + chunk * SEALED + at.min(50)));
    let tags = [
        body + CHUNK,
        body + SEALED - 1,
        file.len() - 16,
        file.len() - 1,
    ];
    for at in (0..39).chain(flips).chain(chunks).chain(tags) {
        let mut copy = file.to_vec();
        copy[at] ^= 0x20;
        copies.push((format!("flip at {at}"), copy));
    }
    let cuts = [
        0,
        1,
        34,
        38,
        39,
        40,
        body - 1,
        body,
        body + 1,
        body + 16,
        body + SEALED,
    ];
    let cuts = cuts.into_iter().chain([
        body + 2 * SEALED,
        body + 3 * SEALED,
        body + 3 * SEALED + 16,
        file.len() - 1,
    ]);
    for at in cuts {
        copies.push((format!("cut at {at}"), file[..at].to_vec()));
    }
    for more in [&b"\0"[..], &[0; 16], &file[body..body + SEALED], file] {
        copies.push(("extended".to_owned(), [file, more].concat()));
    }
    let chunk = |file: &[u8], number: usize| {
        let start = self::body(file) + number * SEALED;
        file[start..start + SEALED].to_vec()
    };
    let mut swapped = file.to_vec();
    swapped[body..body + SEALED].copy_from_slice(&chunk(file, 1));
    swapped[body + SEALED..body + 2 * SEALED].copy_from_slice(&chunk(file, 0));
    copies.push(("swapped".to_owned(), swapped));
    for number in 0..3 {
        let mut mixed = file.to_vec();
        let start = body + number * SEALED;
        mixed[start..start + SEALED].copy_from_slice(&chunk(other, number));
        copies.push((format!("chunk {number} of another"), mixed));
        let mut lacking = file.to_vec();
        lacking.drain(start..start + SEALED);
        copies.push((format!("without chunk {number}"), lacking));
    }
    let bodies = [&file[..body], &other[self::body(other)..]].concat();
    copies.push(("body of another".to_owned(), bodies));
    copies
}

fn assert_genuine_survives(account: &Account, two: &Two, [file, other]: [&[u8]; 2], from: &[&str]) {
    let output = two.path("output");
    let bad = two.path("bad");
    let decrypt = [&["decrypt"], from, &["-o", &output]].concat();
    for (what, copy) in damaged(file, other) {
        fs::write(&bad, copy).unwrap();
        let names = two.names();
        let mut result = account.run(&[&decrypt[..], &["-i", &bad]].concat(), b"");
        assert!(!result.status.success(), "{what}");
        // A header that is genuine makes a sender known, which is told before the damage behind it.
        let said = String::from_utf8(result.stderr).unwrap();
        let refusal = said
            .lines()
            .filter(|line| !line.contains(" is new; fingerprint: "));
        let refusal: Vec<&str> = refusal.chain([""]).collect();
        result.stderr = refusal.join("\n").into_bytes();
        assert_refused(&result, "");
        assert_eq!(two.names(), names, "{what}");
    }
    fs::write(&bad, file).unwrap();
    account.done(&[&decrypt[..], &["-i", &bad]].concat());
    assert_eq!(fs::read(&output).unwrap(), content());
    let again = [&decrypt[..], &["-i", &bad]].concat();
    account.refused(&again, "");
    assert_eq!(fs::read(&output).unwrap(), content());
}

#[test]
fn damage_to_a_first_message_spoils_nothing() {
    let two = Two::introduced();
    let file = two.alice.pipe(&["encrypt", "bob"], &content());
    let other = two.alice.pipe(&["encrypt", "bob"], &content());
    assert_genuine_survives(&two.bob, &two, [&file, &other], &["--from", "alice"]);
}

#[test]
fn damage_to_a_later_message_spoils_nothing() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &content());
    let other = two.bob.pipe(&["encrypt", "alice"], &content());
    assert_genuine_survives(&two.alice, &two, [&file, &other], &[]);
}

#[test]
fn standard_output_has_what_is_genuine_and_no_more() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &content());
    let mut copy = file.clone();
    copy[body(&file) + 2 * SEALED] ^= 1;
    let result = two.alice.run(&["decrypt"], &copy);
    assert_eq!(result.status.code(), Some(3));
    assert_eq!(result.stdout, &content()[..2 * PIECE]);
    assert_eq!(two.alice.pipe(&["decrypt"], &file), content());
}

#[test]
fn an_interrupted_decryption_can_be_repeated() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &content());
    let output = two.path("output");
    let names = two.names();
    for arguments in [&["decrypt"][..], &["decrypt", "-o", &output]] {
        let mut child = two.alice.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(&file[..body(&file) + 2 * SEALED + 10])
            .unwrap();
        if arguments.len() == 1 {
            let mut first = [0; 1000];
            child
                .stdout
                .as_mut()
                .unwrap()
                .read_exact(&mut first)
                .unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // Where files need names from the start, the second one leaves one.
    let most = names.len() + usize::from(!cfg!(target_os = "linux"));
    assert!(two.names().len() <= most && !fs::exists(&output).unwrap());
    assert_eq!(two.alice.pipe(&["decrypt"], &file), content());
    assert_refused(&two.alice.run(&["decrypt"], &file), "");
}

#[test]
fn ctrl_c_leaves_nothing() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &content());
    let output = two.path("output");
    let names = two.names();
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129), ("-QUIT", 131)] {
        let decrypt = ["decrypt", "-o", &output];
        let mut child = two.alice.heeding_signals(&decrypt).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(&file[..body(&file) + 2 * SEALED + 10])
            .unwrap();
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(kill.unwrap().success());
        // Where files cannot be without a name, the command removes its hidden file before it ends.
        let status = child.wait().unwrap();
        assert!(
            status.code() == Some(code) || status.signal().is_some(),
            "{status}"
        );
        assert_eq!(two.names(), names);
    }
    assert_eq!(two.alice.pipe(&["decrypt"], &file), content());
}

#[test]
fn a_first_message_that_was_altered_is_said_to_be() {
    let two = Two::introduced();
    let file = two.alice.pipe(&["encrypt", "bob"], b"hello");
    // In the ephemeral key, in the ciphertext of the KEM, and in the sealed initiator.
    for place in [50, 1_000, 1_680] {
        let mut altered = file.clone();
        altered[place] ^= 1;
        let altered = two.file("altered", &altered);
        for from in [&["--from", "alice"][..], &[]] {
            let decrypt = [&["decrypt", "-i", &altered], from].concat();
            two.bob.refused(
                &decrypt,
                "sprag: initial message is not authentic: the message was altered on its way: get it \
                 again from its sender",
            );
        }
    }
    let decrypt = ["decrypt", "--from", "alice"];
    assert_eq!(two.bob.pipe(&decrypt, &file), b"hello");
}

#[test]
fn messages_are_for_their_reader() {
    let two = Two::talking();
    let carol = Account::new(two.folder.path().join("carol"));
    carol.done(&["init"]);
    let first = two.file(
        "first",
        &Two::introduced().alice.pipe(&["encrypt", "bob"], b"x"),
    );
    let later = two.file("later", &two.bob.pipe(&["encrypt", "alice"], b"x"));
    carol.refused(
        &["decrypt", "--from", "bob", "-i", &first],
        "another account",
    );
    carol.refused(&["decrypt", "-i", &first], "another account");
    carol.refused(&["decrypt", "-i", &later], "no session");
    carol.refused(&["decrypt", "--from", "bob", "-i", &later], "no peer");
    assert!(carol.text(&["status"]).contains("no peers"));
}

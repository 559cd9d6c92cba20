//! `sprag demo`, run as people run it.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

#[test]
fn a_seed_repeats_a_run_and_another_seed_does_not() {
    for json in [&[][..], &["--json"]] {
        let run = |seed: &str| text_of(&[&["--seed", seed], json].concat());
        assert_eq!(run("5"), run("5"));
        assert_ne!(run("5"), run("6"));
    }
    assert_ne!(text_of(&["--json"]), text_of(&["--json"]));
}

#[test]
fn text_fits_80_columns_and_controls_no_terminal() {
    assert_fit(&text_of(&["--seed", "1"]));
    for (name, bytes) in inputs() {
        let file = Scratch::new(name, &bytes);
        assert_fit(&text_of(&[file.path(), "--seed", "1"]));
    }
}

#[test]
fn every_step_is_a_json_object() {
    for (name, bytes) in inputs() {
        let file = Scratch::new(name, &bytes);
        let steps = steps_of(&[file.path(), "--seed", "1", "--json"]);
        for (number, step) in (1..).zip(&steps) {
            assert_eq!(step["step"].as_u64(), Some(number));
            assert!(step["event"].is_string());
            assert_integers(step);
        }
        let done = steps.last().expect("there are steps");
        assert_eq!(done["event"], "done");
        assert_eq!(done["ok"], true);
        assert_eq!(done["bytes"].as_u64(), Some(bytes.len() as u64));
        if let Some(cksum) = posix_cksum(&file) {
            assert_eq!(done["cksum"].as_u64(), Some(cksum));
        }
        let fingerprint = done["alice"]["state"]["root_fingerprint"].as_str();
        let digits = fingerprint.expect("it is a string");
        let lower_hex = |digit: u8| digit.is_ascii_digit() || matches!(digit, b'a'..=b'f');
        assert!(digits.len() == 16 && digits.bytes().all(lower_hex));
        assert_eq!(
            done["bob"]["state"]["root_fingerprint"].as_str(),
            fingerprint
        );
    }
}

#[test]
fn any_seed_ends_well_and_the_channel_is_bad() {
    let file = Scratch::new("seeds", &b"a line\n".repeat(20));
    for seed in 0..40 {
        let seed = seed.to_string();
        let steps = steps_of(&[file.path(), "--seed", &seed, "--json"]);
        for event in [
            "published",
            "began",
            "returned",
            "sent",
            "lost",
            "doubled",
            "delayed",
            "delivered",
            "refused",
            "ratchet",
            "stolen",
            "thief",
            "aftermath",
            "done",
        ] {
            let happens = steps.iter().any(|step| step["event"] == event);
            assert!(happens, "{event} with seed {seed}");
        }
        let late = |step: &Value| step["late"] == true;
        assert!(steps.iter().any(late), "out of order with seed {seed}");
        assert_counts(&steps);
    }
}

#[test]
fn the_thief_reads_what_the_theory_says() {
    let steps = steps_of(&["--seed", "3", "--json"]);
    let tried = steps.iter().filter(|step| step["event"] == "thief");
    let loot: Vec<(bool, bool)> = tried
        .map(|step| (step["header"] == true, step["read"] == true))
        .collect();
    let (text, header, nothing) = ((true, true), (true, false), (false, false));
    let mut expected = vec![header; 3];
    expected.extend([text; 4]);
    expected.extend([header, header, nothing, nothing]);
    assert_eq!(loot, expected);
    let aftermath = steps.iter().find(|step| step["event"] == "aftermath");
    let aftermath = aftermath.expect("the thief went on listening");
    assert!(aftermath["tried"].as_u64() > Some(0));
    assert_eq!(aftermath["read"], 0);
}

#[test]
fn the_session_takes_repeats_of_the_handshake() {
    let repeats = (0..10).any(|seed| {
        let seed = seed.to_string();
        let steps = steps_of(&["--seed", &seed, "--json"]);
        let began = steps.iter().filter(|step| step["began_session"] == true);
        assert_eq!(began.count(), 1);
        steps.iter().any(|step| step["repeats_handshake"] == true)
    });
    assert!(repeats);
}

#[test]
fn ten_megabytes_of_any_kind_are_told_in_short() {
    for (name, bytes) in large_inputs() {
        let file = Scratch::new(name, &bytes);
        let text = text_of(&[file.path(), "--seed", "1"]);
        assert_fit(&text);
        assert!(text.lines().count() < 150, "{name}");
        let end = format!("So does what came back: {} bytes", bytes.len());
        assert!(text.contains(&end), "{name}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_with_one_line() {
    let directory = env!("CARGO_TARGET_TMPDIR");
    let large = Scratch::new("large", &[]);
    let file = fs::File::options().write(true).open(&large.0);
    file.and_then(|file| file.set_len(64 * 1024 * 1024 + 1))
        .expect("the file can grow");
    for (path, why) in [
        (directory, "is a directory"),
        ("no-such-file", "no such file"),
        ("no-such\n\u{1b}[31mfile", "no such file"),
        (large.path(), "larger than 64 MiB"),
    ] {
        let output = run(&[path]);
        assert_eq!(output.status.code(), Some(8), "{path}");
        assert!(output.stdout.is_empty());
        let line = String::from_utf8(output.stderr).expect("it is text");
        assert!(line.starts_with("sprag: ") && line.contains(why), "{line}");
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'));
    }
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    for arguments in [&["--seed", "many"][..], &["a", "b"], &["--loud"]] {
        assert_eq!(run(arguments).status.code(), Some(2));
    }
}

#[test]
fn a_reader_who_leaves_early_ends_it_quietly() {
    let file = Scratch::new("pipe", &b"a line\n".repeat(1_000));
    for (format, read) in [("--json", 1), ("--json", 0), ("--seed=1", 0)] {
        let mut child = command(&[file.path(), format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sprag runs");
        let mut stdout = child.stdout.take().expect("it is piped");
        stdout
            .read_exact(&mut vec![0; read])
            .expect("there is output");
        drop(stdout);
        let output = child.wait_with_output().expect("sprag ends");
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprag"));
    command.arg("demo").args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("sprag runs")
}

fn text_of(arguments: &[&str]) -> String {
    let output = run(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {complaint}");
    assert!(complaint.is_empty(), "{complaint}");
    String::from_utf8(output.stdout).expect("it is text")
}

fn steps_of(arguments: &[&str]) -> Vec<Value> {
    let text = text_of(arguments);
    let parse = |line| serde_json::from_str(line).expect("each line is an object");
    text.lines().map(parse).collect()
}

/// All is printable ASCII, so a character is a column.
fn assert_fit(text: &str) {
    for line in text.lines() {
        assert!(line.len() <= 80, "{line}");
        let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        assert!(line.bytes().all(plain), "{line:?}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

fn assert_integers(value: &Value) {
    match value {
        Value::Number(number) => assert!(number.is_u64(), "{number}"),
        Value::Array(values) => values.iter().for_each(assert_integers),
        Value::Object(fields) => fields.values().for_each(assert_integers),
        _ => {}
    }
}

/// The sums at the end are those of the steps.
fn assert_counts(steps: &[Value]) {
    let done = steps.last().expect("there are steps");
    for (name, initial) in [("alice", 'A'), ("bob", 'B')] {
        let of_sender = |step: &&Value| {
            let message = step["message"].as_str();
            message.is_some_and(|message| message.starts_with(initial))
        };
        for event in ["lost", "doubled", "delayed", "refused"] {
            let happened = steps.iter().filter(|step| step["event"] == event);
            let count = happened.filter(of_sender).count() as u64;
            assert_eq!(done[name][event].as_u64(), Some(count), "{name} {event}");
        }
        let sent = steps.iter().filter(|step| step["event"] == "sent");
        let sent = sent.filter(of_sender).count() as u64;
        assert_eq!(done[name]["state"]["sent"].as_u64(), Some(sent));
    }
}

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let mut random = vec![0; 20_000];
    StdRng::seed_from_u64(1).fill_bytes(&mut random);
    random.extend(b"\x1b[31m\x1b]0;title\x07\x9b31m\r\x08");
    let unicode = "caf\u{e9} \u{202e}back\u{2066} \u{4e2d}\u{6587} e\u{301}\n\u{9b}31m\n";
    vec![
        ("empty", Vec::new()),
        ("byte", vec![0xff]),
        ("newline", b"\n".to_vec()),
        ("binary", random),
        (
            "escapes",
            b"\x1b[31mred\n\x1b]0;title\x07\n\ttab\n".repeat(5),
        ),
        ("unicode", unicode.into()),
        ("crlf", b"one\r\ntwo\r\n\r\nthree\r\n".to_vec()),
        ("unended", b"one\ntwo\nthree".to_vec()),
        ("thousand", b"line\n".repeat(1_000)),
        ("many", b"line\n".repeat(1_001)),
        ("long", vec![b'x'; 1 << 20]),
    ]
}

fn large_inputs() -> Vec<(&'static str, Vec<u8>)> {
    let mut random = vec![0; TEN_MEGABYTES];
    StdRng::seed_from_u64(1).fill_bytes(&mut random);
    let line = b"A line of about eighty characters, as in a long file of plain and simple text.\n";
    vec![
        ("lines", line.repeat(TEN_MEGABYTES / line.len())),
        ("line", vec![b'x'; TEN_MEGABYTES]),
        ("newlines", vec![b'\n'; TEN_MEGABYTES]),
        ("random", random),
    ]
}

/// The sum that the system's `cksum` prints, where there is that command.
fn posix_cksum(file: &Scratch) -> Option<u64> {
    let output = Command::new("cksum").arg(&file.0).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("it is text");
    text.split(' ').next()?.parse().ok()
}

/// A file that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        use core::sync::atomic::{AtomicUsize, Ordering};
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{count}-{name}"));
        fs::write(&path, bytes).expect("the folder for tests can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the path is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

const TEN_MEGABYTES: usize = 10_000_000;

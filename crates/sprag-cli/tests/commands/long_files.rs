use core::time::Duration;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Output;
use std::sync::mpsc::channel;

use crate::support::{Account, Two, assert_refused, run};

/// The content of a chunk, and a chunk.
const PIECE: usize = 64 * 1024 - 4;
const CHUNK: usize = 64 * 1024 + 16;

fn content(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// Scripts that run the command on one core, and on all.
const CORES: [&str; 2] = ["exec taskset -c 0 \"$0\" \"$@\"", "exec \"$0\" \"$@\""];

fn on_cores(account: &Account, cores: &str, arguments: &[&str]) -> Output {
    run(&mut account.script(cores, arguments), b"")
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_is_the_same_on_one_core_and_on_several() {
    let two = Two::talking();
    for length in [
        8 * PIECE,
        9 * PIECE,
        9 * PIECE + 1,
        33 * PIECE - 1,
        64 * PIECE + 1,
    ] {
        let content = content(length);
        let plain = two.file("plain", &content);
        for (encrypt, decrypt) in [(0, 1), (1, 0), (1, 1)] {
            let output = on_cores(
                &two.bob,
                CORES[encrypt],
                &["encrypt", "alice", "-i", &plain],
            );
            assert!(output.status.success(), "{output:?}");
            let sealed = two.file("sealed", &output.stdout);
            let output = on_cores(&two.alice, CORES[decrypt], &["decrypt", "-i", &sealed]);
            assert!(
                output.status.success() && output.stdout == content,
                "{length}"
            );
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_damaged_ends_where_the_damage_is() {
    let two = Two::talking();
    let content = content(20 * PIECE);
    let plain = two.file("plain", &content);
    let sealed = two.bob.done(&["encrypt", "alice", "-i", &plain]);
    let chunk = |number: usize| sealed.len() - (20 - number) * CHUNK;
    assert!(chunk(0) < CHUNK);
    let path = two.path("output");
    // The bytes of a file, and the number of the first chunk that is not genuine.
    let flipped = [0, 7, 8, 9, 15, 19].map(|number| {
        let mut bytes = sealed.clone();
        bytes[chunk(number) + 9] ^= 1;
        (bytes, number)
    });
    let cut = [1, 8, 9, 17].map(|number| (sealed[..chunk(number)].to_vec(), number - 1));
    let cut_in_a_chunk = [8, 10].map(|number| (sealed[..chunk(number) + 100].to_vec(), number));
    let extended = (sealed.iter().chain(&[0]).copied().collect(), 19);
    let swapped = (
        [
            &sealed[..chunk(8)],
            &sealed[chunk(9)..chunk(10)],
            &sealed[chunk(8)..chunk(9)],
            &sealed[chunk(10)..],
        ]
        .concat(),
        8,
    );
    let all = flipped.into_iter().chain(cut).chain(cut_in_a_chunk);
    for (bytes, number) in all.chain([extended, swapped]) {
        let damaged = two.file("damaged", &bytes);
        for cores in CORES {
            let output = on_cores(&two.alice, cores, &["decrypt", "-i", &damaged]);
            assert_refused(&output, "what was written is genuine, but not all");
            assert!(output.stdout == content[..number * PIECE], "{number}");
            let decrypt = ["decrypt", "-i", &damaged, "-o", &path];
            assert_refused(&on_cores(&two.alice, cores, &decrypt), "nothing is written");
            assert!(!fs::exists(&path).unwrap());
        }
    }
    assert!(two.alice.pipe(&["decrypt"], &sealed) == content);
}

#[test]
fn what_has_arrived_through_a_pipe_is_not_held_back() {
    let two = Two::talking();
    let content = content(30 * PIECE);
    let sealed = two.bob.pipe(&["encrypt", "alice"], &content);
    let chunk = |number: usize| sealed.len() - (30 - number) * CHUNK;
    let mut child = two.alice.command(&["decrypt"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sent, received) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; PIECE];
        while let Ok(()) = stdout.read_exact(&mut buffer) {
            sent.send(buffer.clone()).unwrap();
        }
    });
    let (mut written, mut next) = (0, 0);
    for arrived in [1, 2, 10, 29] {
        // A byte of the next chunk shows that these are not the last.
        stdin.write_all(&sealed[written..=chunk(arrived)]).unwrap();
        for number in next..arrived {
            let piece = received.recv_timeout(Duration::from_secs(60)).unwrap();
            assert!(piece == content[number * PIECE..][..PIECE], "{number}");
        }
        (written, next) = (chunk(arrived) + 1, arrived);
    }
    stdin.write_all(&sealed[written..]).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(received.recv().unwrap() == content[29 * PIECE..]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_file_ends_when_its_output_fails() {
    let two = Two::talking();
    let plain = two.file("plain", &content(100 * PIECE));
    let sealed = two.file("sealed", &two.bob.done(&["encrypt", "alice", "-i", &plain]));
    for arguments in [
        &["encrypt", "bob", "-i", &plain, "-o", "/dev/full"][..],
        &["decrypt", "-i", &sealed, "-o", "/dev/full"],
    ] {
        two.alice.refused(arguments, "No space left");
    }
    let script = "{ \"$0\" decrypt -i \"$1\"; echo $? >&2; } | head -c 100000";
    let output = run(&mut two.alice.script(script, &[&sealed]), b"");
    let lines = String::from_utf8(output.stderr).unwrap();
    assert!(
        lines.contains("standard output was closed before all was written"),
        "{lines}"
    );
    assert!(lines.ends_with("\n8\n"), "{lines}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_file_takes_little_memory() {
    let two = Two::talking();
    let content = content(1_500 * PIECE);
    let plain = two.file("plain", &content);
    let (sealed, opened) = (two.path("sealed"), two.path("opened"));
    // The limit is that of all memory that can be written, 64 MiB.
    let script = "ulimit -d 65536; exec \"$0\" \"$@\"";
    for (account, arguments) in [
        (
            &two.bob,
            &["encrypt", "alice", "-i", &plain, "-o", &sealed][..],
        ),
        (&two.alice, &["decrypt", "-i", &sealed, "-o", &opened]),
    ] {
        let output = run(&mut account.script(script, arguments), b"");
        assert!(output.status.success(), "{output:?}");
    }
    assert!(fs::read(&opened).unwrap() == content);
}

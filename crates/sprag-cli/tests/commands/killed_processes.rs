use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};

use crate::support::{Two, names, run};

/// Writes two chunks and more to a process that reads a file, which has written the first when this returns. A pipe
/// holds one chunk at most.
fn feed(child: &mut Child, file: &[u8]) -> std::process::ChildStdin {
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&file[..200_000]).unwrap();
    stdin
}

fn kill(child: &Child, signal: &str) {
    let id = child.id().to_string();
    let killed = Command::new("kill").args([signal, &id]).status();
    assert!(killed.unwrap().success());
}

#[test]
#[cfg(target_os = "linux")]
fn no_signal_leaves_plaintext_behind() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &[7; 300_000]);
    let before = two.file("before", b"before");
    for output in [&before, &two.path("new")] {
        let names = two.names();
        for signal in ["-ABRT", "-KILL", "-XFSZ"] {
            let decrypt = ["decrypt", "-o", output];
            let mut child = two.alice.command(&decrypt).spawn().unwrap();
            let stdin = feed(&mut child, &file);
            kill(&child, signal);
            assert!(child.wait().unwrap().signal().is_some(), "{signal}");
            drop(stdin);
            assert_eq!(two.names(), names, "{signal}");
        }
    }
    assert_eq!(fs::read(&before).unwrap(), b"before");
    assert_eq!(two.alice.pipe(&["decrypt"], &file), [7; 300_000]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_hangup_that_the_user_has_ignored_ends_nothing() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &[7; 300_000]);
    let output = two.path("output");
    let script = "trap '' HUP; exec \"$0\" decrypt -o \"$1\"";
    let mut child = two.alice.script(script, &[&output]).spawn().unwrap();
    let mut stdin = feed(&mut child, &file);
    kill(&child, "-HUP");
    stdin.write_all(&file[200_000..]).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read(&output).unwrap(), [7; 300_000]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_limit_on_the_size_of_files_leaves_nothing_behind() {
    let two = Two::talking();
    let long = vec![7; 12 << 20];
    let file = two.file("file", &two.bob.pipe(&["encrypt", "alice"], &long));
    let output = two.path("output");
    let names = two.names();
    // Blocks have 512 bytes or 1,024: the limit is 4 MiB or 8 MiB.
    let script = "ulimit -f 8192; exec \"$0\" decrypt -i \"$1\" -o \"$2\"";
    let ended = run(&mut two.alice.script(script, &[&file, &output]), b"");
    assert!(!ended.status.success());
    assert_eq!(two.names(), names);
    two.alice.done(&["decrypt", "-i", &file, "-o", &output]);
    assert_eq!(fs::read(&output).unwrap(), long);
}

#[test]
fn what_a_killed_process_left_is_swept_up_by_the_next() {
    let two = Two::talking();
    let left = two.file(".sprag-behind.new", b"text");
    two.alice.done(&["bundle", "-o", &two.path("bundle")]);
    assert!(!fs::exists(left).unwrap());
    let left = two.alice.home.join(".sprag-behind.new");
    fs::write(left, b"key").unwrap();
    let passphrase = two.file("passphrase", crate::support::PASSPHRASE.as_bytes());
    two.alice
        .done(&["passwd", "--new-passphrase-file", &passphrase]);
    assert_eq!(names(&two.alice.home), ["identity", "key", "store", "user"]);
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_kept_from_files_and_from_other_processes() {
    let two = Two::talking();
    let file = two.bob.pipe(&["encrypt", "alice"], &[7; 300_000]);
    let user = two.ordinary_user();
    // Allow core dumps, in case the tests run without them.
    let mut command = two
        .alice
        .script("ulimit -c unlimited; exec \"$0\" decrypt", &[]);
    let mut child = command.spawn().unwrap();
    let stdin = feed(&mut child, &file);
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
    kill(&child, "-ABRT");
    assert!(!child.wait().unwrap().core_dumped());
    drop(stdin);
    // The environment of a process has the passphrase, and can be read by whoever may look into the process.
    let mut child = user.command(&two.alice, &["decrypt"]).spawn().unwrap();
    let stdin = feed(&mut child, &file);
    let environment = format!("/proc/{}/environ", child.id());
    let read = user.program("cat").arg(environment).output().unwrap();
    assert!(!read.status.success() && read.stdout.is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stdin);
}

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, symlink};

use crate::support::{Two, assert_refused, run};

/// Names that lead to the standard output of a process.
const STANDARD_OUTPUT: [&str; 4] = [
    "/dev/stdout",
    "/dev/fd/1",
    "/proc/self/fd/1",
    "/proc/thread-self/fd/1",
];

#[test]
fn names_of_standard_output_write_where_it_is() {
    let two = Two::talking();
    let (link, to_folder) = (two.path("link"), two.path("folder"));
    symlink("/dev/stdout", &link).unwrap();
    symlink("/dev/fd", &to_folder).unwrap();
    let behind = two.path("folder/1");
    let own = [link.as_str(), &behind];
    for name in STANDARD_OUTPUT.iter().chain(&own) {
        if !fs::exists(name).unwrap() {
            continue;
        }
        let log = two.file("log", b"before\n");
        let inode = fs::metadata(&log).unwrap().ino();
        let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"text\n"));
        let arguments = ["decrypt", "-i", &message, "-o", name];
        // A file that the shell has opened with `>>`.
        let end = File::options().append(true).open(&log).unwrap();
        let mut command = two.alice.command(&arguments);
        let output = run(command.stdout(end), b"");
        assert!(output.status.success(), "{name}: {output:?}");
        assert_eq!(fs::read(&log).unwrap(), b"before\ntext\n", "{name}");
        assert_eq!(fs::metadata(&log).unwrap().ino(), inode, "{name}");
        // A pipe, and a file that is deleted.
        let text = two.bob.pipe(&["encrypt", "alice", "-o", name], b"text\n");
        assert_eq!(two.alice.pipe(&["decrypt"], &text), b"text\n", "{name}");
        let deleted = File::create(two.path("deleted")).unwrap();
        fs::remove_file(two.path("deleted")).unwrap();
        let mut command = two.alice.command(&["bundle", "-o", name]);
        assert!(
            run(command.stdout(deleted.try_clone().unwrap()), b"")
                .status
                .success()
        );
        assert!(deleted.metadata().unwrap().len() > 1000, "{name}");
        assert!(!two.names().iter().any(|name| name.contains("deleted")));
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn names_of_other_descriptors_write_where_they_are() {
    let two = Two::talking();
    let log = two.file("log", b"before\n");
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"text\n"));
    let script = "exec 3>>\"$1\"; \"$0\" decrypt -i \"$2\" -o /dev/fd/3 && echo after >&3";
    let mut command = two.alice.script(script, &[&log, &message]);
    let output = run(&mut command, b"");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read(&log).unwrap(), b"before\ntext\nafter\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_of_another_process_that_has_no_name_is_refused() {
    let two = Two::talking();
    let path = two.path("deleted");
    let deleted = File::create(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let mut sleep = std::process::Command::new("sleep");
    let mut sleep = sleep.arg("60").stdout(deleted).spawn().unwrap();
    let name = format!("/proc/{}/fd/1", sleep.id());
    two.alice
        .refused(&["bundle", "-o", &name], "leads to a file without a name");
    sleep.kill().unwrap();
    sleep.wait().unwrap();
}

#[test]
fn descriptors_that_cannot_be_written_are_refused_before_a_key_is_used() {
    let two = Two::talking();
    let file = two.file("file", b"hello");
    let sent = two.alice.status("bob")["sent"].clone();
    for (script, why) in [
        ("\"$0\" encrypt bob <&- 1<\"$1\"", "reading only"),
        ("\"$0\" encrypt bob -o /dev/stdout 1<\"$1\"", "reading only"),
        ("\"$0\" encrypt bob -o /dev/fd/9 9<\"$1\"", "reading only"),
        ("\"$0\" encrypt bob -o /dev/stdout >&-", "closed"),
        (
            "\"$0\" encrypt bob -i \"$1\" -o /dev/stdout >>\"$1\"",
            "is the input",
        ),
    ] {
        let output = run(&mut two.alice.script(script, &[&file]), b"");
        assert_refused(&output, why);
    }
    // There is no place to say why.
    let script = "\"$0\" encrypt bob -o /dev/stderr 2>&-";
    let output = run(&mut two.alice.script(script, &[]), b"");
    assert_eq!(output.status.code(), Some(8));
    assert_eq!(two.alice.status("bob")["sent"], sent);
    assert_eq!(fs::read(&file).unwrap(), b"hello");
}

#[test]
fn a_link_to_no_file_yet_leads_to_the_new_file() {
    let two = Two::talking();
    fs::create_dir(two.path("folder")).unwrap();
    let (first, second) = (two.path("first"), two.path("folder/second"));
    symlink("folder/second", &first).unwrap();
    symlink("../new", &second).unwrap();
    two.alice.done(&["bundle", "-o", &first]);
    assert!(fs::symlink_metadata(two.path("new")).unwrap().is_file());
    for link in [&first, &second] {
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }
    // Such a link is no way into the folder of the account.
    let into = two.path("into");
    symlink(two.alice.home.join("new"), &into).unwrap();
    two.alice
        .refused(&["bundle", "-o", &into], "folder of the account");
    let circle = two.path("circle");
    symlink(&circle, &circle).unwrap();
    two.alice
        .refused(&["bundle", "-o", &circle], "cannot be written");
}

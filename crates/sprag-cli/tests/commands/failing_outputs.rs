use std::fs::File;
use std::process::Command;

use crate::support::{Account, PASSPHRASE, Two, assert_refused, run};

/// Runs a command whose standard output is what `redirection` says.
fn redirected(account: &Account, redirection: &str, arguments: &[&str]) -> std::process::Output {
    let script = format!("exec \"$0\" \"$@\" {redirection}");
    run(&mut account.script(&script, arguments), b"")
}

/// All commands that print something.
const PRINT: [&[&str]; 15] = [
    &["id"],
    &["status"],
    &["status", "bob", "--json"],
    &["rotate"],
    &["encrypt", "bob", "-a"],
    &["bundle"],
    &["demo", "--seed", "1"],
    &["demo", "--seed", "1", "--json"],
    &["help"],
    &["--help"],
    &["help", "encrypt"],
    &["--version"],
    &["man"],
    &["man", "encrypt"],
    &["completions", "bash"],
];

#[test]
#[cfg(target_os = "linux")]
fn a_closed_standard_output_is_a_failure() {
    let two = Two::talking();
    let created = two.alice.client().prekeys_created().unwrap();
    for arguments in PRINT.into_iter().chain([&["restored"][..]]) {
        let output = redirected(&two.alice, ">&-", arguments);
        assert_refused(&output, "standard output is closed");
    }
    // What nobody would be told of is not done.
    assert_eq!(two.alice.client().prekeys_created().unwrap(), created);
    two.alice.pipe(&["encrypt", "bob"], b"not restored");
    let carol = Account::new(two.folder.path().join("carol"));
    let init = redirected(&carol, ">&-", &["init"]);
    assert_refused(&init, "standard output is closed");
    assert!(!carol.home.exists());
    carol.done(&["init"]);
    let bundle = two.file("bundle", &carol.done(&["bundle"]));
    let add = ["add", "carol", &bundle];
    assert_refused(
        &redirected(&two.alice, ">&-", &add),
        "standard output is closed",
    );
    two.alice.refused(&["status", "carol"], "no peer is named");
    // Commands that print nothing do not need it.
    for arguments in [
        &["encrypt", "bob", "-o", &two.path("sent")][..],
        &["forget", "bob"],
    ] {
        assert!(redirected(&two.alice, ">&-", arguments).status.success());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_object_that_nobody_would_read_is_a_failure_before_anything_is_done() {
    let two = Two::talking();
    let message = two.file("message", &two.bob.pipe(&["encrypt", "alice"], b"hello"));
    let (output, bundle) = (two.path("output"), two.path("bundle"));
    // The object goes to standard error if standard output carries the data.
    for (redirection, arguments) in [
        (
            ">&-",
            &["decrypt", "--json", "-i", &message, "-o", &output][..],
        ),
        ("2>&-", &["decrypt", "--json", "-i", &message]),
        (">&-", &["bundle", "--json", "-o", &bundle]),
        ("2>&-", &["bundle", "--json"]),
    ] {
        let refused = redirected(&two.alice, redirection, arguments);
        assert_eq!(refused.status.code(), Some(8), "{arguments:?}: {refused:?}");
        assert_eq!(refused.stdout, b"", "{arguments:?}");
    }
    for path in [&output, &bundle] {
        assert!(!std::fs::exists(path).unwrap(), "{path}");
    }
    // The key is kept, also if the object is not asked for.
    let read = redirected(&two.alice, "2>&-", &["decrypt", "-i", &message]);
    assert_eq!(read.stdout, b"hello");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure() {
    let two = Two::talking();
    for arguments in PRINT {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = two.alice.command(arguments);
        let output = run(command.stdout(full), b"");
        assert_refused(&output, "No space left");
    }
}

#[test]
fn a_standard_output_that_is_not_wanted_is_no_failure() {
    let two = Two::talking();
    for arguments in PRINT {
        let output = redirected(&two.alice, ">/dev/null", arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    let mut version = Command::new(env!("CARGO_BIN_EXE_sprag"));
    let output = version.arg("--version").env("SPRAG_PASSPHRASE", PASSPHRASE);
    assert!(output.output().unwrap().stdout.starts_with(b"sprag "));
}

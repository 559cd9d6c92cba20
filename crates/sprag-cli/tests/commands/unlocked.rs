//! Accounts that are unlocked for a while. The keys lie in the keyring of the session that runs the tests, each under the
//! folder of its account.

use std::process::{Command, Output};
use std::time::Instant;

use crate::support::{Account, Two, assert_refused, run};

/// Runs a command that is given no passphrase, and that has no terminal to ask for it.
fn without_passphrase(account: &Account, arguments: &[&str]) -> Output {
    let mut command = Command::new("setsid");
    command
        .arg("--wait")
        .arg(env!("CARGO_BIN_EXE_sprag"))
        .args(arguments);
    let like = account.command::<&str>(&[]);
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env_remove("SPRAG_PASSPHRASE");
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    run(&mut command, b"")
}

/// Unlocks an account, which some containers do not allow. Says so then, and returns `false`.
fn unlock(account: &Account, minutes: &str) -> bool {
    let output = account.run(&["unlock", "--for", minutes], b"");
    let said = String::from_utf8(output.stderr).unwrap();
    if said.contains("keyring of this system cannot be used") {
        let reason = format!("!! SKIPPED: {said}");
        drop(std::io::Write::write_all(
            &mut std::io::stderr(),
            reason.as_bytes(),
        ));
        return false;
    }
    assert!(output.status.success(), "{said}");
    true
}

fn is_locked(account: &Account) {
    let output = without_passphrase(account, &["status"]);
    assert_refused(&output, "passphrase");
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn an_unlocked_account_asks_for_no_passphrase_until_it_is_locked() {
    let two = Two::talking();
    is_locked(&two.alice);
    if !unlock(&two.alice, "1") {
        return;
    }
    let begun = Instant::now();
    let status = without_passphrase(&two.alice, &["status"]);
    assert!(status.status.success(), "{status:?}");
    assert_eq!(status.stdout, two.alice.done(&["status"]));
    // Another account is as it was, and a passphrase that is given has to be right.
    is_locked(&two.bob);
    let mut command = two.alice.command(&["status"]);
    let wrong = run(command.env("SPRAG_PASSPHRASE", "wrong"), b"");
    assert_eq!(wrong.status.code(), Some(5));
    assert!(begun.elapsed().as_secs() < 60, "the time is up by itself");
    two.alice.done(&["lock"]);
    is_locked(&two.alice);
    assert!(two.alice.text(&["lock"]).contains("was not unlocked"));
}

#[test]
fn another_passphrase_or_another_account_ends_it() {
    let two = Two::talking();
    if !unlock(&two.alice, "1") {
        return;
    }
    // The passphrase is changed only by who knows it.
    let new = two.file("new", b"battery staple");
    let passwd = ["passwd", "--new-passphrase-file", &new];
    let refused = without_passphrase(&two.alice, &passwd);
    assert_eq!(refused.status.code(), Some(5));
    assert!(without_passphrase(&two.alice, &["status"]).status.success());
    two.alice.done(&passwd);
    is_locked(&two.alice);
    // The account of Bob in the place of Alice's is not opened by her key.
    assert!(unlock(&two.bob, "1"));
    for name in ["key", "store", "identity"] {
        std::fs::copy(two.alice.home.join(name), two.bob.home.join(name)).unwrap();
    }
    is_locked(&two.bob);
    two.bob.done(&["lock"]);
    two.alice.done(&["lock"]);
}

#[test]
fn the_time_has_bounds() {
    let two = Two::new();
    for minutes in ["0", "10081", "-1", "x"] {
        let output = two.bob.run(&["unlock", "--for", minutes], b"");
        assert_eq!(output.status.code(), Some(2), "{minutes}");
    }
}

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use crate::support::{Account, Two, assert_refused, run};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn without_passphrase(account: &Account, arguments: &[&str]) -> Output {
    let mut command = account.command(arguments);
    run(command.env("SPRAG_PASSPHRASE", "wrong"), b"")
}

#[test]
fn an_account_shows_its_fingerprint_without_the_passphrase() {
    let two = Two::new();
    let checked = two.bob.text(&["id", "--check"]);
    let shown = without_passphrase(&two.bob, &["id"]);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), checked);
    assert_refused(
        &without_passphrase(&two.bob, &["id", "--check"]),
        "passphrase",
    );
    // A store of the time before has no such file. The passphrase is asked for once.
    let path = two.bob.home.join("identity");
    fs::remove_file(&path).unwrap();
    assert_refused(&without_passphrase(&two.bob, &["id"]), "passphrase");
    assert_eq!(two.bob.text(&["id"]), checked);
    let shown = without_passphrase(&two.bob, &["id"]);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), checked);
}

#[test]
fn a_fingerprint_of_another_account_is_found_by_every_command_that_opens_the_account() {
    let two = Two::talking();
    let [own, other] = [&two.alice, &two.bob].map(|account| account.home.join("identity"));
    let right = fs::read(&own).unwrap();
    for wrong in [fs::read(&other).unwrap(), b"text".to_vec()] {
        fs::write(&own, wrong).unwrap();
        for command in [
            &["status"][..],
            &["bundle"],
            &["encrypt", "bob"],
            &["id", "--check"],
        ] {
            two.alice
                .refused(command, "may have shown a wrong fingerprint");
        }
        assert_eq!(two.alice.run(&["status"], b"").status.code(), Some(7));
    }
    fs::remove_file(&own).unwrap();
    two.alice.done(&["status"]);
    assert_eq!(fs::read(&own).unwrap(), right);
}

#[test]
fn an_account_that_may_not_be_written_can_be_looked_at() {
    let two = Two::talking();
    let status = two.alice.text(&["status"]);
    let identity = two.alice.text(&["id"]);
    let devices = two.alice.text(&["device", "list"]);
    let nothing = "nothing is due\n".to_owned();
    let user = two.ordinary_user();
    let home = &two.alice.home;
    let commands = [
        (&["status"][..], &status),
        (&["id"], &identity),
        (&["id", "--check"], &identity),
        (&["device", "list"], &devices),
        (&["owed"], &nothing),
    ];
    // Neither the folder can be written nor a file in it, then the folder alone, then the files alone.
    for (folder, file) in [(0o500, 0o400), (0o500, 0o600), (0o700, 0o400)] {
        for name in ["key", "store", "identity"] {
            set_mode(&home.join(name), file);
        }
        set_mode(home, folder);
        for (command, expected) in commands {
            let output = run(&mut user.command(&two.alice, command), b"");
            assert!(output.status.success(), "{command:?}: {output:?}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), *expected);
        }
        let refused = run(&mut user.command(&two.alice, &["bundle"]), b"");
        assert_refused(&refused, "");
        assert_eq!(refused.status.code(), Some(8));
        set_mode(home, 0o700);
    }
}

#[test]
fn a_home_that_others_can_use_is_warned_of() {
    let two = Two::new();
    let home = &two.bob.home;
    let said = |arguments: &[&str]| {
        let output = two.bob.run(arguments, b"");
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(said(&["status"]), "");
    for (path, usual) in [
        (home.clone(), 0o700),
        (home.join("key"), 0o600),
        (home.join("store"), 0o600),
        (home.join("identity"), 0o600),
    ] {
        for (bits, verb) in [
            (0o040, "reach"),
            (0o004, "reach"),
            (0o020, "change"),
            (0o002, "change"),
        ] {
            set_mode(&path, usual | bits);
            for command in [&["status"][..], &["id"]] {
                let said = said(command);
                let warning = format!("sprag: warning: other users can {verb} {}:", path.display());
                assert!(said.starts_with(&warning), "{said}");
                assert_eq!(said.lines().count(), 1, "{said}");
            }
        }
        set_mode(&path, usual);
    }
    assert_eq!(said(&["id"]), "");
}

#[test]
fn a_new_account_does_not_show_the_fingerprint_of_one_that_was_removed() {
    let two = Two::new();
    let before = two.bob.text(&["id"]);
    for name in ["key", "store"] {
        fs::remove_file(two.bob.home.join(name)).unwrap();
    }
    let made = String::from_utf8(two.bob.done(&["init"])).unwrap();
    assert_ne!(made, before);
    assert_eq!(two.bob.text(&["id"]), made);
    two.bob.done(&["status"]);
}

#[test]
fn a_new_account_says_where_it_is_and_what_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::new(folder.path().join("home"));
    let output = account.run(&["init"], b"");
    assert!(output.status.success());
    // A script gets the fingerprint alone.
    let fingerprint = String::from_utf8(output.stdout).unwrap();
    assert_eq!(fingerprint, account.text(&["id"]));
    let said = String::from_utf8(output.stderr).unwrap();
    for word in [
        account.home.to_str().unwrap(),
        "sprag bundle",
        "sprag add",
        "passphrase",
    ] {
        assert!(said.contains(word), "{said} lacks {word}");
    }
}

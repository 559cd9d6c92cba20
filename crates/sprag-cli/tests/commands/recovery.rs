use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::link::Link;
use crate::support::{Account, Two, assert_refused, names, run};

/// Runs a command with the passphrase of the recovery file.
fn with_passphrase(account: &Account, arguments: &[&str], passphrase: &str) -> Output {
    let mut command = account.command(arguments);
    command.env("SPRAG_RECOVERY_PASSPHRASE", passphrase);
    run(&mut command, b"")
}

fn done(account: &Account, arguments: &[&str]) -> String {
    let output = with_passphrase(account, arguments, "of the file");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(account: &Account, arguments: &[&str], because: &str) -> Option<i32> {
    let output = with_passphrase(account, arguments, "of the file");
    assert_refused(&output, because);
    output.status.code()
}

fn version(account: &Account) -> u64 {
    let list = account.json(&["device", "list", "--json"], b"");
    list["version"].as_u64().unwrap()
}

#[test]
fn a_user_is_recovered_from_nothing_but_the_file() {
    let two = Two::talking();
    let file = two.path("recovery");
    done(&two.alice, &["recovery", "export", "-o", &file]);
    let fingerprint = two.alice.text(&["id"]);
    fs::remove_dir_all(&two.alice.home).unwrap();
    // It must be known which list is the newest.
    let new = &two.alice;
    refused(new, &["recovery", "import", &file], "--unchanged");
    assert!(!names(two.folder.path()).contains(&"alice".to_owned()));
    let import = ["recovery", "import", &file, "--unchanged"];
    let output = with_passphrase(new, &import, "of the file");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), fingerprint);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("still has the device 0: remove it if it is lost"),
        "{told}"
    );
    assert_eq!((version(new), new.text(&["id"])), (2, fingerprint));
    // The new device signs at once, and removes the one that is lost.
    new.done(&["device", "revoke", "0", "--lost"]);
    // Bob knows the user again, and its device is another one.
    let of_alice = two.file("alice.bundle", &new.done(&["bundle"]));
    let said = two.bob.text(&["add", "alice", &of_alice]);
    assert!(
        said.starts_with("alice has the new device 1\nalice no longer has device 0"),
        "{said}"
    );
    let of_bob = two.file("bob.bundle", &two.bob.done(&["bundle"]));
    new.done(&["add", "bob", &of_bob]);
    let message = new.pipe(&["encrypt", "bob"], b"recovered");
    assert_eq!(two.bob.pipe(&["decrypt"], &message), b"recovered");
    let message = two.bob.pipe(&["encrypt", "alice"], b"welcome back");
    assert_eq!(new.pipe(&["decrypt"], &message), b"welcome back");
}

#[test]
fn the_newest_list_comes_from_a_peer() {
    let two = Two::talking();
    let [file, list, old] = ["recovery", "list", "old"].map(|name| two.path(name));
    done(&two.alice, &["recovery", "export", "-o", &file]);
    two.alice.done(&["device", "list", "-o", &old]);
    // A device is linked after the file was written, and Bob hears of it.
    Link::whole(&two, &two.alice, "alice 2");
    let message = two.alice.pipe(&["encrypt", "bob"], b"news");
    two.bob.pipe(&["decrypt"], &message);
    two.bob.done(&["device", "list", "alice", "-o", &list]);
    let new_file = two.path("new recovery");
    let new = Account::new(two.folder.path().join("alice 3"));
    let import = [
        "recovery",
        "import",
        &file,
        "--list",
        &list,
        "--recovery",
        &new_file,
    ];
    done(&new, &import);
    assert_eq!(version(&new), 3);
    // An older list than that of the file is not the newest.
    let other = Account::new(two.folder.path().join("alice 4"));
    let import = ["recovery", "import", &new_file, "--list", &old];
    assert_eq!(
        refused(&other, &import, "older than that in the recovery file"),
        Some(1)
    );
    // Nor is that of another user.
    let foreign = two.path("foreign");
    two.bob.done(&["device", "list", "-o", &foreign]);
    let import = ["recovery", "import", &new_file, "--list", &foreign];
    refused(&other, &import, "");
    assert!(!names(two.folder.path()).contains(&"alice 4".to_owned()));
}

#[test]
fn a_recovery_file_opens_by_its_own_passphrase_alone() {
    let two = Two::new();
    let file = two.path("recovery");
    done(&two.alice, &["recovery", "export", "-o", &file]);
    let new = Account::new(two.folder.path().join("new"));
    let import = ["recovery", "import", &file, "--unchanged"];
    for (passphrase, code) in [("correct horse", 5), ("", 5)] {
        let output = with_passphrase(&new, &import, passphrase);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    let damaged = fs::read(&file).unwrap();
    let damaged = two.file("damaged", &damaged[..damaged.len() / 2]);
    let output = with_passphrase(&new, &["recovery", "import", &damaged, "--unchanged"], "x");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    // It is for nobody else to read.
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
    // Where nobody can be asked, nothing is written.
    let other = two.path("other");
    let output = two.alice.run(&["recovery", "export", "-o", &other], b"");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(!fs::exists(&other).unwrap());
}

#[test]
fn a_home_that_was_put_back_signs_nothing_until_the_newest_list_is_known() {
    let two = Two::talking();
    let backup = ["key", "store"].map(|name| {
        let path = two.alice.home.join(name);
        (path.clone(), fs::read(path).unwrap())
    });
    let second = Link::whole(&two, &two.alice, "alice 2");
    let list = two.path("list");
    second.done(&["device", "list", "-o", &list]);
    for (path, bytes) in &backup {
        fs::write(path, bytes).unwrap();
    }
    let invite = ["device", "invite", "-o", &two.path("invitation")];
    two.alice.exits(&invite, b"", 7);
    let told = two.alice.run(&["restored"], b"");
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(
        told.contains("two that sign contradict each other"),
        "{told}"
    );
    // The device that has no key is told nothing of signing.
    let told = second.run(&["restored"], b"");
    assert!(told.status.success() && told.stderr.is_empty(), "{told:?}");
    two.alice
        .refused(&invite, "a newer list of your devices may have been signed");
    let said = two.alice.text(&["device", "list"]);
    assert!(
        said.contains("nobody has said yet whether it is the newest"),
        "{said}"
    );
    let said = two.alice.text(&["recovery", "import", "--list", &list]);
    assert_eq!(said, "this device signs the list of your devices\n");
    assert_eq!(version(&two.alice), 2);
    two.alice.done(&invite);
}

#[test]
fn the_key_comes_back_to_a_device_that_had_it_not() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let [file, list] = ["recovery", "list"].map(|name| two.path(name));
    done(&two.alice, &["recovery", "export", "-o", &file]);
    let said = done(&second, &["recovery", "import", &file]);
    assert!(said.contains("which signs nothing yet"), "{said}");
    second.refused(
        &["device", "invite"],
        "a newer list of your devices may have been signed",
    );
    // A file that may have an old list is said to be one.
    let unsure = two.path("unsure");
    let export = ["recovery", "export", "-o", &unsure];
    let output = with_passphrase(&second, &export, "of the file");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("may have been signed than the one in the recovery file"),
        "{said}"
    );
    second.done(&["device", "list", "-o", &list]);
    done(&second, &["recovery", "import", "--list", &list]);
    second.done(&["device", "revoke", "0", "--lost"]);
    // The list that was given is compared before the key is taken.
    let third = Link::whole(&two, &second, "alice 3");
    for newest in [&["--unchanged"][..], &["--list", &list]] {
        let import = [&["recovery", "import", &file], newest].concat();
        let because = "a newer list of your devices is known here than this";
        assert_eq!(refused(&third, &import, because), Some(1));
    }
    let foreign = two.path("list of bob");
    two.bob.done(&["device", "list", "-o", &foreign]);
    let import = ["recovery", "import", &file, "--list", &foreign];
    let because = "this is of another user than the account";
    assert_eq!(refused(&third, &import, because), Some(3));
    let object = third.json(&["device", "list", "--json"], b"");
    assert_eq!(object["signs"], "no");
    // The file of another user is refused.
    let foreign = two.path("foreign");
    done(&two.bob, &["recovery", "export", "-o", &foreign]);
    let because = "this is of another user than the account";
    let code = refused(&second, &["recovery", "import", &foreign], because);
    assert_eq!(code, Some(3));
}

/// Runs a command that prints its object to standard output.
fn object(account: &Account, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(account, arguments)).unwrap()
}

/// The object of an import by the user of Alice.
fn imported(two: &Two, (version, device): (u64, u32), signs: &str, others: &[u32]) -> Value {
    let fingerprint = two.alice.text(&["id"]);
    let user: String = fingerprint.split_whitespace().collect();
    json!({
        "user": user, "fingerprint": fingerprint.trim_end(), "device": device, "version": version, "new": false,
        "signs": signs, "other_devices": others, "output": null,
    })
}

/// The arguments by which an account is made from a recovery file, and a new file is written.
fn import<'a>(file: &'a str, new_file: &'a str) -> Vec<&'a str> {
    let options = [file, "--unchanged", "--recovery", new_file];
    [&IMPORT[..], &options].concat()
}

const IMPORT: [&str; 3] = ["recovery", "import", "--json"];

#[test]
fn scripts_read_what_was_exported_and_imported_as_objects() {
    let two = Two::talking();
    let user: String = two.alice.text(&["id"]).split_whitespace().collect();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let [file, list, new_file] = ["recovery", "list", "new recovery"].map(|name| two.path(name));
    let exported = object(&two.alice, &["recovery", "export", "--json", "-o", &file]);
    assert_eq!(
        exported,
        json!({"user": user, "version": 2, "output": file})
    );
    // Beside the file if that goes to standard output.
    let export = ["recovery", "export", "--json", "-o", "-"];
    let output = with_passphrase(&two.alice, &export, "of the file");
    assert!(output.stdout.starts_with(b"-----BEGIN SPRAG RECOVERY"));
    let told: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(told["output"], Value::Null);
    // A device gets the key, and then the newest list.
    let told = object(&second, &[&IMPORT[..], &[&file]].concat());
    assert_eq!(told, imported(&two, (2, 1), "unsure", &[0]));
    second.done(&["device", "list", "-o", &list]);
    let told = object(&second, &[&IMPORT[..], &["--list", &list]].concat());
    assert_eq!(told, imported(&two, (2, 1), "yes", &[0]));
    // A list that does not change needs no new file.
    let options = [&file, "--unchanged", "--recovery", &new_file];
    let output = with_passphrase(&second, &[&IMPORT[..], &options].concat(), "of the file");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("the list of your devices has not changed"),
        "{told}"
    );
    assert!(!fs::exists(&new_file).unwrap());
}

#[test]
fn scripts_read_which_account_was_made_from_a_recovery_file() {
    let two = Two::talking();
    let [file, new_file] = ["recovery", "new recovery"].map(|name| two.path(name));
    done(&two.alice, &["recovery", "export", "-o", &file]);
    let new = Account::new(two.folder.path().join("alice 2"));
    let mut expected = imported(&two, (2, 1), "yes", &[0]);
    expected["new"] = json!(true);
    expected["output"] = json!(new_file);
    assert_eq!(object(&new, &import(&file, &new_file)), expected);
    assert!(fs::exists(&new_file).unwrap());
    // Beside the file if that goes to standard output.
    let other = Account::new(two.folder.path().join("alice 3"));
    let output = with_passphrase(&other, &import(&file, "-"), "of the file");
    assert!(output.stdout.starts_with(b"-----BEGIN SPRAG RECOVERY"));
    let told = String::from_utf8(output.stderr).unwrap();
    let told = told.lines().find(|line| line.starts_with('{')).unwrap();
    expected["output"] = Value::Null;
    assert_eq!(serde_json::from_str::<Value>(told).unwrap(), expected);
    // The account was made, although the file could not be written.
    let other = Account::new(two.folder.path().join("alice 4"));
    let output = with_passphrase(&other, &import(&file, "/dev/full"), "of the file");
    assert_eq!(output.status.code(), Some(8), "{output:?}");
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        expected
    );
}

#[test]
fn scripts_read_with_whom_sessions_are_to_be_begun_after_a_return() {
    let two = Two::talking();
    let second = Link::whole(&two, &two.alice, "alice 2");
    let told = two.alice.run(&["restored", "--json"], b"");
    let object: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        object,
        json!({"signs": "unsure", "peers": ["bob"], "own_devices": [1]})
    );
    let object = second.json(&["restored", "--json"], b"");
    assert_eq!(
        object,
        json!({"signs": "no", "peers": ["bob"], "own_devices": [0]})
    );
    // People are told of their other devices too, if there are any.
    assert!(
        second
            .text(&["restored"])
            .contains("`sprag repair --own -o FILE`")
    );
    assert!(!two.bob.text(&["restored"]).contains("--own"));
}

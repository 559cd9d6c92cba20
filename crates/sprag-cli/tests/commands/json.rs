use std::fs;

use serde_json::{Value, json};

use crate::support::{Account, Two, run};

fn user(account: &Account) -> String {
    account.text(&["id"]).split_whitespace().collect()
}

fn identity(account: &Account) -> String {
    account.client().identity().unwrap().to_string()
}

/// Runs what writes its data to standard output, and the object to standard error.
fn beside_data(account: &Account, arguments: &[&str], input: &[u8]) -> (Vec<u8>, Value) {
    let output = account.run(arguments, input);
    assert!(output.status.success(), "{output:?}");
    (
        output.stdout,
        serde_json::from_slice(&output.stderr).unwrap(),
    )
}

#[test]
fn an_identity_is_an_object() {
    let two = Two::new();
    let fingerprint = two.bob.text(&["id"]);
    let expected = json!({
        "user": user(&two.bob), "fingerprint": fingerprint.trim_end(), "identity": identity(&two.bob),
    });
    assert_eq!(two.bob.json(&["id", "--json"], b""), expected);
}

#[test]
fn a_bundle_is_told_beside_it() {
    let two = Two::new();
    let path = two.path("bundle");
    let expected = |reusable: bool, armored: bool, output: Value| {
        json!({
            "user": user(&two.bob), "identity": identity(&two.bob), "reusable": reusable, "armored": armored, "output": output,
        })
    };
    let object = two.bob.json(&["bundle", "--json", "-o", &path], b"");
    assert_eq!(object, expected(false, false, json!(path)));
    assert!(!fs::read(&path).unwrap().is_empty());
    let arguments = ["bundle", "--json", "--reusable", "--armor"];
    let (bundle, object) = beside_data(&two.bob, &arguments, b"");
    assert_eq!(object, expected(true, true, Value::Null));
    assert!(bundle.starts_with(b"-----BEGIN SPRAG BUNDLE-----"));
    let (bundle, object) = beside_data(&two.bob, &["bundle", "--json", "-o", "/dev/stdout"], b"");
    assert_eq!(object, expected(false, false, Value::Null));
    two.alice.pipe(&["add", "bob", "-"], &bundle);
}

#[test]
fn adding_a_peer_tells_what_is_new() {
    let two = Two::new();
    let add = |more: &[&str]| {
        let bundle = two.bob.done(&["bundle"]);
        let arguments = [&["add", "bob", "-", "--json"], more].concat();
        two.alice.json(&arguments, &bundle)
    };
    let expected = |new: bool, new_session: bool| {
        json!({
            "peer": "bob", "user": user(&two.bob), "identity": identity(&two.bob), "device": 0, "new": new,
            "new_session": new_session, "new_devices": [], "gone_devices": [],
        })
    };
    assert_eq!(add(&[]), expected(true, true));
    let first = two.alice.pipe(&["encrypt", "bob"], b"hello");
    two.bob.pipe(&["decrypt", "--from", "alice"], &first);
    let answer = two.bob.pipe(&["encrypt", "alice"], b"hi");
    two.alice.pipe(&["decrypt"], &answer);
    assert_eq!(add(&[]), expected(false, false));
    assert_eq!(add(&["--renew"]), expected(false, true));
}

#[test]
fn decrypting_tells_the_sender_and_the_session() {
    let two = Two::introduced();
    let path = two.path("output");
    let expected = |new: bool, output: Value, complete: bool| {
        json!({
            "peer": "alice", "user": user(&two.alice), "identity": identity(&two.alice), "device": 0,
            "own_device": false, "sent_to": null, "sent_to_user": null, "retired_device": false,
            "new_devices": [], "gone_devices": [], "new_peer": new, "new_session": new,
            "unexpected_session": false, "old_session": false, "output": output, "complete": complete,
        })
    };
    // What has changed is told although the content is damaged.
    let first = two.alice.pipe(&["encrypt", "bob"], b"hello");
    let mut damaged = first.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let decrypt = ["decrypt", "--json", "--from", "alice", "-o", &path];
    let output = two.bob.run(&decrypt, &damaged);
    assert_eq!(output.status.code(), Some(3));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object, expected(true, Value::Null, false));
    assert!(!fs::exists(&path).unwrap());
    // So it is where a file of that name was there before, which stays.
    fs::write(&path, "before").unwrap();
    let output = two.bob.run(&decrypt, &damaged);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object, expected(true, Value::Null, false));
    assert_eq!(fs::read(&path).unwrap(), b"before");
    // A pipe has got what came before the damage.
    let mut longer = two.alice.pipe(&["encrypt", "bob"], &[7; 200_000]);
    *longer.last_mut().unwrap() ^= 1;
    let script = "\"$0\" decrypt --json --from alice -o /dev/fd/3 3>&1 >&2 | wc -c";
    let output = run(&mut two.bob.script(script, &[]), &longer);
    let object: Value = {
        let told = String::from_utf8(output.stderr).unwrap();
        let line = told.lines().find(|line| line.starts_with('{')).unwrap();
        serde_json::from_str(line).unwrap()
    };
    assert_eq!(object["output"], "/dev/fd/3");
    assert_ne!(String::from_utf8(output.stdout).unwrap().trim(), "0");
    assert_eq!(
        two.bob.json(&decrypt, &first),
        expected(true, json!(path), true)
    );
    assert_eq!(fs::read(&path).unwrap(), b"hello");
    two.alice
        .pipe(&["decrypt"], &two.bob.pipe(&["encrypt", "alice"], b"hi"));
    let second = two.alice.pipe(&["encrypt", "bob"], b"again");
    let (content, object) = beside_data(&two.bob, &["decrypt", "--json"], &second);
    assert_eq!(content, b"again");
    assert_eq!(object, expected(false, Value::Null, true));
}

#[test]
fn a_rotation_tells_for_how_long_keys_are_kept() {
    let two = Two::new();
    let object = two.bob.json(&["rotate", "--json", "--keep", "7"], b"");
    assert_eq!(object["keep_days"], 7);
    assert_eq!(object["clock_behind"], 0);
    let created = object["created"].as_u64().unwrap();
    assert_eq!(two.bob.client().prekeys_created().unwrap(), created);
    assert_eq!(object.as_object().unwrap().len(), 3);
}

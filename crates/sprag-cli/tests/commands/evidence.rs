use std::fs;

use crate::support::{Account, Two, assert_refused};

/// Alice has verified Bob, whose account was copied. Each of the two has linked a device since, so that one user key has signed
/// two lists of version 2.
struct Contradicting {
    two: Two,
    /// The device that the account has linked, and the one that the copy has.
    linked: [Account; 2],
}

impl Contradicting {
    fn new() -> Self {
        let two = Two::talking();
        let code = two.bob.json(&["verify", "alice", "--json"], b"");
        let code = code["code"].as_str().unwrap();
        two.alice.done(&["verify", "bob", "--scan", code]);
        let copy = Account::new(two.folder.path().join("copy"));
        fs::create_dir(&copy.home).unwrap();
        for file in ["key", "store"] {
            fs::copy(two.bob.home.join(file), copy.home.join(file)).unwrap();
        }
        let link = |first, name| Account::linked_to(first, two.folder.path().join(name));
        let linked = [link(&two.bob, "linked"), link(&copy, "other")];
        Self { two, linked }
    }

    /// Adds the bundles of both devices. The second brings the evidence.
    fn with_evidence() -> Self {
        let contradicting = Self::new();
        let Self { two, linked } = &contradicting;
        let [first, second] = linked.each_ref().map(|device| device.done(&["bundle"]));
        let added = two.alice.json(&["add", "bob", "-", "--json"], &first);
        assert_eq!(added["new_devices"], serde_json::json!([1]));
        assert_eq!(two.alice.status("bob")["verified"], "scanned");
        alarms(&two.alice, &["add", "bob", "-"], &second);
        contradicting
    }
}

/// Demands that a command is refused with the alarm.
#[track_caller]
fn alarms(alice: &Account, arguments: &[&str], input: &[u8]) {
    let output = alice.run(arguments, input);
    assert_refused(&output, "two device lists of bob contradict each other");
    assert_refused(&output, "ask bob over another channel");
    assert_refused(&output, "`sprag verify bob --dismiss`");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
}

const NOTHING_IS_SENT: &str = "nothing is sent   two device lists contradict each other: `sprag verify bob --dismiss` goes on";

const CHANGED: &str =
    "not verified any more, because two of its device lists contradict each other";

#[test]
fn two_lists_of_one_version_raise_an_alarm_that_stays_until_it_is_dismissed() {
    let Contradicting { two, linked } = Contradicting::with_evidence();
    let alice = &two.alice;
    // The status shows it, and nothing is sent.
    let status = alice.status("bob");
    assert_eq!(
        (&status["contradicted"], &status["verified"]),
        (&true.into(), &"changed".into())
    );
    let shown = alice.text(&["status", "bob"]);
    for line in [NOTHING_IS_SENT, &format!("verification      {CHANGED}")] {
        assert!(shown.contains(line), "{shown}");
    }
    let shown = alice.text(&["verify", "bob"]);
    assert!(shown.starts_with(&format!("bob is {CHANGED}\n")), "{shown}");
    let output = two.path("output");
    for arguments in [&["encrypt", "bob"][..], &["encrypt", "bob", "-o", &output]] {
        alarms(alice, arguments, b"text");
    }
    assert!(!fs::exists(&output).unwrap());
    // Neither list brings a new alarm, nor does one of them end it. The list that was known first stays.
    for (device, is_known) in [(&linked[0], true), (&linked[1], false)] {
        let bundle = device.done(&["bundle"]);
        if is_known {
            alice.pipe(&["add", "bob", "-"], &bundle);
        } else {
            alarms(alice, &["add", "bob", "-"], &bundle);
        }
        assert_eq!(alice.status("bob")["contradicted"], true);
    }
    // The user goes on. That does not verify Bob again.
    let said = alice.text(&["verify", "bob", "--dismiss"]);
    assert_eq!(said, format!("bob is {CHANGED}\n"));
    let status = alice.status("bob");
    assert_eq!(
        (&status["contradicted"], &status["verified"]),
        (&false.into(), &"changed".into())
    );
    let shown = alice.text(&["status", "bob"]);
    assert!(!shown.contains("nothing is sent"), "{shown}");
    alice.refused(&["encrypt", "bob", "--verified"], "bob is not verified");
    let file = alice.pipe(&["encrypt", "bob"], b"text");
    assert_eq!(two.bob.pipe(&["decrypt"], &file), b"text");
    let read = linked[0].pipe(&["decrypt", "--from", "alice"], &file);
    assert_eq!(read, b"text");
    linked[1].exits(&["decrypt", "--from", "alice"], &file, 6);
    // A code verifies Bob anew.
    let code = two.bob.json(&["verify", "alice", "--json"], b"");
    let code = code["code"].as_str().unwrap();
    alice.done(&["verify", "bob", "--scan", code]);
    assert_eq!(alice.status("bob")["verified"], "scanned");
    // The other list raises the alarm again.
    alarms(alice, &["add", "bob", "-"], &linked[1].done(&["bundle"]));
    assert_eq!(alice.status("bob")["verified"], "changed");
}

#[test]
fn a_list_that_comes_with_a_file_raises_the_alarm_too() {
    let Contradicting { two, linked } = Contradicting::new();
    let [first, second] = &linked;
    two.alice
        .pipe(&["add", "bob", "-"], &first.done(&["bundle"]));
    second.pipe(&["add", "alice", "-"], &two.alice.done(&["bundle"]));
    let file = second.pipe(&["encrypt", "alice"], b"text");
    alarms(&two.alice, &["decrypt", "--from", "bob"], &file);
    let status = two.alice.status("bob");
    assert_eq!(
        (&status["contradicted"], &status["verified"]),
        (&true.into(), &"changed".into())
    );
    alarms(&two.alice, &["encrypt", "bob"], b"text");
}

use serde_json::Value;

use crate::link::Link;
use crate::repair::backup_of;
use crate::support::{Account, Two, run};

/// A device, and the name that its user has with the others.
type Named<'a> = (&'a Account, &'a str);

/// Each device encrypts a file to the other user, and all that belong to the two read it.
#[track_caller]
fn all_read(devices: &[Named<'_>], text: &str) {
    for (place, (from, name)) in devices.iter().enumerate() {
        let peer = if *name == "alice" { "bob" } else { "alice" };
        let file = from.pipe(&["encrypt", peer], text.as_bytes());
        for (other, (to, _)) in devices.iter().enumerate() {
            if other != place {
                let read = to.pipe(&["decrypt"], &file);
                assert_eq!(read, text.as_bytes(), "from {place} to {other}");
            }
        }
    }
}

/// Each device adds a bundle of each device of the other user.
fn exchange_bundles(two: &Two, devices: &[Named<'_>]) {
    for (of, name) in devices {
        for (to, other) in devices {
            if name != other {
                let bundle = two.file("bundle", &of.done(&["bundle"]));
                to.done(&["add", name, &bundle]);
            }
        }
    }
}

/// Hands over what `repair` wrote, each to the device that it is for.
fn hand_over(repaired: &Value, from: &str, devices: &[&Account]) {
    for (object, device) in repaired.as_array().unwrap().iter().zip(devices) {
        let file = object["output"].as_str().unwrap();
        match object["outcome"].as_str().unwrap() {
            "bundle" => device.done(&["add", from, file]),
            _ => device.done(&["decrypt", "-i", file]),
        };
    }
}

#[test]
fn two_users_with_two_devices_each_lose_and_find_one_another() {
    let two = Two::talking();
    let (alice, bob) = (&two.alice, &two.bob);
    // Each links a second device, and all learn of all.
    let alice_2 = Link::whole(&two, alice, "alice 2");
    let bob_2 = Link::whole(&two, bob, "bob 2");
    let four = [
        (alice, "alice"),
        (&alice_2, "alice"),
        (bob, "bob"),
        (&bob_2, "bob"),
    ];
    exchange_bundles(&two, &four);
    all_read(&four, "to all four");
    all_read(&four, "and once more");
    // Alice removes her second device, which reads nothing from then on.
    let notice = two.path("notice");
    alice.done(&["device", "revoke", "1", "-o", &notice]);
    let file = alice.pipe(&["encrypt", "bob"], b"one is gone");
    for device in [bob, &bob_2] {
        assert_eq!(device.pipe(&["decrypt"], &file), b"one is gone");
        let file = device.pipe(&["encrypt", "alice"], b"not for all");
        assert_eq!(alice.pipe(&["decrypt"], &file), b"not for all");
        alice_2.refused_input(&["decrypt"], &file);
    }
    alice_2.exits(&["decrypt", "-i", &notice], b"", 6);
    alice_2.exits(&["status"], b"", 6);
    // Bob loses the device that signs, and recovers from the file and the list that Alice has.
    let [recovery, list] = ["recovery", "list"].map(|name| two.path(name));
    let with_passphrase = |account: &Account, arguments: &[&str]| {
        let mut command = account.command(arguments);
        command.env("SPRAG_RECOVERY_PASSPHRASE", "of the file");
        let output = run(&mut command, b"");
        assert!(output.status.success(), "{output:?}");
    };
    with_passphrase(bob, &["recovery", "export", "-o", &recovery]);
    alice.done(&["device", "list", "bob", "-o", &list]);
    let bob_3 = Account::new(two.folder.path().join("bob 3"));
    with_passphrase(&bob_3, &["recovery", "import", &recovery, "--list", &list]);
    bob_3.done(&["device", "revoke", "0", "--lost"]);
    // The new device and the two that are left meet.
    let three = [(alice, "alice"), (&bob_2, "bob"), (&bob_3, "bob")];
    let bundle = two.file("bundle", &bob_3.done(&["bundle"]));
    alice.done(&["add", "bob", &bundle]);
    let bundle = two.file("bundle", &alice.done(&["bundle"]));
    bob_3.done(&["add", "alice", &bundle]);
    let bundle = two.file("bundle", &bob_3.done(&["bundle"]));
    bob_2.done(&["device", "add", &bundle]);
    let file = alice.pipe(&["encrypt", "bob"], b"welcome back");
    for device in [&bob_2, &bob_3] {
        assert_eq!(device.pipe(&["decrypt"], &file), b"welcome back");
    }
    all_read(&three[1..], "a copy for the other");
    put_back_and_repair(&two, (alice, &[&bob_2, &bob_3]));
}

/// Alice is put back to an older state, and repairs her sessions with both devices of Bob.
fn put_back_and_repair(two: &Two, (alice, of_bob): (&Account, &[&Account])) {
    let three: Vec<Named<'_>> = [(alice, "alice")]
        .into_iter()
        .chain(of_bob.iter().map(|device| (*device, "bob")))
        .collect();
    all_read(&three, "before");
    let put_back = backup_of(alice);
    all_read(&three, "lost");
    put_back();
    alice.exits(&["encrypt", "bob"], b"", 7);
    alice.done(&["restored"]);
    alice.exits(&["device", "invite"], b"", 1);
    let files = two.path("for bob");
    let repaired = alice.json(&["repair", "bob", "-o", &files, "--json"], b"");
    hand_over(&repaired, "alice", of_bob);
    // Two messages each way are enough.
    let answers = of_bob
        .iter()
        .map(|device| device.pipe(&["encrypt", "alice"], b"answer"));
    for answer in answers.collect::<Vec<_>>() {
        assert_eq!(alice.pipe(&["decrypt"], &answer), b"answer");
    }
    all_read(&three, "repaired");
    // Bob's devices have said which list they know, so Alice signs again.
    let list = alice.json(&["device", "list", "--json"], b"");
    assert_eq!(list["signs"], "yes");
}

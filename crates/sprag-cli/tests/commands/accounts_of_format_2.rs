use std::fs;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{Incoming, Sender};

use crate::stored::{Stored, client, done, json, of};
use crate::support::{Account, Two, assert_refused};

const FORMAT_2: Stored = Stored("format-2");

/// The peers of an account with what is known of each beside sessions, as the command prints it.
fn peers(account: &Account) -> Value {
    let mut peers = json(account, &["status", "--json"]);
    for peer in peers.as_array_mut().unwrap() {
        let known = |device: &Value| json!([device["device"], device["reached"]]);
        let devices = peer["devices"].as_array().unwrap();
        let devices: Vec<Value> = devices.iter().map(known).collect();
        *peer = json!([
            peer["peer"],
            peer["verified"],
            peer["contradicted"],
            devices
        ]);
    }
    peers
}

/// The accounts after their first command, which says that it has carried them over.
fn carried_over(two: &Two) -> [Account; 2] {
    ["alice", "bob"].map(|name| {
        let account = FORMAT_2.home(two, name);
        let [first, second] = [(); 2].map(|()| of(&account, &["status"], b""));
        assert!(
            first.status.success() && second.status.success(),
            "{first:?}"
        );
        assert!(second.stderr.is_empty(), "{second:?}");
        let told = String::from_utf8(first.stderr).unwrap();
        assert!(
            told.contains("carried over") && told.lines().count() == 1,
            "{told}"
        );
        account
    })
}

/// The numbers of messages sent and received in the session with the first device of a peer.
fn counts(account: &Account, name: &str) -> [u64; 2] {
    let status = json(account, &["status", name, "--json"]);
    ["sent", "received"].map(|field| status[field].as_u64().unwrap())
}

#[test]
fn what_is_known_in_an_account_of_format_2_is_there_still() {
    let two = Two::new();
    let [alice, bob] = carried_over(&two);
    let both = json!([[0, true], [1, true]]);
    let expected = json!([
        ["bob", "scanned", false, both],
        ["carol", "no", false, [[0, true]]],
        ["dave", "no", true, [[0, false], [1, true]]],
    ]);
    assert_eq!(peers(&alice), expected);
    assert_eq!(peers(&bob), json!([["alice", "no", false, [[0, true]]]]));
    // The keys are as they were stated when the accounts were stored.
    for (account, name) in [(&alice, "alice"), (&bob, "bob")] {
        let object = json(account, &["id", "--json"]);
        let stated = |file: &str| {
            let path = FORMAT_2.path(name).join(file);
            fs::read_to_string(path).unwrap().trim_end().to_owned()
        };
        assert_eq!(object["identity"], stated("identity"));
        let user = done(account, &["id"], b"");
        let user: String = String::from_utf8(user)
            .unwrap()
            .split_whitespace()
            .collect();
        assert_eq!(user, stated("user"));
    }
    assert_eq!(client(&bob).device_list().unwrap().version(), 2);
    let refused = of(&alice, &["encrypt", "dave"], b"x");
    assert_refused(&refused, "contradict each other");
    assert!(client(&alice).evidence("dave").unwrap().is_some());
}

#[test]
fn an_account_of_format_2_reads_what_is_on_its_way_and_goes_on() {
    let two = Two::new();
    let [alice, bob] = carried_over(&two);
    // A text is held, and another is on its way.
    let mut held = client(&bob);
    let receipt = held.unacknowledged().unwrap()[0].receipt;
    let read = held.read_again(&receipt).unwrap();
    assert_eq!(read.opened.plaintext, b"a text that is held");
    assert_eq!(read.peer, "alice");
    held.acknowledge(&receipt).unwrap();
    let text = FORMAT_2.file("to-bob.text");
    let mut rng = StdRng::seed_from_u64(71);
    let read = held.decrypt(Sender::AnyPeer, Incoming::new(&text), &mut rng);
    assert_eq!(read.unwrap().opened.plaintext, b"a text, on its way");
    drop(held);
    // Files are on their way: in the sessions, as a copy, and as the first of a session.
    let [sent, received] = counts(&bob, "alice");
    for (account, file, content) in [
        (&bob, "to-bob", "to Bob, on its way"),
        (&alice, "to-alice", "to Alice, on its way"),
        (&alice, "copied", "to Alice, and a copy"),
        (&bob, "copied", "to Alice, and a copy"),
        (&alice, "from-carol", "from Carol, on its way"),
    ] {
        let file = FORMAT_2.file(&format!("{file}.sprag"));
        let read = of(account, &["decrypt"], &file);
        assert_eq!(
            String::from_utf8_lossy(&read.stdout),
            format!("{content}\n")
        );
        let again = of(account, &["decrypt"], &file);
        assert_refused(&again, "decrypted before");
    }
    assert_eq!(counts(&bob, "alice"), [sent, received + 1]);
    // The sessions go on in both directions, and what was known stays.
    for (from, name, to) in [(&alice, "bob", &bob), (&bob, "alice", &alice)] {
        let file = done(from, &["encrypt", name], b"anew");
        assert_eq!(done(to, &["decrypt"], &file), b"anew");
    }
    assert_eq!(counts(&bob, "alice"), [sent + 1, received + 2]);
    done(&alice, &["encrypt", "carol"], b"anew");
    done(&alice, &["rotate"], b"");
    let status = json(&alice, &["status", "bob", "--json"]);
    assert_eq!(
        (&status["verified"], &status["contradicted"]),
        (&json!("scanned"), &json!(false))
    );
}

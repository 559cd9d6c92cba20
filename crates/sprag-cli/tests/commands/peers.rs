use serde_json::{Value, json};

use crate::support::{Account, Two, run};

#[test]
fn five_commands_are_a_conversation() {
    let two = Two::new();
    let bundle = two.path("bundle");
    two.bob.done(&["bundle", "-o", &bundle]);
    two.alice.done(&["add", "bob", &bundle]);
    let message = two.file("message", b"hello");
    let (sent, read) = (two.path("sent"), two.path("read"));
    two.alice
        .done(&["encrypt", "bob", "-i", &message, "-o", &sent]);
    two.bob
        .done(&["decrypt", "--from", "alice", "-i", &sent, "-o", &read]);
    assert_eq!(std::fs::read(read).unwrap(), b"hello");
    let answer = two.bob.pipe(&["encrypt", "alice", "--armor"], b"hi");
    assert_eq!(two.alice.pipe(&["decrypt"], &answer), b"hi");
}

#[test]
fn identities_are_shown_alike() {
    let two = Two::introduced();
    let id = two.bob.text(&["id"]);
    assert_eq!(id.trim_end().len(), 79);
    let hex: String = id.split_whitespace().collect();
    let lower_hex = |digit: u8| digit.is_ascii_digit() || matches!(digit, b'a'..=b'f');
    assert!(hex.len() == 64 && hex.bytes().all(lower_hex));
    two.alice.pipe(&["encrypt", "bob"], b"");
    assert_eq!(two.alice.status("bob")["user"], hex.as_str());
    let bundle = two.file("again", &two.bob.done(&["bundle", "--armor"]));
    assert!(two.alice.text(&["add", "bob", &bundle]).contains(&id));
    let lines = two.alice.text(&["status", "bob"]);
    let words: String = lines.split_whitespace().collect();
    assert!(words.contains(&hex));
}

#[test]
fn bundles_have_keys_of_their_own_unless_reusable() {
    let two = Two::new();
    assert_ne!(two.bob.done(&["bundle"]), two.bob.done(&["bundle"]));
    let reusable = two.bob.done(&["bundle", "--reusable"]);
    let bundle = two.file("reusable", &reusable);
    two.alice.done(&["add", "bob", &bundle]);
    let message = two.alice.pipe(&["encrypt", "bob"], b"hello");
    assert_eq!(
        two.bob.pipe(&["decrypt", "--from", "alice"], &message),
        b"hello"
    );
}

#[test]
fn a_bundle_comes_from_standard_input_too() {
    let two = Two::new();
    let bundle = two.bob.done(&["bundle", "--armor"]);
    assert!(bundle.starts_with(b"-----BEGIN SPRAG BUNDLE-----\n"));
    two.alice.pipe(&["add", "bob", "-"], &bundle);
}

#[test]
fn a_bundle_that_was_damaged_on_the_way_is_refused() {
    let two = Two::new();
    for armor in [&[][..], &["--armor"]] {
        let bundle = two.bob.done(&[&["bundle"], armor].concat());
        let mut damaged = bundle.clone();
        if armor.is_empty() {
            damaged[one_time_prekey(&bundle) + 20] ^= 4;
        } else {
            // Four characters are three bytes: of the key, far from its ends.
            let place = 29 + 65 * 3 + 30;
            damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
        }
        let damaged = two.file("damaged", &damaged);
        let line = "damaged: input was damaged on the way: get it again from its sender";
        two.alice.refused(&["add", "bob", &damaged], line);
        two.alice.refused(&["status", "bob"], "no peer is named");
        let bundle = two.file("bundle", &bundle);
        two.alice.done(&["add", "bob", &bundle]);
        two.alice.done(&["forget", "bob"]);
    }
}

/// The place of the curve one-time prekey in a bundle. It is the only key that nobody signs.
fn one_time_prekey(bundle: &[u8]) -> usize {
    let after_number = |mut place: usize| {
        while bundle[place] & 0x80 != 0 {
            place += 1;
        }
        place + 1
    };
    // Envelope, suite and identity; the device list behind its length, of two bytes; number, time, key and signature of the
    // signed prekey; a mark and a number.
    let [low, high] = [bundle[35], bundle[36]].map(usize::from);
    assert!(low >= 0x80 && high < 0x80);
    let behind_list = 37 + (low & 0x7f | high << 7);
    let signed_prekey = after_number(after_number(behind_list));
    let mark = signed_prekey + 32 + 64;
    assert_eq!(bundle[mark], 1);
    after_number(mark + 1)
}

/// The status of a peer with one device, whose fields are also those of the peer.
fn status_of(peer: &str, account: &Account, device: &Value) -> Value {
    let user: String = account.text(&["id"]).split_whitespace().collect();
    let mut device = device.clone();
    device["device"] = json!(0);
    device["waiting"] = json!(false);
    device["renew"] = json!(null);
    device["ignored_requests"] = json!(0);
    device["identity"] = json!(account.client().identity().unwrap().to_string());
    let mut status = device.clone();
    for (field, value) in [
        ("peer", json!(peer)),
        ("user", json!(user)),
        ("verified", json!("no")),
        ("contradicted", json!(false)),
        ("unknown_contents", json!(0)),
        ("unreadable", json!(0)),
        ("owed", json!([])),
        ("devices", json!([device])),
    ] {
        status[field] = value;
    }
    status
}

#[test]
fn status_is_for_programs_and_for_people() {
    let two = Two::introduced();
    let none = json!({
        "reached": true,
        "sent": null,
        "received": null,
        "dh_steps": null,
        "skipped_keys": null,
        "root_fingerprint": null,
        "established_by": null,
    });
    let none = status_of("bob", &two.bob, &none);
    assert_eq!(two.alice.status("bob"), none);
    assert_eq!(two.alice.json(&["status", "--json"], b""), json!([none]));
    assert_eq!(two.bob.text(&["status", "--json"]), "[]\n");
    assert!(two.alice.text(&["status"]).contains("none yet"));
    assert!(two.bob.text(&["status"]).contains("no peers"));
    let messages = [(); 3].map(|()| two.alice.pipe(&["encrypt", "bob"], b"x"));
    two.bob.pipe(&["decrypt", "--from", "alice"], &messages[2]);
    let fingerprint = two.bob.status("alice")["root_fingerprint"].clone();
    let expected = json!({
        "reached": true,
        "sent": 0,
        "received": 1,
        "dh_steps": 1,
        "skipped_keys": 2,
        "root_fingerprint": fingerprint,
        "established_by": "pqxdh",
    });
    let expected = status_of("alice", &two.alice, &expected);
    assert_eq!(two.bob.status("alice"), expected);
    assert_eq!(fingerprint.as_str().unwrap().len(), 16);
    let all: Value = serde_json::from_slice(&two.bob.done(&["status", "--json"])).unwrap();
    assert_eq!(all, json!([expected]));
}

#[test]
fn fingerprints_of_roots_meet_when_nothing_is_in_flight() {
    let two = Two::talking();
    let root = |account: &Account, name: &str| account.status(name)["root_fingerprint"].clone();
    assert_eq!(root(&two.alice, "bob"), root(&two.bob, "alice"));
}

#[test]
fn an_unknown_sender_is_bound_to_a_name_at_first_use() {
    let two = Two::introduced();
    let message = two.alice.pipe(&["encrypt", "bob"], b"hello");
    let message = two.file("message", &message);
    two.bob
        .refused(&["decrypt", "-i", &message], "give --from NAME");
    let output = two
        .bob
        .run(&["decrypt", "--from", "alice", "-i", &message], b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(two.alice.text(&["id"]).trim_end()));
    let second = two.file("second", &two.alice.pipe(&["encrypt", "bob"], b"again"));
    let as_eve = ["decrypt", "--from", "eve", "-i", &second];
    two.bob.refused(&as_eve, "");
    assert_eq!(two.bob.done(&["decrypt", "-i", &second]), b"again");
}

#[test]
fn a_new_peer_is_told_when_it_becomes_known_even_by_a_damaged_file() {
    let two = Two::introduced();
    let whole = two.alice.pipe(&["encrypt", "bob"], b"hello");
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let identity = two.alice.text(&["id"]);
    let news = format!("sprag: alice is new; fingerprint: {identity}");
    let decrypt = ["decrypt", "--from", "alice", "-o", &two.path("output")];
    // Until the file is acknowledged, each attempt tells it.
    for _ in 0..2 {
        let output = two.bob.run(&decrypt, &damaged);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(
            said.starts_with(&news) && said.lines().count() == 2,
            "{said}"
        );
    }
    let output = two.bob.run(&decrypt, &whole);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), news);
    let second = two.alice.pipe(&["encrypt", "bob"], b"again");
    let output = two.bob.run(&decrypt, &second);
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn an_added_peer_is_told_even_where_nobody_reads() {
    let two = Two::new();
    let bundle = two.file("bundle", &two.bob.done(&["bundle"]));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = two.alice.command(&["add", "bob", &bundle]);
    let output = run(command.stdout(writer), b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&two.bob.text(&["id"])), "{said}");
}

#[test]
fn a_name_stays_with_its_identity() {
    let two = Two::talking();
    let eve = Account::new(two.folder.path().join("eve"));
    eve.done(&["init"]);
    let bundle = two.file("eve.bundle", &eve.done(&["bundle"]));
    two.alice
        .refused(&["add", "bob", &bundle], "sprag forget bob");
    two.alice.done(&["add", "eve", &bundle]);
    two.alice
        .refused(&["add", "mallory", &bundle], "known as eve");
    let to_bob = two.file("to-bob", &two.bob.done(&["bundle"]));
    eve.done(&["add", "bob", &to_bob]);
    let message = two.file("message", &eve.pipe(&["encrypt", "bob"], b"I am Alice"));
    let as_alice = ["decrypt", "--from", "alice", "-i", &message];
    two.bob.refused(&as_alice, "another user");
    two.bob.done(&["decrypt", "--from", "eve", "-i", &message]);
}

#[test]
fn forgotten_peers_can_begin_again() {
    let two = Two::talking();
    let late = two.file("late", &two.bob.pipe(&["encrypt", "alice"], b"late"));
    two.alice.done(&["forget", "bob"]);
    two.alice
        .refused(&["forget", "bob"], "no peer is named bob");
    two.alice
        .refused(&["encrypt", "bob"], "no peer is named bob");
    two.alice.refused(&["decrypt", "-i", &late], "no session");
    let bundle = two.file("new", &two.bob.done(&["bundle"]));
    two.alice.done(&["add", "bob", &bundle]);
    let message = two.alice.pipe(&["encrypt", "bob"], b"here I am again");
    assert_eq!(two.bob.pipe(&["decrypt"], &message), b"here I am again");
}

#[test]
fn a_peer_gets_another_name_and_keeps_its_session() {
    let two = Two::talking();
    let sent = two.alice.status("bob");
    assert_eq!(two.alice.text(&["rename", "bob", "robert"]), "");
    two.alice
        .refused(&["status", "bob"], "no peer is named bob");
    let renamed = two.alice.status("robert");
    assert_eq!(renamed["peer"], "robert");
    assert_eq!(renamed["root_fingerprint"], sent["root_fingerprint"]);
    let message = two.alice.pipe(&["encrypt", "robert"], b"hello");
    assert_eq!(two.bob.pipe(&["decrypt"], &message), b"hello");
    // A name that is taken, one that is not known, and one that is none.
    let eve = Account::new(two.folder.path().join("eve"));
    eve.done(&["init"]);
    two.alice.pipe(&["add", "eve", "-"], &eve.done(&["bundle"]));
    two.alice.refused(
        &["rename", "robert", "eve"],
        "eve is the name of another peer",
    );
    two.alice
        .refused(&["rename", "bob", "bobby"], "no peer is named bob");
    two.alice
        .refused(&["rename", "eve", "e\u{200b}ve"], "U+200B");
    two.alice.done(&["rename", "eve", "eve"]);
    assert_eq!(two.alice.status("robert")["identity"], renamed["identity"]);
}

#[test]
fn passphrases_change() {
    let two = Two::talking();
    let file = two.file("new", b"battery staple\r\n");
    two.alice.done(&["passwd", "--new-passphrase-file", &file]);
    two.alice.refused(&["status"], "passphrase");
    two.alice.done(&["status", "--passphrase-file", &file]);
    let exact = two.file("exact", b"battery staple");
    let mut command = two.alice.command(&["passwd", "--passphrase-file", &exact]);
    assert!(
        run(command.env("SPRAG_NEW_PASSPHRASE", "third"), b"")
            .status
            .success()
    );
    two.alice
        .refused(&["status", "--passphrase-file", &exact], "passphrase");
    let mut command = two.alice.command(&["status", "bob"]);
    assert!(
        run(command.env("SPRAG_PASSPHRASE", "third"), b"")
            .status
            .success()
    );
}

#[test]
fn homes_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let two = Two::new();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&two.bob.home), 0o700);
    assert_eq!(mode(&two.bob.home.join("key")), 0o600);
    assert_eq!(mode(&two.bob.home.join("store")), 0o600);
    assert_eq!(mode(&two.bob.home.join("identity")), 0o600);
    assert_eq!(mode(&two.bob.home.join("user")), 0o600);
    assert_eq!(
        crate::support::names(&two.bob.home),
        ["identity", "key", "store", "user"]
    );
}

#[test]
fn help_is_help() {
    let two = Two::new();
    for arguments in [&["help"][..], &["help", "encrypt"], &["decrypt", "--help"]] {
        assert!(two.bob.text(arguments).contains("Usage: sprag"));
    }
    let output = two.bob.run(&["encrypt"], b"");
    assert_eq!(output.status.code(), Some(2));
}

//! The user key that goes from one device to another, and devices that are removed: between a client of ours and a Python
//! device of the same user.

use serde_json::{Value, json};
use sprag_client::{ClientError, Incoming, Reason, Recovery, Sender, SigningStatus};
use sprag_devices::Revoked;

use crate::linking_parties::{
    LIST, NOW, OursIsNew, PHONE, TheirsIsNew, TheirsIsOld, WELCOME, assert_refusal, device_of, with,
};
use crate::peer::bytes;
use crate::their_user::TheirUser;

const COPY: u8 = 1;

#[test]
fn ours_signs_when_theirs_has_granted_the_key() {
    let Some((mut old, mut ours)) = theirs_has_linked_ours(1) else {
        return;
    };
    assert_eq!(ours.client.signing().unwrap(), SigningStatus::NoUserKey);
    // A key that is none of the user's, or none at all, changes nothing.
    let other = TheirUser::new(&mut old.peer, 99, &["stranger"]);
    for (reason, fields) in [
        ("List(OtherUser)", json!({ "seed": other.seed })),
        ("NoPendingLink", json!({})),
    ] {
        let wrong = old.welcome(fields.clone());
        let refused = ours.reads_welcome(&wrong, &mut old.rng);
        assert_refusal(refused, reason, &fields.to_string());
    }
    assert_eq!(ours.client.signing().unwrap(), SigningStatus::NoUserKey);
    let granted = old.welcome(json!({ "seed": old.user.seed }));
    // It is no message for the user, and still there for the one that it is for.
    let refused = ours.reads(&granted, &mut old.rng);
    assert_refusal(refused, "LinkContent(LinkWelcome)", "a key as a text");
    let welcomed = ours.reads_welcome(&granted, &mut old.rng).unwrap();
    assert!(welcomed.signs && welcomed.peers.is_empty());
    assert_eq!(ours.client.signing().unwrap(), SigningStatus::Signs);
    // The first list that ours signs has the same devices, and replaces that of theirs.
    let list = hex::encode(ours.client.device_list().unwrap().as_bytes());
    let lists = [hex::encode(&old.user.list), list.clone()];
    let followed = old.peer.answer("devices_follow", json!({ "lists": lists }));
    assert_eq!(followed.into_value()["steps"][0]["outcome"], "newer");
    let read = |old: &mut TheirsIsOld, list: &str| {
        let read = old.peer.answer("devices_read", json!({ "list": list }));
        read.into_value()
    };
    let before = read(&mut old, &lists[0]);
    let after = read(&mut old, &list);
    assert_eq!(
        (&before["version"], &after["version"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(before["devices"], after["devices"]);
}

#[test]
fn theirs_signs_when_ours_has_granted_the_key() {
    let Some((mut new, linked)) = ours_has_linked_theirs(2) else {
        return;
    };
    let laptop = linked["number"].as_u64().unwrap();
    let number = new.client.own_devices().unwrap()[1].number;
    assert_eq!(u64::from(number.to_u32()), laptop);
    let message = new.client.grant(number, &mut new.rng).unwrap();
    let content = new.decrypts(&message.message);
    assert_eq!(content["kind"], WELCOME);
    let own = new.client.device_list().unwrap();
    assert_eq!(bytes(&content, "list"), own.as_bytes());
    let welcome = new
        .peer
        .answer("link_read_welcome", content.clone())
        .into_value();
    assert_eq!(welcome["peers"], json!([]));
    let keys = new
        .peer
        .answer("devices_user", json!({ "seed": welcome["seed"] }));
    assert_eq!(
        keys.array("user"),
        *new.client.user_id().unwrap().as_bytes()
    );
    // Ours signs nothing afterwards, also before theirs has signed.
    assert!(matches!(
        new.client.signing().unwrap(),
        SigningStatus::Granted(_)
    ));
    let refused = new.client.invite(NOW, 600, &mut new.rng);
    assert_refusal(refused, "Granted", "an invitation");
    // The list of theirs, which ours did not sign, takes the key away.
    let list = new.peer.answer(
        "devices_read",
        json!({ "list": hex::encode(own.as_bytes()) }),
    );
    let next = json!({
        "seed": welcome["seed"],
        "version": 3,
        "previous": hex::encode(own.hash()),
    });
    let signed = new
        .peer
        .answer("devices_write", with(list.into_value(), next))
        .into_value();
    let content = json!({
        "kind": LIST,
        "version": 3,
        "hash": signed["hash"].as_str().unwrap()[..16],
        "known": 2,
        "list": signed["list"],
        "payload": "",
    });
    new.reads(content).unwrap();
    assert_eq!(new.client.signing().unwrap(), SigningStatus::NoUserKey);
    assert_eq!(new.client.device_list().unwrap().version(), 3);
}

/// The key comes from a file, while theirs has the key, too.
#[test]
fn ours_signs_with_a_key_from_a_file_once_theirs_has_named_its_list() {
    let behind = SigningStatus::Unsure {
        own_list_behind: true,
    };
    for (known, signing) in [(2, SigningStatus::Signs), (3, behind)] {
        let Some((mut old, mut ours)) = theirs_has_linked_ours(5) else {
            return;
        };
        ours_imports_the_key(&mut old, &mut ours);
        let begun = theirs_begins(&mut old, &mut ours, known);
        ours.reads(&begun, &mut old.rng).unwrap();
        assert_eq!(ours.client.signing().unwrap(), signing);
    }
}

#[test]
fn ours_stops_when_theirs_has_removed_it() {
    for reason in [0, 1] {
        let Some((mut old, mut ours)) = theirs_has_linked_ours(3) else {
            return;
        };
        old.user.revoke(&mut old.peer, 1, reason);
        let notice = old.encrypts(with(
            old.user.content_with_list(LIST, b""),
            json!({ "known": 2 }),
        ));
        let incoming = Incoming::new(&notice);
        let refused = ours.client.decrypt(Sender::AnyPeer, incoming, &mut old.rng);
        assert_refusal(refused, "Removed", "the notice");
        assert_eq!(ours.client.device_list().err(), Some(ClientError::Removed));
        let refused = ours.client.publish(&mut old.rng);
        assert_refusal(refused, "Removed", "a bundle");
    }
}

#[test]
fn theirs_learns_from_a_notice_that_ours_has_removed_it() {
    for (reason, byte) in [(Reason::Retired, 0), (Reason::Lost, 1)] {
        let Some((mut new, linked)) = ours_has_linked_theirs(4) else {
            return;
        };
        let before = hex::encode(new.client.device_list().unwrap().as_bytes());
        let number = new.client.own_devices().unwrap()[1].number;
        let revoked = Revoked { number, reason };
        let revocation = new.client.revoke(revoked, NOW, &mut new.rng).unwrap();
        let notice = revocation.notice.expect("there is a session");
        let content = new.decrypts(&notice.message);
        assert_eq!(content["kind"], LIST);
        assert_eq!(bytes(&content, "list"), revocation.list.as_bytes());
        let lists = [json!(before), content["list"].clone()];
        let followed = new.peer.answer("devices_follow", json!({ "lists": lists }));
        assert_eq!(followed.into_value()["steps"][0]["outcome"], "newer");
        let read = new
            .peer
            .answer("devices_read", content.clone())
            .into_value();
        let revoked = json!([{ "number": linked["number"], "reason": byte }]);
        assert_eq!(read["revoked"], revoked);
        // Of a retired device, copies that were on their way are read, and no list; of a lost one nothing.
        let (list, hash) = (content["list"].clone(), content["hash"].clone());
        let user = hex::encode(new.client.user_id().unwrap().as_bytes());
        let copy = json!({
            "kind": COPY,
            "version": 2,
            "hash": "00".repeat(8),
            "known": 2,
            "list": null,
            "payload": format!("{user}0474657874"),
        });
        let list = with(
            copy.clone(),
            json!({ "kind": LIST, "version": 3, "hash": hash, "list": list, "payload": "" }),
        );
        let refused = new.reads(list);
        assert!(refused.is_err(), "{refused:?}");
        // The first 256 messages of the user after the list.
        for _ in 0..(if reason == Reason::Retired { 256 } else { 0 }) {
            let read = new.reads(copy.clone()).unwrap();
            assert!(read.retired_device && read.opened.plaintext == b"text");
        }
        let refused = new.reads(copy);
        assert!(refused.is_err(), "{refused:?}");
    }
}

/// Takes the user key from a recovery file of the Python side, with which ours does not sign at once.
fn ours_imports_the_key(old: &mut TheirsIsOld, ours: &mut OursIsNew) {
    let fields = json!({
        "seed": old.user.seed,
        "list": hex::encode(&old.user.list),
        "memory": 8,
        "passes": 1,
        "passphrase": "",
    });
    let file = old.peer.answer("recovery_write", fields).bytes("recovery");
    let recovery = Recovery::open(&file, b"").expect("the file is valid");
    let imported = ours.client.import_user_key(&recovery, &mut old.rng);
    imported.expect("the file is of the user");
    let unsure = SigningStatus::Unsure {
        own_list_behind: false,
    };
    assert_eq!(ours.client.signing(), Ok(unsure));
}

/// The first message of a new session, by a fresh bundle of ours, which says that the phone knows this version of the list.
fn theirs_begins(old: &mut TheirsIsOld, ours: &mut OursIsNew, known: u64) -> Vec<u8> {
    let bundle = ours.client.publish(&mut old.rng);
    let fields = json!({
        "session": "began",
        "account": PHONE,
        "bundle": hex::encode(bundle.expect("the device has a user")),
        "ordinal": 2,
        "known": known,
    });
    let fields = with(old.user.content_with_list(LIST, b""), fields);
    old.peer.answer("content_begin", fields).bytes("message")
}

/// The Python user's phone, and the device of ours that it has linked.
fn theirs_has_linked_ours(seed: u64) -> Option<(TheirsIsOld, OursIsNew)> {
    let mut old = TheirsIsOld::new(seed)?;
    let (mut ours, _) = old.ours_accepts().expect("the invitation is valid");
    let content = old.accepts(&ours.message);
    let judged = old.judges(content).expect("the acceptance is valid");
    old.user.admit(&mut old.peer, device_of(&judged));
    let welcome = old.welcome(json!({}));
    let welcomed = ours.reads_welcome(&welcome, &mut old.rng);
    welcomed.expect("the welcome is valid");
    Some((old, ours))
}

/// Our client and the laptop that it has linked, and the fields by which the laptop knows the user.
fn ours_has_linked_theirs(seed: u64) -> Option<(TheirsIsNew, Value)> {
    let mut new = TheirsIsNew::new(seed)?;
    let acceptance = new.accepts(json!({}), json!({}));
    let linked = new.admits(&acceptance, NOW);
    let welcome = linked.expect("the acceptance is valid").welcome;
    let content = new.decrypts(&welcome);
    new.judges(content).expect("the welcome is valid");
    // The session is confirmed.
    let own = new.client.device_list().expect("the client has a user");
    let answer = json!({
        "kind": LIST,
        "version": 2,
        "hash": hex::encode(&own.hash()[..8]),
        "known": 2,
        "list": hex::encode(own.as_bytes()),
        "payload": "",
    });
    let read = new.reads(answer);
    read.expect("the answer is authentic");
    let checked = new.checked.clone();
    Some((new, checked))
}

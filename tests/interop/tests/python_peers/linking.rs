//! Linking between a device of ours and a Python user: either of the two is the old device, and either refuses what the other
//! side must not say.

use serde_json::{Value, json};
use sprag_client::{ClientError, ContentKind, Incoming, Outgoing, Sender, SentBy};

use crate::linking_parties::{
    LIST, NOW, PHONE, SECONDS, SESSION, TheirsIsNew, TheirsIsOld, assert_refusal, device_of, with,
};
use crate::peer::bytes;
use crate::their_user::TheirUser;

const COPY: u8 = 1;

#[test]
fn ours_becomes_a_device_of_theirs() {
    let Some(mut old) = TheirsIsOld::new(1) else {
        return;
    };
    let carol = TheirUser::new(&mut old.peer, 3, &["carol"]);
    let (mut ours, digits) = old.ours_accepts().unwrap();
    // Theirs sees the same digits, and the name.
    let content = old.accepts(&ours.message);
    let judged = old.judges(content).unwrap();
    assert_eq!(judged["digits"], digits);
    assert_eq!(bytes(&judged, "name"), "Büro".as_bytes());
    assert_eq!(bytes(&judged, "identity"), ours.identity());
    old.user.admit(&mut old.peer, device_of(&judged));
    let peers = json!([{
        "name": hex::encode("carol"),
        "list": hex::encode(&carol.list),
        "verification": 1,
    }]);
    let welcome = old.welcome(json!({ "peers": peers }));
    let welcomed = ours.reads_welcome(&welcome, &mut old.rng).unwrap();
    assert_eq!(welcomed.list.as_bytes(), old.user.list);
    assert_eq!(
        (welcomed.peers, welcomed.signs),
        (vec!["carol".into()], false)
    );
    let status = ours.client.status("carol").unwrap();
    assert!(status.verification.is_verified());
    // The session goes on: theirs tells the new device of a text to carol.
    let payload = [&carol.user[..], &[4], b"text"].concat();
    let copy = old.encrypts(old.user.content(COPY, &payload));
    let copy = ours
        .client
        .decrypt(Sender::AnyPeer, Incoming::new(&copy), &mut old.rng);
    let copy = copy.unwrap();
    assert_eq!(
        (copy.content, copy.sent_by),
        (ContentKind::Copy, SentBy::OwnDevice)
    );
    assert_eq!(
        (copy.peer.as_str(), copy.opened.plaintext),
        ("carol", b"text".into())
    );
    // The reverse: carol has a bundle, so that ours sends her a text, and a copy to theirs.
    let bundle = carol.publish(&mut old.peer, "carol", 1);
    ours.client.add("carol", &bundle, &mut old.rng).unwrap();
    let sent = ours
        .client
        .encrypt_to_user("carol", Outgoing::new(b"hello"), &mut old.rng);
    let sent = sent.unwrap();
    let copy = sent.messages.iter().find(|message| message.own).unwrap();
    let fields = json!({
        "session": SESSION, "message": hex::encode(&copy.message), "associated_data": "",
    });
    let read = old.peer.answer("content_decrypt", fields).into_value();
    assert_eq!(read["kind"], COPY);
    let copied = old.peer.answer("content_read_copy", read);
    assert_eq!(
        (copied.array("user"), copied.bytes("copied")),
        (carol.user, b"hello".into())
    );
}

#[test]
fn ours_refuses_invitations_that_do_not_fit_their_code() {
    let Some(mut old) = TheirsIsOld::new(2) else {
        return;
    };
    let right = old.invitation.clone();
    // Whoever carries the invitation alters it, or exchanges it.
    for place in [0, 1, 2, 100, right.len() - 1] {
        old.invitation = right.clone();
        old.invitation[place] ^= 1;
        let refused = old.ours_accepts().err();
        assert_eq!(refused, Some(ClientError::OtherInvitation), "byte {place}");
    }
    let code = old.code.clone();
    old.invite(
        json!({ "secret": "07".repeat(16), "expires": NOW + SECONDS + 1 }),
        json!({}),
    );
    old.code = code;
    assert_eq!(old.ours_accepts().err(), Some(ClientError::OtherInvitation));
}

/// The old device has written invitation and code.
#[test]
fn ours_refuses_invitations_whose_parts_do_not_fit_each_other() {
    let Some(mut old) = TheirsIsOld::new(10) else {
        return;
    };
    let other = TheirUser::new(&mut old.peer, 99, &["stranger"]);
    let published = |fields: Value| (json!({}), fields);
    let mut damaged = old.user.list.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let list = hex::encode(&old.user.list);
    for (what, reason, (invitation, bundle)) in [
        (
            "a list of another",
            "NotListed",
            (json!({ "list": hex::encode(&other.list) }), json!({})),
        ),
        (
            "a damaged list",
            "List(InvalidListSignature)",
            (json!({ "list": hex::encode(damaged) }), json!({})),
        ),
        (
            "no list",
            "List(Truncated)",
            (json!({ "list": "" }), json!({})),
        ),
        (
            "a bundle of another",
            "NotListed",
            published(json!({ "account": "stranger" })),
        ),
        (
            "a list in the bundle",
            "Protocol(Wire(Malformed))",
            published(json!({ "list": list })),
        ),
        (
            "no bundle",
            "Protocol",
            (json!({ "bundle": "" }), json!({})),
        ),
        (
            "a late one",
            "InvitationExpired",
            (json!({ "expires": NOW - 1 }), json!({})),
        ),
    ] {
        old.invite(invitation, bundle);
        assert_refusal(old.ours_accepts(), reason, what);
    }
    old.invite(json!({}), json!({}));
    assert!(old.ours_accepts().is_ok());
}

/// Each welcome is authentic, and brings a list that does not make ours a device of the user of the invitation.
#[test]
fn ours_refuses_welcomes_with_another_list() {
    let Some(mut old) = TheirsIsOld::new(3) else {
        return;
    };
    let (mut ours, _) = old.ours_accepts().unwrap();
    let content = old.accepts(&ours.message);
    let device = device_of(&old.judges(content).unwrap());
    let fields = json!({ "account": "laptop", "user_key": old.user.user_key, "number": 1 });
    let laptop = old.peer.answer("devices_sign", fields).into_value();
    let revoked = json!([{ "number": 0, "reason": 0 }]);
    let listed = |devices: &[&Value]| json!({ "next": 2, "devices": devices });
    let phone = old.peer.answer(
        "devices_read",
        json!({ "list": hex::encode(&old.user.list) }),
    );
    let phone = phone.into_value()["devices"][0].clone();
    let both = listed(&[&phone, &device]);
    let zeros = hex::encode([0; 32]);
    let without_phone = with(listed(&[&device]), json!({ "revoked": revoked }));
    for (what, reason, fields) in [
        ("without ours", "NotListed", listed(&[&phone])),
        (
            "with another device",
            "NotListed",
            listed(&[&phone, &laptop]),
        ),
        ("without theirs", "NotListed", without_phone),
        (
            "that does not follow",
            "Equivocation",
            with(both.clone(), json!({ "previous": hex::encode([7; 32]) })),
        ),
        (
            "of the same version",
            "Equivocation",
            with(both, json!({ "version": 1, "previous": zeros })),
        ),
    ] {
        let signed = old
            .user
            .sign_other(&mut old.peer, |list| *list = with(list.take(), fields));
        let list = hex::decode(signed["list"].as_str().unwrap()).unwrap();
        let welcome = old.welcome_with(&list);
        assert_refusal(ours.reads_welcome(&welcome, &mut old.rng), reason, what);
    }
    let list = old.user.list.clone();
    let welcome = old.welcome_with(&list);
    let refused = ours.reads_welcome(&welcome, &mut old.rng);
    assert_refusal(refused, "OldList", "the list of the invitation");
    // A user whose list has both devices, but not as devices of the user of the invitation.
    let mut other = TheirUser::new(&mut old.peer, 99, &[PHONE]);
    other.link(&mut old.peer, "laptop");
    let welcome = old.welcome_with(&other.list);
    let refused = ours.reads_welcome(&welcome, &mut old.rng);
    assert_refusal(refused, "List(OtherUser)", "a list of another user");
    // After all of them, ours reads the right one.
    old.user.admit(&mut old.peer, device);
    let welcome = old.welcome(json!({}));
    ours.reads_welcome(&welcome, &mut old.rng).unwrap();
}

/// The list in each of them is the right one.
#[test]
fn ours_refuses_welcomes_with_another_payload_or_header() {
    let Some(mut old) = TheirsIsOld::new(7) else {
        return;
    };
    let (mut ours, _) = old.ours_accepts().unwrap();
    let content = old.accepts(&ours.message);
    let device = device_of(&old.judges(content).unwrap());
    old.user.admit(&mut old.peer, device);
    let other = TheirUser::new(&mut old.peer, 99, &["carol"]);
    let peers = |list: &[u8], verification: u8| {
        let name = hex::encode("carol");
        json!({ "peers": [{ "name": name, "list": hex::encode(list), "verification": verification }] })
    };
    let mut damaged = other.list.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for (what, reason, fields) in [
        ("no list", "NoDeviceList", json!({ "list": null })),
        (
            "another hash",
            "ListMismatch",
            json!({ "hash": "00".repeat(8) }),
        ),
        ("another version", "ListMismatch", json!({ "version": 3 })),
        ("another kind", "NoWelcome", json!({ "kind": LIST })),
        (
            "a key of another user",
            "List(OtherUser)",
            json!({ "seed": other.seed }),
        ),
        (
            "a damaged list of a peer",
            "List(InvalidListSignature)",
            peers(&damaged, 0),
        ),
        (
            "an unknown verification",
            "Protocol(Wire(Malformed))",
            peers(&other.list, 4),
        ),
        (
            "a byte more",
            "Protocol(Wire(Trailing))",
            json!({ "payload": "000000" }),
        ),
    ] {
        let welcome = old.welcome(fields);
        assert_refusal(ours.reads_welcome(&welcome, &mut old.rng), reason, what);
    }
    let welcome = old.welcome(json!({}));
    ours.reads_welcome(&welcome, &mut old.rng).unwrap();
    // A device of the user waits for no welcome.
    let again = old.welcome(json!({}));
    let refused = ours.reads_welcome(&again, &mut old.rng);
    assert_refusal(refused, "NoPendingLink", "a welcome without the key");
}

#[test]
fn theirs_becomes_a_device_of_ours() {
    let Some(mut new) = TheirsIsNew::new(4) else {
        return;
    };
    let carol = TheirUser::new(&mut new.peer, 3, &["carol"]);
    let bundle = carol.publish(&mut new.peer, "carol", 1);
    new.client.add("Carol", &bundle, &mut new.rng).unwrap();
    let first = new.client.device_list().unwrap();
    let acceptance = new.accepts(json!({}), json!({}));
    let request = new
        .client
        .read_acceptance(&acceptance.message, NOW)
        .unwrap();
    assert_eq!(
        (request.name.as_str(), request.number.to_u32()),
        ("laptop", 1)
    );
    assert_eq!(request.identity.as_bytes()[..], new.identity());
    let linked = new.admits(&acceptance, NOW).unwrap();
    assert_eq!(linked.device.identity, request.identity);
    assert_eq!(linked.left_out, Vec::<String>::new());
    // What theirs makes of the welcome.
    let content = new.decrypts(&linked.welcome);
    assert_eq!(content["version"], 2);
    let welcome = new.judges(content.clone()).unwrap();
    assert_eq!(welcome["seed"], Value::Null);
    let peers = welcome["peers"].as_array().unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!(bytes(&peers[0], "list"), carol.list);
    assert_eq!(peers[0]["verification"], 0);
    let lists = [
        hex::encode(first.as_bytes()),
        content["list"].as_str().unwrap().to_owned(),
    ];
    let followed = new
        .peer
        .answer("devices_follow", json!({ "lists": lists }))
        .into_value();
    assert_eq!(followed["steps"][0]["outcome"], "newer");
    // Theirs writes a copy as a device of the user.
    let payload = [&carol.user[..], &[4], b"text"].concat();
    let mut fields = content;
    fields["kind"] = COPY.into();
    fields["payload"] = hex::encode(payload).into();
    fields["list"] = Value::Null;
    fields["known"] = 2.into();
    let copy = new.encrypts(fields);
    let copy = new
        .client
        .decrypt(Sender::AnyPeer, Incoming::new(&copy), &mut new.rng)
        .unwrap();
    assert_eq!(
        (copy.content, copy.sent_by),
        (ContentKind::Copy, SentBy::OwnDevice)
    );
    assert_eq!(copy.opened.plaintext, b"text");
    // The invitation is used up.
    let again = new.accepts(json!({}), json!({}));
    let refused = new.client.read_acceptance(&again.message, NOW).err();
    assert_eq!(refused, Some(ClientError::NoInvitation));
}

/// Each acceptance is authentic. Ours refuses it before it shows a name, and takes the right one then.
#[test]
fn ours_refuses_acceptances_with_another_payload() {
    let Some(mut new) = TheirsIsNew::new(5) else {
        return;
    };
    let other = TheirUser::new(&mut new.peer, 99, &["laptop"]);
    let user_key = bytes(&new.checked, "user_key");
    let for_2 = new.signature(&hex::encode(user_key), 2);
    let for_other = new.signature(&other.user_key, 1);
    let with_bundle = |new: &mut TheirsIsNew, fields: Value| {
        let bundle = new.reusable(fields);
        json!({ "bundle": hex::encode(bundle) })
    };
    let strangers = with_bundle(&mut new, json!({ "account": "stranger" }));
    let with_list = with_bundle(&mut new, json!({ "list": hex::encode(&other.list) }));
    let with_key = with_bundle(&mut new, json!({ "one_time_prekey_id": 77 }));
    let with_kem_key = json!({ "kem_created": null, "kem_prekey_id": 78 });
    let with_kem_key = with_bundle(&mut new, with_kem_key);
    let invalid = "List(InvalidDeviceSignature";
    for (reason, payload) in [
        ("WrongLinkCode", json!({ "secret": "00".repeat(16) })),
        (
            "Change(OtherNumber",
            json!({ "number": 2, "signature": for_2 }),
        ),
        (invalid, json!({ "signature": for_2 })),
        (invalid, json!({ "signature": for_other })),
        (invalid, json!({ "signature": "00".repeat(64) })),
        ("ForeignBundle", strangers),
        ("NotAnAcceptance", with_list),
        ("NotAnAcceptance", with_key),
        ("NotAnAcceptance", with_kem_key),
        ("Protocol(Wire(Truncated))", json!({ "bundle": "" })),
        ("Protocol(Wire(Malformed))", json!({ "name": "ff" })),
        (
            "Protocol(Wire(Oversized))",
            json!({ "name": "61".repeat(65) }),
        ),
    ] {
        let acceptance = new.accepts(payload.clone(), json!({}));
        new.assert_refused(&acceptance, reason, &payload);
    }
    let acceptance = new.accepts(json!({}), json!({}));
    new.admits(&acceptance, NOW).unwrap();
}

#[test]
fn ours_refuses_acceptances_with_another_header() {
    let Some(mut new) = TheirsIsNew::new(8) else {
        return;
    };
    let own = new.client.device_list().unwrap();
    let (list, hash) = (hex::encode(own.as_bytes()), hex::encode(&own.hash()[..8]));
    for (reason, header) in [
        ("NotAnAcceptance", json!({ "kind": LIST })),
        ("NotAnAcceptance", json!({ "version": 1 })),
        ("NotAnAcceptance", json!({ "hash": "01".repeat(8) })),
        ("ListMismatch", json!({ "list": list })),
        (
            "NotAnAcceptance",
            json!({ "list": list, "version": 1, "hash": hash }),
        ),
        ("Protocol(Wire(Truncated))", json!({ "payload": "00" })),
    ] {
        let acceptance = new.accepts(json!({}), header.clone());
        new.assert_refused(&acceptance, reason, &header);
    }
    // By a bundle that others may have, with the right secret.
    let bundle = new.client.publish(&mut new.rng).unwrap();
    let public = json!({ "bundle": hex::encode(bundle) });
    let acceptance = new.accepts(json!({}), public.clone());
    new.assert_refused(&acceptance, "OtherInvitation", &public);
    let acceptance = new.accepts(json!({}), json!({}));
    new.admits(&acceptance, NOW).unwrap();
}

#[test]
fn ours_refuses_an_acceptance_after_the_end_of_validity() {
    let Some(mut new) = TheirsIsNew::new(9) else {
        return;
    };
    let acceptance = new.accepts(json!({}), json!({}));
    let end = NOW + SECONDS;
    let late = new.client.read_acceptance(&acceptance.message, end + 1);
    assert_eq!(late.err(), Some(ClientError::InvitationExpired));
    let late = new.admits(&acceptance, end + 1);
    assert_eq!(late.err(), Some(ClientError::InvitationExpired));
    new.admits(&acceptance, end).unwrap();
}

/// The digits are those of another acceptance, by which somebody stands between the two devices.
#[test]
fn three_wrong_entries_of_digits_end_an_invitation_of_ours() {
    for wrong in 0..=3 {
        let Some(mut new) = TheirsIsNew::new(6) else {
            return;
        };
        let shown = new.accepts(json!({}), json!({}));
        let mut arrived = new.accepts(json!({}), json!({}));
        assert_ne!(shown.digits, arrived.digits);
        let right = core::mem::replace(&mut arrived.digits, shown.digits);
        for left in (3 - wrong..3).rev() {
            let refused = new.admits(&arrived, NOW).err();
            assert_eq!(refused, Some(ClientError::WrongDigits { left }));
        }
        arrived.digits = right;
        let linked = new.admits(&arrived, NOW);
        if wrong < 3 {
            assert_eq!(linked.unwrap().list.version(), 2);
        } else {
            assert_eq!(linked.err(), Some(ClientError::NoInvitation));
        }
    }
}

//! Clients of ours and a Python user with two devices. The Python side keeps no records: the tests choose what its headers
//! say, right or wrong.

use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag::decode_file_header;
use sprag_client::{
    Client, ClientError, ContentKind, Incoming, IncomingFile, MemoryStore, Outgoing, Received,
    Sender, Sent, SentBy, SkipReason, StoreKey,
};
use sprag_devices::{ScanCode, Scanned};

use crate::peer::{Peer, Refusal, bytes};
use crate::their_user::TheirUser;

const TEXT: u8 = 0;
const COPY: u8 = 1;
const LIST: u8 = 2;
const FILE_KEY: u8 = 11;

const RETIRED: u8 = 0;
const LOST: u8 = 1;

const PHONE: &str = "phone";
const LAPTOP: &str = "laptop";

#[test]
fn a_message_of_ours_reaches_both_devices_of_theirs_with_our_list() {
    let Some(mut parties) = Parties::acquainted(1) else {
        return;
    };
    let sent = parties.ours_sends(b"text");
    assert_eq!((sent.messages.len(), sent.list_version), (2, 1));
    for (device, message) in [PHONE, LAPTOP].into_iter().zip(&sent.messages) {
        let opened = parties.theirs_accepts(device, &message.message);
        assert_eq!(bytes(&opened, "identity"), parties.identity());
        assert_eq!(
            (&opened["kind"], &opened["known"]),
            (&json!(TEXT), &json!(1))
        );
        assert_eq!(bytes(&opened, "payload"), b"text");
        // What the Python side makes of the list: its hash and version, and that it lists the sender.
        let list = parties
            .peer
            .answer("devices_read", opened.clone())
            .into_value();
        assert_eq!(opened["version"], list["version"]);
        assert!(bytes(&list, "hash").starts_with(&bytes(&opened, "hash")));
        assert_eq!(list["devices"][0]["identity"], opened["identity"]);
    }
    // Once both devices have answered that they know our list, it does not travel any more.
    for device in [PHONE, LAPTOP] {
        let received = parties
            .theirs_sends(device, parties.text(b"answer"), 1)
            .unwrap();
        assert_eq!(received.opened.plaintext, b"answer");
        assert_eq!(
            (received.peer.as_str(), received.sent_by),
            ("theirs", SentBy::Peer)
        );
        assert_eq!(
            received.device.map(|number| number.to_u32()),
            parties.number(device)
        );
    }
    let sent = parties.ours_sends(b"later");
    for (device, message) in [PHONE, LAPTOP].into_iter().zip(&sent.messages) {
        let opened = parties.theirs_decrypts(device, &message.message).unwrap();
        assert_eq!(
            (&opened["list"], &opened["version"]),
            (&Value::Null, &json!(1))
        );
        assert_eq!(bytes(&opened, "payload"), b"later");
    }
}

#[test]
fn a_second_device_of_ours_is_written_to_by_theirs_and_gets_our_copies() {
    let Some(mut parties) = Parties::acquainted(2) else {
        return;
    };
    let first_list = parties.client.device_list().unwrap();
    let mut second = parties.second_device();
    let bundle = second.publish(&mut parties.rng).unwrap();
    parties
        .client
        .add_own_device(&bundle, &mut parties.rng)
        .unwrap();
    // The bundle of the second device carries the list that follows.
    let bundle = second.publish(&mut parties.rng).unwrap();
    let fields = json!({ "bundle": hex::encode(&bundle) });
    let read = parties.peer.answer("wire_read_bundle", fields).into_value();
    assert_eq!(
        bytes(&read, "identity"),
        second.identity().unwrap().as_bytes()
    );
    let lists = [
        hex::encode(first_list.as_bytes()),
        read["list"].as_str().unwrap().to_owned(),
    ];
    let followed = parties
        .peer
        .answer("devices_follow", json!({ "lists": lists }));
    assert_eq!(followed.into_value()["steps"][0]["outcome"], "newer");
    // Theirs writes to the second device, which reads it.
    let message = parties.theirs_begins(
        PHONE,
        &bundle,
        parties.user.content_with_list(TEXT, b"to you"),
    );
    let incoming = Incoming::new(&message);
    let received = second
        .decrypt(Sender::Named("them"), incoming, &mut parties.rng)
        .unwrap();
    assert_eq!(received.opened.plaintext, b"to you");
    assert_eq!((received.new_devices.len(), received.new_peer), (2, true));
    // The first device writes to theirs and a copy to the second. Theirs cannot read the copy, and the reverse.
    let sent = parties.ours_sends(b"copied");
    let (own, others): (Vec<_>, Vec<_>) = sent.messages.iter().partition(|message| message.own);
    assert_eq!((own.len(), others.len()), (1, 2));
    let copy = second.decrypt(
        Sender::AnyPeer,
        Incoming::new(&own[0].message),
        &mut parties.rng,
    );
    let copy = copy.unwrap();
    assert_eq!(
        (copy.content, copy.sent_by),
        (ContentKind::Copy, SentBy::OwnDevice)
    );
    assert_eq!(
        (copy.opened.plaintext, copy.peer.as_str()),
        (b"copied".into(), "them")
    );
    assert!(parties.theirs_tries(PHONE, &own[0].message).is_err());
    let opened = parties.theirs_accepts(PHONE, &others[0].message);
    assert_eq!(
        (bytes(&opened, "payload"), &opened["version"]),
        (b"copied".to_vec(), &json!(2))
    );
}

#[test]
fn a_list_in_a_message_adds_and_takes_away_devices() {
    let Some(mut parties) = Parties::in_session(3) else {
        return;
    };
    parties.user.link(&mut parties.peer, "tablet");
    let received = parties
        .theirs_sends(PHONE, parties.text_with_list(b"new"), 1)
        .unwrap();
    assert_eq!(
        (received.new_devices.len(), received.gone_devices.len()),
        (1, 0)
    );
    let sent = parties.ours_sends(b"text");
    let skipped: Vec<_> = sent.skipped.iter().map(|skipped| skipped.reason).collect();
    assert_eq!(
        (sent.list_version, skipped),
        (2, vec![SkipReason::NoBundle])
    );
    // The laptop goes, once retired and once lost.
    for (reason, seed) in [(RETIRED, 31), (LOST, 32)] {
        let Some(mut parties) = Parties::in_session(seed) else {
            return;
        };
        let late = parties.theirs_encrypts(LAPTOP, parties.text(b"late"), 1);
        let list = parties.theirs_encrypts(LAPTOP, parties.user.content_with_list(LIST, b""), 1);
        parties.user.revoke(&mut parties.peer, 1, reason);
        let received = parties
            .theirs_sends(PHONE, parties.text_with_list(b"gone"), 1)
            .unwrap();
        assert_eq!(
            (received.new_devices.len(), received.gone_devices.len()),
            (0, 1)
        );
        assert_eq!(parties.ours_sends(b"text").messages.len(), 1);
        let late = parties.ours_reads(&late);
        let list = parties.ours_reads(&list);
        if reason == RETIRED {
            let late = late.unwrap();
            assert!(late.retired_device && late.opened.plaintext == b"late");
            assert!(
                matches!(list, Err(ClientError::RetiredDevice(_))),
                "{list:?}"
            );
        } else {
            assert!(late.is_err() && list.is_err(), "{late:?}, {list:?}");
        }
    }
}

/// The claim is right and the list comes later, or it is wrong.
#[test]
fn a_claim_in_a_header_asks_for_the_list_and_stops_text_to_that_device_alone() {
    for (seed, version) in [(4, 2), (5, u64::MAX)] {
        let Some(mut parties) = Parties::in_session(seed) else {
            return;
        };
        parties.user.link(&mut parties.peer, "tablet");
        let mut claim = parties.text(b"claim");
        claim["version"] = version.into();
        let received = parties.theirs_sends(PHONE, claim, 1).unwrap();
        assert_eq!(
            (received.opened.plaintext, received.new_devices),
            (b"claim".into(), vec![])
        );
        let sent = parties.ours_sends(b"text");
        assert_eq!(sent.list_version, 1);
        let kinds: Vec<_> = sent.messages.iter().map(|message| message.kind).collect();
        assert_eq!(kinds, [ContentKind::List, ContentKind::Text]);
        assert_eq!(sent.skipped[0].reason, SkipReason::AwaitsList);
        let asked = parties
            .theirs_decrypts(PHONE, &sent.messages[0].message)
            .unwrap();
        assert_eq!(
            (&asked["kind"], &asked["payload"]),
            (&json!(LIST), &json!(""))
        );
        assert_eq!(asked["list"], Value::Null);
        if version == 2 {
            let list = parties.user.content_with_list(LIST, b"");
            let received = parties.theirs_sends(PHONE, list, 1).unwrap();
            assert_eq!(
                (received.content, received.new_devices.len()),
                (ContentKind::List, 1)
            );
            let sent = parties.ours_sends(b"text");
            assert_eq!((sent.messages.len(), sent.list_version), (2, 2));
            assert!(
                sent.messages
                    .iter()
                    .all(|message| message.kind == ContentKind::Text)
            );
        }
    }
}

#[test]
fn theirs_asks_for_our_list_and_gets_it_with_the_next_message() {
    let Some(mut parties) = Parties::in_session(6) else {
        return;
    };
    let asks = parties.user.content(LIST, b"");
    let received = parties.theirs_sends(LAPTOP, asks, 1).unwrap();
    assert_eq!(received.content, ContentKind::List);
    let sent = parties.ours_sends(b"text");
    let ours = parties.client.device_list().unwrap();
    for (device, message) in [PHONE, LAPTOP].into_iter().zip(&sent.messages) {
        let opened = parties.theirs_decrypts(device, &message.message).unwrap();
        let list = (device == LAPTOP).then(|| hex::encode(ours.as_bytes()));
        assert_eq!(opened["list"], json!(list), "{device}");
    }
}

#[test]
fn two_lists_that_contradict_each_other_are_evidence_for_both() {
    let Some(mut parties) = Parties::in_session(7) else {
        return;
    };
    let other = parties.user.sign_other(&mut parties.peer, |list| {
        list["version"] = 1.into();
        list["created"] = 5.into();
        list["previous"] = hex::encode([0; 32]).into();
    });
    let mut content = parties.text(b"text");
    content["list"] = other["list"].clone();
    content["hash"] = other["hash"].as_str().unwrap()[..16].into();
    let refused = parties.theirs_sends(PHONE, content, 1);
    let equivocation = || ClientError::Equivocation("theirs".into());
    assert_eq!(refused.err(), Some(equivocation()));
    let lists = [
        hex::encode(&parties.user.list),
        other["list"].as_str().unwrap().to_owned(),
    ];
    let followed = parties
        .peer
        .answer("devices_follow", json!({ "lists": lists }));
    assert_eq!(followed.into_value()["steps"][0]["outcome"], "evidence");
    // The two lists are kept, and nothing is sent before the user has decided.
    let evidence = parties.client.evidence("theirs").unwrap().unwrap();
    let kept = [evidence.earlier(), evidence.later()].map(|list| hex::encode(list.as_bytes()));
    assert!(lists.iter().all(|list| kept.contains(list)));
    let refused = parties
        .client
        .encrypt_to_user("theirs", Outgoing::new(b"x"), &mut parties.rng);
    assert_eq!(refused.err(), Some(equivocation()));
    parties
        .client
        .dismiss_evidence("theirs", &mut parties.rng)
        .unwrap();
    assert_eq!(parties.ours_sends(b"text").messages.len(), 2);
}

/// Each content is authentic. After all of them the session goes on.
#[test]
fn ours_refuses_contents_that_are_none_of_this_sender() {
    let Some(mut parties) = Parties::in_session(8) else {
        return;
    };
    let other = TheirUser::new(&mut parties.peer, 99, &["stranger"]);
    let mut foreign = parties.text(b"text");
    foreign["list"] = hex::encode(&other.list).into();
    foreign["hash"] = hex::encode(&other.hash[..8]).into();
    let mut mismatch = parties.text_with_list(b"text");
    mismatch["version"] = 2.into();
    let mut damaged = parties.text_with_list(b"text");
    let mut list = parties.user.list.clone();
    *list.last_mut().unwrap() ^= 1;
    damaged["list"] = hex::encode(list).into();
    let copied = [&other.user[..], &[1, b'x']].concat();
    let strangers = other.publish(&mut parties.peer, "stranger", 1);
    let strangers = parties.bundles(&[strangers]);
    let mut bundles = parties.user.content_with_list(LIST, b"");
    bundles["payload"] = strangers.into();
    for (what, content) in [
        ("a list of another user", foreign),
        ("a header of another version", mismatch),
        ("a list that is damaged", damaged),
        ("a copy", parties.user.content(COPY, &copied)),
        ("a bundle of a stranger", bundles),
        ("an unknown kind", parties.user.content(4, b"")),
    ] {
        let refused = parties.theirs_sends(PHONE, content, 1);
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
    let unknown = parties.user.content(7, b"");
    let refused = parties.theirs_sends(PHONE, unknown, 1).err();
    assert_eq!(refused, Some(ClientError::UnknownContent(7)));
    let counted = parties.client.status("theirs").unwrap().unknown_contents;
    assert_eq!(counted, 2);
    // A bare text in the session of a client.
    let fields =
        json!({ "session": PHONE, "account": PHONE, "plaintext": "00", "associated_data": "" });
    let bare = parties.peer.answer("wire_encrypt", fields).bytes("message");
    assert!(parties.ours_reads(&bare).is_err());
    let received = parties
        .theirs_sends(PHONE, parties.text(b"text"), 1)
        .unwrap();
    assert_eq!(received.opened.plaintext, b"text");
}

#[test]
fn ours_refuses_a_first_message_without_a_list_that_lists_its_sender() {
    let Some(mut parties) = Parties::strangers(9) else {
        return;
    };
    let other = TheirUser::new(&mut parties.peer, 99, &["stranger"]);
    let bundle = parties.client.publish(&mut parties.rng).unwrap();
    for (what, content) in [
        ("no list", parties.text(b"text")),
        ("a list of others", other.content_with_list(TEXT, b"text")),
    ] {
        let message = parties.theirs_begins(PHONE, &bundle, content);
        let refused = parties.ours_reads(&message);
        assert!(
            matches!(refused, Err(ClientError::NotListed(_))),
            "{what}: {refused:?}"
        );
    }
    let content = parties.text_with_list(b"text");
    let message = parties.theirs_begins(PHONE, &bundle, content);
    let received = parties.ours_reads(&message).unwrap();
    assert_eq!(
        (received.opened.plaintext, received.new_devices.len()),
        (b"text".into(), 2)
    );
    // A bundle must carry a list, and be of a device that is listed.
    let mut refusal = |list: &[u8]| {
        let fields = json!({
            "suite": 2,
            "signed_prekey_id": 90,
            "created": 0,
            "one_time_prekey_id": null,
            "kem_created": 0,
            "kem_prekey_id": 91,
            "account": "someone",
            "list": hex::encode(list),
        });
        let bundle = parties.peer.answer("wire_publish", fields).bytes("bundle");
        let added = parties.client.add("someone", &bundle, &mut parties.rng);
        added.expect_err("the list does not fit")
    };
    assert_eq!(refusal(b""), ClientError::NoDeviceList);
    assert!(matches!(refusal(&other.list), ClientError::NotListed(_)));
}

#[test]
fn a_list_with_bundles_makes_the_other_device_reachable() {
    let Some(mut parties) = Parties::strangers(10) else {
        return;
    };
    let bundle = parties.user.publish(&mut parties.peer, PHONE, 1);
    parties
        .client
        .add("theirs", &bundle, &mut parties.rng)
        .unwrap();
    let sent = parties.ours_sends(b"to the phone");
    assert_eq!((sent.messages.len(), sent.skipped.len()), (1, 1));
    parties.theirs_accepts(PHONE, &sent.messages[0].message);
    let laptop = parties.reusable_bundle(LAPTOP, 11);
    let payload = parties.bundles(&[laptop]);
    let mut content = parties.user.content_with_list(LIST, b"");
    content["payload"] = payload.into();
    let received = parties.theirs_sends(PHONE, content, 1).unwrap();
    assert_eq!(received.content, ContentKind::List);
    let sent = parties.ours_sends(b"to both");
    assert_eq!((sent.messages.len(), sent.skipped.len()), (2, 0));
    let opened = parties.theirs_accepts(LAPTOP, &sent.messages[1].message);
    assert_eq!(bytes(&opened, "payload"), b"to both");
}

/// The same from ours: theirs reads the bundle of our second device, and writes to it.
#[test]
fn theirs_reaches_our_second_device_by_the_bundle_in_a_list() {
    let Some(mut parties) = Parties::in_session(11) else {
        return;
    };
    let mut second = parties.second_device();
    let bundle = second.publish_reusable().unwrap();
    let sent = parties
        .client
        .encrypt_list("theirs", &[&bundle], &mut parties.rng)
        .unwrap();
    let opened = parties
        .theirs_decrypts(PHONE, &sent.messages[0].message)
        .unwrap();
    assert_eq!(
        (&opened["kind"], &opened["version"]),
        (&json!(LIST), &json!(2))
    );
    let read = parties
        .peer
        .answer("content_read_bundles", opened.clone())
        .into_value();
    assert_eq!(read["bundles"], json!([hex::encode(&bundle)]));
    let content = parties.text_with_list(b"text");
    let message = parties.theirs_begins(PHONE, &bundle, content);
    let incoming = Incoming::new(&message);
    let received = second.decrypt(Sender::AnyPeer, incoming, &mut parties.rng);
    let refused = received.err();
    assert!(
        matches!(refused, Some(ClientError::UnknownSender(_))),
        "{refused:?}"
    );
    let received = second
        .decrypt(Sender::Named("them"), incoming, &mut parties.rng)
        .unwrap();
    assert_eq!(received.opened.plaintext, b"text");
}

#[test]
fn a_file_of_ours_is_read_by_each_device_of_theirs() {
    let Some(mut parties) = Parties::acquainted(12) else {
        return;
    };
    // The messages in the file have a handshake for each device at first, and none then.
    for (op, content) in [("accept", "00"), ("decrypt", "01")] {
        let file = parties
            .client
            .encrypt_file("theirs", &mut parties.rng)
            .unwrap();
        assert!(file.skipped.is_empty());
        let mut sealed = file.header;
        let mut chunk = hex::decode(content).unwrap();
        let padding = sprag::file::Sealer::new(&file.key)
            .seal_last(&mut chunk)
            .unwrap();
        sealed.extend(chunk);
        assert_eq!(padding.flatten().count(), 0);
        for device in [PHONE, LAPTOP] {
            let fields =
                json!({ "session": device, "account": device, "file": hex::encode(&sealed) });
            let opened = parties
                .peer
                .answer(&format!("content_{op}_file"), fields)
                .into_value();
            assert_eq!(
                (&opened["kind"], &opened["content"]),
                (&json!(FILE_KEY), &json!(content))
            );
            if op == "accept" {
                let received = parties.theirs_sends(device, parties.text(b"answer"), 1);
                assert_eq!(received.unwrap().opened.plaintext, b"answer");
            }
        }
    }
}

/// The phone encrypts for both devices of ours and for the laptop.
#[test]
fn a_file_of_theirs_is_read_by_each_device() {
    let Some(mut parties) = Parties::in_session(14) else {
        return;
    };
    let mut second = parties.second_device();
    let bundle = second.publish(&mut parties.rng).unwrap();
    let content = parties.text_with_list(b"to you");
    let message = parties.theirs_begins(PHONE, &bundle, content);
    let them = Sender::Named("them");
    second
        .decrypt(them, Incoming::new(&message), &mut parties.rng)
        .unwrap();
    let own = parties.user.publish(&mut parties.peer, LAPTOP, 50);
    let mut fields = parties.user.content(TEXT, b"");
    fields["session"] = "own".into();
    fields["account"] = PHONE.into();
    fields["bundle"] = hex::encode(own).into();
    fields["ordinal"] = 1.into();
    parties.peer.answer("content_begin", fields);
    let mut fields = parties.user.content(FILE_KEY, b"");
    fields["sessions"] = json!(["own", "began", PHONE]);
    fields["content"] = "abcd".into();
    let file = parties
        .peer
        .answer("content_encrypt_file", fields)
        .bytes("file");
    let (header, chunks) = decode_file_header(&file).unwrap();
    let incoming = IncomingFile {
        commitment: &header.commitment,
        messages: &header.messages,
        now: 0,
    };
    for (client, sender) in [
        (&mut parties.client, Sender::Named("theirs")),
        (&mut second, them),
    ] {
        let read = client
            .decrypt_file(sender, incoming, &mut parties.rng)
            .unwrap();
        let mut chunk = chunks.to_vec();
        sprag::file::Opener::new(&read.key)
            .open_last(&mut chunk)
            .unwrap();
        assert_eq!(chunk, [0xab, 0xcd]);
        assert_eq!(read.device.map(|number| number.to_u32()), Some(0));
    }
    let fields = json!({ "session": LAPTOP, "account": LAPTOP, "file": hex::encode(&file) });
    let opened = parties
        .peer
        .answer("content_accept_file", fields)
        .into_value();
    assert_eq!(opened["content"], "abcd");
}

#[test]
fn ours_and_theirs_verify_each_other() {
    let Some(mut parties) = Parties::acquainted(13) else {
        return;
    };
    let ours = *parties.client.user_id().unwrap().as_bytes();
    let ids = json!({ "own": hex::encode(parties.user.user), "other": hex::encode(ours) });
    let number = parties
        .peer
        .answer("devices_safety_number", ids.clone())
        .into_value();
    let shown = parties.client.safety_number("theirs").unwrap().to_string();
    assert_eq!(number["number"], shown);
    let code = parties.client.scan_code("theirs").unwrap().to_string();
    let mut fields = ids.clone();
    fields["code"] = code.into();
    let scanned = parties.peer.answer("devices_scan", fields).into_value();
    assert_eq!(scanned["result"], "match");
    let code = parties.peer.answer("devices_scan_code", ids).into_value();
    let code: ScanCode = code["code"].as_str().unwrap().parse().unwrap();
    let scanned = parties
        .client
        .scan("theirs", &code, &mut parties.rng)
        .unwrap();
    assert_eq!(scanned, Scanned::Match);
    assert!(
        parties
            .client
            .status("theirs")
            .unwrap()
            .verification
            .is_verified()
    );
    // A device more leaves the verification as it is.
    parties.user.link(&mut parties.peer, "tablet");
    let bundle = parties.user.publish(&mut parties.peer, "tablet", 30);
    let added = parties
        .client
        .add("theirs", &bundle, &mut parties.rng)
        .unwrap();
    assert_eq!(added.new_devices.len(), 1);
    assert!(
        parties
            .client
            .status("theirs")
            .unwrap()
            .verification
            .is_verified()
    );
    assert_eq!(
        parties.client.safety_number("theirs").unwrap().to_string(),
        shown
    );
}

/// A client of ours, which knows the Python user as "theirs", and that user. Each of its devices has an account and a
/// session with the client under one name.
struct Parties {
    client: Client<MemoryStore>,
    peer: Peer,
    user: TheirUser,
    rng: StdRng,
}

impl Parties {
    /// A client and a user that do not know each other. There is none without a Python.
    fn strangers(seed: u64) -> Option<Self> {
        let mut peer = Peer::start()?;
        let mut rng = StdRng::seed_from_u64(seed);
        let key = StoreKey::generate(&mut rng);
        let client = Client::create(MemoryStore::new(), &key, &mut rng);
        Some(Self {
            client: client.expect("the store is empty"),
            user: TheirUser::new(&mut peer, 1, &[PHONE, LAPTOP]),
            peer,
            rng,
        })
    }

    /// The client has a bundle of each device.
    fn acquainted(seed: u64) -> Option<Self> {
        let mut parties = Self::strangers(seed)?;
        for (device, first) in [(PHONE, 1), (LAPTOP, 11)] {
            let bundle = parties.user.publish(&mut parties.peer, device, first);
            let added = parties.client.add("theirs", &bundle, &mut parties.rng);
            added.expect("the bundle is valid");
        }
        Some(parties)
    }

    /// The client has a session with each device, in which each has answered.
    fn in_session(seed: u64) -> Option<Self> {
        let mut parties = Self::acquainted(seed)?;
        let sent = parties.ours_sends(b"first");
        for (device, message) in [PHONE, LAPTOP].into_iter().zip(&sent.messages) {
            parties.theirs_accepts(device, &message.message);
            let received = parties.theirs_sends(device, parties.text(b"answer"), 1);
            received.expect("the message is authentic");
        }
        Some(parties)
    }

    fn identity(&self) -> Vec<u8> {
        let identity = self.client.identity().expect("the store works");
        identity.as_bytes().to_vec()
    }

    /// The number of a device of theirs.
    fn number(&self, device: &str) -> Option<u32> {
        [PHONE, LAPTOP]
            .iter()
            .position(|name| *name == device)
            .and_then(|place| u32::try_from(place).ok())
    }

    /// A second device of our client's user, which is in its list from now on.
    fn second_device(&mut self) -> Client<MemoryStore> {
        let key = StoreKey::generate(&mut self.rng);
        let store = MemoryStore::new();
        let second = Client::create_device(store, &key, 0, &mut self.rng);
        let mut second = second.expect("the store is empty");
        let list = self.client.device_list().expect("the store works");
        let device = second.sign_device(list.user(), list.next_number(), &mut self.rng);
        let device = device.expect("the device has no user yet");
        let list = self.client.admit_device(device, 0, &mut self.rng);
        let list = list.expect("the list has room");
        second.join(list, &mut self.rng).expect("the list lists it");
        second
    }

    fn text(&self, text: &[u8]) -> Value {
        self.user.content(TEXT, text)
    }

    fn text_with_list(&self, text: &[u8]) -> Value {
        self.user.content_with_list(TEXT, text)
    }

    /// The payload of a list with these bundles, in hexadecimal.
    fn bundles(&mut self, bundles: &[Vec<u8>]) -> String {
        let bundles: Vec<_> = bundles.iter().map(hex::encode).collect();
        let fields = json!({ "bundles": bundles });
        let written = self.peer.answer("content_write_bundles", fields);
        hex::encode(written.bytes("payload"))
    }

    fn reusable_bundle(&mut self, device: &str, first: u32) -> Vec<u8> {
        let fields = json!({
            "suite": 2,
            "signed_prekey_id": first,
            "created": 0,
            "one_time_prekey_id": null,
            "kem_created": 0,
            "kem_prekey_id": first + 1,
            "account": device,
            "list": hex::encode(&self.user.list),
        });
        self.peer.answer("wire_publish", fields).bytes("bundle")
    }

    fn ours_sends(&mut self, text: &[u8]) -> Sent {
        let outgoing = Outgoing::new(text);
        let sent = self
            .client
            .encrypt_to_user("theirs", outgoing, &mut self.rng);
        sent.expect("a device can be reached")
    }

    /// Reads a message with our client, and acknowledges it.
    fn ours_reads(&mut self, message: &[u8]) -> Result<Received, ClientError<Infallible>> {
        let sender = Sender::Named("theirs");
        let received = self
            .client
            .decrypt(sender, Incoming::new(message), &mut self.rng)?;
        if received.content != ContentKind::List {
            self.client.acknowledge(&received.receipt)?;
        }
        Ok(received)
    }

    /// Lets a device of theirs accept a session under its own name.
    fn theirs_accepts(&mut self, device: &str, message: &[u8]) -> Value {
        let accepted = self.theirs_tries(device, message);
        accepted.expect("the message is authentic")
    }

    fn theirs_tries(&mut self, device: &str, message: &[u8]) -> Result<Value, Refusal> {
        let accepted = self
            .peer
            .ask("content_accept", message_fields(device, message))?;
        Ok(accepted.into_value())
    }

    fn theirs_decrypts(&mut self, device: &str, message: &[u8]) -> Result<Value, Refusal> {
        let opened = self
            .peer
            .ask("content_decrypt", message_fields(device, message))?;
        Ok(opened.into_value())
    }

    /// Lets a device of theirs begin a session by a bundle of ours, under the name "began".
    fn theirs_begins(&mut self, device: &str, bundle: &[u8], mut content: Value) -> Vec<u8> {
        content["session"] = "began".into();
        content["account"] = device.into();
        content["bundle"] = hex::encode(bundle).into();
        content["ordinal"] = 1.into();
        self.peer.answer("content_begin", content).bytes("message")
    }

    /// Lets a device of theirs encrypt a content, whose header says that it knows this version of our list.
    fn theirs_encrypts(&mut self, device: &str, mut content: Value, known: u64) -> Vec<u8> {
        content["session"] = device.into();
        content["known"] = known.into();
        self.peer
            .answer("content_encrypt", content)
            .bytes("message")
    }

    fn theirs_sends(
        &mut self,
        device: &str,
        content: Value,
        known: u64,
    ) -> Result<Received, ClientError<Infallible>> {
        let message = self.theirs_encrypts(device, content, known);
        self.ours_reads(&message)
    }
}

fn message_fields(device: &str, message: &[u8]) -> Value {
    json!({
        "session": device,
        "account": device,
        "message": hex::encode(message),
        "associated_data": "",
    })
}

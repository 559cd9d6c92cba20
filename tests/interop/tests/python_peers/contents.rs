//! Tests of contents: each side reads what the other writes, as bytes and in messages.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag::Account;
use sprag_wire::{
    Content, ContentKind, Copied, Error as WireError, decode_bundles, decode_content, decode_copy,
    encode_bundles, encode_content, encode_copy,
};

use crate::peer::{Peer, Refusal, array, bytes};
use crate::their_user::TheirUser;

const KINDS: [ContentKind; 8] = [
    ContentKind::Text,
    ContentKind::Copy,
    ContentKind::List,
    ContentKind::Renew,
    ContentKind::LinkAcceptance,
    ContentKind::LinkWelcome,
    ContentKind::Nothing,
    ContentKind::FileKey,
];

/// The start of the associated data of a message that carries a content.
const LABEL: &[u8] = b"sprag content\x01";

#[test]
fn both_write_and_read_the_same_contents() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for round in 0..64 {
        let (list, payload) = (random_bytes(300, &mut rng), random_bytes(300, &mut rng));
        let content = Content {
            kind: *KINDS.choose(&mut rng).expect("there are kinds"),
            version: random_number(&mut rng),
            hash: rng.random(),
            known: random_number(&mut rng),
            list: (round % 2 == 1).then_some(&list),
            payload: &payload,
        };
        let ours = encode_content(&content).expect("the list is short");
        let theirs = peer.answer("content_write", fields_of(&content));
        assert_eq!(theirs.bytes("content"), ours.expose());
        let read = peer.answer("content_read", content_field(ours.expose()));
        assert_same_content(&content, &read.into_value());
    }
}

/// Contents with a few bytes altered, left out or put in. Both accept the same of them, and read the same.
#[test]
fn both_refuse_the_same_contents() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    let mut verdicts = [0; 2];
    for _ in 0..2_000 {
        let list = random_bytes(150, &mut rng);
        let content = Content {
            kind: *KINDS.choose(&mut rng).expect("there are kinds"),
            version: random_number(&mut rng),
            hash: rng.random(),
            known: random_number(&mut rng),
            list: rng.random::<bool>().then_some(&list),
            payload: b"x",
        };
        let content = encode_content(&content).expect("the list is short");
        let mut altered = content.expose().to_vec();
        let place = rng.random_range(0..altered.len().min(24));
        match rng.random_range(0..4) {
            0 => altered.truncate(place),
            1 => altered[place] = *[0, 1, 0x7f, 0x80, 0xff].choose(&mut rng).expect("some"),
            2 => altered.insert(place, *[0, 0x80, 0xff].choose(&mut rng).expect("some")),
            _ => _ = altered.remove(place),
        }
        let ours = decode_content(&altered);
        let theirs = peer.ask("content_read", content_field(&altered));
        verdicts[usize::from(ours.is_ok())] += 1;
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => assert_same_content(&ours, &theirs.into_value()),
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!(
                "{ours:?}, theirs reads it: {}, {}",
                theirs.is_ok(),
                hex::encode(&altered)
            ),
        }
    }
    assert!(verdicts.iter().all(|count| *count > 200), "{verdicts:?}");
}

#[test]
fn both_know_the_same_kinds() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let content = Content {
        kind: ContentKind::Text,
        version: 1,
        hash: [0; 8],
        known: 0,
        list: None,
        payload: b"",
    };
    let content = encode_content(&content).expect("there is no list");
    for kind in 0..128 {
        let mut other = content.expose().to_vec();
        other[0] = kind;
        let ours = decode_content(&other).map(|content| content.kind.to_byte());
        let theirs = peer.ask("content_read", content_field(&other));
        assert_eq!(theirs.is_ok(), ours.is_ok(), "{kind}");
        let unknown = Err(WireError::UnknownContent(kind));
        assert!(ours == Ok(kind) || ours == unknown, "{ours:?}");
    }
}

#[test]
fn both_write_and_read_the_same_copies_and_bundles() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    for length in [0, 1, 127, 128, 20_000] {
        let mut payload = vec![0; length];
        rng.fill_bytes(&mut payload);
        let copied = Copied {
            user: rng.random(),
            payload: &payload,
        };
        let ours = encode_copy(&copied).expect("the payload is short");
        let theirs = peer.answer(
            "content_write_copy",
            json!({ "user": hex::encode(copied.user), "copied": hex::encode(&payload) }),
        );
        assert_eq!(theirs.bytes("payload"), ours.expose());
        let read = peer.answer("content_read_copy", payload_field(ours.expose()));
        assert_eq!(read.array("user"), copied.user);
        assert_eq!(read.bytes("copied"), payload);
        for other in others(ours.expose()) {
            assert!(decode_copy(&other).is_err());
            assert!(
                peer.ask("content_read_copy", payload_field(&other))
                    .is_err()
            );
        }
    }
    for count in [0, 1, 16, 17] {
        // None is empty, so that one byte less is not one bundle less.
        let bundles: Vec<_> = (0..count)
            .map(|_| [random_bytes(200, &mut rng), vec![0]].concat())
            .collect();
        let fields = json!({ "bundles": bundles.iter().map(hex::encode).collect::<Vec<_>>() });
        let theirs = peer.answer("content_write_bundles", fields.clone());
        let theirs = theirs.bytes("payload");
        let read = peer.ask("content_read_bundles", payload_field(&theirs));
        let ours = decode_bundles(&theirs);
        if count > 16 {
            assert!(ours.is_err() && read.is_err());
            continue;
        }
        assert_eq!(ours.expect("so many are allowed"), bundles);
        assert_eq!(encode_bundles(&bundles).expect("they are short"), theirs);
        let read = read.expect("so many are allowed").into_value();
        assert_eq!(read["bundles"], fields["bundles"]);
        let cut = theirs.len().saturating_sub(1);
        let is_none = peer.ask("content_read_bundles", payload_field(&theirs[..cut]));
        assert_eq!(is_none.is_err(), decode_bundles(&theirs[..cut]).is_err());
        assert_eq!(is_none.is_err(), count > 0);
    }
}

/// Sessions of the facade, which carry any text: here a content under its label, and bare texts.
#[test]
fn contents_and_bare_texts_never_open_as_one_another() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    let user = TheirUser::new(&mut peer, 1, &[""]);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    // A first content of theirs.
    let mut fields = user.content_with_list(0, b"text");
    fields["bundle"] = hex::encode(bundle).into();
    fields["ordinal"] = 1.into();
    fields["associated_data"] = hex::encode("data").into();
    let begun = peer.answer("content_begin", fields);
    let first = begun.bytes("message");
    assert!(account.accept_with_ad(&first, b"data").is_err());
    let data = [LABEL, b"data"].concat();
    let (mut session, opened) = account.accept_with_ad(&first, &data).unwrap();
    let content = decode_content(&opened.plaintext).unwrap();
    assert_eq!(
        (content.kind, content.payload),
        (ContentKind::Text, &b"text"[..])
    );
    assert_eq!(content.list, Some(&user.list[..]));
    assert_eq!(content.hash, user.hash[..8]);
    assert_eq!((content.version, content.known), (1, 0));
    // A content of ours.
    let content = Content {
        kind: ContentKind::List,
        version: 300,
        hash: [7; 8],
        known: 1,
        list: Some(&user.list),
        payload: b"",
    };
    let text = encode_content(&content).unwrap();
    let message = session
        .encrypt_with_ad(text.expose(), &data, &mut rng)
        .unwrap();
    let fields = message_fields(&message);
    let bare = peer.ask("wire_decrypt", fields.clone()).err();
    assert_eq!(bare, Some(Refusal::NotAuthentic));
    let read = peer.answer("content_decrypt", fields);
    assert_same_content(&content, &read.into_value());
    // Bare texts of both.
    let message = session
        .encrypt_with_ad(text.expose(), b"data", &mut rng)
        .unwrap();
    let fields = message_fields(&message);
    let content = peer.ask("content_decrypt", fields.clone()).err();
    assert_eq!(content, Some(Refusal::NotAuthentic));
    let read = peer.answer("wire_decrypt", fields);
    assert_eq!(read.bytes("plaintext"), text.expose());
    let fields = json!({
        "plaintext": hex::encode(text.expose()),
        "associated_data": hex::encode("data"),
    });
    let message = peer.answer("wire_encrypt", fields).bytes("message");
    assert!(session.decrypt_with_ad(&message, &data).is_err());
    let opened = session.decrypt_with_ad(&message, b"data").unwrap();
    assert_eq!(opened.plaintext, *text.expose());
}

fn message_fields(message: &[u8]) -> Value {
    json!({
        "message": hex::encode(message),
        "associated_data": hex::encode("data"),
    })
}

/// A number of any length.
fn random_number(rng: &mut StdRng) -> u64 {
    rng.random::<u64>() >> rng.random_range(0..64)
}

/// At most so many bytes.
fn random_bytes(most: usize, rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..=most)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Bytes that are none, close to these.
fn others(payload: &[u8]) -> [Vec<u8>; 3] {
    let mut longer = payload.to_vec();
    longer.push(0);
    [
        payload[..payload.len() - 1].to_vec(),
        longer,
        payload[..20].to_vec(),
    ]
}

fn content_field(content: &[u8]) -> Value {
    json!({ "content": hex::encode(content) })
}

fn payload_field(payload: &[u8]) -> Value {
    json!({ "payload": hex::encode(payload) })
}

fn fields_of(content: &Content<'_>) -> Value {
    json!({
        "kind": content.kind.to_byte(),
        "version": content.version,
        "hash": hex::encode(content.hash),
        "known": content.known,
        "list": content.list.map(hex::encode),
        "payload": hex::encode(content.payload),
    })
}

fn assert_same_content(ours: &Content<'_>, theirs: &Value) {
    assert_eq!(theirs["kind"], ours.kind.to_byte());
    assert_eq!(theirs["version"], ours.version);
    assert_eq!(theirs["known"], ours.known);
    assert_eq!(ours.hash, array(theirs, "hash"));
    assert_eq!(theirs["list"], json!(ours.list.map(hex::encode)));
    assert_eq!(ours.payload, bytes(theirs, "payload"));
}

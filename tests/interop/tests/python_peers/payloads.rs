//! Invitations, link codes, and the payloads of the contents that link devices and renew sessions, outside of messages.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag_devices::{LinkCode, link_digits};
use sprag_primitives::SecretBytes;
use sprag_primitives::xeddsa::Signature;
use sprag_wire::{
    Acceptance, Invitation, PeerState, Renew, RenewReason, RenewRole, Welcome, WelcomePeer,
    decode_acceptance, decode_invitation, decode_renew, decode_welcome, encode_acceptance,
    encode_invitation, encode_renew, encode_welcome, unread_hash,
};
use sprag_x3dh::{IdentityKeyPair, SessionId};

use crate::peer::{Peer, Response};

#[test]
fn both_write_and_read_the_same_invitations_and_codes() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..32 {
        let (list, bundle) = (
            random_bytes(8_192, &mut rng),
            random_bytes(16_384, &mut rng),
        );
        let invitation = Invitation {
            expiry: random_number(&mut rng),
            list: &list,
            bundle: &bundle,
        };
        let ours = encode_invitation(&invitation).expect("its parts are short");
        let secret: [u8; 16] = rng.random();
        let mut fields = json!({
            "expires": invitation.expiry,
            "list": hex::encode(&list),
            "bundle": hex::encode(&bundle),
        });
        let read = peer.answer("link_read_invitation", field("invitation", &ours));
        assert_eq!(read.into_value(), fields);
        fields["secret"] = hex::encode(secret).into();
        let theirs = peer.answer("link_write_invitation", fields);
        assert_eq!(theirs.bytes("invitation"), ours);
        // The code of either is that of the other, and is read by both.
        let code = LinkCode::new(&ours, SecretBytes::copy_from(&secret));
        let text = theirs.into_value()["code"].clone();
        assert_eq!(text, code.expose().to_string());
        let read: LinkCode = text.as_str().unwrap().parse().unwrap();
        assert!(read.names(&ours) && read.secret() == code.secret());
        let read = peer.answer("link_read_code", json!({ "code": text }));
        assert_eq!(read.bytes("secret"), secret);
    }
}

/// The last character has two bits that belong to no byte.
#[test]
fn both_refuse_codes_whose_last_bits_are_not_zero() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let code = LinkCode::new(b"invitation", SecretBytes::copy_from(&[7; 16]));
    let code = code.expose().to_string();
    let front = &code[..code.len() - 1];
    let mut taken = 0;
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars() {
        let code = format!("{front}{last}");
        let theirs = peer.ask("link_read_code", json!({ "code": code }));
        assert_eq!(theirs.is_ok(), code.parse::<LinkCode>().is_ok(), "{code}");
        taken += u32::from(theirs.is_ok());
    }
    assert_eq!(taken, 8);
}

#[test]
fn both_show_the_same_digits() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    for _ in 0..64 {
        let (session, secret): ([u8; 32], [u8; 16]) = (rng.random(), rng.random());
        let pair = IdentityKeyPair::generate(&mut rng);
        let identity = pair.public();
        let fields = json!({
            "session_id": hex::encode(session),
            "secret": hex::encode(secret),
            "identity": hex::encode(identity.as_bytes()),
        });
        let theirs = peer.answer("link_digits", fields).into_value();
        let session = SessionId::from_bytes(session);
        let ours = link_digits(&session, &SecretBytes::copy_from(&secret), identity);
        assert_eq!(theirs["digits"], ours.as_str());
    }
}

#[test]
fn both_write_and_read_the_same_acceptances() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let names = ["", "laptop", "Büro 2", "\u{202e}\n\0", &"x".repeat(64)];
    for name in names {
        let (secret, signature): ([u8; 16], [[u8; 32]; 2]) = (rng.random(), rng.random());
        let bundle = random_bytes(16_384, &mut rng);
        let acceptance = Acceptance {
            secret: &secret,
            number: rng.random::<u32>() >> rng.random_range(0..32),
            signature: Signature::from_bytes(signature.concat().try_into().expect("64 bytes")),
            bundle: &bundle,
            name,
        };
        let ours = encode_acceptance(&acceptance).expect("its parts are short");
        let fields = json!({
            "secret": hex::encode(secret),
            "number": acceptance.number,
            "signature": hex::encode(signature.concat()),
            "bundle": hex::encode(&bundle),
            "name": hex::encode(name),
        });
        let read = peer.answer("link_read_acceptance", field("payload", ours.expose()));
        assert_eq!(read.into_value(), fields);
        let theirs = peer.answer("link_write_acceptance", fields);
        assert_eq!(theirs.bytes("payload"), ours.expose());
    }
}

#[test]
fn both_write_and_read_the_same_welcomes() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(4);
    let states = [
        PeerState::Unverified,
        PeerState::Scanned,
        PeerState::Compared,
        PeerState::Changed,
    ];
    for count in [0, 1, 2, 40, 200] {
        let lists: Vec<_> = (0..count).map(|_| random_bytes(300, &mut rng)).collect();
        let names: Vec<_> = (0..count).map(|number| "ü".repeat(number % 65)).collect();
        let seed: [u8; 32] = rng.random();
        let welcome = Welcome {
            key: rng.random::<bool>().then_some(&seed),
            peers: lists
                .iter()
                .zip(&names)
                .map(|(list, name)| WelcomePeer {
                    name,
                    list,
                    state: *states.choose(&mut rng).expect("there are states"),
                })
                .collect(),
        };
        let ours = encode_welcome(&welcome).expect("its parts are short");
        let peers: Vec<_> = welcome
            .peers
            .iter()
            .map(|peer| {
                json!({
                    "name": hex::encode(peer.name),
                    "list": hex::encode(peer.list),
                    "verification": peer.state.to_byte(),
                })
            })
            .collect();
        let fields = json!({ "seed": welcome.key.map(hex::encode), "peers": peers });
        let read = peer.answer("link_read_welcome", field("payload", ours.expose()));
        assert_eq!(read.into_value(), fields);
        let theirs = peer.answer("link_write_welcome", fields);
        assert_eq!(theirs.bytes("payload"), ours.expose());
    }
}

#[test]
fn both_write_and_read_the_same_renewals() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(5);
    for number in 1..=4 {
        let messages: Vec<_> = (0..number * 8)
            .map(|_| random_bytes(100, &mut rng))
            .collect();
        let bundle = random_bytes(16_384, &mut rng);
        for role in [RenewRole::Request, RenewRole::Renewal] {
            let renew = Renew {
                role,
                reason: RenewReason::from_byte(number).expect("there are four"),
                unread: messages
                    .iter()
                    .map(|message| unread_hash(message))
                    .collect(),
                bundle: if role == RenewRole::Request {
                    &bundle
                } else {
                    b""
                },
            };
            let ours = encode_renew(&renew).expect("its parts are short");
            // Theirs names the messages by its own hashes.
            let mut hashes = Vec::new();
            for message in &messages {
                let hash = peer.answer("renewal_unread", field("message", message));
                hashes.push(hex::encode(hash.bytes("hash")));
            }
            let fields = json!({
                "role": role.to_byte(),
                "reason": number,
                "unread": hashes,
                "bundle": hex::encode(renew.bundle),
            });
            let read = peer.answer("renewal_read", field("payload", &ours));
            assert_eq!(read.into_value(), fields);
            let theirs = peer.answer("renewal_write", fields);
            assert_eq!(theirs.bytes("payload"), ours);
        }
    }
}

/// Encodings with a few bytes altered, left out or put in. Both read the same of them.
#[test]
fn both_refuse_the_same_payloads() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    for (op, name, whole, ours) in payloads() {
        let mut verdicts = [0; 2];
        for _ in 0..1_000 {
            let mut altered = whole.clone();
            let place = rng.random_range(0..altered.len());
            let byte = *[0, 1, 2, 3, 4, 5, 6, 0x21, 0x7f, 0x80, 0xc3, 0xff]
                .choose(&mut rng)
                .expect("there are bytes");
            match rng.random_range(0..4) {
                0 => altered.truncate(place),
                1 => altered[place] = byte,
                2 => altered.insert(place, byte),
                _ => _ = altered.remove(place),
            }
            let theirs = peer
                .ask(op, field(name, &altered))
                .map(Response::into_value);
            let reads = ours(&altered);
            assert_eq!(theirs.is_ok(), reads, "{op}: {}", hex::encode(&altered));
            verdicts[usize::from(reads)] += 1;
        }
        assert!(
            verdicts.iter().all(|count| *count > 50),
            "{op}: {verdicts:?}"
        );
    }
}

type Payload = (&'static str, &'static str, Vec<u8>, fn(&[u8]) -> bool);

/// One encoding of each kind, with the operation that reads it on either side.
fn payloads() -> [Payload; 4] {
    let invitation = Invitation {
        expiry: 300,
        list: b"list",
        bundle: b"bundle",
    };
    let acceptance = Acceptance {
        secret: &[7; 16],
        number: 300,
        signature: Signature::from_bytes([9; 64]),
        bundle: b"bundle",
        name: "Büro",
    };
    let welcome = Welcome {
        key: Some(&[7; 32]),
        peers: ["a", "ü"]
            .map(|name| WelcomePeer {
                name,
                list: b"list",
                state: PeerState::Scanned,
            })
            .to_vec(),
    };
    let renew = Renew {
        role: RenewRole::Request,
        reason: RenewReason::Fork,
        unread: vec![[7; 32]],
        bundle: b"bundle",
    };
    [
        (
            "link_read_invitation",
            "invitation",
            encode_invitation(&invitation).expect("its parts are short"),
            |bytes| decode_invitation(bytes).is_ok(),
        ),
        (
            "link_read_acceptance",
            "payload",
            encode_acceptance(&acceptance)
                .expect("its parts are short")
                .expose()
                .to_vec(),
            |bytes| decode_acceptance(bytes).is_ok(),
        ),
        (
            "link_read_welcome",
            "payload",
            encode_welcome(&welcome)
                .expect("its parts are short")
                .expose()
                .to_vec(),
            |bytes| decode_welcome(bytes).is_ok(),
        ),
        (
            "renewal_read",
            "payload",
            encode_renew(&renew).expect("its parts are short"),
            |bytes| decode_renew(bytes).is_ok(),
        ),
    ]
}

fn field(name: &str, content: &[u8]) -> Value {
    json!({ name: hex::encode(content) })
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

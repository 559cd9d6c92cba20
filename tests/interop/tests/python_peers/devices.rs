//! Tests of user keys, device lists, safety numbers and codes: each side reads what the other writes, and judges it as
//! the other does.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sprag_devices::{
    Device, DeviceList, IdentityKeyPair, KnownList, Reason, Replacing, Revoked, SafetyNumber,
    ScanCode, Scanned, SecretBytes, UserId, UserKeyPair, ed25519, scan,
};

use crate::peer::{Peer, array, bytes};
use crate::their_user::TheirUser;

/// The order of the group of Ed25519, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn both_make_the_same_signature_of_a_user_and_refuse_altered_ones() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..32 {
        let seed = SecretBytes::random(&mut rng);
        let key = ed25519::SigningKey::from_seed(&seed);
        let message: [u8; 40] = rng.random();
        let fields = json!({
            "seed": hex::encode(seed.expose()),
            "message": hex::encode(message),
        });
        let theirs = peer.answer("ed25519_sign", fields);
        assert_eq!(key.public().as_bytes(), &theirs.array("public"));
        let mut signature = *key.sign(&message).as_bytes();
        assert_eq!(signature, theirs.array("signature"));
        let public = *key.public().as_bytes();
        assert!(both_verify(&mut peer, &public, &message, &signature));
        for half in [0..32, 32..64] {
            let (byte, bit) = (rng.random_range(half), 1 << rng.random_range(0..8));
            signature[byte] ^= bit;
            assert!(!both_verify(&mut peer, &public, &message, &signature));
            signature[byte] ^= bit;
        }
        // The same scalar, which is not reduced.
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            [*byte, _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
        assert!(!both_verify(&mut peer, &public, &message, &signature));
    }
}

/// The equation without the cofactor holds for R of small order if it is the neutral element, and that with the cofactor
/// for each of these signatures.
#[test]
fn both_verify_signatures_of_users_strictly() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let seed = SecretBytes::random(&mut StdRng::seed_from_u64(2));
    let public = *ed25519::SigningKey::from_seed(&seed).public().as_bytes();
    for r in [0, 5] {
        for torsion in 0..8 {
            let fields = json!({
                "seed": hex::encode(seed.expose()),
                "message": "",
                "r": r,
                "torsion": torsion,
            });
            let signature = peer.answer("ed25519_sign_hostile", fields);
            let signature = signature.array("signature");
            let valid = both_verify(&mut peer, &public, b"", &signature);
            assert_eq!(valid, r == 5 && torsion == 0, "{r} and {torsion}");
        }
    }
    // Keys of small order, and encodings beyond the prime: y is 1, 0, -1, p and p + 1, with either sign.
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    let [mut one, zero] = [[0; 32]; 2];
    one[0] = 1;
    let (mut prime, mut beyond) = (minus_one, minus_one);
    (prime[0], beyond[0]) = (0xed, 0xee);
    for mut key in [one, zero, minus_one, prime, beyond] {
        for sign in [0, 0x80] {
            key[31] |= sign;
            let signature = [&one[..], &zero].concat();
            let signature = signature.try_into().expect("a signature has 64 bytes");
            assert!(!both_verify(&mut peer, &key, b"", &signature));
        }
    }
}

#[test]
fn theirs_reads_the_lists_that_ours_signs() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let user = UserKeyPair::generate(&mut rng);
    let mut list = DeviceList::first(&user, &IdentityKeyPair::generate(&mut rng), 0, &mut rng);
    let mut known = KnownList::new(list.clone());
    let mut lists = vec![hex::encode(list.as_bytes())];
    for step in 0..12 {
        list = if step % 3 == 2 {
            let revoked = Revoked {
                number: list.devices()[step % 2].number,
                reason: [Reason::Lost, Reason::Retired][step % 2],
            };
            list.without_device(&user, revoked, 1_800_000_000).unwrap()
        } else {
            let identity = IdentityKeyPair::generate(&mut rng);
            let device = Device::sign(&identity, user.public(), list.next_number(), &mut rng);
            list.with_device(&user, device, rng.random()).unwrap()
        };
        assert!(matches!(
            known.replace(list.clone()),
            Ok(Replacing::Newer(_))
        ));
        let read = peer.answer("devices_read", list_field(list.as_bytes()));
        assert_same_list(&list, &read.into_value());
        lists.push(hex::encode(list.as_bytes()));
    }
    let followed = peer.answer("devices_follow", json!({ "lists": lists }));
    let followed = followed.into_value();
    let steps = followed["steps"].as_array().expect("steps are a list");
    assert!(
        steps.iter().all(|step| step["outcome"] == "newer"),
        "{steps:?}"
    );
    assert_eq!(bytes(&followed, "newest"), list.as_bytes());
}

#[test]
fn ours_reads_the_lists_that_theirs_signs() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut user = TheirUser::new(&mut peer, 7, &["a", "b"]);
    let first = DeviceList::decode(&user.list).expect("the list is valid");
    assert_eq!(first.user_id().as_bytes(), &user.user);
    let mut known = KnownList::new(first);
    for step in 0..6 {
        match step % 3 {
            2 => user.revoke(&mut peer, 1, step / 3),
            _ => user.link(&mut peer, &format!("device {step}")),
        }
        let list = DeviceList::decode(&user.list).expect("the list is valid");
        let read = peer.answer("devices_read", list_field(&user.list));
        assert_same_list(&list, &read.into_value());
        assert_eq!((list.version(), list.hash()), (user.version(), user.hash));
        assert!(matches!(known.replace(list), Ok(Replacing::Newer(_))));
    }
}

#[test]
fn both_refuse_a_list_with_an_altered_byte() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(5);
    let mut user = TheirUser::new(&mut peer, 7, &["a", "b"]);
    user.revoke(&mut peer, 1, 1);
    assert!(both_read(&mut peer, &user.list));
    for byte in 0..user.list.len() {
        let mut altered = user.list.clone();
        altered[byte] ^= 1 << rng.random_range(0..8);
        assert!(!both_read(&mut peer, &altered), "byte {byte}");
    }
    for length in [0, 1, 100, user.list.len() - 1] {
        assert!(!both_read(&mut peer, &user.list[..length]), "{length}");
    }
    assert!(!both_read(&mut peer, &[&user.list[..], &[0]].concat()));
}

/// The user has signed each of these lists.
#[test]
fn both_refuse_lists_that_break_a_rule_in_themselves() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let user = TheirUser::new(&mut peer, 7, &["a", "b", "c"]);
    for (what, alter) in faults_of_devices().into_iter().chain(other_faults()) {
        let signed = user.sign_other(&mut peer, alter);
        assert!(!both_read(&mut peer, &bytes(&signed, "list")), "{what}");
    }
    // A device that has signed that it belongs to another user.
    let other = TheirUser::new(&mut peer, 8, &["b"]);
    let fields = json!({ "account": "b", "user_key": other.user_key, "number": 1 });
    let device = peer.answer("devices_sign", fields).into_value();
    let signed = user.sign_other(&mut peer, |list| devices(list)[1] = device);
    assert!(!both_read(&mut peer, &bytes(&signed, "list")));
    let next = user.sign_other(&mut peer, |list| list["next"] = 9.into());
    assert!(both_read(&mut peer, &bytes(&next, "list")));
}

/// The counts are those of the limits, and one more.
#[test]
fn both_have_the_same_limits() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let names: Vec<_> = (0..17).map(|number| number.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (count, valid) in [(16, true), (17, false)] {
        let user = TheirUser::new(&mut peer, 9, &names[..count]);
        assert_eq!(both_read(&mut peer, &user.list), valid, "{count}");
    }
    let user = TheirUser::new(&mut peer, 9, &["a"]);
    for (count, valid) in [(64, true), (65, false)] {
        let signed = user.sign_other(&mut peer, |list| {
            list["next"] = 100.into();
            list["revoked"] = revoked(&Vec::from_iter(1..=count));
        });
        assert_eq!(
            both_read(&mut peer, &bytes(&signed, "list")),
            valid,
            "{count}"
        );
    }
    let highest = user.sign_other(&mut peer, |list| {
        list["version"] = u64::MAX.into();
        list["created"] = u64::MAX.into();
        list["next"] = u32::MAX.into();
        list["revoked"] = revoked(&[u32::MAX - 1]);
    });
    assert!(both_read(&mut peer, &bytes(&highest, "list")));
}

/// Readers that meet lists of one user in any order, of which most do not go together.
#[test]
fn both_come_to_the_same_outcome_for_each_list_that_follows() {
    const READERS: usize = 64;
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(6);
    let pool = pool_of_lists(&mut peer, &mut rng);
    let mut tally = [0; 4];
    for _ in 0..READERS {
        let mut met: Vec<_> = (0..6).filter_map(|_| pool.choose(&mut rng)).collect();
        // Most readers meet newer lists later.
        if rng.random_bool(0.8) {
            met.sort_by_key(|list| DeviceList::decode(list).map(|list| list.version()).ok());
        }
        let lists: Vec<_> = met.iter().map(hex::encode).collect();
        let followed = peer.answer("devices_follow", json!({ "lists": lists }));
        let followed = followed.into_value();
        let mut met = met
            .into_iter()
            .map(|list| DeviceList::decode(list).unwrap());
        let mut known = KnownList::new(met.next().expect("there are lists"));
        for (number, list) in met.enumerate() {
            let outcome = match known.replace(list).expect("the user is the same") {
                Replacing::Same => 0,
                Replacing::Old => 1,
                Replacing::Newer(_) => 2,
                Replacing::Evidence(_) => 3,
            };
            tally[outcome] += 1;
            let theirs = &followed["steps"][number];
            let ours = ["same", "old", "newer", "evidence"][outcome];
            assert_eq!(theirs["outcome"], ours, "{theirs}, {lists:?}");
        }
        assert_eq!(bytes(&followed, "newest"), known.list().as_bytes());
    }
    assert!(tally[1..].iter().all(|count| *count > 10), "{tally:?}");
}

/// The list between knows the key no more, so that a reader has to remember it.
#[test]
fn both_remember_the_key_of_a_device_that_has_left() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut user = TheirUser::new(&mut peer, 9, &["a", "b"]);
    let first = user.list.clone();
    user.revoke(&mut peer, 1, 0);
    let second = user.list.clone();
    let fields = json!({ "account": "b", "user_key": user.user_key, "number": 2 });
    let device = peer.answer("devices_sign", fields).into_value();
    let returns = user.sign_other(&mut peer, |list| {
        list["next"] = 3.into();
        devices(list).push(device);
    });
    let forgotten = user.sign_other(&mut peer, |list| list["revoked"] = json!([]));
    let honest = user.sign_other(&mut peer, |list| list["next"] = 3.into());
    for (third, outcome) in [
        (returns, "evidence"),
        (forgotten, "evidence"),
        (honest, "newer"),
    ] {
        let third = bytes(&third, "list");
        let lists = [&first, &second, &third].map(hex::encode);
        let followed = peer.answer("devices_follow", json!({ "lists": lists }));
        assert_eq!(followed.into_value()["steps"][1]["outcome"], outcome);
        let [first, second, third] = [&first, &second, &third]
            .map(|list| DeviceList::decode(list).expect("the list is valid"));
        let mut known = KnownList::new(first);
        assert!(matches!(known.replace(second), Ok(Replacing::Newer(_))));
        let ours = known.replace(third).expect("the user is the same");
        assert_eq!(matches!(ours, Replacing::Newer(_)), outcome == "newer");
    }
}

/// A revoked device can be missing from a list that has no room for it.
#[test]
fn both_take_a_full_list_that_leaves_a_revoked_device_out() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let user = TheirUser::new(&mut peer, 9, &["a", "b"]);
    for (count, outcome) in [(63, "evidence"), (64, "newer")] {
        let signed = user.sign_other(&mut peer, |list| {
            devices(list).remove(1);
            list["version"] = 100.into();
            list["next"] = 90.into();
            list["revoked"] = revoked(&Vec::from_iter(2..2 + count));
        });
        let later = bytes(&signed, "list");
        let lists = [&user.list, &later].map(hex::encode);
        let followed = peer.answer("devices_follow", json!({ "lists": lists }));
        assert_eq!(followed.into_value()["steps"][0]["outcome"], outcome);
        let mut known = KnownList::new(DeviceList::decode(&user.list).unwrap());
        let ours = known.replace(DeviceList::decode(&later).unwrap()).unwrap();
        assert_eq!(matches!(ours, Replacing::Newer(_)), outcome == "newer");
    }
}

#[test]
fn both_have_the_same_safety_number_and_read_the_code_of_the_other() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..8 {
        let [own, other, third] = [(); 3].map(|()| UserId::from_bytes(rng.random()));
        for (own, other) in [(own, other), (other, own)] {
            let number = peer.answer("devices_safety_number", ids(&own, &other));
            let number = number.into_value();
            let ours = SafetyNumber::between(&own, &other).to_string();
            assert_eq!(number["number"], ours);
        }
        // Our user scans what the other shows, who may know another user in the place of ours; and the reverse.
        for (shows, knows, result, name) in [
            (other, own, Scanned::Match, "match"),
            (third, own, Scanned::PeerDiffers, "peer differs"),
            (other, third, Scanned::SelfDiffers, "self differs"),
            (third, other, Scanned::Unrelated, "unrelated"),
        ] {
            let code = peer.answer("devices_scan_code", ids(&shows, &knows));
            let code = code.into_value();
            let code = code["code"].as_str().expect("a code is text");
            assert_eq!(scan(code, &own, &other), Ok(result));
            let ours = ScanCode {
                own: shows,
                peer: knows,
            };
            assert_eq!(ours.to_string(), code);
            let scanned = scan_by_theirs(&mut peer, (&own, &other), code);
            assert_eq!(scanned.as_deref(), Some(name));
        }
    }
}

#[test]
fn both_refuse_codes_that_are_none() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(8);
    let [own, other] = [(); 2].map(|()| UserId::from_bytes(rng.random()));
    let code = ScanCode {
        own: other,
        peer: own,
    };
    let code = code.to_string();
    let end = code.len() - 1;
    // The first characters after the prefix have the version.
    let (version, rest) = (&code[6..8], &code[8..]);
    for wrong in [
        String::new(),
        code[6..].to_owned(),
        code[..end].to_owned(),
        format!("{code}A"),
        format!("{code}\n"),
        format!("{}1", &code[..end]),
        format!("{}=", &code[..end]),
        format!("SPRAG-LINK:{}", &code[6..]),
        format!("SPRAG:AI{rest}"),
        format!("SPRAG:AA{rest}"),
    ] {
        assert!(scan(&wrong, &own, &other).is_err(), "{wrong}");
        let theirs = scan_by_theirs(&mut peer, (&own, &other), &wrong);
        assert_eq!(theirs, None, "{wrong}");
    }
    assert_eq!(scan(&code, &own, &other), Ok(Scanned::Match), "{version}");
}

/// An alteration of the fields of a list of three devices, after which it is no list.
type Fault = (&'static str, fn(&mut Value));

fn faults_of_devices() -> [Fault; 7] {
    [
        ("no device", |list| list["devices"] = json!([])),
        ("order", |list| devices(list).swap(0, 1)),
        ("next number", |list| list["next"] = 2.into()),
        ("number twice", |list| {
            let device = devices(list)[0].clone();
            devices(list).insert(0, device);
        }),
        ("another number", |list| {
            list["next"] = 9.into();
            devices(list)[2]["number"] = 3.into();
        }),
        ("another key", |list| {
            let identity = devices(list)[0]["identity"].clone();
            devices(list)[1]["identity"] = identity;
        }),
        ("no key", |list| {
            devices(list)[1]["identity"] = hex::encode([0; 32]).into();
        }),
    ]
}

fn other_faults() -> [Fault; 7] {
    [
        ("version", |list| list["version"] = 0.into()),
        ("a list before", |list| {
            list["version"] = 1.into();
            list["previous"] = hex::encode([1; 32]).into();
        }),
        ("listed and revoked", |list| list["revoked"] = revoked(&[1])),
        ("revoked too high", |list| list["revoked"] = revoked(&[3])),
        ("order of the revoked", |list| {
            list["next"] = 9.into();
            list["revoked"] = revoked(&[5, 4]);
        }),
        ("revoked twice", |list| {
            list["next"] = 9.into();
            list["revoked"] = revoked(&[4, 4]);
        }),
        ("reason", |list| {
            list["next"] = 9.into();
            list["revoked"] = json!([{ "number": 4, "reason": 2 }]);
        }),
    ]
}

/// Lists of one user, valid in themselves: versions 1 to 5, each with some of five devices, of which two have one number
/// and two have one key.
fn pool_of_lists(peer: &mut Peer, rng: &mut StdRng) -> Vec<Vec<u8>> {
    let user = TheirUser::new(peer, 7, &["a"]);
    let mut device = |account: &str, number: u32| {
        let fields = json!({ "account": account, "user_key": user.user_key, "number": number });
        peer.answer("devices_sign", fields).into_value()
    };
    let [a, b, c, d, e] = [("a", 0), ("b", 1), ("c", 2), ("d", 2), ("b", 3)]
        .map(|(account, number)| device(account, number));
    let sets = [
        json!([a]),
        json!([a, b]),
        json!([a, b, c]),
        json!([a, c]),
        json!([a, d]),
        json!([a, e]),
        json!([a, c, e]),
        json!([b]),
    ];
    let mut pool: Vec<Vec<u8>> = Vec::new();
    let mut hashes = vec![hex::encode([0; 32])];
    for _ in 0..80 {
        let version = rng.random_range(1..=5);
        let set = sets.choose(rng).expect("there are sets").clone();
        let numbers: Vec<_> = (set.as_array().into_iter().flatten())
            .filter_map(|device| device["number"].as_u64())
            .collect();
        let least = numbers.last().expect("there is a device") + 1;
        let next = least.max(rng.random_range(1..=4));
        let gone: Vec<_> = (0..next)
            .filter(|number| !numbers.contains(number) && rng.random_bool(0.9))
            .map(|number| json!({ "number": number, "reason": number % 2 }))
            .collect();
        let previous = match version {
            1 => &hashes[0],
            _ => hashes.choose(rng).expect("there are hashes"),
        };
        let previous = previous.as_str();
        let signed = user.sign_other(peer, |list| {
            list["version"] = version.into();
            list["previous"] = previous.into();
            list["next"] = next.into();
            list["devices"] = set;
            list["revoked"] = gone.into();
        });
        hashes.push(hex::encode(bytes(&signed, "hash")));
        pool.push(bytes(&signed, "list"));
    }
    pool
}

/// The verdict of both sides, which must be the same.
fn both_verify(peer: &mut Peer, public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let theirs = peer.answer(
        "ed25519_verify",
        json!({
            "public": hex::encode(public),
            "message": hex::encode(message),
            "signature": hex::encode(signature),
        }),
    );
    let ours = ed25519::PublicKey::from_bytes(public).is_ok_and(|key| {
        key.verify(message, &ed25519::Signature::from_bytes(*signature))
            .is_ok()
    });
    assert_eq!(ours, theirs.flag("valid"), "ours, not theirs");
    ours
}

/// Tells whether both sides read these bytes as a list. They must agree.
fn both_read(peer: &mut Peer, list: &[u8]) -> bool {
    let theirs = peer.ask("devices_read", list_field(list)).is_ok();
    assert_eq!(DeviceList::decode(list).is_ok(), theirs, "ours, not theirs");
    theirs
}

fn list_field(list: &[u8]) -> Value {
    json!({ "list": hex::encode(list) })
}

/// Demands that the Python party read every field as we do.
fn assert_same_list(ours: &DeviceList, theirs: &Value) {
    assert_eq!(ours.user_id().as_bytes(), &array(theirs, "user"));
    assert_eq!(ours.user().as_bytes(), &array(theirs, "user_key"));
    assert_eq!(theirs["version"], ours.version());
    assert_eq!(theirs["created"], ours.created());
    assert_eq!(ours.previous(), &array(theirs, "previous"));
    assert_eq!(theirs["next"], ours.next_number().to_u32());
    assert_eq!(ours.hash(), array(theirs, "hash"));
    let devices: Vec<_> = (ours.devices().iter())
        .map(|device| {
            json!({
                "number": device.number.to_u32(),
                "identity": hex::encode(device.identity.as_bytes()),
                "signature": hex::encode(device.signature.as_bytes()),
            })
        })
        .collect();
    assert_eq!(theirs["devices"], Value::from(devices));
    let revoked: Vec<_> = (ours.revoked().iter())
        .map(|gone| json!({ "number": gone.number.to_u32(), "reason": gone.reason.to_byte() }))
        .collect();
    assert_eq!(theirs["revoked"], Value::from(revoked));
}

/// The devices in the fields of a list.
fn devices(list: &mut Value) -> &mut Vec<Value> {
    let devices = list["devices"].as_array_mut();
    devices.expect("the field is an array")
}

/// The field of revoked devices, all of them retired.
fn revoked(numbers: &[u32]) -> Value {
    let gone = numbers
        .iter()
        .map(|number| json!({ "number": number, "reason": 0 }));
    gone.collect::<Vec<_>>().into()
}

fn ids(own: &UserId, other: &UserId) -> Value {
    json!({
        "own": hex::encode(own.as_bytes()),
        "other": hex::encode(other.as_bytes()),
    })
}

/// The result of the Python party, which has these ids of itself and of the other; `None` if it refuses the code.
fn scan_by_theirs(peer: &mut Peer, (own, other): (&UserId, &UserId), code: &str) -> Option<String> {
    let mut fields = ids(own, other);
    fields["code"] = code.into();
    let scanned = peer.ask("devices_scan", fields).ok()?.into_value();
    scanned["result"].as_str().map(str::to_owned)
}

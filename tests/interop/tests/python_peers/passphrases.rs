//! Keys under a passphrase: the key of a store, and recovery files.

use core::convert::Infallible;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sprag_client::{
    Client, ClientError, DeviceList, MemoryStore, Recovering, Recovery, RecoveryError,
    SigningStatus, StoreKey, UnwrapError,
};

use crate::peer::{Peer, Refusal};
use crate::their_user::TheirUser;

const PASSPHRASE: &str = "größer als ein Wort";

/// The most memory in KiB, and the most passes, of a passphrase's key.
const MAX_MEMORY: u32 = 262_144;
const MAX_PASSES: u32 = 16;

#[test]
fn a_store_key_that_one_side_wrapped_is_unwrapped_by_the_other() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    for passphrase in [PASSPHRASE, ""] {
        // Ours, with the cost that our library chooses.
        let key = StoreKey::generate(&mut rng);
        let wrapped = key.wrap(passphrase.as_bytes(), &mut rng).unwrap();
        let theirs = peer.answer("store_key_unwrap", opening("wrapped", &wrapped, passphrase));
        assert_eq!(theirs.array("key"), *key.expose());
        let other = peer.ask("store_key_unwrap", opening("wrapped", &wrapped, "other"));
        assert_eq!(other.err(), Some(Refusal::NotAuthentic));
        // Theirs, with other costs.
        for (memory, passes) in [(8, 1), (9, 2), (1_000, MAX_PASSES)] {
            let wrapped = theirs_wraps(&mut peer, passphrase, memory, passes);
            let ours = StoreKey::unwrap(&wrapped, passphrase.as_bytes()).unwrap();
            assert_eq!(*ours.expose(), [7; 32]);
            let other = StoreKey::unwrap(&wrapped, b"other").err();
            assert_eq!(other, Some(UnwrapError::WrongPassphrase));
        }
    }
}

/// Only the fields of the cost are altered, so that whoever pays the cost says that the passphrase is wrong.
#[test]
fn both_refuse_the_same_costs_before_they_are_paid() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let wrapped = theirs_wraps(&mut peer, PASSPHRASE, 8, 1);
    for (memory, passes) in [
        (MAX_MEMORY + 1, 1),
        (u32::MAX, 1),
        (8, MAX_PASSES + 1),
        (8, u32::MAX),
        (7, 1),
        (8, 0),
        (0, 0),
    ] {
        let mut altered = wrapped.clone();
        altered[9..13].copy_from_slice(&memory.to_le_bytes());
        altered[13..17].copy_from_slice(&passes.to_le_bytes());
        let ours = StoreKey::unwrap(&altered, PASSPHRASE.as_bytes()).err();
        assert_eq!(ours, Some(UnwrapError::NotAKey), "{memory}, {passes}");
        let theirs = peer.ask("store_key_unwrap", opening("wrapped", &altered, PASSPHRASE));
        let theirs = theirs.err().expect("the cost is not allowed");
        assert_ne!(theirs, Refusal::NotAuthentic, "{memory}, {passes}");
    }
}

#[test]
fn both_refuse_a_wrapped_key_with_any_byte_altered() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let wrapped = theirs_wraps(&mut peer, PASSPHRASE, 8, 1);
    assert_eq!(wrapped.len(), 105);
    for place in 0..wrapped.len() {
        let mut altered = wrapped.clone();
        altered[place] ^= 1;
        let ours = StoreKey::unwrap(&altered, PASSPHRASE.as_bytes());
        let theirs = peer.ask("store_key_unwrap", opening("wrapped", &altered, PASSPHRASE));
        assert!(ours.is_err() && theirs.is_err(), "byte {place}");
    }
}

#[test]
fn theirs_opens_a_recovery_file_of_ours() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(2);
    let key = StoreKey::generate(&mut rng);
    let client = Client::create(MemoryStore::new(), &key, &mut rng).unwrap();
    let file = client
        .export_recovery(PASSPHRASE.as_bytes(), &mut rng)
        .unwrap();
    let opened = peer.answer("recovery_read", opening("recovery", &file, PASSPHRASE));
    let list = client.device_list().unwrap();
    assert_eq!(opened.bytes("list"), list.as_bytes());
    // The key is that of the user, by the user id that Python computes.
    let keys = peer.answer("devices_user", opened.into_value());
    assert_eq!(keys.array("user"), *client.user_id().unwrap().as_bytes());
    let other = peer.ask("recovery_read", opening("recovery", &file, "other"));
    assert_eq!(other.err(), Some(Refusal::NotAuthentic));
}

/// The Python user's only device is lost. A client of ours takes its place.
#[test]
fn ours_recovers_a_user_from_a_file_of_theirs() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(3);
    let mut user = TheirUser::new(&mut peer, 1, &["phone"]);
    let first = user.list.clone();
    let file = theirs_writes(&mut peer, &user.seed, &first);
    let refused = Recovery::open(&file, b"other").err();
    assert_eq!(refused, Some(RecoveryError::WrongPassphrase));
    let recovery = Recovery::open(&file, PASSPHRASE.as_bytes()).unwrap();
    assert_eq!(recovery.list.as_bytes(), first);
    // Another user's list and one that contradicts that of the file are refused.
    let other = TheirUser::new(&mut peer, 99, &["stranger"]);
    let contradicting = user.sign_other(&mut peer, |list| {
        list["version"] = 1.into();
        list["created"] = 5.into();
        list["previous"] = hex::encode([0; 32]).into();
    });
    let contradicting = hex::decode(contradicting["list"].as_str().unwrap()).unwrap();
    for (wrong, reason) in [
        (
            &other.list,
            ClientError::List(sprag_devices::Error::OtherUser),
        ),
        (&contradicting, ClientError::Equivocation(String::new())),
    ] {
        let refused = ours_recovers(&recovery, wrong, &mut rng).err();
        assert_eq!(refused, Some(reason));
    }
    // The newest list has one device more than that in the file.
    user.link(&mut peer, "laptop");
    let client = ours_recovers(&recovery, &user.list, &mut rng).unwrap();
    assert_eq!(client.signing().unwrap(), SigningStatus::Signs);
    let signed = client.device_list().unwrap();
    let lists = json!([
        hex::encode(&first),
        hex::encode(&user.list),
        hex::encode(signed.as_bytes()),
    ]);
    let followed = peer
        .answer("devices_follow", json!({ "lists": lists }))
        .into_value();
    for step in followed["steps"].as_array().unwrap() {
        assert_eq!(step["outcome"], "newer", "{step}");
    }
    let read = peer
        .answer("devices_read", json!({ "list": lists[2] }))
        .into_value();
    assert_eq!((&read["version"], &read["next"]), (&json!(3), &json!(3)));
    let identity = client.identity().unwrap();
    assert_eq!(
        read["devices"][2]["identity"],
        hex::encode(identity.as_bytes())
    );
    // A list that is older than that in the file is refused.
    let file = theirs_writes(&mut peer, &user.seed, &user.list);
    let recovery = Recovery::open(&file, PASSPHRASE.as_bytes()).unwrap();
    let refused = ours_recovers(&recovery, &first, &mut rng).err();
    assert_eq!(refused, Some(ClientError::Recovery(RecoveryError::OldList)));
}

#[test]
fn both_refuse_the_same_recovery_files() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let user = TheirUser::new(&mut peer, 1, &["phone"]);
    let other = TheirUser::new(&mut peer, 99, &["stranger"]);
    let mut damaged = user.list.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for (seed, list) in [
        (&other.seed, &user.list),
        (&user.seed, &damaged),
        (&user.seed, &Vec::new()),
    ] {
        let file = theirs_writes(&mut peer, seed, list);
        let ours = Recovery::open(&file, PASSPHRASE.as_bytes()).err();
        assert_eq!(ours, Some(RecoveryError::Malformed));
        let theirs = peer.ask("recovery_read", opening("recovery", &file, PASSPHRASE));
        assert!(theirs.is_err());
    }
    let file = theirs_writes(&mut peer, &user.seed, &user.list);
    assert_eq!(file.len(), 26 + 24 + 32 + 2 + user.list.len() + 16);
    assert!(Recovery::open(&file, PASSPHRASE.as_bytes()).is_ok());
    let mut altered: Vec<_> = (0..file.len())
        .filter(|place| !(2..10).contains(place))
        .map(|place| {
            let mut altered = file.clone();
            altered[place] ^= 1;
            altered
        })
        .collect();
    altered.push([&file[..], &[0]].concat());
    altered.extend([0, 25, 49, 65, file.len() - 1].map(|length| file[..length].to_vec()));
    // Costs that are too high: the key would be right if somebody paid for it.
    for (place, cost) in [(2, MAX_MEMORY + 1), (6, MAX_PASSES + 1), (2, 7), (6, 0)] {
        let mut costly = file.clone();
        costly[place..place + 4].copy_from_slice(&cost.to_le_bytes());
        let ours = Recovery::open(&costly, PASSPHRASE.as_bytes()).err();
        assert_eq!(ours, Some(RecoveryError::NotARecovery));
        let theirs = peer.ask("recovery_read", opening("recovery", &costly, PASSPHRASE));
        assert_ne!(theirs.err().expect("it is refused"), Refusal::NotAuthentic);
    }
    for altered in altered {
        let ours = Recovery::open(&altered, PASSPHRASE.as_bytes());
        let theirs = peer.ask("recovery_read", opening("recovery", &altered, PASSPHRASE));
        assert!(ours.is_err() && theirs.is_err());
    }
}

fn ours_recovers(
    recovery: &Recovery,
    newest: &[u8],
    rng: &mut StdRng,
) -> Result<Client<MemoryStore>, ClientError<Infallible>> {
    let key = StoreKey::generate(rng);
    let list = DeviceList::decode(newest).expect("the list is valid");
    let recovering = Recovering {
        recovery,
        list: &list,
        now: 0,
    };
    Client::recover(MemoryStore::new(), &key, recovering, rng)
}

/// A recovery file of the Python side, right or wrong.
fn theirs_writes(peer: &mut Peer, seed: &str, list: &[u8]) -> Vec<u8> {
    let fields = json!({
        "seed": seed,
        "list": hex::encode(list),
        "memory": 8,
        "passes": 1,
        "passphrase": hex::encode(PASSPHRASE),
    });
    peer.answer("recovery_write", fields).bytes("recovery")
}

fn theirs_wraps(peer: &mut Peer, passphrase: &str, memory: u32, passes: u32) -> Vec<u8> {
    let fields = json!({
        "key": hex::encode([7; 32]),
        "memory": memory,
        "passes": passes,
        "passphrase": hex::encode(passphrase),
    });
    peer.answer("store_key_wrap", fields).bytes("wrapped")
}

fn opening(name: &str, sealed: &[u8], passphrase: &str) -> Value {
    json!({ name: hex::encode(sealed), "passphrase": hex::encode(passphrase) })
}

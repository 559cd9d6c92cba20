//! Recovery files, and users that are recovered from them.

use sprag_client::{
    Client, ClientError, DeviceList, MemoryStore, Outgoing, Recovering, Recovery, RecoveryError,
    SigningStatus, StoreKey,
};
use sprag_devices::{Device, UserKeyPair};
use sprag_primitives::SecretBytes;
use sprag_primitives::aead::{Ciphertext, XChaCha20Poly1305};
use sprag_primitives::argon2::{Parameters, argon2id};
use sprag_wire::{Kind, kind};
use sprag_x3dh::IdentityKeyPair;

use crate::support::rng;
use crate::two_clients::{MemoryClient, Refusal, Two, client, records};

const NOW: u64 = 1_800_000_000;
const PASSPHRASE: &[u8] = b"correct horse";

/// A user with a list of this version, and its recovery file.
fn exported(seed: u64) -> (Two, Vec<u8>, Recovery) {
    let mut two = Two::established(seed);
    let file = two.bob.export_recovery(PASSPHRASE, &mut two.rng).unwrap();
    let recovery = Recovery::open(&file, PASSPHRASE).unwrap();
    (two, file, recovery)
}

fn recovered(
    two: &mut Two,
    recovery: &Recovery,
    list: &DeviceList,
) -> Result<MemoryClient, Refusal> {
    let key = StoreKey::generate(&mut two.rng);
    let recovering = Recovering {
        recovery,
        list,
        now: NOW,
    };
    Client::recover(MemoryStore::new(), &key, recovering, &mut two.rng)
}

/// The file is taken apart as its layout says.
#[test]
fn a_file_has_this_layout() {
    let (two, file, recovery) = exported(1400);
    assert_eq!(kind(&file), Ok(Kind::Recovery));
    let list = two.bob.device_list().unwrap();
    assert_eq!(recovery.list, list);
    assert_eq!(recovery.key.public(), list.user());
    assert_eq!(file[..10], [1, 9, 0, 0x4c, 0, 0, 2, 0, 0, 0]);
    assert_eq!(file.len(), 10 + 16 + 24 + 32 + 2 + 233 + 16);
    let (head, rest) = file.split_at(26);
    let (nonce, rest) = rest.split_first_chunk().unwrap();
    let (sealed, tag) = rest.split_last_chunk().unwrap();
    let parameters = Parameters {
        memory: 19 * 1024,
        passes: 2,
    };
    let salt = head[10..].try_into().unwrap();
    let key = argon2id(PASSPHRASE, salt, parameters).unwrap();
    let mut secret = sealed.to_vec();
    let ciphertext = Ciphertext {
        buffer: &mut secret,
        tag,
    };
    XChaCha20Poly1305::open(&key, nonce, head, ciphertext).unwrap();
    let (seed, block) = secret.split_first_chunk().unwrap();
    let user = UserKeyPair::from_seed(&SecretBytes::copy_from(seed));
    assert_eq!(user.public(), list.user());
    assert_eq!(block, [&[0xe9, 0x01], list.as_bytes()].concat());
}

#[test]
fn a_file_is_opened_by_its_passphrase_alone() {
    let (_, file, _) = exported(1401);
    let refused = |bytes: &[u8], passphrase: &[u8]| Recovery::open(bytes, passphrase).unwrap_err();
    assert_eq!(
        refused(&file, b"correct hors"),
        RecoveryError::WrongPassphrase
    );
    // Salt, nonce, ciphertext and tag.
    for place in [10, 26, 50, file.len() - 1] {
        let mut changed = file.clone();
        changed[place] ^= 1;
        assert_eq!(
            refused(&changed, PASSPHRASE),
            RecoveryError::WrongPassphrase
        );
    }
    for length in [0, 1, 2, 25, 26, 49, 50, 65] {
        let cut = &file[..length];
        assert_eq!(
            refused(cut, PASSPHRASE),
            RecoveryError::NotARecovery,
            "{length}"
        );
    }
    let longer = [&file[..], &[0; 16 * 1024]].concat();
    assert_eq!(refused(&longer, PASSPHRASE), RecoveryError::NotARecovery);
    for (place, byte) in [(0, 2), (1, 8)] {
        let mut changed = file.clone();
        changed[place] = byte;
        assert_eq!(refused(&changed, PASSPHRASE), RecoveryError::NotARecovery);
    }
}

/// Nobody makes a reader allocate memory or spend time by what a file says.
#[test]
fn memory_and_time_are_bounded() {
    let (_, file, _) = exported(1402);
    for (place, number) in [
        (2, 256 * 1024 + 1),
        (2, u32::MAX),
        (6, 17),
        (6, u32::MAX),
        (2, 0),
        (6, 0),
    ] {
        let mut changed = file.clone();
        changed[place..place + 4].copy_from_slice(&number.to_le_bytes());
        let refused = Recovery::open(&changed, PASSPHRASE).unwrap_err();
        assert_eq!(refused, RecoveryError::NotARecovery, "{number}");
    }
}

#[test]
fn a_user_goes_on_with_a_new_device() {
    let (mut two, _, recovery) = exported(1403);
    // The laptop came after the file was written.
    let (_, linked) = two.bob_links();
    let mut phone = recovered(&mut two, &recovery, &linked.list).unwrap();
    let list = phone.device_list().unwrap();
    assert_eq!((list.version(), list.devices().len()), (3, 3));
    assert_eq!(list.previous(), &linked.list.hash());
    assert_eq!(phone.signing(), Ok(SigningStatus::Signs));
    assert_eq!(phone.user_id(), two.bob.user_id());
    // Alice takes its first message as Bob's, and its list.
    let bundle = two.alice.publish(&mut two.rng).unwrap();
    phone.add("alice", &bundle, &mut two.rng).unwrap();
    let sent = phone
        .encrypt_to_user("alice", Outgoing::new(b"new phone"), &mut two.rng)
        .unwrap();
    let to_alice = sent.messages.iter().find(|message| !message.own).unwrap();
    let read = two.alice_reads(&to_alice.message).unwrap();
    assert_eq!(
        (&*read.peer, &*read.opened.plaintext),
        ("bob", &b"new phone"[..])
    );
    assert_eq!(two.alice.status("bob").unwrap().list_version, Some(3));
}

#[test]
fn a_list_that_does_not_follow_that_of_the_file_is_refused() {
    let mut two = Two::established(1404);
    let first = two.bob.device_list().unwrap();
    two.bob_links();
    let file = two.bob.export_recovery(PASSPHRASE, &mut two.rng).unwrap();
    let recovery = Recovery::open(&file, PASSPHRASE).unwrap();
    let refused = recovered(&mut two, &recovery, &first).map(drop);
    assert_eq!(refused, Err(ClientError::Recovery(RecoveryError::OldList)));
    let alice = two.alice.device_list().unwrap();
    let refused = recovered(&mut two, &recovery, &alice).map(drop);
    let other = ClientError::List(sprag_devices::Error::OtherUser);
    assert_eq!(refused, Err(other));
    // Another list of the same version.
    let stranger = IdentityKeyPair::generate(&mut two.rng);
    let stranger = Device::sign(
        &stranger,
        recovery.key.public(),
        first.next_number(),
        &mut two.rng,
    );
    let contradicting = first.with_device(&recovery.key, stranger, 0).unwrap();
    let refused = recovered(&mut two, &recovery, &contradicting).map(drop);
    assert_eq!(refused, Err(ClientError::Equivocation(String::new())));
    // The list of the file itself will do.
    let newest = recovery.list.clone();
    assert!(recovered(&mut two, &recovery, &newest).is_ok());
}

#[test]
fn a_user_is_recovered_in_an_empty_store_alone() {
    let (mut two, _, recovery) = exported(1405);
    let (carol, key) = client(&mut two.rng);
    let before = records(&carol);
    let mut store = carol.into_store();
    let recovering = Recovering {
        recovery: &recovery,
        list: &recovery.list,
        now: NOW,
    };
    let refused = Client::recover(&mut store, &key, recovering, &mut two.rng).map(drop);
    assert_eq!(refused, Err(ClientError::AccountExists));
    let carol = Client::open(store, &key).unwrap();
    assert_eq!(records(&carol), before);
}

#[test]
fn a_device_without_the_user_key_has_nothing_to_export() {
    let mut two = Two::established(1406);
    let (laptop, _) = two.bob_links();
    let refused = laptop.export_recovery(PASSPHRASE, &mut rng(1));
    assert_eq!(refused, Err(ClientError::NoUserKey));
}

/// Somebody who knows the passphrase puts another user's list beside the key.
#[test]
fn a_list_of_another_key_is_refused() {
    let (two, file, recovery) = exported(1407);
    let (head, rest) = file.split_at(26);
    let nonce: &[u8; 24] = rest.first_chunk().unwrap();
    let parameters = Parameters {
        memory: 19 * 1024,
        passes: 2,
    };
    let salt = head[10..].try_into().unwrap();
    let key = argon2id(PASSPHRASE, salt, parameters).unwrap();
    let seed = recovery.key.seed();
    let mut forged = recovery.list.as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let alice = two.alice.device_list().unwrap();
    for (list, error) in [
        (recovery.list.as_bytes(), None),
        (alice.as_bytes(), Some(RecoveryError::Malformed)),
        (&forged, Some(RecoveryError::Malformed)),
    ] {
        let mut secret = [seed.expose().as_slice(), &[0xe9, 0x01], list].concat();
        let tag = XChaCha20Poly1305::seal(&key, nonce, head, &mut secret).unwrap();
        let file = [head, nonce, &secret, &tag].concat();
        let opened = Recovery::open(&file, PASSPHRASE);
        assert_eq!(opened.map(drop).err(), error);
    }
}

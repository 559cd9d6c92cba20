//! Stores whose records have device lists without their digests.

use sprag_client::store::{Batch, Committed};
use sprag_client::{Client, MemoryStore, Store as _};
use sprag_devices::DeviceList;
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;

use crate::records_by_hand::{opened, sealed};
use crate::two_clients::Two;

/// The kinds of the records that have lists: peers, and the own user.
const KINDS: [u8; 2] = [2, 18];

/// The bytes in front of a list in a record.
fn digests(list: &DeviceList) -> Vec<u8> {
    let user = sha256(&[b"sprag user", &[1, 1], list.user().as_bytes()]);
    [&[0; 4][..], &sha256(&[list.as_bytes()]), &user].concat()
}

/// The place of some bytes in others.
fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Takes the digests of a list out of the records, or demands that they are there.
fn take_out(store: &mut MemoryStore, secret: &SecretBytes<32>, lists: [&DeviceList; 2]) {
    let mut batch = Batch::new();
    for (kind, list) in KINDS.into_iter().zip(lists) {
        let (name, record) = store.scan(&[kind]).unwrap().remove(0);
        let mut content = opened(&name, record, secret);
        let digests = digests(list);
        let place = find(&content, &digests).expect("the digests are in front of the list");
        content.drain(place..place + digests.len());
        let record = sealed(&name, &content, secret);
        batch.put(name, record);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
}

#[test]
fn records_whose_lists_have_no_digests_are_read_and_gain_them() {
    let mut two = Two::established(940);
    let (own, peer) = (
        two.alice.device_list().unwrap(),
        two.bob.device_list().unwrap(),
    );
    let mut store = two.alice.store().clone();
    take_out(&mut store, &two.secrets[0], [&peer, &own]);
    two.alice = Client::open(store, &two.alice_key).unwrap();
    assert_eq!(two.alice.user_id(), Ok(own.user_id()));
    assert_eq!(two.alice.status("bob").unwrap().user, Some(peer.user_id()));
    let text = two.alice_sends(b"to Bob");
    two.bob_reads(&text).unwrap();
    let text = two.bob_sends(b"to Alice");
    two.alice_reads(&text).unwrap();
    // They can be taken out again.
    let mut store = two.alice.into_store();
    take_out(&mut store, &two.secrets[0], [&peer, &own]);
}

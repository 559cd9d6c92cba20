use sprag_client::store::{Batch, Committed};
use sprag_client::{Client, ClientError, MemoryStore, Store};
use sprag_primitives::SecretBytes;

use crate::records_by_hand::{opened, sealed};
use crate::two_clients::Two;

/// The kinds of the records that another format has in another form.
const PEER: u8 = 2;
const FORMAT: u8 = 17;
const OWN_USER: u8 = 18;

/// The contents of all records.
fn contents(store: &MemoryStore, secret: &SecretBytes<32>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let records = store.scan(&[]).expect("a store in memory reads");
    let records = records.into_iter();
    records
        .map(|(name, record)| {
            let content = opened(&name, record, secret);
            (name, content)
        })
        .collect()
}

/// A copy of a store with one peer of one device, in format 2.
fn in_format_2(store: &MemoryStore, secret: &SecretBytes<32>) -> MemoryStore {
    // Late messages, no reason, no rank, a flag, two counts, no hash, and the number of a prekey.
    const OF_DEVICE: usize = 2 + 1 + 1 + 1 + 1 + 4 + 4 + 4;
    // The state of verification, a flag and a count; one count more is new.
    const AFTER_DEVICES: usize = 1 + 1 + 4;
    let mut store = store.clone();
    let mut batch = Batch::new();
    for (name, mut content) in contents(&store, secret) {
        match name[0] {
            PEER => {
                content.pop();
                let end = content.len() - AFTER_DEVICES;
                content.drain(end - OF_DEVICE..end);
            }
            FORMAT => content = 2_u32.to_le_bytes().to_vec(),
            OWN_USER => {
                content.pop();
            }
            _ => continue,
        }
        let record = sealed(&name, &content, secret);
        batch.put(name, record);
    }
    assert_eq!(store.commit(&batch), Ok(Committed::Done));
    store
}

#[test]
fn a_store_of_the_second_format_goes_on_as_it_was() {
    let mut two = Two::established(960);
    let [secret, _] = &two.secrets;
    let before = contents(two.alice.store(), secret);
    let mut store = in_format_2(two.alice.store(), secret);
    let older = Client::open(store.clone(), &two.alice_key).map(drop);
    assert_eq!(older, Err(ClientError::OlderStore(2)));
    let carried = Client::carry_over(&mut store, &two.alice_key, 0, &mut two.rng);
    drop(carried.expect("the store is whole"));
    assert_eq!(contents(&store, secret), before);
    // What is carried over stays as it is, and its sessions go on.
    let carried = Client::carry_over(store.clone(), &two.alice_key, 0, &mut two.rng);
    two.alice = carried.expect("the store is whole");
    assert_eq!(contents(two.alice.store(), secret), before);
    let message = two.bob_sends(b"more");
    let received = two.alice_reads(&message).expect("the session goes on");
    assert_eq!(received.opened.plaintext, b"more");
    let message = two.alice_sends(b"answer");
    assert!(two.bob_reads(&message).is_ok());
}

//! The known answers of the functions: one use of each, with values from the states before and after it.

use serde_json::{Value, json};
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE};

use crate::keys::{Header, Key, agreement, chain_step, root_step};
use crate::session::{Party, Ratchet};
use crate::{handshake, parties};

pub(crate) fn functions() -> Value {
    let [mut initiator, _] = parties::<DoubleRatchet>();
    let begun = initiator.state();
    let root_key = hex::encode(begun.root);
    let fingerprint = hex::encode(initiator.ratchet.root_fingerprint());
    let [mut with_header_keys, _] = parties::<DoubleRatchetHE>();
    json!({
        "KDF_CK": chain_steps(&mut initiator),
        "KDF_RK": root_steps(&parties::<DoubleRatchet>()[0]),
        "KDF_RK_HE": root_steps(&with_header_keys),
        "HENCRYPT": header_encryption(&mut with_header_keys),
        "root_fingerprint": {
            "root_key": root_key,
            "info": "sprag-v1 root fingerprint",
            "fingerprint": fingerprint,
        },
    })
}

/// The first step of the initiator's chain.
fn chain_steps<R: Ratchet>(initiator: &mut Party<R>) -> Value {
    let key = |party: &Party<R>| sending_chain_key(party);
    let chain = key(initiator);
    let letter = initiator.send(b"first").expect("the initiator may send");
    let (next, message_key) = chain_step(&chain);
    assert_eq!(key(initiator), next);
    let opened = letter.open(&message_key, &handshake().associated_data());
    assert_eq!(opened.as_deref(), Some(b"first".as_slice()));
    json!({
        "chain_key": hex::encode(chain),
        "message_key": hex::encode(message_key),
        "next_chain_key": hex::encode(next),
    })
}

/// The root step with which the initiator begins.
fn root_steps<R: Ratchet>(initiator: &Party<R>) -> Value {
    let (handshake, begun) = (handshake(), initiator.state());
    let secret = begun.secret().expect("the initiator has a key pair");
    let remote = crate::keys::public_key(&handshake.responder_ratchet_secret);
    let dh_out = agreement(secret, &remote).expect("the keys contribute");
    let step = root_step(R::ENCRYPTED_HEADERS, &handshake.root, &dh_out);
    assert_eq!(begun.root, step.root);
    assert_eq!(sending_chain_key(initiator), step.chain);
    assert_eq!(begun.next_sending, step.next_header_key);
    let mut value = json!({
        "root_key": hex::encode(handshake.root),
        "dh_out": hex::encode(dh_out),
        "info": "sprag-v1 ratchet root",
        "next_root_key": hex::encode(step.root),
        "chain_key": hex::encode(step.chain),
    });
    if let Some(next_header_key) = step.next_header_key {
        value["info"] = "sprag-v1 ratchet root, header encryption".into();
        value["next_header_key"] = hex::encode(next_header_key).into();
    }
    value
}

/// The header of the initiator's first message.
fn header_encryption(initiator: &mut Party<DoubleRatchetHE>) -> Value {
    let letter = initiator.send(b"first").expect("the initiator may send");
    let key = handshake().shared_hka;
    let header = letter.open_header(Some(&key)).expect("it is the key");
    let fields = Header::read(&header).expect("it has the length of one");
    json!({
        "header_key": hex::encode(key),
        "ratchet_key": hex::encode(fields.ratchet_key),
        "PN": fields.previous_length,
        "N": fields.number,
        "header": hex::encode(&header),
        "nonce": hex::encode(&letter.header[..24]),
        "encrypted_header": hex::encode(&letter.header),
        "body_nonce": hex::encode(letter.nonce()),
    })
}

fn sending_chain_key<R: Ratchet>(party: &Party<R>) -> Key {
    let state = party.state();
    let chain = state.sending_chain().expect("the party can send");
    chain.key
}

//! Known answers of the KDFs and of a conversation. `SPRAG_VECTORS=write` writes the files again;
//! `check`, or nothing, compares them.

#[path = "support/hash_stream.rs"]
mod hash_stream;
#[expect(dead_code, reason = "the suite uses the rest")]
#[path = "support/image.rs"]
mod image;
#[expect(dead_code, reason = "the suite uses the rest")]
#[path = "support/party.rs"]
mod party;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sprag_primitives::SecretBytes;
use sprag_primitives::x25519::{KeyPair, PublicKey};

use hash_stream::HashStream;
use image::{Image, SendingImage};
use party::{Envelope, Handshake, Party};

const HANDSHAKE_SEED: &str = "sprag-ratchet known answers: handshake";
const PARTY_SEEDS: [&str; 2] = [
    "sprag-ratchet known answers: initiator",
    "sprag-ratchet known answers: responder",
];
const NAMES: [&str; 2] = ["initiator", "responder"];

#[test]
fn known_answers() {
    agree("kdf.json", &kdfs());
    agree("transcript.json", &transcript());
}

fn agree(name: &str, computed: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    let computed = serde_json::to_string_pretty(computed).expect("it is JSON") + "\n";
    let mode = std::env::var_os("SPRAG_VECTORS").unwrap_or_else(|| "check".into());
    match mode.to_str() {
        Some("write") => fs::write(&path, computed).expect("the file can be written"),
        Some("check") => {
            let known = fs::read_to_string(&path).expect("the file is there");
            assert!(known == computed, "{name} differs from what is computed");
        }
        _ => unreachable!("SPRAG_VECTORS is `write` or `check`"),
    }
}

/// The inputs and outputs of each KDF, found in the states around one use of it.
fn kdfs() -> Value {
    let handshake = Handshake::new(&mut HashStream::new(HANDSHAKE_SEED));
    let (mut initiator, mut responder) = handshake.parties(PARTY_SEEDS);
    let begun = Image::read(&initiator.snapshot());
    let [message, next] = [initiator.send(), initiator.send()];
    responder.accepts(&next);
    let received = Image::read(&responder.snapshot());
    let message_key = received
        .current
        .expect("a message was received")
        .skipped
        .stretches[0]
        .keys[0];
    responder.accepts(&message);

    let SendingImage::Active { secret, chain, .. } = begun.sending else {
        unreachable!("the initiator can send");
    };
    let remote = *handshake.responder_ratchet_pair().public();
    let dh_out = agreement(secret, &remote);
    let mut sender = handshake.parties(PARTY_SEEDS).0;
    sender.send();
    let next_chain = *Image::read(&sender.snapshot()).sending_chain().0;
    json!({
        "KDF_CK": {
            "chain_key": hex::encode(chain),
            "message_key": hex::encode(message_key),
            "next_chain_key": hex::encode(next_chain),
        },
        "KDF_RK": {
            "root_key": hex::encode(handshake.root),
            "dh_out": hex::encode(dh_out),
            "info": "sprag-v1 ratchet root",
            "next_root_key": hex::encode(begun.root),
            "chain_key": hex::encode(chain),
        },
        "root_fingerprint": {
            "root_key": hex::encode(begun.root),
            "info": "sprag-v1 root fingerprint",
            "fingerprint": hex::encode(initiator.ratchet.root_fingerprint()),
        },
    })
}

fn agreement(secret: [u8; 32], remote: &PublicKey) -> [u8; 32] {
    let pair = KeyPair::from_secret(&SecretBytes::copy_from(&secret));
    let shared = pair.diffie_hellman(remote).expect("the key contributes");
    *shared.expose()
}

/// What happens: party 0 or 1 sends, or the message with this number reaches its receiver.
enum Step {
    Send(usize),
    Receive(usize),
}
use Step::{Receive, Send};

/// Messages 6, 9, 10, 11 and 15 are lost, others overtaken; 2 and 0 arrive a second time, the last
/// when its chain is forgotten.
#[rustfmt::skip]
const SCRIPT: [Step; 40] = [
    Send(0), Send(0), Send(0), Send(0), Receive(0), Receive(2), Receive(2),
    Send(1), Send(1), Send(1), Receive(5),
    Send(0), Send(0), Send(0), Send(0), Receive(8), Receive(1), Receive(3), Receive(0),
    Send(1), Send(1), Send(1), Receive(13), Receive(4), Receive(12),
    Send(0), Send(0), Send(0), Receive(16), Receive(14), Receive(7),
    Send(1), Send(1), Send(1), Receive(17), Receive(18), Receive(19),
    Receive(2), Receive(12), Receive(19),
];

fn transcript() -> Value {
    let handshake = Handshake::new(&mut HashStream::new(HANDSHAKE_SEED));
    let (initiator, responder) = handshake.parties(PARTY_SEEDS);
    let mut parties = [initiator, responder];
    let mut messages: Vec<(usize, Envelope)> = Vec::new();
    let steps: Vec<Value> = SCRIPT
        .iter()
        .map(|step| match *step {
            Send(sender) => {
                let (step, envelope) = send(&mut parties[sender], messages.len());
                messages.push((sender, envelope));
                with_state(step, "send", sender, &parties)
            }
            Receive(number) => {
                let (sender, envelope) = &messages[number];
                let step = receive(&mut parties[1 - sender], envelope, number);
                with_state(step, "receive", 1 - sender, &parties)
            }
        })
        .collect();
    let [initiator, responder] = parties;
    json!({
        "handshake": {
            "root_key": hex::encode(handshake.root),
            "responder_ratchet_secret": hex::encode(handshake.responder_ratchet_secret),
            "initiator_identity": hex::encode(handshake.initiator_identity),
            "responder_identity": hex::encode(handshake.responder_identity),
        },
        "seeds": {
            "handshake": HANDSHAKE_SEED,
            "initiator": PARTY_SEEDS[0],
            "responder": PARTY_SEEDS[1],
        },
        "steps": steps,
        "snapshots": {
            "initiator": hex::encode(initiator.snapshot()),
            "responder": hex::encode(responder.snapshot()),
        },
    })
}

fn send(sender: &mut Party, number: usize) -> (Value, Envelope) {
    let plaintext = format!("message {number}{}", "!".repeat(number * 7));
    let envelope = sender
        .encrypt(plaintext.as_bytes())
        .expect("the party may send");
    let SendingImage::Active { secret, .. } = Image::read(&sender.snapshot()).sending else {
        unreachable!("the party has sent");
    };
    let step = json!({
        "message": number,
        "ratchet_secret": hex::encode(secret),
        "plaintext": hex::encode(plaintext),
        "associated_data": hex::encode(sender.associated_data()),
        "header": hex::encode(envelope.header),
        "ciphertext": hex::encode(&envelope.body),
        "tag": hex::encode(envelope.tag),
    });
    (step, envelope)
}

fn receive(receiver: &mut Party, envelope: &Envelope, number: usize) -> Value {
    let result = match receiver.decrypt(envelope) {
        Ok(plaintext) => {
            assert_eq!(plaintext, envelope.plaintext);
            "opened".to_owned()
        }
        Err(error) => format!("{error:?}"),
    };
    json!({ "message": number, "result": result })
}

/// Adds who did what, and its state after it.
fn with_state(mut step: Value, action: &str, party: usize, parties: &[Party; 2]) -> Value {
    let ratchet = &parties[party].ratchet;
    step["action"] = action.into();
    step["party"] = NAMES[party].into();
    step["root_fingerprint"] = hex::encode(ratchet.root_fingerprint()).into();
    step["skipped_keys"] = ratchet.skipped_keys().into();
    step
}

//! The known answers of conversations, with every value that either party computes.

use serde_json::{Map, Value, json};
use sprag_ratchet::{DoubleRatchet, DoubleRatchetHE};

use crate::keys::{Key, Letter, RootStep, agreement, chain_step, public_key, root_step};
use crate::session::{Handshake, Party, Ratchet};
use crate::state::State;
use crate::{HANDSHAKE_SEED, NAMES, PARTY_SEEDS, handshake, parties};

/// A step of a conversation.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// This party, 0 or 1, sends a message.
    Send(usize),
    /// The message with this number reaches its receiver.
    Receive(usize),
}
use Step::{Receive, Send};

/// A conversation with loss, disorder and duplicates. Messages 6, 9, 10, 11 and 15 never arrive. Messages
/// 0, 2, 12 and 19 arrive more than once. Messages 0 and 2 also arrive after their chain was forgotten.
#[rustfmt::skip]
pub(crate) const SCRIPT: [Step; 40] = [
    Send(0), Send(0), Send(0), Send(0), Receive(0), Receive(2), Receive(2),
    Send(1), Send(1), Send(1), Receive(5),
    Send(0), Send(0), Send(0), Send(0), Receive(8), Receive(1), Receive(3), Receive(0),
    Send(1), Send(1), Send(1), Receive(13), Receive(4), Receive(12),
    Send(0), Send(0), Send(0), Receive(16), Receive(14), Receive(7),
    Send(1), Send(1), Send(1), Receive(17), Receive(18), Receive(19),
    Receive(2), Receive(12), Receive(19),
];

/// A conversation of two messages each way, all in order.
#[rustfmt::skip]
pub(crate) const KEY_FLOW: [Step; 8] = [
    Send(0), Receive(0), Send(1), Receive(1), Send(0), Receive(2), Send(1), Receive(3),
];

/// A ratchet that also reports its fingerprint and the number of its skipped keys.
pub(crate) trait Known: Ratchet {
    fn fingerprint(&self) -> String;
    fn held(&self) -> usize;
}

impl Known for DoubleRatchet {
    fn fingerprint(&self) -> String {
        hex::encode(self.root_fingerprint())
    }

    fn held(&self) -> usize {
        self.skipped_keys()
    }
}

impl Known for DoubleRatchetHE {
    fn fingerprint(&self) -> String {
        hex::encode(self.root_fingerprint())
    }

    fn held(&self) -> usize {
        self.skipped_keys()
    }
}

/// Plays the script, and returns every value that either party computes.
pub(crate) fn transcript<R: Known>(script: &[Step]) -> Value {
    let mut parties = parties::<R>();
    let initially = initially(&parties);
    let mut messages: Vec<(usize, String, Letter)> = Vec::new();
    let mut steps = Vec::new();
    for step in script {
        let (party, action, value) = match *step {
            Send(sender) => {
                let number = messages.len();
                let plaintext = format!("message {number}{}", "!".repeat(number * 7));
                let (value, letter) = send(&mut parties[sender], number, &plaintext);
                messages.push((sender, plaintext, letter));
                (sender, "send", value)
            }
            Receive(number) => {
                let (sender, plaintext, letter) = &messages[number];
                let receiver = 1 - sender;
                let mut value = receive(&mut parties[receiver], plaintext, letter);
                value["message"] = number.into();
                (receiver, "receive", value)
            }
        };
        steps.push(finished(value, (action, NAMES[party]), &parties[party]));
    }
    let snapshot = |party: &Party<R>| hex::encode(party.snapshot());
    json!({
        "seeds": {
            "handshake": HANDSHAKE_SEED,
            "initiator": PARTY_SEEDS[0],
            "responder": PARTY_SEEDS[1],
        },
        "handshake": shared::<R>(&handshake()),
        "initially": initially,
        "steps": steps,
        "snapshots": {
            "initiator": snapshot(&parties[0]),
            "responder": snapshot(&parties[1]),
        },
    })
}

fn shared<R: Ratchet>(handshake: &Handshake) -> Value {
    let mut value = json!({
        "root_key": hex::encode(handshake.root),
        "responder_ratchet_secret": hex::encode(handshake.responder_ratchet_secret),
        "initiator_identity": hex::encode(handshake.identities[0]),
        "responder_identity": hex::encode(handshake.identities[1]),
    });
    if R::ENCRYPTED_HEADERS {
        value["shared_hka"] = hex::encode(handshake.shared_hka).into();
        value["shared_nhkb"] = hex::encode(handshake.shared_nhkb).into();
    }
    value
}

/// The states in which the parties begin, with the root step that the initiator has taken.
fn initially<R: Ratchet>(parties: &[Party<R>; 2]) -> Value {
    let handshake = handshake();
    let [initiator, responder] = parties.each_ref().map(Party::state);
    let secret = *initiator.secret().expect("the initiator has a key pair");
    let remote = public_key(&handshake.responder_ratchet_secret);
    let (root_step, _) = root_step_value::<R>(&handshake.root, (&secret, &remote), &initiator);
    json!({
        "initiator": {
            "ratchet_secret": hex::encode(secret),
            "root_step": root_step,
            "state": state_value(&initiator),
        },
        "responder": { "state": state_value(&responder) },
    })
}

fn send<R: Known>(sender: &mut Party<R>, number: usize, plaintext: &str) -> (Value, Letter) {
    let before = sender.state();
    let letter = sender.send(plaintext.as_bytes());
    let letter = letter.expect("the party may send");
    let after = sender.state();
    let chain = after.sending_chain().expect("the party has sent");
    let associated_data = handshake().associated_data();
    let mut value = json!({
        "message": number,
        "ratchet_secret": hex::encode(chain.secret),
        "plaintext": hex::encode(plaintext),
        "associated_data": hex::encode(&associated_data),
        "authenticated": hex::encode(letter.authenticated(&associated_data)),
        "nonce": hex::encode(letter.nonce()),
        "ciphertext": hex::encode(&letter.body),
        "tag": hex::encode(letter.tag),
    });
    // The chain key comes from the state before, or from a root step if the message begins a chain.
    let chain_key = if let Some(known) = before.sending_chain() {
        known.key
    } else {
        let current = before.current.expect("the party answers a chain");
        let keys = (&chain.secret, &current.chain.ratchet_key);
        let (step, RootStep { chain, .. }) = root_step_value::<R>(&before.root, keys, &after);
        value["root_step"] = step;
        chain
    };
    // The message key must open the message.
    let (next, message_key) = chain_step(&chain_key);
    assert_eq!(next, chain.key);
    let opened = letter.open(&message_key, &associated_data);
    assert_eq!(opened.as_deref(), Some(plaintext.as_bytes()));
    value["chain_key"] = hex::encode(chain_key).into();
    value["message_key"] = hex::encode(message_key).into();

    let header = letter.open_header(chain.header_key.as_ref());
    value["header"] = hex::encode(header.expect("it is the chain's")).into();
    if let Some(header_key) = chain.header_key {
        value["header_key"] = hex::encode(header_key).into();
        value["header_nonce"] = hex::encode(&letter.header[..24]).into();
        value["encrypted_header"] = hex::encode(&letter.header).into();
    }
    (value, letter)
}

/// Receives a message. Returns the result, and the root step if the message began a chain.
fn receive<R: Known>(receiver: &mut Party<R>, plaintext: &str, letter: &Letter) -> Value {
    let before = receiver.state();
    let opened = match receiver.receive(letter) {
        Ok(opened) => opened,
        Err(error) => return json!({ "result": format!("{error:?}") }),
    };
    assert_eq!(opened, plaintext.as_bytes());
    let mut value = json!({ "result": "opened" });
    let after = receiver.state();
    let ratchet_key = |state: &State| {
        let current = state.current.as_ref();
        current.map(|current| current.chain.ratchet_key)
    };
    let (old, new) = (ratchet_key(&before), ratchet_key(&after));
    if let Some(remote) = new.filter(|_| new != old) {
        let secret = before.secret().expect("it has a key to answer");
        let (step, _) = root_step_value::<R>(&before.root, (secret, &remote), &after);
        value["root_step"] = step;
    }
    value
}

/// The root step from `root` that led to the state `after`, with a private key and the peer's public key.
fn root_step_value<R: Ratchet>(
    root: &Key,
    (secret, remote): (&Key, &Key),
    after: &State,
) -> (Value, RootStep) {
    let dh_out = agreement(secret, remote).expect("the keys contribute");
    let step = root_step(R::ENCRYPTED_HEADERS, root, &dh_out);
    assert_eq!(step.root, after.root);
    let mut value = json!({
        "root_key": hex::encode(root),
        "own_secret": hex::encode(secret),
        "remote": hex::encode(remote),
        "dh_out": hex::encode(dh_out),
        "next_root_key": hex::encode(step.root),
        "chain_key": hex::encode(step.chain),
    });
    if let Some(next_header_key) = step.next_header_key {
        value["next_header_key"] = hex::encode(next_header_key).into();
    }
    (value, step)
}

/// Completes a step with its action, its party, and the party's state after it.
fn finished<R: Known>(mut step: Value, (action, name): (&str, &str), party: &Party<R>) -> Value {
    step["action"] = action.into();
    step["party"] = name.into();
    step["root_fingerprint"] = party.ratchet.fingerprint().into();
    step["skipped_keys"] = party.ratchet.held().into();
    step["state"] = state_value(&party.state());
    step
}

/// All keys that a party holds, by their names in the specification.
fn state_value(state: &State) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, key: Option<Key>| {
        if let Some(key) = key {
            value.insert(name.to_owned(), hex::encode(key).into());
        }
    };
    let (sending, current) = (state.sending_chain(), state.current.as_ref());
    put("RK", Some(state.root));
    put("DHs", state.secret().copied());
    put("DHr", current.map(|current| current.chain.ratchet_key));
    put("CKs", sending.map(|chain| chain.key));
    put("CKr", current.map(|current| current.key));
    put("HKs", sending.and_then(|chain| chain.header_key));
    put("HKr", current.and_then(|current| current.chain.header_key));
    put("NHKs", state.next_sending);
    put("NHKr", state.next_receiving);
    let skipped = state.receiving().flat_map(|chain| {
        chain.skipped.iter().map(|(number, message_key)| {
            json!({
                "chain": hex::encode(chain.header_key.unwrap_or(chain.ratchet_key)),
                "number": number,
                "message_key": hex::encode(message_key),
            })
        })
    });
    value.insert("MKSKIPPED".to_owned(), skipped.collect());
    value.into()
}

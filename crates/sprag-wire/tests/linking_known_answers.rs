//! Known answers: encodings of what two devices exchange when one is linked, compared with `tests/vectors/linking.json`.
//!
//! With `SPRAG_VECTORS=write` in the environment, the test writes the file anew.

use std::fs;

use sprag_primitives::xeddsa::Signature;
use sprag_wire::{
    Acceptance, Invitation, PeerState, Welcome, WelcomePeer, decode_acceptance, decode_invitation,
    decode_welcome, encode_acceptance, encode_invitation, encode_welcome,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/linking.json");

#[test]
fn known_answers() {
    let text = format!("{{\n{}\n}}\n", linking().join(",\n"));
    if std::env::var_os("SPRAG_VECTORS").is_some_and(|mode| mode == "write") {
        fs::write(PATH, &text).unwrap();
    }
    let known = fs::read_to_string(PATH).unwrap();
    for (line, known) in text.lines().zip(known.lines()) {
        assert_eq!(line, known);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}

fn linking() -> Vec<String> {
    let name = "Zo\u{eb}'s laptop";
    vec![
        invitation("invitation", 1_800_000_600, (233, 1_000)),
        invitation("invitation that does not expire", u64::MAX, (334, 127)),
        acceptance("link acceptance", (1, name), 1_600),
        acceptance("link acceptance without a name", (70_000, ""), 100),
        welcome("link welcome", false),
        welcome("link welcome with a user key", true),
    ]
}

fn invitation(name: &str, expiry: u64, (list, bundle): (usize, usize)) -> String {
    let mut case = Case::default();
    case.number("expiry", expiry);
    let list = bytes_of(list, 3);
    case.bytes("list", &list);
    let bundle = bytes_of(bundle, 5);
    case.bytes("bundle", &bundle);
    let invitation = Invitation {
        expiry,
        list: &list,
        bundle: &bundle,
    };
    let bytes = encode_invitation(&invitation).expect("it is within the limits");
    assert_eq!(decode_invitation(&bytes), Ok(invitation));
    case.finish(name, &bytes)
}

fn acceptance(case_name: &str, (number, name): (u32, &str), bundle: usize) -> String {
    let mut case = Case::default();
    let secret = core::array::from_fn(|index| index.to_le_bytes()[0]);
    case.bytes("secret", &secret);
    case.number("number", number.into());
    let signature = bytes_of(64, 7);
    case.bytes("signature", &signature);
    let bundle = bytes_of(bundle, 11);
    case.bytes("bundle", &bundle);
    case.bytes("name", name.as_bytes());
    let acceptance = Acceptance {
        secret: &secret,
        number,
        signature: Signature::from_bytes(signature.try_into().expect("it has 64 bytes")),
        bundle: &bundle,
        name,
    };
    let bytes = encode_acceptance(&acceptance).expect("it is within the limits");
    assert_eq!(decode_acceptance(bytes.expose()), Ok(acceptance));
    case.finish(case_name, bytes.expose())
}

fn welcome(case_name: &str, has_key: bool) -> String {
    let mut case = Case::default();
    let key = [0x11; 32];
    let key = has_key.then_some(&key);
    if let Some(key) = key {
        case.bytes("key", key);
    }
    let lists = [233, 334, 100, 8_192].map(|length| bytes_of(length, 13));
    let states = [
        PeerState::Unverified,
        PeerState::Scanned,
        PeerState::Compared,
        PeerState::Changed,
    ];
    let names = ["alice", "bob", "zo\u{eb}", "d"];
    let mut peers = Vec::new();
    for (place, (list, state)) in lists.iter().zip(states).enumerate() {
        let name = names[place];
        case.bytes(&format!("name_{place}"), name.as_bytes());
        case.bytes(&format!("list_{place}"), list);
        case.number(&format!("state_{place}"), state.to_byte().into());
        peers.push(WelcomePeer { name, list, state });
    }
    let welcome = Welcome { key, peers };
    let bytes = encode_welcome(&welcome).expect("it is within the limits");
    assert_eq!(decode_welcome(bytes.expose()), Ok(welcome));
    case.finish(case_name, bytes.expose())
}

fn bytes_of(length: usize, factor: usize) -> Vec<u8> {
    let bytes = (0..length).map(|index| index.wrapping_mul(factor).to_le_bytes()[0]);
    bytes.collect()
}

/// A case as it is written.
#[derive(Default)]
struct Case {
    lines: Vec<String>,
}

impl Case {
    fn number(&mut self, field: &str, value: u64) {
        self.lines.push(format!("    \"{field}\": {value}"));
    }

    fn bytes(&mut self, field: &str, value: &[u8]) {
        let value = hex::encode(value);
        self.lines.push(format!("    \"{field}\": \"{value}\""));
    }

    fn finish(mut self, name: &str, encoded: &[u8]) -> String {
        self.bytes("encoded", encoded);
        format!("  \"{name}\": {{\n{}\n  }}", self.lines.join(",\n"))
    }
}

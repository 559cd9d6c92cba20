//! The padding of texts, by the facade and by a Python party.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;
use sprag::Account;

use crate::peer::{Peer, bytes};
use crate::wire::{LEAST, Text, Wire};

/// Covers the lengths around each step of the padded length.
#[test]
fn both_pad_texts_of_every_length_alike() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(8);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let mut wire = Wire::new((&mut peer, ""), &mut rng);
    let mut session = wire.converse_after_theirs(&mut account, &bundle, 1);
    let steps = [32, 64, 128, 256, 1024, 4096, 8192, 65_536]
        .into_iter()
        .flat_map(|length| [length, length / 8 * 9, length / 16 * 17]);
    let around = |length: usize| length.saturating_sub(5)..=length + 1;
    for length in (0..200).chain(steps.flat_map(around)) {
        let text = Text {
            plaintext: &vec![7; length],
            data: b"",
        };
        let ours = wire.ours_encrypts(&mut session, &text);
        wire.assert_theirs_opens(&ours, &text);
        let sent = wire.ask("wire_encrypt", text.fields()).unwrap();
        let theirs = bytes(&sent, "message");
        assert_eq!(ours.len(), theirs.len(), "{length}");
        let opened = session.decrypt(&theirs).unwrap();
        assert_eq!(opened.plaintext, text.plaintext);
    }
}

#[test]
fn ours_refuses_an_authentic_message_that_is_padded_otherwise_and_goes_on() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let mut rng = StdRng::seed_from_u64(10);
    let mut account = Account::generate(&mut rng);
    let bundle = account.publish(&mut rng);
    let mut wire = Wire::new((&mut peer, ""), &mut rng);
    let mut session = wire.converse_after_theirs(&mut account, &bundle, 1);
    let padded = |length: u32, size: usize| {
        let mut padded = length.to_le_bytes().to_vec();
        padded.resize(size, 0);
        padded
    };
    let mut not_zero = padded(27, LEAST);
    not_zero[LEAST - 1] = 1;
    let wrong = [
        vec![],
        vec![0; 3],
        padded(0, 4),
        padded(0, LEAST - 1),
        padded(0, LEAST + 1),
        padded(28, LEAST + 4),
        padded(29, LEAST),
        padded(29, 33),
        padded(29, 40),
        padded(u32::MAX, LEAST),
        not_zero,
    ];
    for padded in wrong {
        let fields = json!({ "padded": hex::encode(&padded), "associated_data": "" });
        let sent = wire.ask("wire_encrypt", fields).unwrap();
        let opened = session.decrypt(&bytes(&sent, "message"));
        assert!(opened.is_err(), "{padded:?}");
    }
    for (length, size) in [(28, LEAST), (29, LEAST + 4)] {
        let fields = json!({ "padded": hex::encode(padded(length, size)), "associated_data": "" });
        let sent = wire.ask("wire_encrypt", fields).unwrap();
        let opened = session.decrypt(&bytes(&sent, "message")).unwrap();
        assert_eq!(opened.plaintext, vec![0; length as usize]);
    }
    wire.theirs_reads(&mut session);
}

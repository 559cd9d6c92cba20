use sprag_primitives::SecretBytes;
use sprag_primitives::hkdf::Hkdf;
use sprag_ratchet::DoubleRatchetHE;
use sprag_ratchet::hazmat::{KeyView, LinkView, RatchetView};

use crate::hash_stream::HashStream;
use crate::image::{Image, Key, SendingImage};
use crate::party::{Handshake, Party, alice_and_bob};
use crate::snapshots::{states, thirty_two_finished_chains};

type Encrypted = Party<DoubleRatchetHE>;

fn view(party: &Encrypted) -> RatchetView<'_> {
    party.ratchet.view()
}

/// The fingerprint of a key by the definition, from the key in a snapshot.
fn fingerprint(key: &Key, label: &[u8]) -> [u8; 8] {
    let key = Hkdf::from_pseudorandom_key(&SecretBytes::copy_from(key));
    *key.expand::<8>(label).expose()
}

fn assert_shows(view: &KeyView, key: &Key) {
    let expected = fingerprint(key, b"sprag-v1 key fingerprint");
    assert_eq!(view.fingerprint(), expected);
    #[cfg(feature = "show-keys")]
    assert_eq!(view.key(), key);
}

fn fingerprints(link: &LinkView) -> [[u8; 8]; 2] {
    [&link.chain_key, &link.message_key].map(KeyView::fingerprint)
}

#[test]
fn a_view_shows_the_keys_of_the_snapshot_and_changes_nothing() {
    let many = [thirty_two_finished_chains()];
    for party in states().into_iter().chain(many) {
        let party: Encrypted = party;
        let before = party.snapshot();
        let image = Image::read(&before);
        let view = view(&party);
        // The root key and the next header keys.
        let root = fingerprint(&image.root, b"sprag-v1 root fingerprint");
        assert_eq!(view.root_key().fingerprint(), root);
        assert_eq!(party.ratchet.root_fingerprint(), root);
        assert_shows(
            &view.next_sending_header_key(),
            &image.next_sending.unwrap(),
        );
        assert_shows(
            &view.next_receiving_header_key(),
            &image.next_receiving.unwrap(),
        );
        assert_eq!(view.previous_length(), image.previous_length);
        // The chain in which the party sends.
        match (view.sending(), &image.sending) {
            (Some(chain), SendingImage::Active(image)) => {
                assert_eq!(chain.next(), image.next);
                assert_shows(&chain.next_link().chain_key, &image.chain);
                assert_shows(&chain.header_key(), &image.header_key.unwrap());
            }
            (chain, _) => assert!(chain.is_none()),
        }
        // The chains in which it receives: the current one, and the finished ones from the newest on.
        let mut receiving = view.receiving();
        if let Some(image) = &image.current {
            let chain = receiving.next().unwrap();
            assert_eq!(chain.reached(), image.next);
            assert_eq!(*chain.ratchet_key().as_bytes(), image.id.ratchet_key);
            assert_shows(&chain.next_link().unwrap().chain_key, &image.chain);
            assert_shows(&chain.header_key(), &image.id.header_key.unwrap());
            let numbers: Vec<u32> = chain.skipped_numbers().collect();
            assert_eq!(numbers, image.skipped.numbers());
        }
        for image in image.finished.iter().rev() {
            let chain = receiving.next().unwrap();
            assert_eq!(chain.reached(), image.reached);
            assert!(chain.next_link().is_none());
            let keys = image
                .skipped
                .stretches
                .iter()
                .flat_map(|stretch| &stretch.keys);
            for ((_, view), key) in chain.skipped().zip(keys) {
                assert_shows(&view, key);
            }
            let numbers: Vec<u32> = chain.skipped().map(|(number, _)| number).collect();
            assert_eq!(numbers, image.skipped.numbers());
            let later = chain.skipped_from(1).map(|(number, _)| number);
            let expected = numbers.into_iter().filter(|number| *number >= 1);
            assert!(later.eq(expected));
        }
        assert!(receiving.next().is_none());
        assert_eq!(party.snapshot(), before);
    }
}

#[test]
fn both_sides_see_the_same_keys() {
    let (mut alice, mut bob): (Encrypted, Encrypted) = alice_and_bob("views");
    for _ in 0..3 {
        // Two messages of the chain are missing, of which one comes late.
        alice.send();
        let link = fingerprints(&view(&alice).sending().unwrap().next_link());
        let missing = alice.send();
        let shown = alice.send();
        bob.accepts(&shown);

        let (alices, bobs) = (view(&alice), view(&bob));
        assert_eq!(
            alices.root_key().fingerprint(),
            bobs.root_key().fingerprint()
        );
        let sending = alices.sending().unwrap();
        let receiving = bobs.receiving().next().unwrap();
        assert_eq!(sending.ratchet_key(), receiving.ratchet_key());
        assert_eq!(sending.next(), receiving.reached());
        assert_eq!(
            fingerprints(&sending.next_link()),
            fingerprints(&receiving.next_link().unwrap())
        );
        assert_eq!(
            sending.header_key().fingerprint(),
            receiving.header_key().fingerprint()
        );
        for (own, peers) in [
            (
                alices.next_sending_header_key(),
                bobs.next_receiving_header_key(),
            ),
            (
                alices.next_receiving_header_key(),
                bobs.next_sending_header_key(),
            ),
        ] {
            assert_eq!(own.fingerprint(), peers.fingerprint());
        }
        // The key that the receiver keeps for the missing message is the sender's.
        let mut skipped = receiving.skipped();
        let (_, key) = skipped.find(|(number, _)| *number == 1).unwrap();
        assert_eq!(key.fingerprint(), link[1]);
        drop(skipped);
        bob.accepts(&missing);
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn the_step_to_a_sending_chain_is_seen_from_the_state_before() {
    let (mut alice, mut bob): (Encrypted, Encrypted) = alice_and_bob("step");
    bob.accepts(&alice.send());
    let before = bob.copy();
    let first = bob.send();
    let step = view(&bob).sending_step_from(view(&before)).unwrap();
    assert_eq!(
        step.root_key.fingerprint(),
        view(&bob).root_key().fingerprint()
    );
    assert_eq!(
        step.next_header_key.fingerprint(),
        view(&bob).next_sending_header_key().fingerprint()
    );
    // The receiver who missed the first message keeps its key, which is that of the first link.
    let second = bob.send();
    alice.accepts(&second);
    let chain = view(&alice).receiving().next().unwrap();
    let (number, key) = chain.skipped().next().unwrap();
    assert_eq!(number, 0);
    assert_eq!(key.fingerprint(), step.first.message_key.fingerprint());
    alice.accepts(&first);
    // No step leads from another state, nor to a state without a chain.
    assert!(view(&bob).sending_step_from(view(&alice)).is_none());
    assert!(view(&bob).sending_step_from(view(&bob)).is_none());
    assert!(view(&before).sending_step_from(view(&before)).is_none());
    bob.accepts(&alice.send());
    assert!(view(&bob).sending_step_from(view(&before)).is_none());
}

#[test]
fn a_responder_that_waits_has_no_chain() {
    let handshake = Handshake::new(&mut HashStream::new("waits"));
    let (_, bob): (Encrypted, Encrypted) = handshake.parties(["a", "b"]);
    assert!(view(&bob).sending().is_none());
    assert!(view(&bob).receiving().next().is_none());
    let root = fingerprint(&handshake.root, b"sprag-v1 root fingerprint");
    assert_eq!(view(&bob).root_key().fingerprint(), root);
}

#[test]
fn debug_shows_fingerprints_and_numbers_alone() {
    let (mut alice, mut bob): (Encrypted, Encrypted) = alice_and_bob("debug");
    bob.accepts(&alice.send());
    let before = bob.copy();
    alice.accepts(&bob.send());
    let root = view(&alice).root_key();
    let shown = format!("{:?}", view(&alice));
    assert_eq!(shown, format!("RatchetView {{ root_key: {root:?}, .. }}"));
    let sending = view(&bob).sending().unwrap();
    assert_eq!(format!("{sending:?}"), "SendingChainView { next: 1, .. }");
    let receiving = view(&alice).receiving().next().unwrap();
    assert_eq!(
        format!("{receiving:?}"),
        "ReceivingChainView { reached: 1, .. }"
    );
    let step = view(&bob).sending_step_from(view(&before)).unwrap();
    let shown = format!("{step:?}");
    let chain = Image::read(&bob.snapshot()).sending_chain().chain;
    assert!(!shown.contains(&format!("{chain:?}")));
}

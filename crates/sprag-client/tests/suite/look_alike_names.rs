use rand::rngs::StdRng;
use sprag_client::{Added, ClientError, Incoming, IncomingFile, NameError, Outgoing, Sender};

use crate::two_clients::{MemoryClient, Outcome as _, Refusal, Two, client, records};

/// One name in the form in which it is stored, and in others that look the same.
const ANDRE: &str = "Andr\u{e9} B";
const OTHER_FORMS: [&str; 4] = [
    "Andre\u{301} B",
    " Andr\u{e9}  B ",
    "Andr\u{e9}\u{a0}B",
    "\u{ff21}ndr\u{e9} \u{1d401}",
];

/// Two clients of which Alice knows Bob under the name in its form, and has talked with him.
fn with_andre(seed: u64) -> Two {
    let mut two = Two::established(seed);
    two.alice
        .rename("bob", OTHER_FORMS[0], &mut two.rng)
        .unwrap();
    two
}

#[test]
fn forms_that_look_the_same_are_one_peer_in_every_operation() {
    let mut two = with_andre(800);
    for form in OTHER_FORMS {
        let Two { alice, rng, .. } = &mut two;
        assert_eq!(alice.status(form).unwrap().name, ANDRE);
        let message = alice.encrypt(form, Outgoing::new(b"hello"), rng).unwrap();
        let file = alice.encrypt_file(form, rng).unwrap();
        drop(file);
        alice.expire_sessions(form, rng).unwrap();
        alice.allow_x3dh(form, rng).unwrap();
        alice.rename(form, form, rng).unwrap();
        two.bob_reads(&message).unwrap();
        let answer = two.bob_sends(b"answer");
        let Two { alice, rng, .. } = &mut two;
        for _ in 0..2 {
            let incoming = Incoming::new(&answer);
            let received = alice.decrypt(Sender::Named(form), incoming, rng).unwrap();
            assert_eq!(received.peer, ANDRE);
        }
        let bundle = two.bob.publish(&mut two.rng).unwrap();
        let Two { alice, rng, .. } = &mut two;
        assert_eq!(alice.add(form, &bundle, rng).outcome(), Ok(Added::Known));
        assert_eq!(
            alice.renew(form, &bundle, rng).outcome(),
            Ok(Added::Renewed)
        );
        assert_eq!(alice.peers().unwrap().len(), 1);
    }
    two.alice.forget(OTHER_FORMS[1], &mut two.rng).unwrap();
    assert_eq!(two.alice.peers().unwrap(), []);
}

#[test]
fn nobody_else_gets_a_name_that_looks_the_same() {
    let mut two = with_andre(801);
    let (mut carol, _) = client(&mut two.rng);
    let bundle = carol.publish(&mut two.rng).unwrap();
    let to_alice = two.alice.publish(&mut two.rng).unwrap();
    carol
        .add("alice", &to_alice, &mut two.rng)
        .outcome()
        .unwrap();
    let first = carol.encrypt("alice", Outgoing::new(b"I am Andr\xc3\xa9"), &mut two.rng);
    let first = first.unwrap();
    let taken = || ClientError::OtherIdentity(ANDRE.to_owned());
    for form in OTHER_FORMS {
        let Two { alice, rng, .. } = &mut two;
        assert_eq!(alice.add(form, &bundle, rng).outcome(), Err(taken()));
        assert_eq!(alice.renew(form, &bundle, rng).outcome(), Err(taken()));
        let sender = Sender::Named(form);
        let refused = alice.decrypt(sender, Incoming::new(&first), rng);
        assert_eq!(refused.unwrap_err(), taken());
    }
    two.alice
        .add("carol", &bundle, &mut two.rng)
        .outcome()
        .unwrap();
    for form in OTHER_FORMS {
        let refused = two.alice.rename("carol", form, &mut two.rng);
        assert_eq!(refused, Err(taken()));
    }
}

#[test]
fn a_peer_that_is_met_by_a_message_has_its_name_in_the_stored_form() {
    let mut two = Two::new(802);
    let message = two.alice_sends(b"hello");
    let incoming = Incoming::new(&message);
    let sender = Sender::Named("Alic\u{65}\u{301}");
    let received = two.bob.decrypt(sender, incoming, &mut two.rng).unwrap();
    assert_eq!(received.peer, "Alic\u{e9}");
    let peers = two.bob.peers().unwrap();
    assert_eq!(peers[0].name, "Alic\u{e9}");
}

/// A change of a client that takes a name, and may take a bundle.
type Change = fn(&mut MemoryClient, &str, &[u8], &mut StdRng) -> Option<Refusal>;

/// The refusals of all operations that take a name.
fn refusals(two: &mut Two, name: &str) -> Vec<Refusal> {
    let bundle = two.bob.publish(&mut two.rng).unwrap();
    let message = two.bob_sends(b"hello");
    let commitment = [7; 32];
    let file = IncomingFile {
        commitment: &commitment,
        messages: &[&message],
        now: 0,
    };
    let sender = Sender::Named(name);
    let Two { alice, rng, .. } = two;
    let mut all = vec![
        alice.decrypt(sender, Incoming::new(&message), rng).err(),
        alice.decrypt_file(sender, file, rng).err(),
        alice.status(name).err(),
    ];
    let changes: [Change; 9] = [
        |alice, name, bundle, rng| alice.add(name, bundle, rng).outcome().err(),
        |alice, name, bundle, rng| alice.renew(name, bundle, rng).outcome().err(),
        |alice, name, _, rng| alice.encrypt(name, Outgoing::new(b""), rng).err(),
        |alice, name, _, rng| alice.encrypt_file(name, rng).err(),
        |alice, name, _, rng| alice.rename(name, "carol", rng).err(),
        |alice, name, _, rng| alice.rename("bob", name, rng).err(),
        |alice, name, _, rng| alice.forget(name, rng).err(),
        |alice, name, _, rng| alice.allow_x3dh(name, rng).err(),
        |alice, name, _, rng| alice.expire_sessions(name, rng).err(),
    ];
    all.extend(changes.map(|change| change(alice, name, &bundle, rng)));
    all.into_iter().flatten().collect()
}

#[test]
fn a_name_that_shows_less_than_it_holds_is_refused_by_every_operation() {
    let mut two = Two::established(803);
    let before = records(&two.alice);
    for (name, character) in [
        // A control character, a change of direction, two without width, a stretched letter, and one not assigned
        ("bob\u{7}", '\u{7}'),
        ("bob\u{202e}", '\u{202e}'),
        ("bob\u{200b}", '\u{200b}'),
        ("b\u{ad}ob", '\u{ad}'),
        ("\u{645}\u{640}\u{62d}", '\u{640}'),
        ("bob\u{378}", '\u{378}'),
    ] {
        let refused = refusals(&mut two, name);
        let fault = ClientError::InvalidName(NameError::Forbidden(character));
        assert_eq!(refused, [(); 12].map(|()| fault.clone()));
        assert_eq!(records(&two.alice), before);
    }
}

#[test]
fn a_record_whose_name_is_in_another_form_is_refused() {
    /// A name of the same length that looks the same and is not in its form.
    const OTHER: &[u8] = b"bo ";
    let spoil = |content: &mut [u8]| {
        let at = content.windows(3).position(|bytes| bytes == b"bob");
        content[at.unwrap()..][..3].copy_from_slice(OTHER);
    };
    let damaged = Some(ClientError::Damaged);
    // The record of a peer, that of its name, and that of a message which is held.
    let mut two = Two::established(804);
    two.rewrite(2, spoil);
    assert_eq!(two.alice.peers().err(), damaged);
    assert_eq!(two.alice.status("bob").err(), damaged);
    let mut two = Two::established(805);
    two.rewrite(3, spoil);
    let message = two.bob_sends(b"hello");
    assert_eq!(two.alice.unacknowledged().err(), damaged);
    let refused = two
        .alice
        .decrypt(Sender::AnyPeer, Incoming::new(&message), &mut two.rng);
    assert_eq!(refused.err(), damaged);
    let mut two = Two::established(806);
    let receipt = two.alice.unacknowledged().unwrap()[0].receipt;
    two.rewrite(6, spoil);
    assert_eq!(two.alice.read_again(&receipt).err(), damaged);
}

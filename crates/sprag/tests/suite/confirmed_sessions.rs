use sprag::{Account, DecodedMessage, Session};

use crate::support::{Pair, plaintext, rng};

#[test]
fn a_session_is_confirmed_by_an_answer_in_both_roles() {
    let mut pair = Pair::new(80);
    let [first, second, third] = [(); 3].map(|()| pair.send(b"unanswered"));
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    assert!(!pair.session.is_confirmed() && !bobs.is_confirmed());
    // Neither a second message nor one that was sent before the answer was received is an answer.
    bobs.decrypt(&second).unwrap();
    let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
    bobs.decrypt(&third).unwrap();
    assert!(!pair.session.is_confirmed() && !bobs.is_confirmed());
    // A forged answer confirms nothing.
    let mut forged = answer.clone();
    *forged.last_mut().unwrap() ^= 1;
    pair.session.decrypt(&forged).unwrap_err();
    assert!(!pair.session.is_confirmed());
    assert_eq!(plaintext(pair.session.decrypt(&answer)), b"answer");
    assert!(pair.session.is_confirmed() && !bobs.is_confirmed());
    let reply = pair.send(b"reply");
    assert_eq!(plaintext(bobs.decrypt(&reply)), b"reply");
    assert!(pair.session.is_confirmed() && bobs.is_confirmed());
    // It stays so, also through a snapshot.
    for session in [&pair.session, &bobs] {
        let snapshot = session.snapshot();
        let session = Session::from_snapshot(snapshot.expose()).unwrap();
        assert!(session.is_confirmed());
    }
}

#[test]
fn a_responder_that_has_sent_nothing_is_not_confirmed() {
    let mut pair = Pair::new(81);
    let first = pair.send(b"first");
    let (mut bobs, _) = pair.bob.accept(&first).unwrap();
    for _ in 0..10 {
        let message = pair.send(b"more");
        bobs.decrypt(&message).unwrap();
        assert!(!bobs.is_confirmed());
    }
}

/// The newest prekey that a first message names, and the numbers around it.
#[test]
fn a_first_message_names_prekeys_that_were_made_before_it() {
    let mut rng = rng(82);
    let alice = Account::generate(&mut rng);
    let mut bob = Account::generate(&mut rng);
    let start = bob.next_prekey_id();
    for _ in 0..2 {
        for one_time in [true, false] {
            let before = bob.next_prekey_id();
            let bundle = if one_time {
                bob.publish(&mut rng)
            } else {
                bob.rotate(1, 1_000, &mut rng).unwrap();
                bob.publish_reusable()
            };
            let mut session = alice.initiate(&bundle, &mut rng).unwrap();
            let first = session.encrypt(b"first", &mut rng).unwrap();
            let newest = DecodedMessage::decode(&first).unwrap().newest_prekey();
            // Two keys were made, and the message names both.
            assert_eq!(newest, Some(before + 1));
            assert_eq!(bob.next_prekey_id(), before + 2);
            let (mut accepted, _) = bob.accept(&first).unwrap();
            let answer = accepted.encrypt(b"answer", &mut rng).unwrap();
            assert_eq!(
                DecodedMessage::decode(&answer).unwrap().newest_prekey(),
                None
            );
        }
    }
    assert_eq!(bob.next_prekey_id(), start + 8);
}

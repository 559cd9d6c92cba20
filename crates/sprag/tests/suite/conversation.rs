use rand::RngExt;
use sprag::limits::MAX_PLAINTEXT_LENGTH;
use sprag::{Error, Session, Suite};

use crate::support::{Pair, X3DH, plaintext, refused};

#[test]
fn messages_arrive_in_any_order_and_once() {
    let (mut alice, mut bob, mut rng) = Pair::new(30).established();
    let messages: Vec<_> = (0..10_u8)
        .map(|n| alice.encrypt(&[n], &mut rng).unwrap())
        .collect();
    for n in [7, 0, 9, 3, 1, 8, 2, 6, 4, 5] {
        assert_eq!(plaintext(bob.decrypt(&messages[n])), [n as u8]);
        assert_eq!(
            refused(&mut bob, &messages[n]),
            Error::Ratchet(sprag_ratchet::Error::Duplicate)
        );
    }
    assert_eq!(bob.status().skipped_keys, 0);
}

#[test]
fn garbage_and_damage_do_not_end_a_session() {
    let (mut alice, mut bob, mut rng) = Pair::new(31).established();
    for round in 0..20_u8 {
        let message = alice.encrypt(&[round], &mut rng).unwrap();
        for position in 0..message.len() {
            let mut damaged = message.clone();
            damaged[position] ^= 1 << rng.random_range(0..8);
            refused(&mut bob, &damaged);
        }
        refused(&mut bob, &[]);
        refused(&mut bob, &message[..message.len() - 1]);
        assert_eq!(plaintext(bob.decrypt(&message)), [round]);
        core::mem::swap(&mut alice, &mut bob);
    }
}

#[test]
fn messages_of_other_sessions_are_refused() {
    let mut one = Pair::new(32);
    let (mut alice, mut bob, mut rng) = Pair::new(33).established();
    let foreign = one.send(b"first of another session");
    assert_eq!(
        refused(&mut bob, &foreign),
        Error::OtherSession(*one.session.id())
    );
    assert_eq!(
        refused(&mut alice, &foreign),
        Error::OtherSession(*one.session.id())
    );
    let (mut other, _, mut other_rng) = one.established();
    let foreign = other
        .encrypt(b"of another session", &mut other_rng)
        .unwrap();
    assert_eq!(
        refused(&mut bob, &foreign),
        Error::Ratchet(sprag_ratchet::Error::NotAuthentic)
    );
    let message = alice.encrypt(b"of this one", &mut rng).unwrap();
    assert_eq!(plaintext(bob.decrypt(&message)), b"of this one");
    // Nor does a party take its own message for the peer's.
    let own = alice.encrypt(b"mine", &mut rng).unwrap();
    refused(&mut alice, &own);
}

#[test]
fn the_callers_associated_data_is_authenticated() {
    let (mut alice, mut bob, mut rng) = Pair::new(34).established();
    let message = alice
        .encrypt_with_ad(b"hello", b"thread 7", &mut rng)
        .unwrap();
    refused(&mut bob, &message);
    assert!(bob.decrypt_with_ad(&message, b"thread 8").is_err());
    let opened = bob.decrypt_with_ad(&message, b"thread 7");
    assert_eq!(plaintext(opened), b"hello");

    let mut pair = Pair::new(35);
    let first = pair
        .session
        .encrypt_with_ad(b"hello", b"thread 7", &mut pair.rng)
        .unwrap();
    assert!(pair.bob.accept(&first).is_err());
    assert!(pair.bob.accept_with_ad(&first, b"thread 7").is_ok());
}

#[test]
fn status_counts_and_fingerprints_agree_at_rest() {
    let mut pair = Pair::new(36);
    let alice = pair.session.status();
    assert_eq!((alice.sent, alice.received, alice.dh_steps), (0, 0, 1));
    assert_eq!(alice.suite, Suite::Pqxdh);
    assert_eq!(alice.suite.to_string(), "PQXDH");
    let first = pair.send(b"first");
    let third = {
        pair.send(b"lost");
        pair.send(b"third")
    };
    let (mut bob, _) = pair.bob.accept(&first).unwrap();
    bob.decrypt(&third).unwrap();
    let (alice, bobs) = (pair.session.status(), bob.status());
    assert_eq!((alice.sent, alice.received), (3, 0));
    assert_eq!((bobs.sent, bobs.received, bobs.skipped_keys), (0, 2, 1));
    assert_eq!(alice.root_fingerprint, bobs.root_fingerprint);
    let mut fingerprints = vec![alice.root_fingerprint];
    for round in 0..6 {
        let message = bob.encrypt(b"turn", &mut pair.rng).unwrap();
        assert_ne!(
            bob.status().root_fingerprint,
            pair.session.status().root_fingerprint
        );
        pair.session.decrypt(&message).unwrap();
        let (one, other) = (bob.status(), pair.session.status());
        assert_eq!(one.root_fingerprint, other.root_fingerprint);
        assert_eq!((one.dh_steps, other.dh_steps), (2 + round, 2 + round));
        assert!(!fingerprints.contains(&one.root_fingerprint));
        fingerprints.push(one.root_fingerprint);
        core::mem::swap(&mut bob, &mut pair.session);
    }
}

#[test]
fn a_message_of_the_largest_size_travels_and_a_larger_one_is_refused() {
    let (mut alice, mut bob, mut rng) = Pair::new(37).established();
    let largest = vec![7; MAX_PLAINTEXT_LENGTH];
    let message = alice.encrypt(&largest, &mut rng).unwrap();
    assert_eq!(plaintext(bob.decrypt(&message)), largest);
    let before = alice.snapshot();
    assert_eq!(
        alice.encrypt(&vec![7; MAX_PLAINTEXT_LENGTH + 1], &mut rng),
        Err(Error::Wire(sprag_wire::Error::Oversized))
    );
    assert_eq!(alice.snapshot().expose(), before.expose());
}

#[test]
fn a_session_of_one_suite_reads_nothing_of_the_other() {
    let [pqxdh, x3dh] = [Pair::new(38), Pair::x3dh(38)].map(|mut pair| {
        let first = pair.send(b"first");
        let (mut bobs, _) = pair.bob.accept_under(&X3DH, &first, b"").unwrap();
        let id = *pair.session.id();
        let answer = bobs.encrypt(b"answer", &mut pair.rng).unwrap();
        (first, id, answer, pair.session, bobs)
    });
    let not_authentic = Error::Ratchet(sprag_ratchet::Error::NotAuthentic);
    for (own, other) in [(&pqxdh, &x3dh), (&x3dh, &pqxdh)] {
        let (_, _, answer, alice, bobs) = own;
        let (foreign_first, foreign_id, foreign_answer, ..) = other;
        let snapshot = |session: &Session| session.snapshot().expose().to_vec();
        let [mut alice, mut bobs] =
            [alice, bobs].map(|session| Session::from_snapshot(&snapshot(session)).unwrap());
        // Both suites are of version 1, so a message does not say of which it is.
        assert_eq!(answer[..2], foreign_answer[..2]);
        assert_eq!(refused(&mut alice, foreign_answer), not_authentic);
        let other_session = Error::OtherSession(*foreign_id);
        assert_eq!(refused(&mut bobs, foreign_first), other_session);
        assert_eq!(plaintext(alice.decrypt(answer)), b"answer");
    }
}

#[test]
fn a_message_of_an_unknown_version_is_refused() {
    let (mut alice, mut bob, mut rng) = Pair::new(39).established();
    let mut message = alice.encrypt(b"of version 1", &mut rng).unwrap();
    for version in [0, 2, 255] {
        message[0] = version;
        let unknown = sprag_wire::Error::UnknownVersion(version);
        assert_eq!(refused(&mut bob, &message), Error::Wire(unknown));
    }
    message[0] = 1;
    assert_eq!(plaintext(bob.decrypt(&message)), b"of version 1");
}

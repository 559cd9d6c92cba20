use sprag_demo::NewKey;
use sprag_demo::scene::{EnvelopeState, Event, Step, SuiteName};

use crate::support::{Alice, Bob, Play};

/// Delivers an envelope, which must be refused with this code and change nothing about the receiver.
fn assert_refused(play: &mut Play, envelope: u32, code: &str) {
    let to = play.envelope(envelope).to;
    let before = play.party(to);
    let events = play.deliver(envelope);
    let is_expected = |event: &Event| matches!(event, Event::Refused { code: found, who, .. } if (*found, *who) == (code, to));
    assert!(events.len() == 1 && is_expected(&events[0]), "{events:?}");
    assert_eq!(play.envelope(envelope).state, EnvelopeState::Refused);
    assert_eq!(play.party(to), before);
}

#[test]
fn a_late_message_is_read_with_its_skipped_key() {
    for suite in [SuiteName::X3dh, SuiteName::Pqxdh] {
        let mut play = Play::begun(suite);
        let [late, later, first] = [(); 3].map(|()| play.send(Alice));
        let delivered = |envelope, new_chain, skipped, late| Event::Delivered {
            envelope,
            who: Bob,
            new_chain,
            skipped,
            late,
        };
        let ratcheted = Event::Ratcheted {
            who: Bob,
            key: NewKey::First,
        };
        assert_eq!(
            play.deliver(first),
            [ratcheted, delivered(first, true, 2, false)]
        );
        assert_eq!(play.party(Bob).status.unwrap().skipped_keys, 2);
        for envelope in [later, late] {
            let expected = delivered(envelope, false, 0, true);
            assert_eq!(play.deliver(envelope), [expected]);
        }
        assert_eq!(play.party(Bob).status.unwrap().skipped_keys, 0);
        let late: Vec<bool> = play.party(Bob).talk.iter().map(|line| line.late).collect();
        assert_eq!(late, [false, true, true]);
    }
}

#[test]
fn the_end_of_a_chain_is_late_after_the_next_turn() {
    let mut play = Play::acquainted();
    play.exchange(Alice);
    let [first, second] = [(); 2].map(|()| play.send(Alice));
    play.exchange(Bob);
    // The message of the new chain skips the two at the end of the old one, and one in its own.
    let third = play.send(Alice);
    let fourth = play.send(Alice);
    let events = play.deliver(fourth);
    let Some(Event::Delivered { skipped, .. }) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(*skipped, 3);
    for envelope in [third, second, first] {
        play.read(envelope);
    }
}

#[test]
fn a_copy_is_refused_and_of_two_copies_either_can_come_first() {
    let mut play = Play::acquainted();
    let original = play.send(Alice);
    let events = play.step(Step::Double { envelope: original });
    let copy = play.last().id;
    let doubled = Event::Doubled {
        envelope: original,
        copy,
    };
    assert_eq!(events, [doubled]);
    play.read(copy);
    assert_refused(&mut play, original, "duplicate");
    // A copy of what was delivered, and a copy of a copy.
    for envelope in [copy, original] {
        play.step(Step::Double { envelope });
        let again = play.last();
        assert_eq!(again.copy_of, Some(original));
        assert_refused(&mut play, again.id, "duplicate");
    }
}

#[test]
fn a_copy_of_a_first_message_begins_no_second_session() {
    let mut play = Play::begun(SuiteName::Pqxdh);
    let first = play.exchange(Alice);
    play.step(Step::Double { envelope: first });
    let copy = play.last().id;
    assert_refused(&mut play, copy, "duplicate");
    play.exchange(Bob);
    play.step(Step::Double { envelope: first });
    let copy = play.last().id;
    assert_refused(&mut play, copy, "duplicate");
}

#[test]
fn a_damaged_message_is_refused_and_a_copy_from_before_is_read() {
    // Both a first message and a later one.
    let mut fresh = Play::begun(SuiteName::Pqxdh);
    let mut acquainted = Play::acquainted();
    for play in [&mut fresh, &mut acquainted] {
        let envelope = play.send(Alice);
        play.step(Step::Double { envelope });
        let copy = play.last().id;
        let events = play.step(Step::Damage { envelope });
        assert_eq!(events, [Event::Damaged { envelope }]);
        assert!(play.envelope(envelope).damaged && !play.envelope(copy).damaged);
        // A copy of a damaged envelope is damaged.
        play.step(Step::Double { envelope });
        let damaged = play.last();
        assert!(damaged.damaged);
        for envelope in [envelope, damaged.id] {
            assert_refused(play, envelope, "not-authentic");
        }
        play.read(copy);
    }
}

#[test]
fn a_dropped_message_is_missed_and_not_waited_for() {
    let mut play = Play::acquainted();
    let envelope = play.send(Alice);
    assert_eq!(play.view().in_flight, 1);
    let events = play.step(Step::Drop { envelope });
    assert_eq!(events, [Event::Dropped { envelope }]);
    assert_eq!(play.view().in_flight, 0);
    play.exchange(Alice);
    play.exchange(Bob);
    assert_eq!(play.party(Bob).status.unwrap().skipped_keys, 1);
}

#[test]
fn after_a_renewal_the_old_session_still_reads() {
    let mut play = Play::acquainted();
    let late = [play.send(Alice), play.send(Bob)];
    play.step(Step::Begin {
        suite: SuiteName::X3dh,
    });
    play.exchange(Alice);
    play.exchange(Bob);
    let drawn = play.party(Alice).chains;
    for envelope in late {
        play.read(envelope);
    }
    assert_eq!(play.party(Alice).chains, drawn);
    assert_eq!(play.view().same_root, Some(true));
}

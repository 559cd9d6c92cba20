use sprag_demo::scene::{EnvelopeState, Event, Step, SuiteName};

use crate::support::{Alice, Bob, Play};

#[test]
fn beyond_the_most_messages_of_a_gap_the_next_is_refused_and_a_renewal_helps() {
    let mut play = Play::acquainted();
    // Alice loses more messages in a row than Bob may skip.
    play.send_many(Alice, 25_001);
    let beyond = play.send(Alice);
    let before = play.party(Bob);
    let events = play.deliver(beyond);
    let words = "too many messages are missing: the session must be renewed";
    let refused = Event::Refused {
        envelope: beyond,
        who: Bob,
        code: "too-many-skipped",
        words: words.to_owned(),
    };
    assert_eq!(events, [refused]);
    assert_eq!(play.envelope(beyond).state, EnvelopeState::Refused);
    assert_eq!(play.party(Bob), before);

    // A new session begins with a fresh bundle, and both read in it.
    let events = play.step(Step::Begin {
        suite: SuiteName::Pqxdh,
    });
    let began = Event::Began {
        suite: SuiteName::Pqxdh,
    };
    assert_eq!(events, [Event::Published, began]);
    for from in [Alice, Bob, Alice] {
        play.exchange(from);
    }
    assert_eq!(play.view().same_root, Some(true));
}

#[test]
fn up_to_the_most_messages_of_a_gap_the_next_is_read() {
    let mut play = Play::acquainted();
    play.send_many(Alice, 25_000);
    let last = play.send(Alice);
    let events = play.deliver(last);
    let ratcheted = &events[0];
    assert!(matches!(ratcheted, Event::Ratcheted { .. }));
    let Event::Delivered { skipped, .. } = &events[1] else {
        panic!("{events:?}");
    };
    assert_eq!(*skipped, 25_000);
    assert_eq!(play.party(Bob).status.unwrap().skipped_keys, 2_000);
}

#[test]
fn many_messages_have_one_envelope_beyond_the_first_fifty() {
    let mut play = Play::acquainted();
    let events = play.send_many(Alice, 50);
    let sent = |event: &&Event| matches!(event, Event::Sent { .. });
    assert_eq!(events.iter().filter(sent).count(), 50);
    assert_eq!(play.last().many, None);

    let events = play.send_many(Alice, 53);
    assert_eq!(events.iter().filter(sent).count(), 51);
    let many = play.last();
    let dropped = Event::Dropped { envelope: many.id };
    assert_eq!(events.last(), Some(&dropped));
    assert_eq!((many.many, many.state), (Some(3), EnvelopeState::Dropped));
    assert_eq!(many.text, "messages 51 to 53");
    // The numbers go on behind them.
    assert_eq!(many.header.n, 50 + 50);
    let next = play.send(Alice);
    assert_eq!(play.envelope(next).header.n, many.header.n + 3);
}

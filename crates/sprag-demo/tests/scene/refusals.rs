use sprag_demo::scene::{
    Error, MAX_COUNT, MAX_MESSAGES, MAX_STEPS, MAX_TEXT_LENGTH, MAX_TRIALS, Step, SuiteName,
};

use crate::support::{Alice, Bob, Play};

/// Takes a step that must be refused with this error and change nothing, not even what follows.
fn assert_refused(play: &mut Play, step: Step, error: Error) {
    let before = play.image();
    assert_eq!(play.scene.apply(step), Err(error));
    assert_eq!(play.image(), before);
}

const PQXDH: SuiteName = SuiteName::Pqxdh;

#[test]
fn nobody_sends_or_is_robbed_before_there_is_a_session() {
    let mut play = Play::strangers(1);
    assert_refused(&mut play, Step::Begin { suite: PQXDH }, Error::NoBundle);
    play.step(Step::Publish);
    for who in [Alice, Bob] {
        let error = Error::NoSession(who);
        let text = String::new();
        assert_refused(&mut play, Step::Send { who, text }, error);
        assert_refused(&mut play, Step::SendMany { who, count: 1 }, error);
        assert_refused(&mut play, Step::Steal { who }, error);
    }
    play.step(Step::Begin { suite: PQXDH });
    // Bob has none until a message of Alice has arrived.
    let error = Error::NoSession(Bob);
    let text = String::new();
    assert_refused(&mut play, Step::Send { who: Bob, text }, error);
    assert_refused(&mut play, Step::Steal { who: Bob }, error);
    play.exchange(Alice);
    play.exchange(Bob);
}

#[test]
fn an_envelope_meets_its_fate_once() {
    let mut play = Play::acquainted();
    let read = play.exchange(Alice);
    let dropped = play.send(Alice);
    play.step(Step::Drop { envelope: dropped });
    play.send_many(Alice, 51);
    let many = play.last().id;
    for envelope in [read, dropped, many] {
        let error = Error::NotInFlight(envelope);
        assert_refused(&mut play, Step::Deliver { envelope }, error);
        assert_refused(&mut play, Step::Damage { envelope }, error);
        assert_refused(&mut play, Step::Drop { envelope }, error);
    }
    assert_refused(
        &mut play,
        Step::Double { envelope: many },
        Error::Many(many),
    );
    let envelope = play.send(Alice);
    play.step(Step::Damage { envelope });
    let error = Error::AlreadyDamaged(envelope);
    assert_refused(&mut play, Step::Damage { envelope }, error);
    for envelope in [0, envelope + 1, u32::MAX] {
        let error = Error::NoEnvelope(envelope);
        assert_refused(&mut play, Step::Deliver { envelope }, error);
        assert_refused(&mut play, Step::Double { envelope }, error);
        assert_refused(&mut play, Step::Damage { envelope }, error);
        assert_refused(&mut play, Step::Drop { envelope }, error);
    }
}

#[test]
fn a_refused_step_leaves_no_trace_in_what_follows() {
    let mut plays = [Play::acquainted(), Play::acquainted()];
    for step in [
        Step::Send {
            who: Alice,
            text: "x".repeat(MAX_TEXT_LENGTH + 1),
        },
        Step::SendMany {
            who: Alice,
            count: 0,
        },
        Step::Deliver { envelope: 1 },
        Step::Double { envelope: 9 },
    ] {
        assert!(plays[0].scene.apply(step).is_err());
    }
    let images = plays.each_mut().map(|play| {
        play.exchange(Alice);
        play.image()
    });
    assert_eq!(images[0], images[1]);
}

#[test]
fn texts_have_two_hundred_characters_at_most() {
    let mut play = Play::acquainted();
    let text = |length| "ß".repeat(length);
    let send = |length| Step::Send {
        who: Alice,
        text: text(length),
    };
    assert_refused(&mut play, send(MAX_TEXT_LENGTH + 1), Error::TextTooLong);
    play.step(send(MAX_TEXT_LENGTH));
    let envelope = play.last().id;
    play.read(envelope);
    let talk = play.party(Bob).talk;
    assert_eq!(talk.last().unwrap().text, text(MAX_TEXT_LENGTH));
}

#[test]
fn one_step_sends_at_least_one_message_and_not_too_many() {
    let mut play = Play::acquainted();
    for count in [0, MAX_COUNT + 1, u32::MAX] {
        assert_refused(
            &mut play,
            Step::SendMany { who: Alice, count },
            Error::Count,
        );
    }
}

#[test]
fn a_scene_has_a_limit_of_messages() {
    let mut play = Play::acquainted();
    for _ in 0..2 {
        play.send_many(Alice, MAX_COUNT);
    }
    let error = Error::TooManyMessages;
    let send_many = |count| Step::SendMany { who: Bob, count };
    // Two were sent before.
    let left = MAX_MESSAGES - 2 * MAX_COUNT - 2;
    assert_refused(&mut play, send_many(left + 1), error);
    play.send_many(Bob, left);
    assert_refused(&mut play, send_many(1), error);
}

#[test]
fn a_scene_has_a_limit_of_envelopes() {
    let mut play = Play::acquainted();
    for _ in 0..79 {
        play.send_many(Alice, 50);
    }
    play.send_many(Alice, 48);
    assert_eq!(play.last().id, 4_000);
    let text = String::new();
    let error = Error::TooManyMessages;
    assert_refused(&mut play, Step::Send { who: Bob, text }, error);
    assert_refused(&mut play, Step::Double { envelope: 1 }, error);
    // What is there can still arrive.
    play.read(4_000);
}

#[test]
fn a_scene_has_a_limit_of_steps() {
    let mut play = Play::strangers(1);
    play.step(Step::Publish);
    play.step(Step::Begin { suite: PQXDH });
    for _ in 2..MAX_STEPS {
        play.step(Step::Steal { who: Alice });
    }
    assert_eq!(play.view().steps, MAX_STEPS);
    assert_refused(&mut play, Step::Steal { who: Alice }, Error::TooManySteps);
}

#[test]
fn a_scene_has_a_limit_of_thefts_because_each_tries_all_that_was_sent() {
    let mut play = Play::acquainted();
    for _ in 0..79 {
        play.send_many(Alice, 50);
    }
    let sent = play.last().id as usize;
    for _ in 0..MAX_TRIALS / sent {
        play.step(Step::Steal { who: Alice });
    }
    let error = Error::TooManyThefts;
    assert_refused(&mut play, Step::Steal { who: Bob }, error);
    let words = "the thieves of a scene try at most 20000 envelopes";
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("too-many-thefts", words)
    );
}

#[test]
fn errors_have_names_and_words() {
    for (error, code, words) in [
        (
            Error::TooManySteps,
            "too-many-steps",
            "a scene has at most 2000 steps",
        ),
        (
            Error::TooManyMessages,
            "too-many-messages",
            "a scene has at most 4000 envelopes and 300000 messages",
        ),
        (
            Error::TextTooLong,
            "text-too-long",
            "a text has at most 200 characters",
        ),
        (
            Error::Count,
            "bad-count",
            "one step sends 1 to 100000 messages",
        ),
        (
            Error::NoBundle,
            "no-bundle",
            "Bob has published no bundle yet",
        ),
        (
            Error::NoSession(Alice),
            "no-session",
            "Alice has no session yet: let her begin one",
        ),
        (
            Error::NoSession(Bob),
            "no-session",
            "Bob has no session yet: deliver a message to him first",
        ),
        (
            Error::NoEnvelope(7),
            "no-envelope",
            "there is no envelope 7",
        ),
        (
            Error::NotInFlight(7),
            "not-in-flight",
            "envelope 7 is not on the wire any more",
        ),
        (
            Error::AlreadyDamaged(7),
            "already-damaged",
            "envelope 7 is damaged already",
        ),
        (
            Error::Many(7),
            "many",
            "envelope 7 stands for many messages, which are gone",
        ),
    ] {
        assert_eq!((error.code(), error.to_string().as_str()), (code, words));
    }
}

use alloc::format;

use sprag_demo::limits::MAX_CONTENTS_LENGTH;
use sprag_demo::{Error, Event, Name, SessionError};

use crate::support::{ByHand, acquainted, events, met, send, words};

/// The event of the last step.
fn last(story: &mut ByHand) -> Event {
    events(story.report_mut()).last().unwrap().clone()
}

#[test]
fn a_message_is_read_once_and_a_copy_is_refused() {
    let mut story = acquainted(1);
    for from in Name::BOTH {
        let envelope = story.send(from, &words("once")).unwrap();
        assert_eq!(story.receive(&envelope).unwrap(), Some(words("once")));
        let status = story.status(from.other()).unwrap();
        assert_eq!(story.receive(&envelope).unwrap(), None);
        let Event::Refused {
            message,
            status: after,
            ..
        } = last(&mut story)
        else {
            panic!("the copy was not refused");
        };
        assert_eq!((message, after), (envelope.label, status));
        assert_eq!(story.tally(from).refused, 1);
    }
}

#[test]
fn an_altered_message_is_refused_and_changes_nothing() {
    let mut story = acquainted(1);
    for from in Name::BOTH {
        let genuine = story.send(from, &words("genuine")).unwrap();
        let before = story.status(from.other());
        let steps = story.report_mut().len();
        for at in 0..genuine.bytes.len() {
            let mut altered = genuine.clone();
            altered.bytes[at] ^= 1;
            let received = story.receive(&altered);
            assert!(matches!(received, Err(Error::Session(_))), "{at}");
        }
        // The genuine message is read afterwards, and not as a copy.
        assert_eq!(story.status(from.other()), before);
        assert_eq!(story.report_mut().len(), steps);
        assert_eq!(story.receive(&genuine).unwrap(), Some(words("genuine")));
    }
}

#[test]
fn messages_are_read_in_any_order_and_missing_ones_are_not_waited_for() {
    let mut story = met(1);
    let envelopes = [(); 5].map(|()| send(&mut story, Name::Alice));
    for index in [3, 0, 4, 1] {
        assert!(story.receive(&envelopes[index]).unwrap().is_some());
    }
    assert_eq!(story.status(Name::Bob).unwrap().received, 4);
    assert_eq!(story.status(Name::Bob).unwrap().skipped_keys, 1);
    assert_eq!(story.tally(Name::Alice).late, 2);
}

#[test]
fn a_party_without_a_session_cannot_send_and_has_nothing_to_steal() {
    let mut story = met(1);
    let steps = story.report_mut().len();
    let from_bob = story.send(Name::Bob, &words("hello"));
    assert_eq!(from_bob, Err(Error::NoSession(Name::Bob)));
    let transferred = story.transfer(Name::Bob, b"contents");
    assert_eq!(transferred, Err(Error::NoSession(Name::Bob)));
    let said = story.say(Name::Bob, "hello");
    assert_eq!(said, Err(Error::NoSession(Name::Bob)));
    assert!(matches!(
        story.steal(Name::Bob),
        Err(Error::NoSession(Name::Bob))
    ));
    assert_eq!(story.status(Name::Bob), None);
    assert_eq!(story.report_mut().len(), steps);
}

#[test]
fn a_second_meeting_is_refused_and_changes_nothing() {
    let mut story = acquainted(1);
    let before = (story.status(Name::Alice), story.report_mut().len());
    assert_eq!(story.meet(), Err(Error::HaveMet));
    assert_eq!(
        (story.status(Name::Alice), story.report_mut().len()),
        before
    );
}

#[test]
fn a_text_that_is_too_long_for_a_message_is_refused() {
    let mut story = met(1);
    let sent = story.send(Name::Alice, &words(&"x".repeat(17 * 1024 * 1024)));
    assert!(matches!(sent, Err(Error::Session(SessionError::Wire(_)))));
}

#[test]
fn either_party_transfers_contents_and_says_words_over_the_bad_channel() {
    let contents = b"a line\n".repeat(50);
    for seed in 0..10 {
        let mut story = acquainted(seed);
        for from in [Name::Bob, Name::Alice, Name::Bob] {
            assert_eq!(story.transfer(from, &contents).unwrap(), contents);
            let steps = story.report_mut().len();
            story.say(from, "That is all.").unwrap();
            let said = words("That is all.");
            let is_read = |event: &Event| {
                matches!(event, Event::Delivered { message, frame, .. }
                if message.from == from && *frame == said)
            };
            // The words are read, and are not said again after that.
            let mut after =
                events(&story.report_mut()[steps..]).skip_while(|event| !is_read(event));
            assert!(after.next().is_some());
            assert!(after.all(|event| event.name() != "sent"));
        }
    }
}

#[test]
fn contents_longer_than_64_mib_are_not_transferred() {
    let mut story = met(1);
    let mut contents = [0].repeat(MAX_CONTENTS_LENGTH);
    // At the limit, Bob gets as far as to need a session.
    let bobs = story.transfer(Name::Bob, &contents);
    assert_eq!(bobs, Err(Error::NoSession(Name::Bob)));
    contents.push(0);
    for from in Name::BOTH {
        let refused = story.transfer(from, &contents);
        assert_eq!(refused, Err(Error::ContentsTooLong));
    }
    assert_eq!(story.status(Name::Alice).unwrap().sent, 0);
}

#[test]
fn the_channel_delivers_each_message_that_it_does_not_lose() {
    let mut story = acquainted(1);
    let burst = [(); 40].map(|()| send(&mut story, Name::Bob)).to_vec();
    for envelope in story.carry(Name::Bob, burst).unwrap() {
        story.receive(&envelope).unwrap();
    }
    story.drain().unwrap();
    let (sent, tally) = (
        story.status(Name::Bob).unwrap().sent,
        story.tally(Name::Bob),
    );
    assert!(tally.lost > 0 && tally.delayed > 0);
    assert_eq!(
        story.status(Name::Alice).unwrap().received,
        sent - tally.lost
    );
    assert_eq!(tally.refused, tally.doubled);
}

#[test]
fn an_event_of_the_callers_own_is_reported_and_counted() {
    let mut story = met(1);
    let message = send(&mut story, Name::Alice).label;
    story.step(Event::Lost { message }).unwrap();
    assert_eq!(last(&mut story), Event::Lost { message });
    assert_eq!(story.tally(Name::Alice).lost, 1);
}

#[test]
fn debug_shows_the_states_of_the_sessions_and_nothing_else() {
    let story = met(1);
    let alice = story.status(Name::Alice);
    assert_eq!(
        format!("{story:?}"),
        format!("Story {{ alice: {alice:?}, bob: None, .. }}")
    );
}

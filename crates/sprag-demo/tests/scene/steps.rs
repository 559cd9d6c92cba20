use sprag_demo::NewKey;
use sprag_demo::scene::{EnvelopeKind, EnvelopeState, Event, Phase, Step, SuiteName};

use crate::support::{Alice, Bob, Play};

fn send(text: &str, who: sprag_demo::Name) -> Step {
    let text = text.to_owned();
    Step::Send { who, text }
}

#[test]
fn two_strangers_meet_and_talk() {
    for suite in [SuiteName::X3dh, SuiteName::Pqxdh] {
        let mut play = Play::strangers(1);
        assert_eq!(play.view().phase, Phase::Strangers);
        assert_eq!(play.view().same_root, None);

        assert_eq!(play.step(Step::Publish), [Event::Published]);
        assert_eq!(play.view().phase, Phase::Published);

        let events = play.step(Step::Begin { suite });
        assert_eq!(events, [Event::Began { suite }]);
        assert_eq!(play.view().phase, Phase::Agreed);
        assert!(play.party(Alice).session && !play.party(Bob).session);
        assert_eq!(play.party(Alice).status.unwrap().suite, suite);

        // The first chain has begun with the session.
        let events = play.step(send("Hello, Bob.", Alice));
        assert_eq!(events, [Event::Sent { envelope: 1 }]);
        let first = play.envelope(1);
        assert_eq!((first.from, first.to), (Alice, Bob));
        assert_eq!(first.kind, EnvelopeKind::First);
        assert_eq!(first.state, EnvelopeState::InFlight);
        assert_eq!((first.header.pn, first.header.n), (0, 0));
        assert_eq!(first.hex.len(), 96);

        let events = play.deliver(1);
        let ratcheted = |who, key| Event::Ratcheted { who, key };
        let delivered = |envelope, who| Event::Delivered {
            envelope,
            who,
            new_chain: true,
            skipped: 0,
            late: false,
        };
        assert_eq!(events, [ratcheted(Bob, NewKey::First), delivered(1, Bob)]);
        assert_eq!(play.view().same_root, Some(true));

        // Bob's answer is under a new key, and so is Alice's answer to that.
        let events = play.step(send("Hello, Alice.", Bob));
        let sent = Event::Sent { envelope: 2 };
        assert_eq!(events, [ratcheted(Bob, NewKey::Own), sent]);
        assert_eq!(play.view().same_root, Some(false));
        let events = play.deliver(2);
        assert_eq!(
            events,
            [ratcheted(Alice, NewKey::Peer), delivered(2, Alice)]
        );
        assert_eq!(play.envelope(2).kind, EnvelopeKind::Later);
        assert_eq!(play.view().same_root, Some(true));
        let events = play.step(send("How are you?", Alice));
        let sent = Event::Sent { envelope: 3 };
        assert_eq!(events, [ratcheted(Alice, NewKey::Own), sent]);
        assert_eq!(play.envelope(3).header.pn, 1);
        let events = play.step(send("I am fine.", Alice));
        assert_eq!(events, [Event::Sent { envelope: 4 }]);

        // Each sees what it wrote and what it has read.
        let texts = |play: &Play, name| -> Vec<String> {
            let talk = play.party(name).talk.into_iter();
            talk.map(|line| line.text).collect()
        };
        let both = ["Hello, Bob.", "Hello, Alice."];
        assert_eq!(texts(&play, Bob), both);
        assert_eq!(texts(&play, Alice)[..2], both);
        assert_eq!(texts(&play, Alice).len(), 4);
        assert_eq!(play.view().in_flight, 2);
        assert_eq!(play.view().steps, 8);
    }
}

#[test]
fn bob_publishes_as_often_as_he_likes_and_alice_takes_the_latest_bundle() {
    let mut play = Play::strangers(1);
    play.step(Step::Publish);
    let first = play.view().bundle;
    play.step(Step::Publish);
    let second = play.view().bundle;
    assert_ne!(first, second);
    let suite = SuiteName::Pqxdh;
    assert_eq!(play.step(Step::Begin { suite }), [Event::Began { suite }]);
    assert_eq!(play.view().bundle, second);
    play.exchange(Alice);
}

#[test]
fn a_renewal_takes_a_bundle_that_lies_there_or_a_fresh_one() {
    let mut play = Play::acquainted();
    let suite = SuiteName::X3dh;
    let began = Event::Began { suite };
    let events = play.step(Step::Begin { suite });
    assert_eq!(events, [Event::Published, began.clone()]);
    assert_eq!(play.view().same_root, Some(false));
    play.exchange(Alice);
    assert_eq!(play.party(Bob).status.unwrap().suite, suite);
    play.step(Step::Publish);
    assert_eq!(play.step(Step::Begin { suite }), [began]);
    for from in [Alice, Bob] {
        play.exchange(from);
    }
    assert_eq!(play.view().same_root, Some(true));
}

#[test]
fn a_session_that_was_begun_earlier_does_not_come_back() {
    let mut play = Play::begun(SuiteName::Pqxdh);
    let late = play.send(Alice);
    play.step(Step::Begin {
        suite: SuiteName::Pqxdh,
    });
    play.exchange(Alice);
    let root = play.party(Bob).status.unwrap().root_fingerprint;
    // The first message of the first session arrives last, and is read, but Bob stays in the second.
    play.read(late);
    assert_eq!(play.party(Bob).status.unwrap().root_fingerprint, root);
    play.exchange(Bob);
    assert_eq!(play.view().same_root, Some(true));
}

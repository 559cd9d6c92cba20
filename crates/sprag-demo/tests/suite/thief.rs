use alloc::vec::Vec;

use sprag_demo::{Act, Event, Loot, Name, Reason, Thief};

use crate::support::{ByHand, acquainted, events, send, stories, words};

#[test]
fn the_thief_of_the_story_reads_what_the_theory_says_and_nothing_else() {
    for steps in stories() {
        let tried = events(steps).filter_map(|event| match event {
            Event::Tried {
                message, loot, why, ..
            } => Some((message.from, *loot, *why)),
            _ => None,
        });
        let expected = [
            (Name::Bob, Loot::Header, Reason::ReadBefore),
            (Name::Bob, Loot::Header, Reason::ReadBefore),
            (Name::Alice, Loot::Header, Reason::SentBefore),
            (Name::Bob, Loot::Text, Reason::SkippedKey),
            (Name::Bob, Loot::Text, Reason::PeersChain),
            (Name::Alice, Loot::Text, Reason::VictimsChain),
            (Name::Bob, Loot::Text, Reason::PeersNextChain),
            (Name::Alice, Loot::Header, Reason::VictimRatcheted),
            (Name::Bob, Loot::Header, Reason::BothRatcheted),
            (Name::Alice, Loot::Nothing, Reason::Hidden),
            (Name::Bob, Loot::Nothing, Reason::Hidden),
        ];
        assert_eq!(tried.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn the_thief_tries_every_message_of_the_way_back_and_reads_none() {
    for steps in stories() {
        let back = steps.iter().filter(|step| step.act == Act::WayBack);
        let sent = back.filter(|step| matches!(step.event, Event::Sent { .. }));
        let sent = u64::try_from(sent.count()).unwrap();
        let aftermath = events(steps).find(|event| matches!(event, Event::Aftermath { .. }));
        let expected = Event::Aftermath {
            tried: sent,
            read: 0,
        };
        assert_eq!(aftermath, Some(&expected));
    }
}

/// Sends a message and tells whether the thief reads it. The message is delivered too.
fn is_read(story: &mut ByHand, thief: &mut Thief, from: Name) -> bool {
    let envelope = send(story, from);
    assert_eq!(story.receive(&envelope).unwrap(), Some(words("a text")));
    thief.read(&envelope.bytes, &[]).is_some()
}

#[test]
fn a_thief_of_either_party_reads_until_both_have_ratcheted() {
    for (victim, seed) in Name::BOTH
        .into_iter()
        .flat_map(|name| [(name, 1), (name, 2)])
    {
        // Before the theft: messages in both directions that were read, and one that is late.
        let mut story = acquainted(seed);
        let peer = victim.other();
        let [read, late, next] = [(); 3].map(|()| send(&mut story, peer));
        for envelope in [&read, &next] {
            story.receive(envelope).unwrap().unwrap();
        }
        let answer = send(&mut story, victim);

        // The theft gives the late message, and no other of those before it.
        let mut thief = story.steal(victim).unwrap();
        let stolen = story.report_mut().last().unwrap().event.clone();
        let status = story.status(victim).unwrap();
        assert_eq!(stolen, Event::Stolen { victim, status });
        for envelope in [&read, &next, &answer] {
            assert_eq!(thief.read(&envelope.bytes, &[]), None);
        }
        assert!(thief.read(&late.bytes, &[]).is_some());

        // It also gives both current chains, and the peer's next one, which answers the stolen key.
        assert!(is_read(&mut story, &mut thief, peer));
        assert!(is_read(&mut story, &mut thief, victim));
        story.receive(&answer).unwrap().unwrap();
        assert!(is_read(&mut story, &mut thief, peer));

        // From the victim's next ratchet step on, the thief reads nothing.
        for _ in 0..20 {
            for from in [victim, victim, peer, peer] {
                assert!(!is_read(&mut story, &mut thief, from));
            }
        }
    }
}

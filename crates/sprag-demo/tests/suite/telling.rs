use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sprag_demo::limits::MAX_CONTENTS_LENGTH;
use sprag_demo::{Act, DIALOGUE, Error, Event, Name, Report, Step, tell};

use crate::support::{events, message, rng, stories, told};

#[test]
fn a_seed_repeats_a_story_and_another_seed_does_not() {
    let story = |seed| told(seed, DIALOGUE.as_bytes());
    for seed in 0..10 {
        assert_eq!(story(seed), story(seed));
        assert_ne!(story(seed), story(seed + 1));
    }
}

#[test]
fn steps_are_numbered_from_one_and_acts_follow_each_other() {
    for steps in stories() {
        for (number, step) in (1..).zip(steps) {
            assert_eq!(step.number, number);
        }
        let mut acts: Vec<Act> = steps.iter().map(|step| step.act).collect();
        assert!(acts.is_sorted());
        acts.dedup();
        assert_eq!(acts, [Act::Meeting, Act::Theft, Act::WayBack, Act::End]);
    }
}

#[test]
fn every_story_shows_every_kind_of_event() {
    for steps in stories() {
        for name in [
            "published",
            "began",
            "returned",
            "sent",
            "lost",
            "doubled",
            "delayed",
            "delivered",
            "refused",
            "ratchet",
            "stolen",
            "thief",
            "aftermath",
            "done",
        ] {
            let happens = events(steps).any(|event| event.name() == name);
            assert!(happens, "{name}");
        }
        let late = |event: &Event| matches!(event, Event::Delivered { news, .. } if news.late);
        assert!(events(steps).any(late));
    }
    // Silence is rare: it needs a burst of which nothing was read, or an answer that was lost.
    assert!(
        stories()
            .iter()
            .any(|steps| events(steps).any(|event| event.name() == "silence"))
    );
}

#[test]
fn bob_returns_once_to_messages_that_wait() {
    for steps in stories() {
        let returned = events(steps).filter_map(|event| match event {
            Event::Returned { waiting } => Some(*waiting),
            _ => None,
        });
        let [waiting] = returned.collect::<Vec<_>>()[..] else {
            panic!("Bob did not return once");
        };
        assert!(waiting > 0);
        // Nothing was read before.
        let read = events(steps).position(|event| event.name() == "delivered");
        let back = events(steps).position(|event| event.name() == "returned");
        assert!(back < read);
    }
}

#[test]
fn the_session_begins_once_and_takes_repeats_of_the_handshake() {
    let mut repeats = 0;
    for steps in stories() {
        let news = |event: &Event| match event {
            Event::Delivered { news, .. } => Some(*news),
            _ => None,
        };
        let begun = events(steps).filter_map(news).filter(|news| news.accepted);
        assert_eq!(begun.count(), 1);
        let repeated = events(steps).filter_map(news).filter(|news| news.repeat);
        repeats += repeated.count();
    }
    assert!(repeats > 0);
}

#[test]
fn both_sessions_agree_at_the_end_and_the_last_step_counts_all_others() {
    for steps in stories() {
        let Some(Event::Done { summary }) = events(steps).last() else {
            panic!("the story has no end");
        };
        assert_eq!(
            summary.alice.status.root_fingerprint,
            summary.bob.status.root_fingerprint
        );
        for name in Name::BOTH {
            let count = |holds: &dyn Fn(&Event) -> bool| {
                u64::try_from(events(steps).filter(|event| holds(event)).count()).unwrap()
            };
            let ending = summary.of(name);
            let of = |name: Name, kind: &'static str| {
                count(&|event| {
                    let message = message(event);
                    event.name() == kind && message.is_some_and(|message| message.from == name)
                })
            };
            assert_eq!(ending.status.sent, of(name, "sent"));
            assert_eq!(ending.status.received, of(name.other(), "delivered"));
            assert_eq!(ending.tally.lost, of(name, "lost"));
            assert_eq!(ending.tally.doubled, of(name, "doubled"));
            assert_eq!(ending.tally.delayed, of(name, "delayed"));
            assert_eq!(ending.tally.refused, of(name, "refused"));
            let late = count(&|event| {
                matches!(event, Event::Delivered { message, news, .. }
                    if news.late && message.from == name)
            });
            assert_eq!(ending.tally.late, late);
        }
    }
}

#[test]
fn ratchet_steps_are_reported_one_by_one() {
    for steps in stories() {
        let mut taken: BTreeMap<Name, u64> = BTreeMap::new();
        for event in events(steps) {
            let Some(status) = event.status() else {
                continue;
            };
            let owner = match event {
                Event::Began { .. } => Name::Alice,
                Event::Sent { message, .. } => message.from,
                Event::Ratcheted { who, .. } => *who,
                Event::Stolen { victim, .. } => *victim,
                Event::Delivered { message, .. } | Event::Refused { message, .. } => {
                    message.from.other()
                }
                _ => panic!("{} has a state", event.name()),
            };
            let taken = taken.entry(owner).or_insert(0);
            // The beginning of a session is a step, too: Alice has made a ratchet key.
            let step = matches!(event, Event::Began { .. } | Event::Ratcheted { .. });
            *taken += u64::from(step);
            assert_eq!(status.dh_steps, *taken, "{owner} {}", event.name());
        }
        assert!(taken.values().all(|taken| *taken > 2));
    }
}

/// A report that takes some steps and no more.
struct Full {
    taken: u64,
    room: u64,
}

impl Report for Full {
    type Error = &'static str;

    fn step(&mut self, step: Step) -> Result<(), &'static str> {
        if self.taken == self.room {
            return Err("full");
        }
        self.taken = step.number;
        Ok(())
    }
}

#[test]
fn a_report_that_fails_ends_the_story_with_its_error() {
    let length = u64::try_from(told(1, DIALOGUE.as_bytes()).len()).unwrap();
    for room in 0..=length {
        let mut report = Full { taken: 0, room };
        let told = tell(DIALOGUE.as_bytes(), rng(1), &mut report);
        let expected = if room < length {
            Err(Error::Report("full"))
        } else {
            Ok(())
        };
        assert_eq!((told, report.taken), (expected, room));
    }
}

#[test]
fn contents_longer_than_64_mib_are_refused_before_the_first_step() {
    let mut contents = [0].repeat(MAX_CONTENTS_LENGTH);
    for expected in [Error::Report("full"), Error::ContentsTooLong] {
        let report = Full { taken: 0, room: 0 };
        assert_eq!(tell(&contents, rng(1), report), Err(expected));
        contents.push(0);
    }
}

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sprag_demo::{Event, Label, Step};

use crate::support::{events, message, stories};

/// The names of the events about each message, in their order.
fn fates(steps: &[Step]) -> BTreeMap<Label, Vec<&'static str>> {
    let mut fates = BTreeMap::new();
    for event in events(steps) {
        if let Some(message) = message(event) {
            let of_message: &mut Vec<_> = fates.entry(message).or_default();
            of_message.push(event.name());
        }
    }
    fates
}

#[test]
fn every_message_that_is_sent_is_read_once_or_lost() {
    for steps in stories() {
        for (message, mut fate) in fates(steps) {
            // The attempts of the thief change nothing for the receiver.
            fate.retain(|event| *event != "thief");
            let expected = [
                &["sent", "delivered"][..],
                &["sent", "delayed", "delivered"],
                &["sent", "lost"],
                &["sent", "doubled", "delivered", "refused"],
            ];
            assert!(expected.contains(&&fate[..]), "{message}: {fate:?}");
        }
    }
}

#[test]
fn messages_are_numbered_without_a_gap_as_their_senders_count_them() {
    for steps in stories() {
        let mut last = BTreeMap::new();
        for event in events(steps) {
            if let Event::Sent {
                message, status, ..
            } = event
            {
                let last = last.entry(message.from).or_insert(0);
                assert_eq!(message.number, *last + 1);
                assert_eq!(message.number, status.sent);
                *last = message.number;
            }
        }
        assert_eq!(last.len(), 2);
    }
}

#[test]
fn a_message_is_read_as_it_was_sent() {
    for steps in stories() {
        let mut sent = BTreeMap::new();
        for event in events(steps) {
            match event {
                Event::Sent { message, frame, .. } => drop(sent.insert(*message, frame)),
                Event::Delivered { message, frame, .. } => assert_eq!(sent[message], frame),
                _ => {}
            }
        }
    }
}

#[test]
fn a_message_is_late_if_a_later_one_of_its_sender_was_read_before() {
    for steps in stories() {
        let mut latest = BTreeMap::new();
        for event in events(steps) {
            if let Event::Delivered { message, news, .. } = event {
                let latest = latest.entry(message.from).or_insert(0);
                assert_eq!(news.late, message.number < *latest);
                *latest = message.number.max(*latest);
            }
        }
    }
}

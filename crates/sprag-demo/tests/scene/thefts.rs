use alloc::collections::BTreeSet;

use sprag_demo::Loot;
use sprag_demo::scene::{EnvelopeId, Event, Step, SuiteName};

use crate::support::{Alice, Bob, Chance, Play};

/// The scenes in which chance decides, and the steps of each.
const SEEDS: u64 = 24;
const STEPS: usize = 100;

fn steal(play: &mut Play, who: sprag_demo::Name) {
    let events = play.step(Step::Steal { who });
    assert_eq!(events, [Event::Stolen { who }]);
}

/// The judgement of each envelope in words: what is read, and the reason.
fn assert_judged(play: &Play, expected: &[(EnvelopeId, &str, &str)]) {
    for (id, loot, reason) in expected {
        let judged = play.judgement(*id);
        assert_eq!((judged.0.as_str(), judged.1), (*loot, *reason), "{id}");
    }
}

#[test]
fn whatever_happens_the_stolen_keys_open_what_the_theory_says() {
    let mut reasons = BTreeSet::new();
    for seed in 0..SEEDS {
        let mut chance = Chance::new(seed);
        for _ in 0..STEPS {
            chance.step();
        }
        for envelope in chance.play.view().wire {
            let Some(judgement) = envelope.thief else {
                continue;
            };
            assert_ne!(
                judgement.reason, "defect",
                "seed {seed}, {}: {judgement:?}",
                envelope.id
            );
            reasons.insert(judgement.reason);
        }
    }
    // All but the one that needs more keys than a session holds.
    assert_eq!(reasons.len(), 11, "{reasons:?}");
}

#[test]
fn whatever_happens_a_thief_who_is_locked_out_reads_nothing_that_is_sent_later() {
    let mut healed = 0;
    for seed in 0..SEEDS {
        let mut chance = Chance::new(1_000 + seed);
        let mut sent_before = None;
        for _ in 0..STEPS {
            let events = chance.step();
            let view = chance.play.view();
            let locked_out = view.thief.is_some_and(|thief| thief.locked_out);
            if events.contains(&Event::Healed) {
                assert!(locked_out);
                healed += 1;
                sent_before = Some(view.wire.len());
            }
            if !locked_out {
                sent_before = None;
            }
            let later = view.wire.iter().skip(sent_before.unwrap_or(usize::MAX));
            for envelope in later.filter(|envelope| envelope.copy_of.is_none()) {
                let loot = envelope.thief.as_ref().unwrap().loot;
                assert_ne!(loot, Loot::Text, "seed {seed}, {}", envelope.id);
            }
        }
    }
    assert!(healed > 10, "{healed}");
}

#[test]
fn a_theft_of_alice_opens_nothing_behind_and_everything_ahead_until_both_have_ratcheted() {
    let mut play = Play::acquainted();
    // Behind: of an earlier chain, read, sent, and one that is late.
    let read = play.exchange(Bob);
    let late = play.send(Bob);
    let shown = play.exchange(Bob);
    let sent = play.send(Alice);
    steal(&mut play, Alice);
    assert_judged(
        &play,
        &[
            (1, "nothing", "chain_forgotten"),
            (read, "header", "read_before"),
            (late, "text", "skipped_key"),
            (shown, "header", "read_before"),
            (sent, "header", "sent_before"),
        ],
    );
    // Ahead: both chains go on, and Bob ratchets towards the stolen key.
    let in_chain = play.exchange(Alice);
    let answer = play.exchange(Bob);
    // Alice ratchets with a new key, and Bob towards that.
    let new_key = play.exchange(Alice);
    assert_judged(
        &play,
        &[
            (in_chain, "text", "victims_chain"),
            (answer, "text", "peers_next_chain"),
            (new_key, "header", "victim_ratcheted"),
        ],
    );
    assert!(!play.view().thief.unwrap().locked_out);
    let text = "healed".to_owned();
    let events = play.step(Step::Send { who: Bob, text });
    assert_eq!(events.last(), Some(&Event::Healed));
    assert!(play.view().thief.unwrap().locked_out);
    let healed = play.last().id;
    play.read(healed);
    // From here on the header keys are new, too.
    let hidden = [play.exchange(Alice), play.exchange(Bob)];
    assert_judged(
        &play,
        &[
            (healed, "header", "both_ratcheted"),
            (hidden[0], "nothing", "hidden"),
            (hidden[1], "nothing", "hidden"),
        ],
    );
}

#[test]
fn a_theft_of_bob_is_judged_by_the_same_rules() {
    let mut play = Play::acquainted();
    let read = play.exchange(Alice);
    let sent = play.exchange(Bob);
    steal(&mut play, Bob);
    let unaware = play.exchange(Alice);
    let in_chain = play.exchange(Bob);
    play.exchange(Alice);
    assert_judged(
        &play,
        &[
            (read, "header", "read_before"),
            (sent, "header", "sent_before"),
            (unaware, "text", "peers_next_chain"),
            (in_chain, "header", "victim_ratcheted"),
        ],
    );
    let why = play.envelope(in_chain).thief.unwrap().why;
    assert!(why.starts_with("Bob ratcheted"), "{why}");
}

#[test]
fn between_receipt_and_answer_there_is_no_ratchet_key_to_steal() {
    let mut play = Play::acquainted();
    steal(&mut play, Alice);
    // Bob goes on in the chain that was copied, and Alice answers with a key that was not there.
    let in_chain = play.exchange(Bob);
    let answer = play.exchange(Alice);
    let events = play.step(Step::Send {
        who: Bob,
        text: String::new(),
    });
    assert_eq!(events.last(), Some(&Event::Healed));
    assert_judged(
        &play,
        &[
            (in_chain, "text", "peers_chain"),
            (answer, "header", "victim_ratcheted"),
            (play.last().id, "header", "both_ratcheted"),
        ],
    );
}

#[test]
fn a_key_that_was_given_up_is_not_stolen() {
    let mut play = Play::acquainted();
    // Bob loses 2,100 messages, of which the first 50 have an envelope each. Alice holds keys of the last 2,000.
    play.send_many(Bob, 2_100);
    let listed = play.view().wire[2].id;
    let shown = play.exchange(Bob);
    assert_eq!(play.party(Alice).status.unwrap().skipped_keys, 2_000);
    steal(&mut play, Alice);
    assert_judged(
        &play,
        &[
            (listed, "header", "key_given_up"),
            (shown - 1, "text", "skipped_key"),
            (shown, "header", "read_before"),
        ],
    );
}

#[test]
fn a_thief_follows_a_chain_beyond_the_limit_of_one_skip() {
    // The thief is there before, or comes after many messages that nobody has read.
    for early in [true, false] {
        let mut play = Play::acquainted();
        if early {
            steal(&mut play, Alice);
        }
        play.send_many(Bob, 60_000);
        let many = play.last();
        assert_eq!(many.many, Some(59_950));
        let after = play.send(Bob);
        if !early {
            steal(&mut play, Alice);
        }
        assert_judged(
            &play,
            &[
                (many.id, "text", "peers_chain"),
                (after, "text", "peers_chain"),
            ],
        );
    }
}

#[test]
fn a_renewal_locks_the_thief_out() {
    let mut play = Play::acquainted();
    steal(&mut play, Alice);
    play.step(Step::Begin {
        suite: SuiteName::Pqxdh,
    });
    let first = play.send(Alice);
    let old = play.send(Bob);
    assert_judged(
        &play,
        &[
            (first, "nothing", "other_session"),
            (old, "text", "peers_chain"),
        ],
    );
    let events = play.deliver(first);
    assert_eq!(events.last(), Some(&Event::Healed));
}

#[test]
fn a_party_that_may_still_come_to_the_stolen_session_is_not_safe_in_an_older_one() {
    let mut play = Play::acquainted();
    let suite = SuiteName::Pqxdh;
    // Alice begins a second session, whose first message is late, and is robbed of it. Then she begins a third.
    play.step(Step::Begin { suite });
    let late = play.send(Alice);
    steal(&mut play, Alice);
    let events = play.step(Step::Begin { suite });
    assert!(!events.contains(&Event::Healed));
    // Bob, who knew the first alone, comes to the second, and the thief reads him.
    play.read(late);
    let answer = play.send(Bob);
    assert_judged(&play, &[(answer, "text", "peers_next_chain")]);
}

#[test]
fn a_later_thief_takes_the_place_of_an_earlier_one() {
    let mut play = Play::acquainted();
    steal(&mut play, Alice);
    let readable = play.exchange(Bob);
    assert_judged(&play, &[(readable, "text", "peers_chain")]);
    steal(&mut play, Alice);
    assert_judged(&play, &[(readable, "header", "read_before")]);
    let thief = play.view().thief.unwrap();
    assert_eq!((thief.victim, thief.at_step), (Alice, play.view().steps));
}

#[test]
fn a_copy_is_judged_as_its_original_and_a_damaged_envelope_as_it_was_sent() {
    let mut play = Play::acquainted();
    steal(&mut play, Alice);
    let envelope = play.send(Bob);
    play.step(Step::Damage { envelope });
    play.step(Step::Double { envelope });
    let copy = play.last().id;
    for id in [envelope, copy] {
        assert_judged(&play, &[(id, "text", "peers_chain")]);
    }
    // The same for a thief who comes later: Alice has not read it, because both are damaged.
    play.deliver(envelope);
    play.deliver(copy);
    steal(&mut play, Alice);
    for id in [envelope, copy] {
        assert_judged(&play, &[(id, "text", "peers_chain")]);
    }
}

//! Each lesson to its end: the claims that the page checks hold, and so do those that are checked here, from what is shown.

use playground_tests::Page;

use crate::page::{self, LESSONS, begin, everywhere, loot, next, past, tile};

/// Plays a lesson to its end, and returns what `look` sees at each step.
fn play(page: &mut Page, lesson: &str, look: impl Fn(&mut Page) -> String) -> Vec<String> {
    begin(page, lesson);
    let mut claims = page::assert_claims(page);
    let mut seen = vec![look(page)];
    while next(page) {
        claims += page::assert_claims(page);
        seen.push(look(page));
    }
    assert!(claims > 0, "{lesson} claims nothing");
    let steps = page.attribute("#lesson", "data-steps");
    assert_eq!(page.attribute("#lesson", "data-step"), steps);
    assert_eq!(steps, seen.len().to_string());
    seen
}

#[test]
fn every_claim_of_every_lesson_holds() {
    everywhere(|playground, page| {
        let buttons = "[...document.querySelectorAll('#lessons [data-lesson]')]";
        let offered = page.text(&format!(
            "{buttons}.map((button) => button.dataset.lesson).join()"
        ));
        assert_eq!(offered, LESSONS.join(","));
        for lesson in LESSONS {
            // Each step says something of its own.
            let said = play(page, lesson, |page| page.words("#lesson-text"));
            assert!(
                said.iter().all(|words| !words.is_empty()),
                "{lesson}: {said:#?}"
            );
            assert!(
                said.windows(2).all(|pair| pair[0] != pair[1]),
                "{lesson}: {said:#?}"
            );
            playground.keep(page, &format!("lesson-{lesson}"));
        }
    });
}

#[test]
fn someone_who_was_offline_reads_and_answers() {
    everywhere(|_, page| {
        let roots = play(page, "first-message", |page| {
            page.attribute("#roots", "data-same")
        });
        // They are equal once Bob has the first message.
        assert_eq!(
            roots[..5],
            ["unknown", "unknown", "unknown", "unknown", "true"]
        );
        let read = |page: &mut Page, party: &str, from: &str| {
            page.count(&format!("#{party}-talk li[data-from={from}]"))
        };
        assert_eq!(
            [read(page, "bob", "alice"), read(page, "alice", "bob")],
            [2, 1]
        );
    });
}

#[test]
fn a_thief_reads_nothing_that_was_sent_before() {
    everywhere(|_, page| {
        play(page, "forward-secrecy", |page| page.words("#said"));
        assert_eq!(page.attribute("#thief", "data-victim"), "alice");
        for envelope in [1, 2, 3, 5] {
            assert_ne!(loot(page, envelope), "text", "{envelope}");
        }
        // The one whose skipped key was held.
        assert_eq!(loot(page, 4), "text");
        assert_eq!(page.count("#theft-line"), 1);
    });
}

#[test]
fn a_thief_is_locked_out_after_both_have_ratcheted() {
    everywhere(|_, page| {
        let locked_out = play(page, "break-in-recovery", |page| {
            page.text("document.querySelector('#thief').dataset.lockedOut ?? ''")
        });
        assert_eq!(locked_out[1..], ["false", "false", "false", "true", "true"]);
        for (envelope, readable) in [(3, false), (4, true), (5, true), (6, false), (7, false)] {
            assert_eq!(loot(page, envelope) == "text", readable, "{envelope}");
        }
        assert_eq!([loot(page, 8), loot(page, 9)], ["nothing", "nothing"]);
        assert_eq!(page.count("#recovery-line"), 1);
    });
}

#[test]
fn skipped_keys_are_held_until_they_are_used_and_a_gap_has_a_limit() {
    everywhere(|_, page| {
        let held = play(page, "out-of-order", |page| {
            tile(page, "bob", "skipped_keys")
        });
        assert_eq!(held[..5], ["2", "1", "0", "0", "0"]);
        for (envelope, state) in [
            (6, "refused"),
            (3, "delivered"),
            (8, "refused"),
            (61, "refused"),
            (62, "delivered"),
        ] {
            assert_eq!(past(page, envelope, "state"), state, "{envelope}");
        }
    });
}

#[test]
fn a_thief_sees_headers_of_a_chain_and_then_none() {
    everywhere(|_, page| {
        let seen = play(page, "header-encryption", |page| {
            [3, 4, 5].map(|envelope| loot(page, envelope)).join(" ")
        });
        assert_eq!(seen[4], "header header header");
        assert_eq!([loot(page, 9), loot(page, 10)], ["nothing", "nothing"]);
    });
}

//! A conversation with mouse and keys, over a wire that reorders, doubles, damages and drops.

use crate::page::{act, agree, envelopes, everywhere, once, past, send, tile};

#[test]
fn the_agreement_is_shown_step_by_step() {
    everywhere(|playground, page| {
        for (suite, inputs) in [("x3dh", 4), ("pqxdh", 5)] {
            page.click("#restart");
            page.click("#publish");
            page.click(&format!("#begin-{suite}"));
            // Each step says something of its own.
            let mut seen = vec![page.words("#agreement")];
            while page.attribute("#agreement", "data-step")
                != page.attribute("#agreement", "data-steps")
            {
                page.click("#agreement-next");
                seen.push(page.words("#agreement"));
            }
            assert!(seen.len() > inputs, "{seen:#?}");
            assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:#?}");
            let all = seen.join("\n");
            assert!(
                ["DH1", "DH2", "DH3", "DH4"]
                    .iter()
                    .all(|input| all.contains(input)),
                "{all}"
            );
            assert_eq!(
                all.split_whitespace().any(|word| word == "SS"),
                suite == "pqxdh",
                "{all}"
            );
            playground.keep(page, suite);
            page.click("#agreement-back");
        }
    });
}

#[test]
fn the_wire_does_what_it_is_told() {
    everywhere(|playground, page| {
        agree(page);
        for text in ["One.", "Two.", "Three.", "Four."] {
            send(page, "alice", text);
        }
        assert_eq!(envelopes(page, "#lane-alice li.envelope"), "1,2,3,4");
        // Reorder with the mouse and with a button.
        page.drag("[data-envelope='4'] .handle", "[data-envelope='1'] .handle");
        assert_eq!(envelopes(page, "#lane-alice li.envelope"), "4,1,2,3");
        act(page, "later", "1");
        assert_eq!(envelopes(page, "#lane-alice li.envelope"), "4,2,1,3");
        playground.keep(page, "wire");
        // The last one arrives first, the others late.
        act(page, "deliver", "4");
        assert_eq!(tile(page, "bob", "skipped_keys"), "3");
        act(page, "deliver", "2");
        assert_eq!(tile(page, "bob", "skipped_keys"), "2");
        assert_eq!(
            page.count("#bob-talk li[data-envelope='2'][data-late=true]"),
            1
        );
        // A damaged one is refused, and one that is dropped never comes.
        act(page, "damage", "1");
        act(page, "deliver", "1");
        assert_eq!(past(page, 1, "state"), "refused");
        act(page, "drop", "3");
        assert_eq!(past(page, 3, "state"), "dropped");
        assert_eq!(envelopes(page, "#bob-talk li"), "4,2");
        assert_eq!(page.count("li.envelope"), 0);
        // Bob answers, and a copy of his answer is refused.
        send(page, "bob", "I have two.");
        act(page, "double", "5");
        act(page, "deliver", "5");
        act(page, "deliver", "6");
        assert_eq!(past(page, 6, "state"), "refused");
        assert_eq!(envelopes(page, "#alice-talk li[data-from=bob]"), "5");
        assert_eq!(
            [tile(page, "alice", "sent"), tile(page, "bob", "received")],
            ["4", "2"]
        );
        assert_eq!(page.attribute("#roots", "data-same"), "true");
        assert_eq!(tile(page, "alice", "root"), tile(page, "bob", "root"));
        assert!(
            page.count("#chains-alice svg [data-link]") > 0
                && page.count("#chains-bob svg [data-link]") > 0
        );
    });
}

#[test]
fn texts_stay_texts() {
    once(|_, page| {
        agree(page);
        let text = "<img src=x><b>bold</b>&amp;";
        send(page, "alice", text);
        act(page, "deliver", "1");
        assert!(
            page.words("#bob-talk").contains(text),
            "{}",
            page.words("#bob-talk")
        );
        assert_eq!(page.count("img, b"), 0);
    });
}

#[test]
fn keys_are_shown_to_those_who_ask_alone() {
    once(|_, page| {
        let keys = "(document.body.innerHTML.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g) ?? []).length > 0";
        agree(page);
        send(page, "alice", "Hello.");
        act(page, "deliver", "1");
        assert_eq!(page.evaluate(keys), false);
        page.click("#show-keys");
        assert_eq!(page.evaluate(keys), true);
        page.click("#show-keys");
        assert_eq!(page.evaluate(keys), false);
    });
}

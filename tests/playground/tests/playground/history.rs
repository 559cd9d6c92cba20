//! Steps back and forth.

use crate::page::{act, agree, everywhere, send, state};

#[test]
fn undone_steps_come_back_as_they_were() {
    everywhere(|_, page| {
        // Remember each state of a conversation, with the number of steps before it.
        let mut states = vec![state(page)];
        agree(page);
        states.push(state(page));
        send(page, "alice", "One.");
        states.push(state(page));
        act(page, "deliver", "1");
        states.push(state(page));
        page.click("#bob-steal");
        states.push(state(page));
        assert_eq!(page.attribute("body", "data-steps"), "5");
        // Go back, where the agreement was two steps, and forth.
        for (at, before) in states.iter().enumerate().rev().skip(1) {
            page.click("#undo");
            if at == 0 {
                page.click("#undo");
            }
            assert!(state(page) == *before, "step {at} is not undone");
        }
        assert_eq!(page.attribute("body", "data-steps"), "0");
        assert_eq!(
            page.evaluate("document.querySelector('#undo').disabled"),
            true
        );
        page.click("#redo");
        for (at, after) in states.iter().enumerate().skip(1) {
            page.click("#redo");
            assert!(state(page) == *after, "step {at} is not done again");
        }
        assert_eq!(
            page.evaluate("document.querySelector('#redo').disabled"),
            true
        );
        // A new step leaves nothing to do again.
        page.click("#undo");
        send(page, "alice", "Two.");
        assert_eq!(
            page.evaluate("document.querySelector('#redo').disabled"),
            true
        );
    });
}

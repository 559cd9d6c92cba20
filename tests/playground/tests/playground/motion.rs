//! Movement, for readers who do not mind.

use playground_tests::Page;

use crate::page::{agree, everywhere, send};

/// Delivers an envelope, and counts the animations that run a frame later.
fn animations_of_a_delivery(page: &mut Page, envelope: u32) -> u64 {
    let running = page.evaluate(&format!(
        "(() => {{
            document.querySelector(\"[data-envelope='{envelope}'] [data-act=deliver]\").click();
            return new Promise((done) => requestAnimationFrame(() => done(document.getAnimations().length)));
        }})()"
    ));
    running.as_u64().expect("a length is a number")
}

#[test]
fn a_delivery_is_animated_unless_the_reader_minds() {
    everywhere(|_, page| {
        agree(page);
        send(page, "alice", "One.");
        send(page, "alice", "Two.");
        assert_eq!(animations_of_a_delivery(page, 1), 0);
        page.set_motion(true);
        assert!(animations_of_a_delivery(page, 2) > 0);
    });
}

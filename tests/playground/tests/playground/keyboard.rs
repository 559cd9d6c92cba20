//! The keyboard alone: a whole conversation, and a lesson.

use playground_tests::Page;

use crate::page::{assert_claims, everywhere, loot};

/// The most stops between any two things on the page. A reader gives up much earlier.
const MAX_STOPS: usize = 250;

/// Presses Tab until the focus is on the element, and asserts that it can be seen at each stop.
fn reach(page: &mut Page, selector: &str) {
    for _ in 0..MAX_STOPS {
        if page.evaluate(&format!("document.activeElement.matches({selector:?})")) == true {
            return;
        }
        page.press("Tab");
        let unseen = page.text(
            "(() => {
                const focused = document.activeElement;
                const style = getComputedStyle(focused);
                const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
                const box = focused.getBoundingClientRect();
                const shown = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
                return focused === document.body || marked && shown ? '' : focused.outerHTML.slice(0, 200);
            })()",
        );
        assert_eq!(unseen, "", "the focus cannot be seen");
    }
    let before = page.text("document.activeElement.outerHTML.slice(0, 200)");
    assert!(page.shows(selector), "`{selector}` is not shown");
    assert!(
        before.is_empty(),
        "the keyboard does not reach `{selector}`; the focus is on {before}"
    );
}

/// Everything that a screen reader reads out when it changes.
fn said(page: &mut Page) -> String {
    page.text("[...document.querySelectorAll('[aria-live]')].map((region) => region.innerText).join('\\n')")
}

/// Presses Enter on the element, and asserts that the focus is not lost and that a screen reader is told something.
fn press(page: &mut Page, selector: &str) {
    reach(page, selector);
    let before = said(page);
    page.press("Enter");
    let lost = page.evaluate(
        "document.activeElement === document.body || !document.activeElement.checkVisibility()",
    );
    assert_eq!(lost, false, "the focus is lost after `{selector}`");
    assert_ne!(said(page), before, "nothing is said after `{selector}`");
}

/// Writes a text into the field of a party, and sends it.
fn send(page: &mut Page, party: &str, text: &str) {
    reach(page, &format!("#{party}-text"));
    page.type_text(text);
    page.press("Enter");
    assert_eq!(
        page.text(&format!("document.querySelector('#{party}-text').value")),
        ""
    );
}

#[test]
fn a_conversation_and_a_theft_by_keyboard() {
    everywhere(|_, page| {
        press(page, "#publish");
        press(page, "#begin-pqxdh");
        send(page, "alice", "Hello Bob.");
        press(page, "[data-envelope='1'] [data-act=deliver]");
        send(page, "bob", "Hello Alice.");
        press(page, "[data-envelope='2'] [data-act=double]");
        press(page, "[data-envelope='3'] [data-act=damage]");
        press(page, "[data-envelope='3'] [data-act=deliver]");
        press(page, "[data-envelope='2'] [data-act=deliver]");
        assert_eq!(page.attribute("#roots", "data-same"), "true");
        press(page, "#alice-steal");
        send(page, "alice", "One.");
        send(page, "alice", "Two.");
        // Alice has ratcheted, so the thief sees headers alone.
        assert_eq!([loot(page, 4), loot(page, 5)], ["header", "header"]);
        // Without a mouse the order of envelopes is changed by buttons.
        press(page, "[data-envelope='5'] [data-act=earlier]");
        press(page, "[data-envelope='5'] [data-act=deliver]");
        press(page, "[data-envelope='4'] [data-act=drop]");
        press(page, "#undo");
        press(page, "#redo");
        let read = page.text("[...document.querySelectorAll('#bob-talk li[data-from=alice]')].map((li) => li.dataset.envelope).join()");
        assert_eq!(read, "1,5");
    });
}

#[test]
fn a_lesson_by_keyboard() {
    everywhere(|_, page| {
        press(page, "[data-lesson=break-in-recovery]");
        while page.evaluate("document.querySelector('#lesson-next').disabled") == false {
            press(page, "#lesson-next");
            assert_claims(page);
        }
        assert_eq!(
            page.attribute("#lesson", "data-step"),
            page.attribute("#lesson", "data-steps")
        );
        press(page, "#lesson-back");
        // The focus moves, which is read out.
        reach(page, "#lesson-leave");
        page.press("Enter");
        assert!(!page.shows("#lesson"));
        assert_eq!(page.text("document.activeElement.id"), "free-play");
    });
}

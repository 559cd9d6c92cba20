//! Names, roles and contrast, in every state that a lesson leads to.

use playground_tests::{Page, Theme};

use crate::page::{LESSONS, begin, next, once};

/// Asserts that a rule finds nothing at the beginning and at each step of each lesson.
fn assert_in_every_lesson(page: &mut Page, rule: impl Fn(&mut Page) -> Vec<String>) {
    let assert = |page: &mut Page, lesson: &str| {
        let problems = rule(page);
        let step = page.evaluate("document.querySelector('#lesson').dataset.step");
        assert!(problems.is_empty(), "{lesson}, step {step}: {problems:#?}");
    };
    assert(page, "no lesson");
    for lesson in LESSONS {
        begin(page, lesson);
        assert(page, lesson);
        while next(page) {
            assert(page, lesson);
        }
    }
}

#[test]
fn a_screen_reader_has_a_name_for_everything() {
    once(|_, page| assert_in_every_lesson(page, Page::accessibility_problems));
}

#[test]
fn text_can_be_read_in_light() {
    once(|playground, page| {
        assert_in_every_lesson(page, Page::contrast_problems);
        playground.keep(page, "light");
    });
}

#[test]
fn text_can_be_read_in_dark() {
    once(|playground, page| {
        page.set_theme(Theme::Dark);
        assert_in_every_lesson(page, Page::contrast_problems);
        playground.keep(page, "dark");
        // The themes differ.
        let ground = "getComputedStyle(document.body).backgroundColor";
        let dark = page.text(ground);
        page.set_theme(Theme::Light);
        assert_ne!(page.text(ground), dark);
    });
}

//! Scenarios as links: they round-trip, and what cannot be read is refused with a sentence.

use playground_tests::Playground;

use crate::page::{self, PLACES, act, agree, assert_claims, send, state};

#[test]
fn a_link_leads_to_the_same_state() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        agree(&mut page);
        send(&mut page, "alice", "Grüße & <b>kisses</b> \u{1f511}");
        act(&mut page, "double", "1");
        act(&mut page, "deliver", "2");
        page.click("#bob-steal");
        send(&mut page, "bob", "Thank you.");
        let link = page.text("document.querySelector('#link').value");
        let before = state(&mut page);
        assert!(link.starts_with(&playground.address(place)), "{link}");
        page.click("#copy-link");
        page.wait_for("document.querySelector('#said').innerText.includes('link')");
        assert_eq!(page.clipboard(), link);
        // Somebody else opens it, and goes on.
        let mut other = playground.tab();
        other.open(&link);
        other.wait_for("document.body.dataset.ready === 'true'");
        assert!(
            state(&mut other) == before,
            "the link leads to another state"
        );
        assert_eq!(other.text("document.querySelector('#link').value"), link);
        act(&mut other, "deliver", "3");
        assert_ne!(other.text("document.querySelector('#link').value"), link);
        // A tab that shows the page already takes it, too.
        let mut third = playground.open(place, "");
        third.evaluate(&format!("void (location.href = {link:?})"));
        third.wait_for("document.body.dataset.steps === '7'");
        assert!(
            state(&mut third) == before,
            "the link leads to another state in an open tab"
        );
        for page in [&mut page, &mut other, &mut third] {
            playground.assert_clean(page, place);
        }
    }
}

#[test]
fn a_link_to_a_step_of_a_lesson_leads_there() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "#lesson=forward-secrecy.3");
        assert_eq!(page.attribute("#lesson", "data-lesson"), "forward-secrecy");
        assert_eq!(page.attribute("#lesson", "data-step"), "3");
        assert!(assert_claims(&mut page) > 0);
        assert_eq!(page::loot(&mut page, 4), "text");
        playground.assert_clean(&mut page, place);
    }
}

#[test]
fn a_link_of_another_version_is_refused_with_a_sentence() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        assert!(!page.shows("#problem"));
        agree(&mut page);
        let link = page.text("document.querySelector('#link').value");
        let (_, scenario) = link.split_once("#scenario=1.").unwrap();
        for version in ["0", "2", "10"] {
            playground.go(&mut page, place, &format!("#scenario={version}.{scenario}"));
            let said = page.words("#problem");
            assert!(
                said.contains("version") && said.trim_end().ends_with('.'),
                "{said}"
            );
            assert_eq!(page.attribute("body", "data-steps"), "0");
        }
        // The page goes on, and the sentence goes away.
        agree(&mut page);
        assert!(!page.shows("#problem"));
        assert_eq!(page.attribute("body", "data-steps"), "2");
        playground.assert_clean(&mut page, place);
    }
}

#[test]
fn a_damaged_link_is_refused_with_a_sentence() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        agree(&mut page);
        send(&mut page, "alice", "Hello.");
        let link = page.text("document.querySelector('#link').value");
        let (_, scenario) = link.split_once('#').unwrap();
        let cut = &scenario[..scenario.len() - 5];
        // One letter of the text is another one.
        let at = scenario.len() - 10;
        let other = if &scenario[at..=at] == "Q" { "R" } else { "Q" };
        let changed = format!("{}{other}{}", &scenario[..at], &scenario[at + 1..]);
        let long = format!("scenario=1.{}", "A".repeat(100_000));
        for broken in [
            cut,
            &changed,
            "scenario=1.",
            "scenario=1.!!",
            "scenario=1.e30",
            "scenario=",
            "lesson=none",
            &long,
        ] {
            playground.go(&mut page, place, &format!("#{broken}"));
            assert!(
                page.words("#problem").trim_end().ends_with('.'),
                "{}",
                &broken[..broken.len().min(40)]
            );
            assert_eq!(page.attribute("body", "data-steps"), "0");
        }
        playground.assert_clean(&mut page, place);
    }
}

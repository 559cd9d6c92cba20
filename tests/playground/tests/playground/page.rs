//! The playground and its parts, as the tests name them.

use playground_tests::{From, Page, Playground};

/// The lessons, in the order of the page.
pub(crate) const LESSONS: [&str; 5] = [
    "first-message",
    "forward-secrecy",
    "break-in-recovery",
    "out-of-order",
    "header-encryption",
];

/// Both places that the page comes from.
pub(crate) const PLACES: [From; 2] = [From::File, From::Server];

/// Runs a test on the page from each place, and asserts that nothing complained and that nothing else was asked for.
pub(crate) fn everywhere(test: impl Fn(&Playground, &mut Page)) {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        test(&playground, &mut page);
        playground.assert_clean(&mut page, place);
    }
}

/// Runs a test on the page from `file://`, and asserts the same.
pub(crate) fn once(test: impl Fn(&Playground, &mut Page)) {
    let Some(playground) = Playground::find() else {
        return;
    };
    let mut page = playground.open(From::File, "");
    test(&playground, &mut page);
    playground.assert_clean(&mut page, From::File);
}

/// Begins a lesson by its button.
pub(crate) fn begin(page: &mut Page, lesson: &str) {
    page.click(&format!("#lessons [data-lesson='{lesson}']"));
    assert_eq!(page.attribute("#lesson", "data-lesson"), lesson);
    assert_eq!(page.attribute("#lesson", "data-step"), "1");
}

/// Goes to the next step of the lesson. Returns `false` at the last one.
pub(crate) fn next(page: &mut Page) -> bool {
    let last = page.evaluate("document.querySelector('#lesson-next').disabled") == true;
    if !last {
        page.click("#lesson-next");
    }
    !last
}

/// Asserts that each claim of the lesson's step holds, by the page's own account. Returns how many there are.
pub(crate) fn assert_claims(page: &mut Page) -> u64 {
    let claims = page.count("#claims li");
    let refuted = page.text("[...document.querySelectorAll('#claims li:not([data-holds=true])')].map((li) => li.innerText).join()");
    let step = page.attribute("#lesson", "data-step");
    assert_eq!(refuted, "", "step {step}: {}", page.words("#said"));
    claims
}

/// The value on a tile of a party, for example `sent`.
pub(crate) fn tile(page: &mut Page, party: &str, tile: &str) -> String {
    page.attribute(&format!("#{party} [data-tile={tile}]"), "data-value")
}

/// Everything that the page shows of a scene, but for marks of the newest changes: texts and data of each part.
pub(crate) fn state(page: &mut Page) -> String {
    page.text(
        "['#alice', '#bob', '#wire', '#past', '#chains-alice', '#chains-bob', '#thief', '#roots'].map((selector) => {
            const part = document.querySelector(selector);
            const data = [part, ...part.querySelectorAll('*')].map((element) => JSON.stringify(element.dataset));
            return `${selector} ${part.innerText} ${data.join(' ')}`;
        }).join('\\n')",
    )
}

/// The attribute `data-…` of an envelope in the table of all envelopes.
pub(crate) fn past(page: &mut Page, envelope: u32, data: &str) -> String {
    page.attribute(
        &format!("#past [data-past='{envelope}']"),
        &format!("data-{data}"),
    )
}

/// The loot that a thief has of an envelope: `text`, `header` or `nothing`, or nothing at all before a theft.
pub(crate) fn loot(page: &mut Page, envelope: u32) -> String {
    page.text(&format!(
        "document.querySelector(\"#past [data-past='{envelope}']\")?.dataset.thief ?? ''"
    ))
}

/// The ids of envelopes in a list of the page, separated by commas.
pub(crate) fn envelopes(page: &mut Page, selector: &str) -> String {
    page.text(&format!(
        "[...document.querySelectorAll({selector:?})].map((li) => li.dataset.envelope).join()"
    ))
}

/// Does something with an envelope that is on the wire.
pub(crate) fn act(page: &mut Page, act: &str, envelope: &str) {
    page.click(&format!(
        "li.envelope[data-envelope='{envelope}'] [data-act={act}]"
    ));
}

/// Has a party send a text, as a reader does with the mouse.
pub(crate) fn send(page: &mut Page, party: &str, text: &str) {
    page.click(&format!("#{party}-text"));
    page.type_text(text);
    page.click(&format!("#{party}-send"));
}

/// Goes through the first agreement: Bob publishes, and Alice begins.
pub(crate) fn agree(page: &mut Page) {
    page.click("#publish");
    page.click("#begin-pqxdh");
}

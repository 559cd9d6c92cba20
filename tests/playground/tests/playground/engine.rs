//! The page without its engine, for example because somebody copied only a part of the folder.

use playground_tests::Playground;

use crate::page::PLACES;

#[test]
fn a_page_without_its_engine_says_so() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.tab();
        page.block("*engine.js");
        page.open(&playground.address(place));
        page.wait_for("!document.querySelector('#problem').hidden");
        let said = page.words("#problem");
        assert!(said.contains("engine.js"), "{said}");
    }
}

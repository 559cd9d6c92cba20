//! A phone's width: 360 pixels.

use playground_tests::Page;

use crate::page::{LESSONS, begin, next, once};

const PHONE: (u32, u32) = (360, 740);

fn assert_fits(page: &mut Page, what: &str) {
    let problems = page.clipping_problems();
    assert!(problems.is_empty(), "{what}: {problems:#?}");
}

#[test]
fn everything_fits_on_a_phone() {
    once(|playground, page| {
        page.resize(PHONE.0, PHONE.1);
        assert_fits(page, "the beginning");
        playground.keep(page, "phone");
        for lesson in LESSONS {
            begin(page, lesson);
            assert_fits(page, lesson);
            while next(page) {
                let said = page.words("#said");
                assert_fits(page, &format!("{lesson}: {said}"));
            }
            playground.keep(page, &format!("phone-{lesson}"));
        }
    });
}

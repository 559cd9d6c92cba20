//! Pages that break a rule each: the browser must be seen to notice, or the tests of the playground would prove nothing.

#![cfg(unix)]
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::fs;

use playground_tests::{Page, Playground, Theme};
use tempfile::TempDir;

/// A page that breaks no rule, with `body` in its main part.
fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content='light dark'><title>control</title>
         <body><main><h1>Control</h1><p role=status>Ready.</p>{body}</main>"
    )
}

/// A tab for pages of a test, which lie in a folder.
struct Control {
    page: Page,
    folder: TempDir,
}

impl Control {
    /// Opens a tab, if there is a browser.
    fn new() -> Option<Self> {
        let page = Page::new(&Playground::browser()?);
        Some(Self {
            page,
            folder: TempDir::new().unwrap(),
        })
    }

    /// Opens a page, and forgets the one before.
    fn show(&mut self, html: &str) -> &mut Page {
        let file = self.folder.path().join("control.html");
        fs::write(&file, html).unwrap();
        self.page.open("about:blank");
        self.page.forget();
        self.page.open(&format!("file://{}", file.display()));
        &mut self.page
    }
}

/// Asserts that `rule` finds nothing on a page with each of `good`, and one problem with each of `bad`.
fn assert_noticed(rule: impl Fn(&mut Page) -> Vec<String>, good: &[&str], bad: &[&str]) {
    let Some(mut control) = Control::new() else {
        return;
    };
    for (bodies, expected) in [(good, 0), (bad, 1)] {
        for body in bodies {
            let found = rule(control.show(&page(body)));
            assert_eq!(found.len(), expected, "{body}: {found:#?}");
        }
    }
}

#[test]
fn errors_and_warnings_are_noticed() {
    assert_noticed(
        Page::problems,
        &["<script>console.log('fine')</script>"],
        &[
            "<script>console.error('no')</script>",
            "<script>console.warn('no')</script>",
            "<script>console.assert(false)</script>",
            "<script>throw new Error('no')</script>",
            "<script>Promise.reject(new Error('no'))</script>",
            "<script src=none.js></script>",
        ],
    );
}

#[test]
fn a_violation_of_the_policy_is_noticed() {
    let Some(mut control) = Control::new() else {
        return;
    };
    let policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">";
    let body = format!("{policy}<script>document.title = 'ran'</script>");
    let found = control.show(&page(&body)).problems();
    assert!(
        found.len() == 1 && found[0].contains("Content Security Policy"),
        "{found:#?}"
    );
}

#[test]
fn requests_are_noticed_even_in_vain() {
    let Some(mut control) = Control::new() else {
        return;
    };
    for body in [
        "<img alt=a src=https://example.org/a.png>",
        "<script>fetch('https://example.org/a').catch(() => {})</script>",
        "<script>new WebSocket('wss://example.org/')</script>",
        "<script>navigator.sendBeacon('https://example.org/')</script>",
        "<style>main { background: url(https://example.org/a.png) }</style>",
    ] {
        let found = control.show(&page(body)).requests();
        assert!(
            found
                .iter()
                .any(|request| request.contains("://example.org/")),
            "{body}: {found:#?}"
        );
    }
}

#[test]
fn low_contrast_is_noticed() {
    assert_noticed(
        Page::contrast_problems,
        &[
            "<p style='color: #767676; background: #fff'>4.54 to 1</p>",
            "<p style='color: #949494; background: #fff; font-size: 24px'>3.03 to 1, but large</p>",
            "<p style='background: #000; color: #fff'><span style='background: rgb(0 0 0 / 0.5)'>white on black</span></p>",
            "<p style='visibility: hidden; color: #fff; background: #fff'>not shown</p>",
            "<svg role=img aria-label=a width=90 height=30 style='background: #000'><text y=20 fill=white>on black</text></svg>",
        ],
        &[
            "<p style='color: #777; background: #fff'>4.48 to 1</p>",
            "<p style='color: #959595; background: #fff; font-size: 24px'>2.99 to 1</p>",
            "<p style='color: #000; background: #fff; opacity: 0.4'>pale</p>",
            "<p style='background: #000; color: #fff'><span style='background: rgb(255 255 255 / 0.9)'>white on white</span></p>",
            "<svg role=img aria-label=a width=90 height=30><rect width=90 height=30 fill=black /><text y=20 fill=#222>a</text></svg>",
        ],
    );
}

#[test]
fn the_dark_theme_is_asked_for() {
    let style = "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style>";
    let Some(mut control) = Control::new() else {
        return;
    };
    let page = control.show(&page(style));
    assert_eq!(page.contrast_problems(), [""; 0]);
    page.set_theme(Theme::Dark);
    assert_eq!(page.contrast_problems().len(), 1);
}

#[test]
fn things_cut_off_are_noticed() {
    let rule = |page: &mut Page| {
        page.resize(360, 640);
        page.clipping_problems()
    };
    assert_noticed(
        rule,
        &[
            "<div style='width: 300px'>fits</div>",
            "<div tabindex=0 style='overflow-x: auto'><div style='width: 900px'>can be scrolled</div></div>",
        ],
        &[
            "<div style='overflow-x: auto'><div style='width: 900px'>cannot be scrolled by keyboard</div></div>",
            "<div style='width: 50px; overflow: hidden; white-space: nowrap'>this is longer than that</div>",
            "<div style='height: 10px; overflow: hidden'>this is<br>higher than that</div>",
            "<svg role=img aria-label=a width=30 height=30><text y=20>a long label</text></svg>",
        ],
    );
    let Some(mut control) = Control::new() else {
        return;
    };
    let wide = rule(control.show(&page("<div style='width: 900px'>does not fit</div>")));
    assert!(
        wide.iter()
            .any(|problem| problem.contains("scrolls sideways")),
        "{wide:#?}"
    );
    assert!(
        wide.iter().any(|problem| problem.contains("reaches out")),
        "{wide:#?}"
    );
}

#[test]
fn things_that_a_screen_reader_cannot_say_are_noticed() {
    assert_noticed(
        Page::accessibility_problems,
        &[
            "<button>named</button>",
            "<label>named <input></label>",
            "<img alt=named>",
            "<img alt=''>",
            "<div tabindex=-1>for a link that skips</div>",
            "<h2>a</h2><h3>b</h3><h2>c</h2>",
        ],
        &[
            "<button></button>",
            "<button>twice</button><button>twice</button>",
            "<input>",
            "<svg role=img></svg>",
            "<select><option>a</option></select>",
            "<a href='#'></a>",
            "<div tabindex=0>an operable thing of no kind</div>",
            "<h3>leaves out a level</h3>",
            "<h1>a second first</h1>",
        ],
    );
    let Some(mut control) = Control::new() else {
        return;
    };
    for broken in ["<html lang=en>", "main", "role=status"] {
        let other = if broken == "main" { "div" } else { "" };
        let page = control.show(&page("").replace(broken, other));
        assert_eq!(page.accessibility_problems().len(), 1, "{broken}");
    }
}

#[test]
fn clicks_keys_and_drags_arrive() {
    let body = "<button>a</button><button disabled id=off>b</button><input aria-label=c>
        <div id=from>from</div><div id=to style='margin-top: 99px'>to</div>";
    let Some(mut control) = Control::new() else {
        return;
    };
    let page = control.show(&page(body));
    page.evaluate(
        "globalThis.seen = [];
         const see = (kind) => addEventListener(kind, (event) => seen.push(kind + ' ' + (event.key ?? event.target.id)), true);
         ['click', 'keydown', 'pointerdown', 'pointerup'].forEach(see)",
    );
    page.click("button:not([disabled])");
    page.press("Enter");
    page.press("Tab");
    page.type_text("Hi. é");
    page.press("Shift+Tab");
    page.press(" ");
    page.drag("#from", "#to");
    let seen = page.text("seen.join()");
    let expected = "pointerdown ,pointerup ,click ,keydown Enter,click ,keydown Tab,keydown H,keydown i,keydown .,keydown  ,keydown é,\
        keydown Tab,keydown  ,click ,pointerdown from,pointerup to";
    assert!(seen.starts_with(expected), "{seen}");
    assert_eq!(page.text("document.querySelector('input').value"), "Hi. é");
}

#[test]
#[should_panic(expected = "is disabled")]
fn a_disabled_button_cannot_be_clicked() {
    click("<button disabled>a</button>");
}

#[test]
#[should_panic(expected = "lies under")]
fn a_covered_button_cannot_be_clicked() {
    click("<button>a</button><div style='position: fixed; inset: 0'></div>");
}

/// Clicks on the one button of a page. Without a browser it panics with the messages that the tests expect.
fn click(body: &str) {
    let Some(mut control) = Control::new() else {
        panic!("no browser: it is disabled, or lies under something")
    };
    control.show(&page(body)).click("button");
}

#[test]
fn a_tab_needs_a_browser_that_is_there() {
    let missing = OsString::from("/none/chromium");
    let started = std::panic::catch_unwind(|| Page::new(missing.as_ref()));
    assert!(started.is_err());
}

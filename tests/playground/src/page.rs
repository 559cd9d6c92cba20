//! A tab: what a reader can see and do.

mod keyboard;
mod mouse;
mod record;

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::browser::Browser;
use record::Record;

/// The parts of the protocol that report something to the [`Record`].
const REPORTING: [&str; 5] = ["Page", "Runtime", "Log", "Network", "Inspector"];

/// The colours that a reader has asked the system for.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests go through both")]
pub enum Theme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// A tab of a Chromium of its own, so that tests share nothing.
pub struct Page {
    browser: Browser,
    session: String,
    record: Record,
    theme: Theme,
    motion: bool,
}

impl Page {
    /// Opens a tab in the Chromium at `program`, which shows nothing. It is 1,280 pixels wide and 900 high, light, and asks
    /// for no animations, so that nothing waits for them.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        let mut browser = Browser::start(program);
        // Attach to a new tab.
        let mut call = |method, parameters| {
            browser
                .call(None, (method, parameters), |_| ())
                .expect("it opens tabs")
        };
        let tab = call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = call(
            "Target.attachToTarget",
            json!({ "targetId": tab["targetId"], "flatten": true }),
        );
        let session = attached["sessionId"]
            .as_str()
            .expect("a session with the tab")
            .to_owned();
        // Listen, and set the tab up.
        let mut page = Self {
            browser,
            session,
            record: Record::default(),
            theme: Theme::Light,
            motion: false,
        };
        for part in REPORTING {
            page.call(&format!("{part}.enable"), json!({}));
        }
        page.call(
            "Emulation.setFocusEmulationEnabled",
            json!({ "enabled": true }),
        );
        page.resize(1280, 900);
        page.emulate();
        page
    }

    /// Goes to the address and waits until the page and its scripts are loaded. Goes there even if only the fragment differs.
    pub fn open(&mut self, address: &str) {
        for address in ["about:blank", address] {
            self.record.loaded = false;
            let navigated = self.call("Page.navigate", json!({ "url": address }));
            let refused = &navigated["errorText"];
            assert!(
                refused.is_null(),
                "{refused}: {}",
                &address[..address.len().min(200)]
            );
            while !self.record.loaded {
                let event = self.browser.next("Page.loadEventFired");
                self.record.add(&event);
            }
        }
    }

    /// Sets the size of the tab, in pixels of CSS.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Sets the colours that the page is asked for.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        self.emulate();
    }

    /// Sets whether the page may move things. A new tab asks it not to.
    pub fn set_motion(&mut self, motion: bool) {
        self.motion = motion;
        self.emulate();
    }

    /// Tells the page what its reader has asked the system for.
    fn emulate(&mut self) {
        let scheme = match self.theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let motion = if self.motion {
            "no-preference"
        } else {
            "reduce"
        };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    /// Makes every request fail whose address has a part like this, as if the file were missing. Stars stand for anything.
    pub fn block(&mut self, pattern: &str) {
        self.call("Network.setBlockedURLs", json!({ "urls": [pattern] }));
    }

    /// The value of an expression of JavaScript in the page, or of the promise that it is.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
            // The page's policy holds for what the expression does.
            "allowUnsafeEvalBlockedByCSP": false,
        });
        let mut evaluated = self.call("Runtime.evaluate", parameters);
        let thrown = &evaluated["exceptionDetails"];
        assert!(
            thrown.is_null(),
            "{expression}: {}",
            record::exception(thrown)
        );
        evaluated["result"]["value"].take()
    }

    /// The value of an expression that is text.
    pub fn text(&mut self, expression: &str) -> String {
        match self.evaluate(expression) {
            Value::String(text) => text,
            other => panic!("{expression} is no text: {other}"),
        }
    }

    /// The text of an attribute of the one element that `selector` finds.
    pub fn attribute(&mut self, selector: &str, name: &str) -> String {
        let count = self.count(selector);
        assert_eq!(count, 1, "`{selector}` is {count} elements");
        self.text(&format!(
            "document.querySelector({selector:?}).getAttribute({name:?})"
        ))
    }

    /// The text of the one element that `selector` finds, as it is shown.
    pub fn words(&mut self, selector: &str) -> String {
        let count = self.count(selector);
        assert_eq!(count, 1, "`{selector}` is {count} elements");
        self.text(&format!("document.querySelector({selector:?}).innerText"))
    }

    /// The number of elements that `selector` finds.
    pub fn count(&mut self, selector: &str) -> u64 {
        let count = self.evaluate(&format!("document.querySelectorAll({selector:?}).length"));
        count.as_u64().expect("a length is a number")
    }

    /// Tells whether a reader sees the one element that `selector` finds.
    pub fn shows(&mut self, selector: &str) -> bool {
        self.count(selector) == 1
            && self.evaluate(&format!(
                "document.querySelector({selector:?}).checkVisibility()"
            )) == true
    }

    /// The text that was copied last.
    pub fn clipboard(&mut self) -> String {
        self.call(
            "Browser.grantPermissions",
            json!({ "permissions": ["clipboardReadWrite"] }),
        );
        self.text("navigator.clipboard.readText()")
    }

    /// Waits until an expression is true, for at most 30 seconds.
    pub fn wait_for(&mut self, condition: &str) {
        let polled = format!(
            "new Promise((resolve) => {{
                const last = Date.now() + 30000;
                const poll = () => ({condition}) ? resolve(true) : Date.now() > last ? resolve(false) : setTimeout(poll, 10);
                poll();
            }})"
        );
        let come = self.evaluate(&polled);
        assert_eq!(
            come, true,
            "never came true: {condition}; problems: {:#?}",
            self.record.problems
        );
    }

    /// The page from its top to its bottom, as a PNG file.
    #[must_use]
    pub fn screenshot(&mut self) -> Vec<u8> {
        self.part("document.documentElement", "document.documentElement")
    }

    /// The page's whole width from the top of an element to the bottom of another, as a PNG file.
    #[must_use]
    pub fn screenshot_between(&mut self, (first, last): (&str, &str)) -> Vec<u8> {
        let element = |selector: &str| format!("document.querySelector({selector:?})");
        self.part(&element(first), &element(last))
    }

    /// The page's whole width between two elements, which expressions name.
    fn part(&mut self, first: &str, last: &str) -> Vec<u8> {
        let mut clip = self.evaluate(&format!(
            "(() => {{
                // What sticks to the top of the tab lies at its place there.
                scrollTo({{ top: 0, behavior: 'instant' }});
                const top = {first}.getBoundingClientRect().top + scrollY;
                const bottom = {last}.getBoundingClientRect().bottom + scrollY;
                return {{ x: 0, y: top, width: innerWidth, height: bottom - top }};
            }})()"
        ));
        clip["scale"] = 1.into();
        self.capture(json!({ "format": "png", "clip": clip, "captureBeyondViewport": true }))
    }

    fn capture(&mut self, parameters: Value) -> Vec<u8> {
        let mut shot = self.call("Page.captureScreenshot", parameters);
        let Value::String(base64) = shot["data"].take() else {
            panic!("a screenshot is base64")
        };
        BASE64_STANDARD.decode(base64).expect("base64")
    }

    /// Each error and warning since the tab was opened: of scripts, of the console and of the browser, among them violations of
    /// the Content-Security-Policy.
    pub fn problems(&mut self) -> Vec<String> {
        // Events are handed over with the answer to a call.
        self.evaluate("0");
        self.record.problems.clone()
    }

    /// Each address that was asked for since the tab was opened, whether it was reached or not.
    pub fn requests(&mut self) -> Vec<String> {
        self.evaluate("0");
        self.record.requests.clone()
    }

    /// Forgets the problems and the requests so far.
    pub fn forget(&mut self) {
        self.evaluate("0");
        self.record = Record::default();
    }

    /// Calls a method of the protocol, which must succeed.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        let record = &mut self.record;
        let called = self
            .browser
            .call(Some(&self.session), (method, parameters), |event| {
                record.add(&event);
            });
        called.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

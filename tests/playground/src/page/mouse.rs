//! The mouse of a tab.

use serde_json::{Value, json};

use super::Page;

/// The number of steps that a drag has.
const DRAG_STEPS: u32 = 20;

impl Page {
    /// Clicks on the middle of the one element that `selector` finds. Panics unless a reader could: the element must be enabled,
    /// and nothing else may lie over it.
    pub fn click(&mut self, selector: &str) {
        let at = self.middle(selector);
        self.mouse("mouseMoved", at, 0);
        self.mouse("mousePressed", at, 1);
        self.mouse("mouseReleased", at, 0);
    }

    /// Drags one element past the middle of another, as a hand does, which moves in small steps.
    pub fn drag(&mut self, from: &str, to: &str) {
        // Scroll to the former, and see where both are.
        let start = self.middle(from);
        let target = self.evaluate(&format!(
            "(() => {{
                const box = document.querySelector({to:?}).getBoundingClientRect();
                const down = box.y > {};
                return {{ x: box.x + box.width / 2, y: box.y + box.height * (down ? 0.9 : 0.1) }};
            }})()",
            start.1
        ));
        let end = (number(&target["x"]), number(&target["y"]));
        // Press, move and let go.
        self.mouse("mouseMoved", start, 0);
        self.mouse("mousePressed", start, 1);
        for step in 1..=DRAG_STEPS {
            let part = f64::from(step) / f64::from(DRAG_STEPS);
            let between = |start: f64, end: f64| start + (end - start) * part;
            self.mouse(
                "mouseMoved",
                (between(start.0, end.0), between(start.1, end.1)),
                1,
            );
        }
        self.mouse("mouseReleased", end, 0);
    }

    /// The middle of an element, which is scrolled into view, on the screen.
    fn middle(&mut self, selector: &str) -> (f64, f64) {
        let found = self.evaluate(&format!(
            "(() => {{
                const found = document.querySelectorAll({selector:?});
                if (found.length !== 1) return `is ${{found.length}} elements`;
                const element = found[0];
                if (element.disabled || element.ariaDisabled === 'true') return 'is disabled';
                element.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                const at = {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
                const top = document.elementFromPoint(at.x, at.y);
                const label = top?.closest('label');
                return element.contains(top) || label?.control === element ? at : `lies under ${{top?.outerHTML.slice(0, 200)}}`;
            }})()"
        ));
        assert!(
            found.is_object(),
            "`{selector}` cannot be clicked: it {found}"
        );
        (number(&found["x"]), number(&found["y"]))
    }

    /// Tells the browser of a movement, or of the left button, and of the buttons that are down after that.
    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), buttons: u32) {
        let button = if kind == "mouseMoved" && buttons == 0 {
            "none"
        } else {
            "left"
        };
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event);
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

//! Rules about what is seen: contrast, and nothing cut off.

use serde_json::Value;

use crate::page::Page;

/// Measures the contrast of each text that is shown, as the Web Content Accessibility Guidelines 2.2 define it (1.4.3).
const CONTRAST: &str = include_str!("appearance/contrast.js");

/// Finds what a reader would have to scroll sideways for, and what no reader sees.
const CLIPPING: &str = include_str!("appearance/clipping.js");

impl Page {
    /// A line for each text whose contrast with what lies behind it is under 4.5 to 1, or 3 to 1 if it is large.
    pub fn contrast_problems(&mut self) -> Vec<String> {
        self.lines(CONTRAST)
    }

    /// A line for each thing that is wider than the tab or cut off by what it lies in.
    pub fn clipping_problems(&mut self) -> Vec<String> {
        self.lines(CLIPPING)
    }

    /// The lines that a script returns.
    fn lines(&mut self, script: &str) -> Vec<String> {
        let Value::Array(lines) = self.evaluate(script) else {
            panic!("the script returns lines")
        };
        lines
            .iter()
            .map(|line| line.as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

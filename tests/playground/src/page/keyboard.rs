//! The keyboard of a tab.

use serde_json::json;

use super::Page;

/// The keys that have names, with the number that Windows gives them and the text that they type. Scripts are told the first
/// two, and the browser needs the last to press a button.
const KEYS: [(&str, u32, &str); 11] = [
    ("Tab", 9, ""),
    ("Enter", 13, "\r"),
    ("Escape", 27, ""),
    (" ", 32, " "),
    ("End", 35, ""),
    ("Home", 36, ""),
    ("ArrowLeft", 37, ""),
    ("ArrowUp", 38, ""),
    ("ArrowRight", 39, ""),
    ("ArrowDown", 40, ""),
    ("Delete", 46, ""),
];

/// The numbers of the keys that are held meanwhile.
const CONTROL: u32 = 2;
const SHIFT: u32 = 8;

impl Page {
    /// Presses a key and lets it go: one that has a name, such as `Tab`, or a character. `Shift+` and `Control+` may precede it.
    pub fn press(&mut self, key: &str) {
        // Split the held keys off.
        let (mut name, mut modifiers) = (key, 0);
        for (prefix, modifier) in [("Control+", CONTROL), ("Shift+", SHIFT)] {
            if let Some(rest) = name.strip_prefix(prefix) {
                (name, modifiers) = (rest, modifiers | modifier);
            }
        }
        // Describe the key as a keyboard does.
        let upper = name.to_ascii_uppercase();
        let named = KEYS.iter().find(|(known, ..)| *known == name);
        let (code, number, text) = match named {
            Some((" ", number, text)) => ("Space".to_owned(), *number, *text),
            Some((known, number, text)) => ((*known).to_owned(), *number, *text),
            // Only letters and digits have the number of their character.
            None => {
                let plain = upper.chars().next().filter(char::is_ascii_alphanumeric);
                (format!("Key{upper}"), plain.map_or(0, u32::from), name)
            }
        };
        let text = if modifiers & CONTROL == 0 { text } else { "" };
        // Down with its text, and up.
        let down = if text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        };
        for kind in [down, "keyUp"] {
            let mut event = json!({
                "type": kind, "key": name, "code": code, "modifiers": modifiers, "windowsVirtualKeyCode": number,
            });
            if kind == "keyDown" {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Types text where the focus is, one character after the other.
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.press(character.encode_utf8(&mut [0; 4]));
        }
    }
}

//! Bytes made safe for a terminal: printable ASCII stays as it is, everything else is escaped.
//!
//! So no control sequence reaches the terminal, nor any character that reverses or hides text. Each character
//! is one column wide.

/// Escapes everything in `bytes` that is not printable ASCII.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match u8::try_from(character) {
                Ok(b'\'') => text.push(character),
                Ok(byte) if byte.is_ascii() => text.extend(byte.escape_ascii().map(char::from)),
                _ => text.extend(character.escape_unicode()),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The beginning of `bytes`, escaped, in at most `width` columns. A newline at the end is left out.
pub(super) fn beginning(bytes: &[u8], width: usize) -> String {
    let shown = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // Escape only the beginning of long contents. A character has at most four bytes and takes at least one
    // column, so the cut lies beyond the width.
    let shown = &shown[..shown.len().min(4 * width + 4)];
    fit(&escaped(shown), width)
}

/// [`beginning`] in quotes. The quotes count towards the width.
pub(super) fn quoted(bytes: &[u8], width: usize) -> String {
    format!("\"{}\"", beginning(bytes, width.saturating_sub(2)))
}

/// `text`, which is ASCII, cut to `width` columns.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.len() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(3)).collect();
    kept + &"..."[..width.min(3)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_printable_ascii_passes() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut inputs = vec![bytes];
        inputs.push("\u{1b}[31m \u{9b}31m \u{202e}\u{2066}\u{feff}\u{ad} e\u{301} \u{4e2d}".into());
        for input in &inputs {
            let text = escaped(input);
            let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
            assert!(text.bytes().all(plain), "{text}");
        }
        assert_eq!(escaped(b"it's \x1b\xff"), "it's \\x1b\\xff");
        assert_eq!(escaped("caf\u{e9} \"\\".as_bytes()), "caf\\u{e9} \\\"\\\\");
    }

    #[test]
    fn quotes_fit_the_width() {
        assert_eq!(quoted(b"hello\n", 7), "\"hello\"");
        assert_eq!(quoted(b"hello\r\n", 20), "\"hello\\r\"");
        assert_eq!(quoted(b"hello!", 7), "\"he...\"");
        for length in 0..40 {
            let text = "\u{1f600}".repeat(length);
            for width in 5..30 {
                assert!(quoted(text.as_bytes(), width).len() <= width);
            }
        }
    }
}

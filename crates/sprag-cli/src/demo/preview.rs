//! Bytes made fit for a terminal: printable ASCII as it is, everything else escaped. What a terminal
//! obeys, and what turns or hides text, never reaches it; and each character is one column wide.

/// `bytes` with every byte escaped that is not printable ASCII.
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

/// The beginning of `bytes`, escaped, in `width` columns at most; without the newline at the end.
pub(super) fn beginning(bytes: &[u8], width: usize) -> String {
    let shown = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    // A character has four bytes at most and takes a column at least; so what is cut off here, or
    // cut in two, lies beyond the width.
    let shown = &shown[..shown.len().min(4 * width + 4)];
    fit(&escaped(shown), width)
}

/// [`beginning`] in quotes, which count.
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

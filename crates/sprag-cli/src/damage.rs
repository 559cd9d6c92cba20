//! Damage to bytes by programs that take them for text.

use core::fmt;

/// A change that programs on the way make to bytes which are no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Damage {
    /// The bytes were taken for characters, and those that are none were replaced or encoded anew.
    Text,
    /// Each LF became CR LF.
    LineEnds,
}

impl Damage {
    /// Recognises the damage by the beginning of an input that was refused.
    ///
    /// Encrypted bytes and keys look random. So 32 of them are UTF-8 once in a hundred million times. A CR is in front of an
    /// LF once in 256 times, which is too often to be sure by one; it is in front of two once in 65,536 times. A short
    /// message can have fewer and show no damage.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        let is_text = match core::str::from_utf8(start) {
            Ok(_) => true,
            // The last character may be cut.
            Err(error) => error.error_len().is_none(),
        };
        if is_text && start.len() >= SHORTEST_TEXT {
            return Some(Self::Text);
        }
        let feeds = start.windows(2).filter(|bytes| bytes[1] == b'\n');
        let are_changed = feeds.clone().all(|bytes| bytes[0] == b'\r');
        (are_changed && feeds.count() >= FEWEST_LINE_FEEDS).then_some(Self::LineEnds)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self {
            Self::Text => "its bytes were taken for text on the way, by a shell or a mail program",
            Self::LineEnds => {
                "each line feed in it became a carriage return and a line feed, as mail or FTP does to text"
            }
        };
        write!(f, "{change}: {WAY}")
    }
}

/// The advice for bytes that were taken for text.
const WAY: &str =
    "have it written again with -o FILE and sent as an attached file, or as text with --armor";

/// The fewest line feeds by which changed line ends can be recognised.
const FEWEST_LINE_FEEDS: usize = 2;

/// The fewest bytes that can be recognised as text.
const SHORTEST_TEXT: usize = 32;

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    /// Bytes as they are encrypted, with two line feeds, as all but short ones have.
    fn bytes(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        StdRng::seed_from_u64(5).fill_bytes(&mut bytes);
        for place in [length / 3, length / 2] {
            bytes[place] = b'\n';
        }
        bytes[0] = 1;
        bytes
    }

    /// The damage to long and short bytes that `change` makes.
    #[track_caller]
    fn is_recognised(change: impl Fn(&[u8]) -> Vec<u8>, damage: Damage) {
        for length in [60_000, 2_000, 600] {
            assert_eq!(
                Damage::of(&change(&bytes(length))),
                Some(damage),
                "{length}"
            );
        }
    }

    #[test]
    fn what_programs_do_to_bytes_is_recognised() {
        let as_utf_8 = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned().into_bytes();
        let from_latin_1 = |bytes: &[u8]| -> Vec<u8> {
            let text: String = bytes.iter().copied().map(char::from).collect();
            text.into_bytes()
        };
        let question_marks = |bytes: &[u8]| -> Vec<u8> {
            let ascii = |byte: &u8| if byte.is_ascii() { *byte } else { b'?' };
            bytes.iter().map(ascii).collect()
        };
        let seven_bits =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().map(|byte| byte & 0x7f).collect() };
        let line_ends = |bytes: &[u8]| -> Vec<u8> {
            let ended = |byte: &u8| {
                if *byte == b'\n' {
                    vec![b'\r', b'\n']
                } else {
                    vec![*byte]
                }
            };
            bytes.iter().flat_map(ended).collect()
        };
        is_recognised(as_utf_8, Damage::Text);
        is_recognised(from_latin_1, Damage::Text);
        is_recognised(question_marks, Damage::Text);
        is_recognised(seven_bits, Damage::Text);
        is_recognised(line_ends, Damage::LineEnds);
        // The last character of what was read may be cut.
        let cut = as_utf_8(&bytes(2_000));
        let end = cut.len() - cut.iter().rev().position(|byte| *byte == 0xef).unwrap();
        assert_eq!(Damage::of(&cut[..end]), Some(Damage::Text));
    }

    #[test]
    fn other_bytes_show_no_damage() {
        for length in [1, 38, 100, 600, 2_000, 60_000] {
            assert_eq!(Damage::of(&bytes(length)), None, "{length}");
        }
        assert_eq!(Damage::of(b""), None);
        // One CR in front of the only LF is there by chance.
        let mut by_chance = bytes(200);
        by_chance.retain(|byte| *byte != b'\n');
        by_chance.splice(100..100, *b"\r\n");
        assert_eq!(Damage::of(&by_chance), None);
        by_chance.splice(50..50, *b"\r\n");
        assert_eq!(Damage::of(&by_chance), Some(Damage::LineEnds));
        assert_eq!(Damage::of(b"\x01\x04 cut short"), None);
    }
}

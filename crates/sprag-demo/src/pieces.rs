//! Contents cut into pieces of one message each.

use alloc::vec::Vec;

use crate::limits::{MAX_LINE_LENGTH, MAX_LINES, MAX_PIECE_LENGTH};

/// A short dialogue, the contents of a story when there are no others.
pub const DIALOGUE: &str = "\
- Are you there, Bob?
- No, but my keys are.
- I lock this line.
- With a key of its own?
- Yes, and wiped at once.
- Then good night.
";

/// Contents cut into pieces, each for a message of its own. There is at least one piece.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    unit: Unit,
    all: Vec<&'a [u8]>,
}

/// The kind of the pieces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "contents are text or not")]
pub enum Unit {
    /// Each piece is one line with its line end.
    Line,
    /// A piece is several lines, a part of a line, or empty.
    Piece,
}

impl<'a> Pieces<'a> {
    /// Cuts `contents` into lines if they are at most [`MAX_LINES`] of at most [`MAX_LINE_LENGTH`] bytes, and
    /// otherwise into pieces of at most [`MAX_PIECE_LENGTH`] bytes.
    #[must_use]
    pub fn of(contents: &'a [u8]) -> Self {
        let lines = || contents.split_inclusive(|byte| *byte == b'\n');
        let few = lines().nth(MAX_LINES).is_none();
        if few && !contents.is_empty() && lines().all(|line| line.len() <= MAX_LINE_LENGTH) {
            return Self {
                unit: Unit::Line,
                all: lines().collect(),
            };
        }
        Self {
            unit: Unit::Piece,
            all: packed(contents),
        }
    }

    /// The kind of the pieces.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// The pieces in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[&'a [u8]] {
        &self.all
    }
}

/// Cuts `bytes` into pieces as large as is allowed. A piece ends with the end of a line if possible.
fn packed(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while rest.len() > MAX_PIECE_LENGTH {
        let window = &rest[..MAX_PIECE_LENGTH];
        let last_line_end = window.iter().rposition(|byte| *byte == b'\n');
        let cut = last_line_end.map_or(MAX_PIECE_LENGTH, |position| position + 1);
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::limits::{MAX_CONTENTS_LENGTH, MAX_PIECES};

    #[test]
    fn pieces_joined_are_the_bytes() {
        let long = [b'x'; 3 * MAX_PIECE_LENGTH];
        let mut lines = b"ab\n".repeat(20_000);
        lines.extend(&long);
        for bytes in [&b""[..], b"\n", b"a", b"a\r\nb", b"\n\na\n", &long, &lines] {
            assert_eq!(Pieces::of(bytes).as_slice().concat(), bytes);
        }
    }

    #[test]
    fn few_short_lines_are_a_piece_each() {
        let pieces = Pieces::of(b"one\r\n\ntwo");
        assert_eq!(pieces.unit(), Unit::Line);
        assert_eq!(pieces.as_slice(), [&b"one\r\n"[..], b"\n", b"two"]);
    }

    #[test]
    fn many_or_long_lines_are_packed() {
        for (bytes, count) in [
            (Vec::new(), 1),
            (b"\n".repeat(MAX_LINES), MAX_LINES),
            (b"\n".repeat(MAX_LINES + 1), 1),
            (b"\n".repeat(MAX_PIECE_LENGTH + 1), 2),
            (vec![b'x'; MAX_LINE_LENGTH + 1], 1),
            (vec![b'x'; 2 * MAX_PIECE_LENGTH], 2),
        ] {
            assert_eq!(Pieces::of(&bytes).as_slice().len(), count);
        }
    }

    #[test]
    fn no_contents_make_more_pieces_than_are_allowed() {
        let mut worst = [b"\n", &[b'x'; MAX_PIECE_LENGTH][..]].concat();
        worst = worst.repeat(MAX_CONTENTS_LENGTH / worst.len() + 1);
        worst.truncate(MAX_CONTENTS_LENGTH);
        let pieces = Pieces::of(&worst).as_slice().len();
        assert!(pieces > MAX_CONTENTS_LENGTH / MAX_PIECE_LENGTH);
        assert!(pieces <= MAX_PIECES as usize);
    }
}

//! The contents that Alice sends, cut into pieces of one message each.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::preview;
use crate::failure::Failure;

/// The contents that Alice and Bob exchange.
pub(super) struct Contents {
    /// The file's name, fit for a terminal; `None` for the demo's own dialogue.
    pub(super) name: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Contents {
    /// The demo's own dialogue.
    pub(super) fn dialogue() -> Self {
        Self {
            name: None,
            bytes: DIALOGUE.into(),
        }
    }

    /// Reads the contents of the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        // Escape the name first, because a name with control characters could change the terminal.
        let name = preview::escaped(path.as_os_str().as_encoded_bytes());
        let refused = |why: &str| Failure::Refused(format!("{name}: {why}"));
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => refused("no such file: check the name"),
            ErrorKind::IsADirectory => refused("is a directory: name a file"),
            ErrorKind::PermissionDenied => {
                refused("must not be read: change its permissions, or name another file")
            }
            _ => refused(&format!("cannot be read: {error}: name another file")),
        };
        // Some systems open a directory without an error and fail only when it is read.
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(refused("is a directory: name a file"));
        }
        // Read one byte more than is allowed, which shows that a file is too large.
        let mut bytes = Vec::new();
        file.take(MAX_LENGTH + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > MAX_LENGTH {
            return Err(refused("is larger than 64 MiB: name a smaller file"));
        }
        let name = Some(name);
        Ok(Self { name, bytes })
    }
}

/// The contents cut into pieces, each for a message of its own. There is at least one piece.
pub(super) struct Pieces<'a> {
    pub(super) unit: Unit,
    pub(super) all: Vec<&'a [u8]>,
}

/// The kind of the pieces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unit {
    /// Each piece is one line with its line end.
    Line,
    /// A piece is several lines, a part of a line, or empty.
    Piece,
}

impl<'a> Pieces<'a> {
    /// Cuts `bytes` into lines if the lines are few and short, and otherwise into larger pieces.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let lines = || bytes.split_inclusive(|byte| *byte == b'\n');
        let few = lines().nth(MAX_LINES).is_none();
        if few && !bytes.is_empty() && lines().all(|line| line.len() <= MAX_LINE_LENGTH) {
            return Self {
                unit: Unit::Line,
                all: lines().collect(),
            };
        }
        Self {
            unit: Unit::Piece,
            all: packed(bytes),
        }
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

/// Counts the lines in `bytes`. A last line without a line end counts too.
pub(super) fn count_lines(bytes: &[u8]) -> usize {
    let ended = bytes.iter().filter(|byte| **byte == b'\n').count();
    ended + usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

/// The most bytes of a file. There is a limit because the contents are in memory several times: as the file,
/// as each side's copy, and in flight.
const MAX_LENGTH: u64 = 64 * 1024 * 1024;

/// The most lines that are sent one by one. Nobody would follow more lines than this one by one.
const MAX_LINES: usize = 1_000;

/// The most bytes of a line that is sent whole.
const MAX_LINE_LENGTH: usize = 4 * 1024;

/// The most bytes of a piece. At this size the work per byte outweighs the work per message, so that larger
/// pieces would gain little.
const MAX_PIECE_LENGTH: usize = 16 * 1024;

const DIALOGUE: &str = "\
- Are you there, Bob?
- No, but my keys are.
- I lock this line.
- With a key of its own?
- Yes, and wiped at once.
- Then good night.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_joined_are_the_bytes() {
        let long = [b'x'; 3 * MAX_PIECE_LENGTH];
        let mut lines = b"ab\n".repeat(20_000);
        lines.extend(&long);
        for bytes in [&b""[..], b"\n", b"a", b"a\r\nb", b"\n\na\n", &long, &lines] {
            assert_eq!(Pieces::of(bytes).all.concat(), bytes);
        }
    }

    #[test]
    fn few_short_lines_are_a_piece_each() {
        let pieces = Pieces::of(b"one\r\n\ntwo");
        assert_eq!(pieces.unit, Unit::Line);
        assert_eq!(pieces.all, [&b"one\r\n"[..], b"\n", b"two"]);
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
            assert_eq!(Pieces::of(&bytes).all.len(), count);
        }
    }

    #[test]
    fn no_contents_make_many_small_pieces() {
        let worst = [b"\n", &[b'x'; MAX_PIECE_LENGTH][..]].concat().repeat(20);
        let pieces = Pieces::of(&worst).all.len();
        assert!(pieces <= 2 * (worst.len() / MAX_PIECE_LENGTH + 1));
    }

    #[test]
    fn the_last_line_counts_with_and_without_its_end() {
        for (bytes, count) in [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2)] {
            assert_eq!(count_lines(bytes.as_bytes()), count);
        }
    }
}

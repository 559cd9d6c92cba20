//! The bounds on the contents of a story and on their pieces.

/// The most bytes of contents: 64 MiB. There is a limit because the contents are in memory several times: as the
/// caller's bytes, as each side's copy, and in flight.
pub const MAX_CONTENTS_LENGTH: usize = 64 * 1024 * 1024;

/// The most lines that are sent one by one. Nobody would follow more lines than this one by one.
pub const MAX_LINES: usize = 1_000;

/// The most bytes of a line that is sent whole.
pub const MAX_LINE_LENGTH: usize = 4 * 1024;

/// The most bytes of a piece. At this size the work per byte outweighs the work per message, so that larger
/// pieces would gain little.
pub const MAX_PIECE_LENGTH: usize = 16 * 1024;

/// The most pieces of contents. Any two neighbours are together longer than [`MAX_PIECE_LENGTH`], because
/// they would be one piece otherwise.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the constants give a small number"
)]
pub const MAX_PIECES: u32 = 2 * (MAX_CONTENTS_LENGTH / MAX_PIECE_LENGTH + 1) as u32;

use sprag_demo::{Pieces, Unit};

use super::cksum::cksum;
use super::contents::Contents;

/// The facts that are known before the first step.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) name: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) cksum: u32,
    pub(super) pieces: usize,
    pub(super) unit: Unit,
}

impl Opening {
    pub(super) fn new(contents: &Contents, seed: Option<u64>) -> Self {
        let pieces = Pieces::of(&contents.bytes);
        Self {
            name: contents.name.clone(),
            seed,
            lines: count_lines(&contents.bytes),
            bytes: contents.bytes.len(),
            cksum: cksum(&contents.bytes),
            pieces: pieces.as_slice().len(),
            unit: pieces.unit(),
        }
    }
}

/// Counts the lines in `bytes`. A last line without a line end counts too.
fn count_lines(bytes: &[u8]) -> usize {
    let ended = bytes.iter().filter(|byte| **byte == b'\n').count();
    ended + usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_with_and_without_its_end() {
        for (bytes, count) in [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2)] {
            assert_eq!(count_lines(bytes.as_bytes()), count);
        }
    }
}

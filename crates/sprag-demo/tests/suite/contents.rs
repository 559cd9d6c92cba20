use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rand::Rng as _;
use sprag_demo::limits::{MAX_LINE_LENGTH, MAX_LINES, MAX_PIECE_LENGTH};
use sprag_demo::{Event, Frame, Name, Pieces, Step};

use crate::support::{events, rng, told};

/// The contents that a receiver of messages from `from` can put together, and the number of pieces.
fn arrived(steps: &[Step], from: Name) -> (Vec<u8>, usize) {
    let mut pieces = BTreeMap::new();
    for event in events(steps) {
        if let Event::Delivered {
            message,
            frame: Frame::Piece(piece),
            news,
            ..
        } = event
            && message.from == from
        {
            let before = pieces.insert(piece.index, &piece.bytes[..]);
            assert_eq!(news.known, before.is_some());
        }
    }
    let bytes: Vec<&[u8]> = pieces.values().copied().collect();
    (bytes.concat(), pieces.len())
}

#[test]
fn contents_of_every_kind_arrive_on_both_ways() {
    let mut random = [0; 100_000].to_vec();
    rng(1).fill_bytes(&mut random);
    for contents in [
        &b""[..],
        b"x",
        b"\n",
        b"\xff",
        b"one\r\n\r\ntwo",
        &b"line\n".repeat(MAX_LINES),
        &b"line\n".repeat(MAX_LINES + 1),
        &[b'x'; MAX_LINE_LENGTH],
        &[b'x'; MAX_LINE_LENGTH + 1],
        &[b'x'; 20 * MAX_PIECE_LENGTH],
        &random,
    ] {
        let steps = told(1, contents);
        let pieces = Pieces::of(contents).as_slice().len();
        for from in Name::BOTH {
            let (bytes, count) = arrived(&steps, from);
            assert!(bytes == contents);
            assert_eq!(count, pieces);
        }
    }
}

#[test]
fn the_smallest_contents_arrive_with_any_seed() {
    for contents in [&b""[..], b"x"] {
        for seed in 0..100 {
            let steps = told(seed, contents);
            for from in Name::BOTH {
                assert_eq!(arrived(&steps, from), (contents.to_vec(), 1));
            }
        }
    }
}

//! The plaintext of the messages, in a small format of the demonstration's own.

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::MAX_PIECES;

/// The plaintext of one message.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these three")]
pub enum Frame {
    /// A piece of the contents.
    Piece(Piece),
    /// The answer to a burst of pieces.
    Answer(Answer),
    /// A line of dialogue.
    Words(String),
}

/// A piece of the contents.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// The place of the piece among all pieces, from 0.
    pub index: u32,
    /// The number of pieces sent so far, which tells the receiver what is missing.
    pub sent: u32,
    /// The number of all pieces, at most [`MAX_PIECES`].
    pub total: u32,
    /// The bytes of the piece.
    pub bytes: Vec<u8>,
}

/// The receiver's report of the pieces that arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The number of pieces that the receiver knows to have been sent.
    pub sent: u32,
    /// The indexes of those pieces that did not arrive.
    pub missing: Vec<u32>,
}

impl Frame {
    /// Encodes the frame as a byte for its kind, little-endian numbers, and bytes up to the end.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (kind, numbers, bytes) = match self {
            Self::Piece(piece) => {
                let numbers = [piece.index, piece.sent, piece.total].to_vec();
                (PIECE, numbers, piece.bytes.as_slice())
            }
            Self::Answer(answer) => {
                let numbers = [&[answer.sent], answer.missing.as_slice()].concat();
                (ANSWER, numbers, &[][..])
            }
            Self::Words(words) => (WORDS, Vec::new(), words.as_bytes()),
        };
        // Put the parts together.
        let mut encoded = Vec::from([kind]);
        for number in numbers {
            encoded.extend(number.to_le_bytes());
        }
        encoded.extend(bytes);
        encoded
    }

    /// Decodes a plaintext, such as one that a thief read. Returns `None` if `plaintext` is not a frame.
    #[must_use]
    pub fn decode(plaintext: &[u8]) -> Option<Self> {
        // The first byte tells the kind, and with it the meaning of the rest.
        let (kind, mut rest) = plaintext.split_first()?;
        match *kind {
            PIECE => {
                let piece = Piece {
                    index: number(&mut rest)?,
                    sent: number(&mut rest)?,
                    total: number(&mut rest)?,
                    bytes: rest.to_vec(),
                };
                piece.is_possible().then_some(Self::Piece(piece))
            }
            ANSWER => {
                let sent = number(&mut rest)?;
                let mut missing = Vec::new();
                while !rest.is_empty() {
                    missing.push(number(&mut rest)?);
                }
                Some(Self::Answer(Answer { sent, missing }))
            }
            WORDS => String::from_utf8(rest.to_vec()).ok().map(Self::Words),
            _ => None,
        }
    }
}

impl Piece {
    /// Tells whether the numbers agree and are within the bound, because a receiver allocates room by them.
    const fn is_possible(&self) -> bool {
        self.index < self.sent && self.sent <= self.total && self.total <= MAX_PIECES
    }
}

/// Takes a number off the front of `rest`.
fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*number))
}

const PIECE: u8 = 0;
const ANSWER: u8 = 1;
const WORDS: u8 = 2;

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
    use alloc::vec;

    use super::*;

    fn piece(index: u32, sent: u32, total: u32) -> Frame {
        Frame::Piece(Piece {
            index,
            sent,
            total,
            bytes: vec![0, 255],
        })
    }

    #[test]
    fn frames_are_read_as_they_were_written() {
        for frame in [
            piece(1, 2, MAX_PIECES),
            piece(0, 1, 1),
            Frame::Answer(Answer {
                sent: 9,
                missing: vec![3, 4],
            }),
            Frame::Words("hello".to_owned()),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Some(frame));
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for encoded in [
            &b""[..],
            b"\x03",
            b"\x00\0\0\0",
            b"\x01\0\0\0\0\0",
            b"\x02\xff",
        ] {
            assert_eq!(Frame::decode(encoded), None);
        }
    }

    #[test]
    fn pieces_that_contents_cannot_have_are_refused() {
        for frame in [
            piece(2, 2, 3),
            piece(0, 4, 3),
            piece(0, 1, MAX_PIECES + 1),
            piece(0, u32::MAX, u32::MAX),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), None);
        }
    }
}

//! The plaintext of the messages, in a small format of the demo's own.

use crate::failure::Failure;

/// The plaintext of one message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Frame {
    Piece(Piece),
    Answer(Answer),
    Words(String),
}

/// A piece of the contents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    /// The place of the piece among all pieces, from 0.
    pub(super) index: u32,
    /// The number of pieces sent so far, which tells the receiver what is missing.
    pub(super) sent: u32,
    /// The number of all pieces.
    pub(super) total: u32,
    pub(super) bytes: Vec<u8>,
}

/// The receiver's report of the pieces that arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    /// The number of pieces that the receiver knows to have been sent.
    pub(super) sent: u32,
    /// The indexes of those pieces that did not arrive.
    pub(super) missing: Vec<u32>,
}

impl Frame {
    /// Encodes the frame as a byte for its kind, little-endian numbers, and bytes up to the end.
    pub(super) fn encode(&self) -> Vec<u8> {
        let (kind, numbers, bytes) = match self {
            Self::Piece(piece) => {
                let numbers = vec![piece.index, piece.sent, piece.total];
                (PIECE, numbers, piece.bytes.as_slice())
            }
            Self::Answer(answer) => {
                let numbers = [&[answer.sent], answer.missing.as_slice()].concat();
                (ANSWER, numbers, &[][..])
            }
            Self::Words(words) => (WORDS, Vec::new(), words.as_bytes()),
        };
        // Put the parts together.
        let mut encoded = vec![kind];
        for number in numbers {
            encoded.extend(number.to_le_bytes());
        }
        encoded.extend(bytes);
        encoded
    }

    /// Decodes a frame. A message that is not one is a defect, because both parties use this format.
    pub(super) fn decode(encoded: &[u8]) -> Result<Self, Failure> {
        Self::read(encoded)
            .ok_or_else(|| Failure::defect("a message is not in the demo's language"))
    }

    fn read(encoded: &[u8]) -> Option<Self> {
        // The first byte tells the kind, and with it the meaning of the rest.
        let (kind, mut rest) = encoded.split_first()?;
        match *kind {
            PIECE => Some(Self::Piece(Piece {
                index: number(&mut rest)?,
                sent: number(&mut rest)?,
                total: number(&mut rest)?,
                bytes: rest.to_vec(),
            })),
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
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        for frame in [
            Frame::Piece(Piece {
                index: 1,
                sent: 2,
                total: u32::MAX,
                bytes: vec![0, 255],
            }),
            Frame::Answer(Answer {
                sent: 9,
                missing: vec![3, 4],
            }),
            Frame::Words("hello".to_owned()),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
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
            assert!(Frame::decode(encoded).is_err());
        }
    }
}

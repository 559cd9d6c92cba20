//! Alterations of the bytes of a message that are authenticated.

use rand::RngExt;
use rand::rngs::StdRng;
use sprag_ratchet::HEADER_LENGTH;

use crate::party::{Envelope, Party};
use crate::peer::Refusal;

/// An alteration of a byte that is authenticated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forgery {
    part: Part,
    byte: usize,
    mask: u8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    /// The ratchet key of a clear header.
    RatchetKey,
    /// The previous chain's length in a clear header.
    PreviousLength,
    /// The message's number in a clear header.
    Number,
    EncryptedHeader,
    Ciphertext,
    AssociatedData,
}

impl Forgery {
    /// One forgery for each byte of the message and of the associated data.
    pub(crate) fn of_each_byte(envelope: &Envelope, data: &[u8]) -> Vec<Self> {
        let bytes = |(part, length)| {
            (0..length).map(move |byte| Self {
                part,
                byte,
                mask: 1,
            })
        };
        let parts = Part::all(envelope, data.len());
        parts.into_iter().flat_map(bytes).collect()
    }

    pub(crate) fn random(envelope: &Envelope, data: usize, rng: &mut StdRng) -> Self {
        let parts = Part::all(envelope, data);
        let (part, length) = parts[rng.random_range(0..parts.len())];
        Self {
            part,
            byte: rng.random_range(0..length),
            mask: rng.random_range(1..=255),
        }
    }

    /// Demands that `party` refuses the forged `envelope`.
    pub(crate) fn assert_refused(self, party: &mut dyn Party, envelope: &Envelope) {
        let Self { part, byte, mask } = self;
        let mut forged = envelope.clone();
        match part {
            Part::RatchetKey | Part::EncryptedHeader => forged.header[byte] ^= mask,
            Part::PreviousLength => forged.header[32 + byte] ^= mask,
            Part::Number => forged.header[36 + byte] ^= mask,
            Part::Ciphertext => forged.ciphertext[byte] ^= mask,
            Part::AssociatedData => party.associated_data()[byte] ^= mask,
        }
        let result = party.open(&forged);
        if part == Part::AssociatedData {
            party.associated_data()[byte] ^= mask;
        }
        let refusal = result.expect_err("a forgery is refused");
        let expected = match part {
            // Another key or number names another message, which may be one received before.
            Part::RatchetKey | Part::Number => true,
            Part::PreviousLength => {
                matches!(refusal, Refusal::NotAuthentic | Refusal::TooManySkipped)
            }
            Part::EncryptedHeader | Part::Ciphertext | Part::AssociatedData => {
                refusal == Refusal::NotAuthentic
            }
        };
        assert!(expected, "{self:?}: {refusal:?}");
    }
}

impl Part {
    /// The parts and their lengths in bytes.
    fn all(envelope: &Envelope, data: usize) -> Vec<(Self, usize)> {
        let clear = [
            (Self::RatchetKey, 32),
            (Self::PreviousLength, 4),
            (Self::Number, 4),
        ];
        let encrypted = [(Self::EncryptedHeader, envelope.header.len())];
        let header = match envelope.header.len() {
            HEADER_LENGTH => clear.as_slice(),
            _ => &encrypted,
        };
        let rest = [
            (Self::Ciphertext, envelope.ciphertext.len()),
            (Self::AssociatedData, data),
        ];
        [header, &rest].concat()
    }
}

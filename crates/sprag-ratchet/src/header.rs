use sprag_primitives::x25519::PublicKey;

use crate::Error;

/// The size of an encoded header in bytes.
pub const HEADER_LENGTH: usize = 40;

/// The header of a message, by which the receiver finds the message's key (Double Ratchet §3.1, `HEADER`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Header {
    /// The sender's ratchet public key, `dh`.
    pub ratchet_key: PublicKey,
    /// The number of messages in the sender's previous chain, `pn`.
    pub previous_length: u32,
    /// The message's number in its chain, `n`, from 0.
    pub number: u32,
}

impl Header {
    /// Encodes as `dh ‖ pn ‖ n`, 40 bytes, integers little-endian.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LENGTH] {
        let mut encoded = [0; HEADER_LENGTH];
        encoded[..32].copy_from_slice(self.ratchet_key.as_bytes());
        encoded[32..36].copy_from_slice(&self.previous_length.to_le_bytes());
        encoded[36..].copy_from_slice(&self.number.to_le_bytes());
        encoded
    }

    /// Reads a header that [`encode`](Self::encode) wrote. Each header has one encoding.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRatchetKey`]
    pub fn decode(encoded: &[u8; HEADER_LENGTH]) -> Result<Self, Error> {
        let (mut ratchet_key, mut previous_length, mut number) = ([0; 32], [0; 4], [0; 4]);
        ratchet_key.copy_from_slice(&encoded[..32]);
        previous_length.copy_from_slice(&encoded[32..36]);
        number.copy_from_slice(&encoded[36..]);
        Ok(Self {
            ratchet_key: PublicKey::from_bytes(&ratchet_key).map_err(Error::InvalidRatchetKey)?,
            previous_length: u32::from_le_bytes(previous_length),
            number: u32::from_le_bytes(number),
        })
    }
}

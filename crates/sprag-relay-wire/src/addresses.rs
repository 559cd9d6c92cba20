use alloc::vec::Vec;

use sprag_primitives::secret::SecretBuffer;

use crate::bytes::{Output as _, Reader};
use crate::limits::{MAX_ADDRESSES, MAX_ADDRESSES_LENGTH};
use crate::secrets::SECRET_LENGTH;
use crate::{AddressProof, Error, SendCapability};

/// A change of the addresses of a mailbox. That something was changed already is no error.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a record that travels")]
pub enum AddressChange {
    /// The address that has this capability is removed, with its prekeys. Messages that came to it stay.
    Remove(SendCapability),
    /// The address with this proof is added.
    Add(AddressProof),
}

/// Encodes the body of [`Request::Addresses`](crate::Request::Addresses): `u16 n ‖ n × (u8 0 ‖ 32 bytes capability, or
/// u8 1 ‖ 32 bytes proof)`.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than [`MAX_ADDRESSES`] changes.
pub fn encode_addresses(changes: &[AddressChange]) -> Result<SecretBuffer, Error> {
    let mut output = SecretBuffer::new();
    output.put_count(changes.len(), MAX_ADDRESSES)?;
    for change in changes {
        let (kind, secret) = match change {
            AddressChange::Remove(capability) => (REMOVE, capability.expose()),
            AddressChange::Add(proof) => (ADD, proof.expose()),
        };
        output.put(&[kind]);
        output.put(secret);
    }
    Ok(output)
}

/// Reads the body of [`Request::Addresses`](crate::Request::Addresses). The changes are made in their order.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`]; [`Error::Malformed`] if a change is of neither kind; [`Error::Oversized`] if
/// there are more than [`MAX_ADDRESSES`].
pub fn decode_addresses(bytes: &[u8]) -> Result<Vec<AddressChange>, Error> {
    let mut reader = Reader::new(bytes, MAX_ADDRESSES_LENGTH)?;
    let count = reader.count(MAX_ADDRESSES, 1 + SECRET_LENGTH)?;
    // The vector never grows, because a move would leave a copy of the secrets behind.
    let mut changes = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = reader.u8()?;
        let secret = reader.array()?;
        changes.push(match kind {
            REMOVE => AddressChange::Remove(SendCapability::from_bytes(secret)),
            ADD => AddressChange::Add(AddressProof::from_bytes(secret)),
            _ => return Err(Error::Malformed),
        });
    }
    reader.end()?;
    Ok(changes)
}

const REMOVE: u8 = 0;
const ADD: u8 = 1;

//! The data that every message of a session authenticates beside its plaintext and header.

use alloc::vec::Vec;

use sprag_wire::Kind;

use super::origin::Origin;

/// The parts that are the same for all messages of a session: the encoded identity keys of initiator
/// and responder, the session id, and the hash of the KEM prekey, which X3DH does not have.
///
/// Each party computes them from its own records. Each part follows its length as 8 bytes.
#[derive(Debug)]
pub(crate) struct SessionAssociatedData {
    parts: Vec<u8>,
    version: u8,
}

impl SessionAssociatedData {
    pub(crate) fn new(origin: &Origin) -> Self {
        let mut parts = Vec::new();
        push(&mut parts, &origin.initiator.encode());
        push(&mut parts, &origin.responder.encode());
        push(&mut parts, origin.id.as_bytes());
        let hash = origin.kem_prekey_hash.as_ref();
        push(&mut parts, hash.map_or(&[], |hash| hash.as_slice()));
        Self {
            parts,
            version: origin.suite.version(),
        }
    }

    /// The associated data of one message: the session's, version and kind of this message, and what
    /// the caller adds.
    pub(crate) fn of_message(&self, kind: Kind, caller: &[u8]) -> Vec<u8> {
        let mut parts = Vec::with_capacity(self.parts.len() + 8 + 2 + 8 + caller.len());
        parts.extend_from_slice(&self.parts);
        push(&mut parts, &[self.version, kind.to_byte()]);
        push(&mut parts, caller);
        parts
    }
}

fn push(parts: &mut Vec<u8>, part: &[u8]) {
    parts.extend_from_slice(&(part.len() as u64).to_le_bytes());
    parts.extend_from_slice(part);
}

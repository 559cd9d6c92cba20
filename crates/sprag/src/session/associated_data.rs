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
    /// The parts, followed by what a message adds that is not a first one and to which the caller adds nothing. Most
    /// messages are of that kind, and this is all of their associated data.
    ordinary: Vec<u8>,
    /// The length of the session's parts.
    parts: usize,
    version: u8,
}

/// The associated data of one message.
#[expect(
    clippy::large_enum_variant,
    reason = "it lies on the stack, so that a message needs no memory from the heap for it"
)]
pub(crate) enum MessageAssociatedData<'a> {
    Ordinary(&'a [u8]),
    Short([u8; SHORT_LENGTH], usize),
    Long(Vec<u8>),
}

impl SessionAssociatedData {
    pub(crate) fn new(origin: &Origin) -> Self {
        let mut ordinary = Vec::new();
        push(&mut ordinary, &origin.initiator.encode());
        push(&mut ordinary, &origin.responder.encode());
        push(&mut ordinary, origin.id.as_bytes());
        let hash = origin.kem_prekey_hash.as_ref();
        push(&mut ordinary, hash.map_or(&[], |hash| hash.as_slice()));
        let (parts, version) = (ordinary.len(), origin.suite.version());
        ordinary.extend_from_slice(&of_kind(version, Kind::Message, &[]));
        Self {
            ordinary,
            parts,
            version,
        }
    }

    /// The parts that are the same for all messages of the session.
    #[cfg(feature = "hazmat")]
    pub(crate) fn of_session(&self) -> &[u8] {
        self.ordinary.split_at(self.parts).0
    }

    /// The associated data of one message: the session's, version and kind of this message, and what
    /// the caller adds. It is on the stack unless the caller adds more than 204 bytes.
    pub(crate) fn of_message(&self, kind: Kind, caller: &[u8]) -> MessageAssociatedData<'_> {
        if kind == Kind::Message && caller.is_empty() {
            return MessageAssociatedData::Ordinary(&self.ordinary);
        }
        let (session, _) = self.ordinary.split_at(self.parts);
        let parts = [session, &of_kind(self.version, kind, caller), caller];
        let total = parts.iter().map(|part| part.len()).sum();
        if total > SHORT_LENGTH {
            return MessageAssociatedData::Long(parts.concat());
        }
        let mut bytes = [0; SHORT_LENGTH];
        let mut rest = bytes.as_mut_slice();
        for part in parts {
            let (place, behind) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        MessageAssociatedData::Short(bytes, total)
    }
}

impl AsRef<[u8]> for MessageAssociatedData<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Ordinary(bytes) => bytes,
            Self::Short(bytes, length) => bytes.get(..*length).unwrap_or(bytes),
            Self::Long(bytes) => bytes,
        }
    }
}

/// Version and kind of a message, and the length of what the caller adds, each part after its length.
fn of_kind(version: u8, kind: Kind, caller: &[u8]) -> [u8; 8 + 2 + 8] {
    let mut bytes = [0; 18];
    let (first, rest) = bytes.split_at_mut(8);
    let (middle, last) = rest.split_at_mut(2);
    first.copy_from_slice(&2_u64.to_le_bytes());
    middle.copy_from_slice(&[version, kind.to_byte()]);
    last.copy_from_slice(&(caller.len() as u64).to_le_bytes());
    bytes
}

fn push(parts: &mut Vec<u8>, part: &[u8]) {
    parts.extend_from_slice(&(part.len() as u64).to_le_bytes());
    parts.extend_from_slice(part);
}

/// The session's parts take at most 162 bytes of it, and the caller's length, version and kind 18.
const SHORT_LENGTH: usize = 384;

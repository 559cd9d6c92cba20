//! The labels of hashes and derivations. None is the beginning of another one.

/// Of the owner's capability, expanded from the mailbox seed.
pub(crate) const OWNER: &[u8] = b"sprag-v1 relay owner";

/// Of the proof of an address, expanded from the mailbox seed. The address's number follows.
pub(crate) const PROOF: &[u8] = b"sprag-v1 relay proof";

/// Of the send capability, hashed from the proof.
pub(crate) const CAPABILITY: &[u8] = b"sprag-v1 relay capability";

/// Of the secret of a public address, hashed from the user's id and a salt.
pub(crate) const ADDRESS: &[u8] = b"sprag-v1 relay address";

/// Of the key that prekeys are sealed under, expanded from the address secret.
pub(crate) const PREKEYS: &[u8] = b"sprag-v1 relay prekeys";

/// Of the key that messages are wrapped under, expanded from the address secret.
pub(crate) const MESSAGES: &[u8] = b"sprag-v1 relay messages";

/// Of the ids at rest, hashed from capabilities.
pub(crate) const ID: &[u8] = b"sprag-v1 relay id";

/// Of the checksum in the text of an address, hashed from its binary form.
pub(crate) const CHECKSUM: &[u8] = b"sprag-v1 relay checksum";

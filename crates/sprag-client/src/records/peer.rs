use alloc::string::String;
use alloc::vec::Vec;

use sprag::IdentityKey;
use sprag::limits::MAX_BUNDLE_LENGTH;
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};

use super::get_name;

/// A peer, in the record of its name.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) identity: IdentityKey,
    /// The latest bundle, until a session began with it.
    pub(crate) bundle: Option<Vec<u8>>,
    /// Set if the bundle came when there was a session already: the next message begins a new one.
    pub(crate) renew: bool,
    /// The creation time of the newest signed prekey that this peer was known to have; 0 if it is not stated.
    pub(crate) newest: u64,
}

impl Snapshot for Peer {
    fn put(&self, writer: &mut Writer) {
        writer.block(self.name.as_bytes());
        writer.put(&self.identity);
        writer.put(&self.bundle.is_some());
        if let Some(bundle) = &self.bundle {
            writer.block(bundle);
        }
        writer.put(&self.renew);
        writer.put(&self.newest);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let name = get_name(reader)?;
        let identity = reader.get()?;
        let has_bundle: bool = reader.get()?;
        let bundle = has_bundle.then(|| reader.block(MAX_BUNDLE_LENGTH));
        Ok(Self {
            name,
            identity,
            bundle: bundle.transpose()?.map(<[u8]>::to_vec),
            renew: reader.get()?,
            newest: reader.get()?,
        })
    }
}

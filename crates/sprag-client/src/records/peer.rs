use alloc::vec::Vec;

use sprag::limits::MAX_BUNDLE_LENGTH;
use sprag::{IdentityKey, Suite};
use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;

use super::get_name;
use crate::name::Name;

/// A peer, in the record of its name.
pub(crate) struct Peer {
    pub(crate) name: Name,
    pub(crate) identity: IdentityKey,
    /// The latest bundle, until a session began with it.
    pub(crate) bundle: Option<Vec<u8>>,
    /// Set if the next message begins a new session although there may be one: because the bundle came later, or, without
    /// a bundle, because this party was put back to an older state.
    pub(crate) renew: bool,
    pub(crate) mark: Mark,
}

/// The marks of a peer's keys, by which a step back is noticed. They outlive the peer's name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    /// The creation time of the newest signed prekey in the bundles of the peer that were taken; 0 if none stated one,
    /// and `None` if none was taken.
    pub(crate) newest: Option<u64>,
    /// Set if the peer was met with PQXDH. X3DH is refused then.
    pub(crate) post_quantum: bool,
}

snapshot_fields!(Mark {
    newest,
    post_quantum,
});

impl Mark {
    /// The mark once a session of `suite` was seen.
    pub(crate) fn with(self, suite: Suite) -> Self {
        Self {
            post_quantum: self.post_quantum || suite != Suite::X3dh,
            ..self
        }
    }

    /// Tells whether a handshake of `suite` would be a step back.
    pub(crate) fn forbids(self, suite: Suite) -> bool {
        self.post_quantum && suite == Suite::X3dh
    }
}

impl Peer {
    /// Tells whether the next message needs a bundle that is not there yet, because this party was put back to an older
    /// state.
    pub(crate) const fn lacks_bundle(&self) -> bool {
        self.renew && self.bundle.is_none()
    }

    /// Tells whether a session of `suite` that the peer begins changes nothing.
    pub(crate) fn is_as_after(&self, suite: Suite) -> bool {
        self.mark.with(suite) == self.mark && !self.lacks_bundle()
    }

    /// The peer once it began a session of `suite`, which is later than whatever this party was put back to.
    pub(crate) fn began(self, suite: Suite) -> Self {
        let renew = self.renew && self.bundle.is_some();
        Self { renew, ..self }.met_with(suite)
    }

    /// The peer once a session of `suite` was seen. A bundle that waits and would be a step back is dropped, so that no
    /// session begins with it: the one that was seen takes its place.
    pub(crate) fn met_with(self, suite: Suite) -> Self {
        let mark = self.mark.with(suite);
        let is_step_back = |bundle: &Vec<u8>| {
            let bundle = sprag_wire::decode_bundle(bundle);
            bundle.is_ok_and(|bundle| mark.forbids(bundle.keys.suite()))
        };
        let bundle = self.bundle.filter(|bundle| !is_step_back(bundle));
        Self {
            renew: self.renew && bundle.is_some(),
            bundle,
            mark,
            ..self
        }
    }
}

/// The remainder of a peer that was forgotten.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Remainder {
    /// The highest rank of the sessions with it, 0 if there were none.
    pub(crate) rank: u64,
    pub(crate) mark: Mark,
}

snapshot_fields!(Remainder { rank, mark });

impl Snapshot for Peer {
    fn put(&self, writer: &mut Writer) {
        writer.block(self.name.as_bytes());
        writer.put(&self.identity);
        writer.put(&self.bundle.is_some());
        if let Some(bundle) = &self.bundle {
            writer.block(bundle);
        }
        writer.put(&self.renew);
        writer.put(&self.mark);
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
            mark: reader.get()?,
        })
    }
}

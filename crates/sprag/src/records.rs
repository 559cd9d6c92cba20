//! The parts of an account that grow with its use, for a program that keeps each in a record of its own.
//!
//! An [`Account`](crate::Account) has everything in memory and in one snapshot. It is a thin layer over an
//! [`AccountCore`], which has what is bounded in size: the identity, the prekeys that serve many sessions, and counts
//! of the rest. The core asks for single records through [`AccountRecords`] and says what is to become of them in
//! [`Changes`]. So the cost of a call does not depend on how many records there are.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Deref;

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::snapshot::{Reader, Snapshot, Writer};
use sprag_primitives::snapshot_fields;
use sprag_x3dh::{KemPrekeyPair, OneTimePrekeyPair, PrekeyId, SessionId};

use crate::{Opened, Session};

pub use crate::account::{AccountCore, Rotation};

/// A reader of an account's records. `E` is the error of the medium.
pub trait AccountRecords<E> {
    /// A one-time prekey, borrowed or just read.
    type Held<'a, P: 'a>: Deref<Target = OneTime<P>>
    where
        Self: 'a;

    /// The curve one-time prekey of this number, if it is kept.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn one_time_prekey(&self, id: PrekeyId)
    -> Result<Option<Self::Held<'_, OneTimePrekeyPair>>, E>;

    /// The KEM one-time prekey of this number, if it is kept.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn one_time_kem_prekey(&self, id: PrekeyId)
    -> Result<Option<Self::Held<'_, KemPrekeyPair>>, E>;

    /// The number of the one-time prekey at this place, if one is kept there.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn prekey_at(&self, kind: OneTimeKind, place: Place) -> Result<Option<PrekeyId>, E>;

    /// Tells whether a session is remembered: among those that began with nothing but the keys of `generation`, or
    /// without one, among those that began with a one-time prekey.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn is_remembered(&self, generation: Option<GenerationId>, id: &SessionId) -> Result<bool, E>;

    /// The session at this slot of those that began with a one-time prekey.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn session_at(&self, slot: u32) -> Result<Option<SessionId>, E>;
}

/// The name of a signed and a last-resort prekey that were made together: the number of the signed prekey for PQXDH.
pub type GenerationId = PrekeyId;

/// The kinds of one-time prekeys.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "PQXDH §2.5 has these two")]
pub enum OneTimeKind {
    /// A curve one-time prekey (`OPK`).
    Ec,
    /// A KEM one-time prekey (`PQOPK`).
    Kem,
}

/// The way in which a one-time prekey was published.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "to one reader or to many")]
pub enum Published {
    /// In a bundle, for one reader.
    InBundle,
    /// In an upload, to a directory.
    InUpload,
}

/// A place for one-time prekeys of one kind. A new key takes the place of the oldest that was published in the same way.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a name")]
pub struct Place {
    /// The way in which the keys at this place are published.
    pub published: Published,
    /// The place among those of the same way.
    pub slot: u32,
}

snapshot_fields!(Place { published, slot });

/// The private half of a one-time prekey, and its place.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a record")]
pub struct OneTime<P> {
    /// The place.
    pub place: Place,
    /// The private key. It is boxed, because a key that moved within a collection would leave a copy behind.
    pub pair: Box<P>,
}

impl<P: Snapshot> Snapshot for OneTime<P> {
    fn put(&self, writer: &mut Writer) {
        writer.put(&self.place);
        writer.put(&self.pair);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        Ok(Self {
            place: reader.get()?,
            pair: reader.get()?,
        })
    }
}

/// The changes of an account's records that one call brings. They must be stored together with the
/// [core](AccountCore), and with the session if there is one, before a bundle leaves or a plaintext is shown.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Changes {
    /// The one-time prekeys to be deleted. This comes first, because new ones may take their places.
    pub deleted: Vec<Deleted>,
    /// The curve one-time prekeys to be kept.
    pub one_time_prekeys: Vec<OneTime<OneTimePrekeyPair>>,
    /// The KEM one-time prekeys to be kept.
    pub one_time_kem_prekeys: Vec<OneTime<KemPrekeyPair>>,
    /// The session to be remembered.
    pub remembered: Option<Remembered>,
    /// The generations whose keys are dropped. The sessions that are remembered with them are to be forgotten.
    pub expired: Vec<GenerationId>,
}

/// A one-time prekey that was used, or left for a newer one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a name")]
pub struct Deleted {
    /// The kind of the key.
    pub kind: OneTimeKind,
    /// The key's number.
    pub id: PrekeyId,
    /// The key's place.
    pub place: Place,
}

/// A session that was accepted, to be remembered so that a repeat of its first message is not taken for a new session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "with or without")]
pub enum Remembered {
    /// A session that began with nothing but the keys of a generation. It is remembered as long as these live.
    WithGeneration {
        /// The generation.
        generation: GenerationId,
        /// The session.
        id: SessionId,
    },
    /// A session that began with a one-time prekey. It is remembered until another takes its slot.
    WithOneTimePrekey {
        /// The slot.
        slot: u32,
        /// The session.
        id: SessionId,
        /// The session that had the slot before and is to be forgotten.
        forgotten: Option<SessionId>,
    },
}

/// A session that was accepted, with what is to be stored at once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// The session.
    pub session: Session,
    /// The message that began it.
    pub opened: Opened,
    /// The changes of the account's records.
    pub changes: Changes,
}

impl Accepted {
    pub(crate) const fn new(session: Session, opened: Opened, changes: Changes) -> Self {
        Self {
            session,
            opened,
            changes,
        }
    }
}

impl Snapshot for Published {
    fn put(&self, writer: &mut Writer) {
        writer.put(&(*self == Self::InUpload));
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, PrimitiveError> {
        let is_in_upload: bool = reader.get()?;
        Ok(if is_in_upload {
            Self::InUpload
        } else {
            Self::InBundle
        })
    }
}

//! The keys on the curve: the part of a bundle, of an initial message and of the responder's private keys
//! that is the same in X3DH and PQXDH.

use sprag_primitives::x25519::{KeyPair, PublicKey};

use crate::identity::{IdentityKey, IdentityKeyPair};
use crate::one_time_prekey::{OneTimePrekey, OneTimePrekeyPair};
use crate::prekey::PrekeyId;
use crate::sealed_initiator::Initiator;
use crate::signed_prekey::{SignedPrekey, SignedPrekeyPair};
use crate::suite::Suite;
use crate::{Error, Slot};

/// The curve keys of a bundle (X3DH §3.2, PQXDH §3.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct CurveBundle {
    /// The identity key of the publisher, as claimed.
    pub identity: IdentityKey,
    /// The signed prekey, for the suite of the bundle.
    pub signed_prekey: SignedPrekey,
    /// A one-time prekey, where there was one left.
    pub one_time_prekey: Option<OneTimePrekey>,
}

impl CurveBundle {
    /// Refuses the bundle of `identity` itself.
    pub(crate) fn check_foreign(&self, identity: &IdentityKeyPair) -> Result<(), Error> {
        if self.identity == *identity.public() {
            return Err(Error::OwnBundle);
        }
        Ok(())
    }

    /// The numbers of the prekeys, for [`check_distinct`](crate::prekey::check_distinct).
    pub(crate) fn ids(&self) -> impl Iterator<Item = PrekeyId> {
        let one_time_prekey = self.one_time_prekey.map(|prekey| prekey.id);
        [self.signed_prekey.terms.id]
            .into_iter()
            .chain(one_time_prekey)
    }
}

/// The curve keys and numbers of an initial message (X3DH §3.3, PQXDH §3.3). `IK_A` is not among them, because it
/// travels [sealed](crate::SealedInitiator).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct CurveMessage {
    /// The initiator's ephemeral key (`EK_A`).
    pub ephemeral: PublicKey,
    /// The number of the signed prekey used.
    pub signed_prekey: PrekeyId,
    /// The number of the one-time prekey used, if there was one.
    pub one_time_prekey: Option<PrekeyId>,
}

impl CurveMessage {
    /// The message of an initiator who uses all keys of `bundle`.
    pub(crate) fn new(ephemeral: &KeyPair, bundle: &CurveBundle) -> Self {
        Self {
            ephemeral: *ephemeral.public(),
            signed_prekey: bundle.signed_prekey.terms.id,
            one_time_prekey: bundle.one_time_prekey.map(|prekey| prekey.id),
        }
    }
}

/// The private curve keys of the responder that an initial message names.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "parameters")]
pub struct ResponderKeys<'a> {
    /// The identity key pair.
    pub identity: &'a IdentityKeyPair,
    /// The signed prekey.
    pub signed_prekey: &'a SignedPrekeyPair,
    /// The one-time prekey, if the message names one.
    pub one_time_prekey: Option<&'a OneTimePrekeyPair>,
}

impl ResponderKeys<'_> {
    /// Demands that these are the keys that `message` names, and that they are for `suite`.
    pub(crate) fn check(&self, suite: Suite, message: &CurveMessage) -> Result<(), Error> {
        if self.signed_prekey.id() != message.signed_prekey {
            return Err(Error::OtherPrekey(Slot::SignedPrekey));
        }
        if self.signed_prekey.suite() != suite {
            return Err(Error::OtherUse(Slot::SignedPrekey));
        }
        if self.one_time_prekey.map(OneTimePrekeyPair::id) != message.one_time_prekey {
            return Err(Error::OtherPrekey(Slot::OneTimePrekey));
        }
        Ok(())
    }

    /// Refuses a message of the responder itself.
    pub(crate) fn check_foreign(&self, initiator: &Initiator) -> Result<(), Error> {
        if initiator.identity == *self.identity.public() {
            return Err(Error::OwnMessage);
        }
        Ok(())
    }
}

use crate::Error;
use crate::identity::IdentityKey;
use crate::prekey::{OneTimePrekey, SignedPrekey};
use crate::suite::Suite;

/// What a party publishes so that others can begin a session while it is offline (X3DH §3.2).
///
/// Nothing in it is verified: only [`verify`](Self::verify) leads on to a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Bundle {
    /// The identity key of the publisher, as claimed.
    pub identity: IdentityKey,
    /// The signed prekey; its terms name the bundle's suite.
    pub signed_prekey: SignedPrekey,
    /// A one-time prekey, where there was one left.
    pub one_time_prekey: Option<OneTimePrekey>,
}

impl Bundle {
    /// Verifies that the identity key signed the prekey (X3DH §3.3).
    ///
    /// That the identity key belongs to the person one means is for the caller to establish
    /// (X3DH §4.1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSignature`]
    pub fn verify(self) -> Result<VerifiedBundle, Error> {
        self.signed_prekey.verify(&self.identity)?;
        Ok(VerifiedBundle(self))
    }
}

/// A bundle whose signatures are valid; the only kind that a session begins with.
///
/// Only [`Bundle::verify`] makes one:
///
/// ```compile_fail,E0423
/// # use sprag_x3dh::{Bundle, VerifiedBundle};
/// fn trust(bundle: Bundle) -> VerifiedBundle {
///     VerifiedBundle(bundle)
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VerifiedBundle(Bundle);

impl VerifiedBundle {
    /// The identity key of the publisher.
    #[must_use]
    pub const fn identity(&self) -> &IdentityKey {
        &self.0.identity
    }

    /// The suite of the bundle.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.0.signed_prekey.terms.suite
    }

    /// The signed prekey, which is also the responder's first ratchet key (Double Ratchet §7.1).
    #[must_use]
    pub const fn signed_prekey(&self) -> &SignedPrekey {
        &self.0.signed_prekey
    }

    /// The one-time prekey, if the bundle has one.
    #[must_use]
    pub const fn one_time_prekey(&self) -> Option<&OneTimePrekey> {
        self.0.one_time_prekey.as_ref()
    }
}

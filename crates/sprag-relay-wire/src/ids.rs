//! Names of what a relay keeps. None of them lets its holder do anything; still, they link what was sent to one place.

use core::fmt;

use sprag_primitives::hash::sha256;
use sprag_primitives::hex::Hex;

use crate::secrets::SECRET_LENGTH;

/// The size of an epoch in bytes.
pub const EPOCH_LENGTH: usize = 16;

/// The size of a message's id in bytes.
pub const MESSAGE_ID_LENGTH: usize = 16;

/// Defines an id.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; $length]);

        impl $name {
            /// The id of these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }
    };
}

/// Hides the bytes of an id in `Debug`, because a relay promises that its log names no mailbox, address or message.
macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden!(MailboxId, AddressId, MessageId);

/// Shows the epoch in hexadecimal digits, because an operator may want to see that it has changed.
impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({})", Hex(&self.0))
    }
}

id! {
    /// The name under which a relay keeps a mailbox, 32 bytes: a hash of the owner's capability, so that a stolen database
    /// opens no mailbox. [`OwnerCapability::id`](crate::OwnerCapability::id) computes it.
    MailboxId, SECRET_LENGTH
}

id! {
    /// The name under which a relay keeps an address, 32 bytes: a hash of the send capability.
    /// [`SendCapability::id`](crate::SendCapability::id) computes it. A received message says by it which address it came to.
    AddressId, SECRET_LENGTH
}

id! {
    /// The name of a wrapped message, 16 bytes: a hash of it, so that the name stands for this message for ever. A number
    /// would stand for another message after the relay was restored from a backup.
    MessageId, MESSAGE_ID_LENGTH
}

id! {
    /// The age of a relay's memory, 16 random bytes. It changes whenever the relay may have lost what it once acknowledged.
    Epoch, EPOCH_LENGTH
}

impl MessageId {
    /// The id of the wrapped message of these bytes: the first 16 bytes of its SHA-256. Sender, relay and receiver compute it.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let hash = sha256(&[message]);
        let mut id = [0; MESSAGE_ID_LENGTH];
        id.copy_from_slice(hash.split_at(MESSAGE_ID_LENGTH).0);
        Self(id)
    }
}

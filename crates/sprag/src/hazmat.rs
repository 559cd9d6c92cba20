//! The view of an attacker who copied a session, and views of keys for drawings. Programs that only exchange messages do
//! not need them.
//!
//! A view shows a secret key by a one-way fingerprint of 8 bytes, and with the feature `show-keys` the key, too.

mod views;

use alloc::vec::Vec;

pub use sprag_ratchet::Header;
pub use sprag_ratchet::hazmat::{
    FINGERPRINT_LENGTH, KeyView, LinkView, RatchetView, ReceivingChainView, RootStepView,
    SendingChainView, public_fingerprint,
};
pub use sprag_x3dh::hazmat::SecretView;
pub use views::{HandshakeView, KeyUse, PublicKeyView, initiate, view_bundle};

use crate::{Error, Session};

/// An attacker who copied a session's state once and sees every message, before and after, but changes
/// none.
///
/// It reads the messages that the copied keys open, and nothing else. Use it to see, or to test, the damage of
/// a theft and the moment at which the session has healed.
#[derive(Debug)]
pub struct Thief {
    /// The victim's copy: opens what the peer sends.
    receiving: Session,
    /// The other end of the victim's sending chain, if it has one: opens what the victim sends.
    sending: Session,
}

impl Thief {
    /// Copies the state of `session`.
    ///
    /// # Errors
    ///
    /// None that an intact session causes; those of [`Session::from_snapshot`].
    pub fn steal(session: &Session) -> Result<Self, Error> {
        Ok(Self {
            receiving: Session::from_snapshot(session.snapshot().expose())?,
            sending: session.mirror_of_sending_chain(),
        })
    }

    /// Reads the header of a message to or from the victim, if a stolen header key opens it. A header shows
    /// which messages belong together and in which order, and nothing of their texts. Each message that
    /// [`read`](Self::read) opens moves the copies on, and the header keys with them.
    #[must_use]
    pub fn read_header(&self, message: &[u8]) -> Option<Header> {
        let mut sessions = [&self.receiving, &self.sending].into_iter();
        sessions.find_map(|session| session.open_header(message))
    }

    /// Reads a message to or from the victim, if the stolen keys open it. The copies move on, so that a message
    /// is read once.
    pub fn read(&mut self, message: &[u8], associated_data: &[u8]) -> Option<Vec<u8>> {
        [&mut self.receiving, &mut self.sending]
            .into_iter()
            .find_map(|session| session.decrypt_with_ad(message, associated_data).ok())
            .map(|opened| opened.plaintext)
    }
}

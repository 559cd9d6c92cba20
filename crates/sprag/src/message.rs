use core::fmt;

use sprag_wire::{Kind, Message, decode_message, decode_prekey_message};
use sprag_x3dh::{InitialMessage, PrekeyId, SessionId};

use crate::Error;

/// A handshake that was received, with the id of the session that it begins.
pub(crate) struct ReceivedHandshake {
    pub(crate) session_id: SessionId,
    pub(crate) message: InitialMessage,
}

/// A message that was decoded and not yet decrypted.
///
/// [`Session::decrypt`](crate::Session::decrypt) and [`Account::accept`](crate::Account::accept) take bytes.
/// A program that keeps several sessions with one peer decodes a message once instead, and asks the sessions
/// or the account with [`Session::decrypt_decoded`](crate::Session::decrypt_decoded) and
/// [`Account::accept_decoded`](crate::Account::accept_decoded).
pub struct DecodedMessage<'a> {
    pub(crate) kind: Kind,
    /// The handshake in front of the message.
    pub(crate) handshake: Option<ReceivedHandshake>,
    pub(crate) message: Message<'a>,
}

impl<'a> DecodedMessage<'a> {
    /// Decodes a message, with or without the handshake in front.
    ///
    /// # Errors
    ///
    /// [`Error::Wire`]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let kind = sprag_wire::kind(bytes)?;
        if kind == Kind::PrekeyMessage {
            let decoded = decode_prekey_message(bytes)?;
            let handshake = ReceivedHandshake {
                session_id: decoded.handshake.session_id(),
                message: decoded.handshake,
            };
            return Ok(Self {
                kind,
                handshake: Some(handshake),
                message: decoded.message,
            });
        }
        Ok(Self {
            kind,
            handshake: None,
            message: decode_message(bytes)?,
        })
    }

    /// The session that the handshake in front of the message begins, if there is a handshake.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        let handshake = self.handshake.as_ref();
        handshake.map(|handshake| &handshake.session_id)
    }

    /// The highest number of the receiver's prekeys that the handshake in front of the message names, if there is a
    /// handshake. The session began after that prekey was made.
    #[must_use]
    pub fn newest_prekey(&self) -> Option<PrekeyId> {
        let handshake = &self.handshake.as_ref()?.message;
        let curve = handshake.curve();
        let kem = match handshake {
            InitialMessage::Pqxdh(message) => Some(message.kem().prekey),
            InitialMessage::X3dh(_) => None,
        };
        Some(curve.signed_prekey)
            .max(curve.one_time_prekey)
            .max(kem)
    }
}

impl fmt::Debug for DecodedMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedMessage")
            .field("kind", &self.kind)
            .field("session_id", &self.session_id())
            .finish_non_exhaustive()
    }
}

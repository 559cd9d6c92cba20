//! The handshake that an initiator repeats in front of its messages until the responder answers.

use sprag_primitives::Error as PrimitiveError;
use sprag_primitives::ml_kem_1024::Ciphertext;
use sprag_primitives::snapshot::{Reader, Writer};
use sprag_x3dh::{InitialMessage, Suite, pqxdh, x3dh};

use crate::origin::Origin;

/// Writes what the origin of the session does not have.
pub(crate) fn write(handshake: &InitialMessage, writer: &mut Writer) {
    match handshake {
        InitialMessage::X3dh(message) => {
            writer.bytes(message.ephemeral.as_bytes());
            writer.u32(message.signed_prekey);
            writer.option(message.one_time_prekey, Writer::u32);
        }
        InitialMessage::Pqxdh(message) => {
            writer.bytes(message.ephemeral.as_bytes());
            writer.u32(message.signed_prekey);
            writer.option(message.one_time_prekey, Writer::u32);
            writer.u32(message.kem_prekey);
            writer.bytes(message.ciphertext.as_bytes());
        }
    }
}

/// Reads what [`write`] wrote; it must be the handshake that the origin is of.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    origin: &Origin,
) -> Result<InitialMessage, PrimitiveError> {
    let ephemeral = reader.public_key()?;
    let signed_prekey = reader.u32()?;
    let one_time_prekey = reader.option(|reader| reader.u32())?;
    let handshake = match origin.suite {
        Suite::X3dh => InitialMessage::X3dh(x3dh::InitialMessage {
            identity: origin.initiator,
            ephemeral,
            ordinal: origin.ordinal,
            signed_prekey,
            one_time_prekey,
        }),
        Suite::Pqxdh => InitialMessage::Pqxdh(pqxdh::InitialMessage {
            identity: origin.initiator,
            ephemeral,
            ordinal: origin.ordinal,
            signed_prekey,
            one_time_prekey,
            kem_prekey: reader.u32()?,
            ciphertext: Ciphertext::from_bytes(reader.array()?),
        }),
    };
    if handshake.session_id() == origin.id {
        Ok(handshake)
    } else {
        Err(PrimitiveError::SnapshotInvalid)
    }
}

//! Frames: a byte for the kind, the length of the body in 4 bytes, little-endian, and the body.
//!
//! Nothing authenticates a frame but a message's own encryption. An attacker between the two can forge an
//! acknowledgement, and so suppress a message unseen; to prevent that, acknowledge in messages of the session.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Result;

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Kind {
    /// 1 if the sender knows the receiver, 0 if it needs a bundle.
    Hello,
    Bundle,
    Message,
    /// The message under way is on the receiver's medium.
    Acknowledgement,
    /// No message follows.
    Bye,
}

const KINDS: [Kind; 5] = [
    Kind::Hello,
    Kind::Bundle,
    Kind::Message,
    Kind::Acknowledgement,
    Kind::Bye,
];

/// The longest body in bytes.
const MAX_BODY: usize = 64 * 1024;

pub(crate) async fn write_frame(
    writer: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    body: &[u8],
) -> Result<()> {
    let mut frame = vec![kind as u8];
    frame.extend_from_slice(&u32::try_from(body.len())?.to_le_bytes());
    frame.extend_from_slice(body);
    writer.write_all(&frame).await?;
    Ok(())
}

pub(crate) async fn read_frame(reader: &mut (impl AsyncRead + Unpin)) -> Result<(Kind, Vec<u8>)> {
    let kind = reader.read_u8().await;
    let kind = kind.map_err(|error| format!("connection is broken: {error}"))?;
    let kind = *KINDS
        .get(usize::from(kind))
        .ok_or("unknown kind of frame")?;
    // Anybody can claim any length, so the bound comes before the allocation.
    let length = usize::try_from(reader.read_u32_le().await?)?;
    if length > MAX_BODY {
        return Err("frame is too long".into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok((kind, body))
}

use alloc::vec::Vec;

use crate::bytes::{Output as _, Reader};
use crate::limits::{
    MAX_BUNDLE_LENGTH, MAX_FIXED_LENGTH, MAX_SEALED_KEM_LENGTH, MAX_SEALED_ONE_TIME_LENGTH,
};
use crate::{Error, PrekeyKind};

/// The prekeys of an address as one reader gets them, all of them sealed: the reply to
/// [`Request::Bundle`](crate::Request::Bundle).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct SealedBundle<'a> {
    /// The fixed part, at most [`MAX_FIXED_LENGTH`] bytes.
    pub fixed: &'a [u8],
    /// A one-time prekey on the curve, of at most [`MAX_SEALED_ONE_TIME_LENGTH`] bytes, unless there is none left or too many
    /// were fetched of late.
    pub one_time: Option<NumberedPrekey<'a>>,
    /// A one-time KEM prekey, of at most [`MAX_SEALED_KEM_LENGTH`] bytes, likewise.
    pub kem: Option<NumberedPrekey<'a>>,
}

/// A sealed one-time prekey and its number, which the reader needs to open it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct NumberedPrekey<'a> {
    /// The number.
    pub number: u32,
    /// The sealed prekey.
    pub bytes: &'a [u8],
}

/// Encodes a sealed bundle: `u16 length ‖ fixed part ‖ option(u32 number ‖ u16 length ‖ one-time prekey) ‖ option(u32 number ‖
/// u16 length ‖ KEM prekey)`.
///
/// # Errors
///
/// [`Error::Oversized`], [`Error::Undersized`]
pub fn encode_bundle(bundle: &SealedBundle<'_>) -> Result<Vec<u8>, Error> {
    let SealedBundle {
        fixed,
        one_time,
        kem,
    } = *bundle;
    let mut output = Vec::new();
    output.put_sealed(fixed, MAX_FIXED_LENGTH)?;
    for (kind, prekey) in [(PrekeyKind::OneTime, one_time), (PrekeyKind::Kem, kem)] {
        output.put(&[u8::from(prekey.is_some())]);
        if let Some(NumberedPrekey { number, bytes }) = prekey {
            output.put(&number.to_le_bytes());
            output.put_sealed(bytes, kind.max_length())?;
        }
    }
    Ok(output)
}

/// Reads a sealed bundle. Its parts are borrowed.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`], [`Error::Oversized`], [`Error::Undersized`]; [`Error::Malformed`] if a marker is
/// neither 0 nor 1.
pub fn decode_bundle(bytes: &[u8]) -> Result<SealedBundle<'_>, Error> {
    let mut reader = Reader::new(bytes, MAX_BUNDLE_LENGTH)?;
    let fixed = reader.sealed(MAX_FIXED_LENGTH)?;
    let bundle = SealedBundle {
        fixed,
        one_time: read_prekey(&mut reader, MAX_SEALED_ONE_TIME_LENGTH)?,
        kem: read_prekey(&mut reader, MAX_SEALED_KEM_LENGTH)?,
    };
    reader.end()?;
    Ok(bundle)
}

fn read_prekey<'a>(
    reader: &mut Reader<'a>,
    limit: usize,
) -> Result<Option<NumberedPrekey<'a>>, Error> {
    if !reader.flag()? {
        return Ok(None);
    }
    let number = reader.u32()?;
    let bytes = reader.sealed(limit)?;
    Ok(Some(NumberedPrekey { number, bytes }))
}

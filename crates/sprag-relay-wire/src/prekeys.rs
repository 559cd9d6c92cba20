//! The prekeys that an address has at a relay: their upload, and the stock that is there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use sprag_primitives::secret::SecretBuffer;

use crate::bytes::{Output as _, Reader, check_ascending};
use crate::limits::{
    MAX_FIXED_LENGTH, MAX_KEM_PREKEYS, MAX_ONE_TIME_PREKEYS, MAX_PREKEYS, MAX_PREKEYS_LENGTH,
    MAX_SEALED_KEM_LENGTH, MAX_SEALED_ONE_TIME_LENGTH, MAX_STOCK_LENGTH, MIN_SEALED_LENGTH,
};
use crate::secrets::SECRET_LENGTH;
use crate::{Error, SendCapability};

/// The kind of a one-time prekey.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a third kind would be another protocol"
)]
pub enum PrekeyKind {
    /// On the curve, 0.
    OneTime,
    /// Of the KEM, 1.
    Kem,
}

impl PrekeyKind {
    /// The number of this kind.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::OneTime => 0,
            Self::Kem => 1,
        }
    }

    /// The most bytes that a sealed prekey of this kind may have.
    #[must_use]
    pub const fn max_length(self) -> usize {
        match self {
            Self::OneTime => MAX_SEALED_ONE_TIME_LENGTH,
            Self::Kem => MAX_SEALED_KEM_LENGTH,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.u8()? {
            0 => Ok(Self::OneTime),
            1 => Ok(Self::Kem),
            _ => Err(Error::Malformed),
        }
    }
}

/// A sealed one-time prekey.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct SealedPrekey<'a> {
    /// The kind.
    pub kind: PrekeyKind,
    /// The sealed prekey, [`MIN_SEALED_LENGTH`] bytes to [`PrekeyKind::max_length`].
    pub bytes: &'a [u8],
}

/// The prekeys that are taken back in an upload, before others are put there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a record that travels")]
pub enum Withdraw {
    /// The one-time prekeys of these numbers, at most [`MAX_PREKEYS`]; none if there is no number.
    Listed(BTreeSet<u32>),
    /// All one-time prekeys. The fixed part stays.
    All,
}

/// An upload of prekeys for an address: the body of [`Request::Prekeys`](crate::Request::Prekeys).
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct PrekeyUpload<'a> {
    /// The capability of the address.
    pub capability: SendCapability,
    /// The prekeys that are taken back first.
    pub withdraw: Withdraw,
    /// The sealed fixed part, [`MIN_SEALED_LENGTH`] to [`MAX_FIXED_LENGTH`] bytes, if it is replaced.
    pub fixed: Option<&'a [u8]>,
    /// The one-time prekeys by number, at most [`MAX_ONE_TIME_PREKEYS`] on the curve and [`MAX_KEM_PREKEYS`] of the KEM.
    pub prekeys: BTreeMap<u32, SealedPrekey<'a>>,
}

/// The stock of one-time prekeys that an address has at the relay.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Stock {
    /// The highest number that was ever put there, `None` if there never was one. A prekey with a number up to this one is not
    /// taken again.
    pub highest: Option<u32>,
    /// The kinds of the prekeys that are held, by number, at most [`MAX_ONE_TIME_PREKEYS`] and [`MAX_KEM_PREKEYS`]. No
    /// number is above the highest.
    pub held: BTreeMap<u32, PrekeyKind>,
}

/// Encodes an upload of prekeys:
/// `32 bytes capability ‖ u8 withdraw ‖ u16 n ‖ n × u32 number ‖ option(u16 length ‖ fixed part) ‖ u16 m ‖
/// m × (u8 kind ‖ u32 number ‖ u16 length ‖ prekey)`. `withdraw` is 0 if none is taken back, 1 if those listed are, and 2 if
/// all are.
///
/// # Errors
///
/// [`Error::Oversized`], [`Error::Undersized`] if something has more or fewer bytes, or there are more numbers or prekeys,
/// than the fields of [`PrekeyUpload`] say.
pub fn encode_prekeys(upload: &PrekeyUpload<'_>) -> Result<SecretBuffer, Error> {
    let PrekeyUpload {
        capability,
        withdraw,
        fixed,
        prekeys,
    } = upload;
    let mut output = SecretBuffer::new();
    output.put(capability.expose());
    // Say which are taken back.
    let none = BTreeSet::new();
    let (kind, numbers) = match withdraw {
        Withdraw::Listed(numbers) if numbers.is_empty() => (WITHDRAW_NONE, &none),
        Withdraw::Listed(numbers) => (WITHDRAW_LISTED, numbers),
        Withdraw::All => (WITHDRAW_ALL, &none),
    };
    output.put(&[kind]);
    output.put_count(numbers.len(), MAX_PREKEYS)?;
    for number in numbers {
        output.put(&number.to_le_bytes());
    }
    // Append the fixed part and the one-time prekeys.
    output.put(&[u8::from(fixed.is_some())]);
    if let Some(fixed) = fixed {
        output.put_sealed(fixed, MAX_FIXED_LENGTH)?;
    }
    check_counts(prekeys.values().map(|prekey| prekey.kind))?;
    output.put_count(prekeys.len(), MAX_PREKEYS)?;
    for (number, prekey) in prekeys {
        output.put(&[prekey.kind.to_byte()]);
        output.put(&number.to_le_bytes());
        output.put_sealed(prekey.bytes, prekey.kind.max_length())?;
    }
    Ok(output)
}

/// Reads an upload of prekeys. What is sealed is borrowed.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`]; [`Error::Oversized`], [`Error::Undersized`] as in [`encode_prekeys`];
/// [`Error::Malformed`] if a kind or a marker is none; [`Error::NotCanonical`] if numbers do not ascend, or numbers are listed
/// where none or all are taken back, or none is listed where those listed are.
pub fn decode_prekeys(bytes: &[u8]) -> Result<PrekeyUpload<'_>, Error> {
    let mut reader = Reader::new(bytes, MAX_PREKEYS_LENGTH)?;
    let capability = SendCapability::from_bytes(reader.array()?);
    let withdraw = read_withdraw(&mut reader)?;
    let fixed = if reader.flag()? {
        Some(reader.sealed(MAX_FIXED_LENGTH)?)
    } else {
        None
    };
    // A shorter prekey is refused, so that many there must be bytes for.
    let count = reader.count(MAX_PREKEYS, 1 + 4 + 2 + MIN_SEALED_LENGTH)?;
    let mut prekeys = BTreeMap::new();
    for _ in 0..count {
        let kind = PrekeyKind::read(&mut reader)?;
        let number = reader.u32()?;
        let bytes = reader.sealed(kind.max_length())?;
        check_ascending(prekeys.last_key_value().map(|(number, _)| number), &number)?;
        prekeys.insert(number, SealedPrekey { kind, bytes });
    }
    check_counts(prekeys.values().map(|prekey| prekey.kind))?;
    reader.end()?;
    Ok(PrekeyUpload {
        capability,
        withdraw,
        fixed,
        prekeys,
    })
}

/// Encodes the body of [`Request::Stock`](crate::Request::Stock): the capability of the address, 32 bytes.
#[must_use]
pub fn encode_stock_request(capability: &SendCapability) -> SecretBuffer {
    SecretBuffer::copy_from(capability.expose())
}

/// Reads the body of [`Request::Stock`](crate::Request::Stock).
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Oversized`]
pub fn decode_stock_request(bytes: &[u8]) -> Result<SendCapability, Error> {
    let mut reader = Reader::new(bytes, SECRET_LENGTH)?;
    reader.array().map(SendCapability::from_bytes)
}

/// Encodes a stock: `option(u32 highest) ‖ u16 n ‖ n × (u8 kind ‖ u32 number)`.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more prekeys than [`Stock`] says; [`Error::Malformed`] if a number is above the highest.
pub fn encode_stock(stock: &Stock) -> Result<Vec<u8>, Error> {
    check_stock(stock)?;
    let mut output = Vec::new();
    output.put(&[u8::from(stock.highest.is_some())]);
    if let Some(highest) = stock.highest {
        output.put(&highest.to_le_bytes());
    }
    output.put_count(stock.held.len(), MAX_PREKEYS)?;
    for (number, kind) in &stock.held {
        output.put(&[kind.to_byte()]);
        output.put(&number.to_le_bytes());
    }
    Ok(output)
}

/// Reads a stock.
///
/// # Errors
///
/// [`Error::Truncated`], [`Error::Trailing`]; [`Error::Oversized`]; [`Error::Malformed`] if a kind or a marker is none or a
/// number is above the highest; [`Error::NotCanonical`] if numbers do not ascend.
pub fn decode_stock(bytes: &[u8]) -> Result<Stock, Error> {
    let mut reader = Reader::new(bytes, MAX_STOCK_LENGTH)?;
    let highest = if reader.flag()? {
        Some(reader.u32()?)
    } else {
        None
    };
    let count = reader.count(MAX_PREKEYS, 1 + 4)?;
    let mut held = BTreeMap::new();
    for _ in 0..count {
        let kind = PrekeyKind::read(&mut reader)?;
        let number = reader.u32()?;
        check_ascending(held.last_key_value().map(|(number, _)| number), &number)?;
        held.insert(number, kind);
    }
    reader.end()?;
    let stock = Stock { highest, held };
    check_stock(&stock)?;
    Ok(stock)
}

fn read_withdraw(reader: &mut Reader<'_>) -> Result<Withdraw, Error> {
    let kind = reader.u8()?;
    let count = reader.count(MAX_PREKEYS, 4)?;
    let mut numbers = BTreeSet::new();
    for _ in 0..count {
        let number = reader.u32()?;
        check_ascending(numbers.last(), &number)?;
        numbers.insert(number);
    }
    match (kind, numbers.is_empty()) {
        (WITHDRAW_NONE, true) | (WITHDRAW_LISTED, false) => Ok(Withdraw::Listed(numbers)),
        (WITHDRAW_ALL, true) => Ok(Withdraw::All),
        (WITHDRAW_NONE | WITHDRAW_LISTED | WITHDRAW_ALL, _) => Err(Error::NotCanonical),
        _ => Err(Error::Malformed),
    }
}

/// Checks that there are no more prekeys of each kind than an address may have.
fn check_counts(kinds: impl Iterator<Item = PrekeyKind>) -> Result<(), Error> {
    let (mut one_time, mut kem) = (0, 0);
    for kind in kinds {
        match kind {
            PrekeyKind::OneTime => one_time += 1,
            PrekeyKind::Kem => kem += 1,
        }
    }
    if one_time > MAX_ONE_TIME_PREKEYS || kem > MAX_KEM_PREKEYS {
        return Err(Error::Oversized);
    }
    Ok(())
}

fn check_stock(stock: &Stock) -> Result<(), Error> {
    check_counts(stock.held.values().copied())?;
    let last = stock.held.last_key_value().map(|(number, _)| *number);
    // No number is below every other one.
    if last > stock.highest {
        return Err(Error::Malformed);
    }
    Ok(())
}

const WITHDRAW_NONE: u8 = 0;
const WITHDRAW_LISTED: u8 = 1;
const WITHDRAW_ALL: u8 = 2;

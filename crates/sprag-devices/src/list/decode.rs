//! The encoding of device lists (docs/protocol.md, "Device list").

use alloc::vec::Vec;

use sprag_primitives::ed25519::{SIGNATURE_LENGTH, Signature};
use sprag_primitives::xeddsa;
use sprag_x3dh::IdentityKey;

use super::{Content, DeviceList, Digests};
use crate::device::{Device, DeviceNumber, Reason, Revoked};
use crate::encoding::{Input, write_varint};
use crate::limits::{MAX_DEVICES, MAX_LIST_LENGTH, MAX_REVOKED};
use crate::user::{ED25519, UserKey, UserKeyPair, VERSION};
use crate::{Error, labels};

/// The second byte of a device list: its kind.
pub const DEVICE_LIST_KIND: u8 = 6;

impl DeviceList {
    /// Reads a list that came from outside, and verifies the signature of the user and that of each device.
    ///
    /// The user's signature is verified first, because it is one: whoever sends lists that it does not cover costs the
    /// reader no more than that.
    ///
    /// # Errors
    ///
    /// All of [`Error`] but [`Error::OtherUser`] and [`Error::NoContradiction`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (content, signature) = Self::parts(bytes)?;
        let (signed, _) = bytes.split_at(bytes.len() - SIGNATURE_LENGTH);
        let user = &content.user;
        user.verify(&signed_message(signed), &signature)
            .map_err(|_| Error::InvalidListSignature)?;
        for device in &content.devices {
            device.verify(user)?;
        }
        Ok(Self::of(content, bytes.to_vec()))
    }

    /// Reads a list without verifying signatures. Only a store of one's own, which verified it before, may need this.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let (content, _) = Self::parts(bytes)?;
        Ok(Self::of(content, bytes.to_vec()))
    }

    /// [`read`](Self::read) with the digests of the list, which were computed before.
    pub(crate) fn read_with(digests: Digests, bytes: &[u8]) -> Result<Self, Error> {
        let (content, _) = Self::parts(bytes)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            digests,
            content,
        })
    }

    /// The content and the signature of an encoded list.
    fn parts(bytes: &[u8]) -> Result<(Content, Signature), Error> {
        if bytes.len() > MAX_LIST_LENGTH {
            return Err(Error::Oversized);
        }
        let mut input = Input(bytes);
        let content = Content::read(&mut input)?;
        let signature = Signature::from_bytes(*input.array()?);
        input.finish()?;
        Ok((content, signature))
    }

    /// The list with this content, of which `bytes` are the encoding.
    fn of(content: Content, bytes: Vec<u8>) -> Self {
        Self {
            digests: Digests::compute(&bytes, &content.user),
            bytes,
            content,
        }
    }

    /// The list with this content, signed.
    pub(super) fn sign(content: Content, user: &UserKeyPair) -> Self {
        let mut bytes = content.bytes();
        let signature = user.sign(&signed_message(&bytes));
        bytes.extend_from_slice(signature.as_bytes());
        Self::of(content, bytes)
    }
}

fn signed_message(content: &[u8]) -> Vec<u8> {
    [labels::DEVICE_LIST, content].concat()
}

impl Content {
    /// The encoding, without the signature.
    fn bytes(&self) -> Vec<u8> {
        let mut output = [VERSION, DEVICE_LIST_KIND, ED25519].to_vec();
        output.extend_from_slice(self.user.as_bytes());
        write_varint(self.version, &mut output);
        write_varint(self.created, &mut output);
        output.extend_from_slice(&self.previous);
        write_varint(self.next_number.to_u32().into(), &mut output);
        write_varint(self.devices.len() as u64, &mut output);
        for device in &self.devices {
            write_varint(device.number.to_u32().into(), &mut output);
            output.extend_from_slice(device.identity.as_bytes());
            output.extend_from_slice(device.signature.as_bytes());
        }
        write_varint(self.revoked.len() as u64, &mut output);
        for gone in &self.revoked {
            write_varint(gone.number.to_u32().into(), &mut output);
            output.push(gone.reason.to_byte());
        }
        output
    }

    /// Reads the encoding, and checks everything that needs no signature.
    fn read(input: &mut Input<'_>) -> Result<Self, Error> {
        // See that it is a device list at all.
        match input.byte()? {
            VERSION => {}
            other => return Err(Error::UnknownVersion(other)),
        }
        match input.byte()? {
            DEVICE_LIST_KIND => {}
            other => return Err(Error::OtherKind(other)),
        }
        match input.byte()? {
            ED25519 => {}
            other => return Err(Error::UnknownKeyKind(other)),
        }
        // Read the fields of fixed number.
        let user = UserKey::from_bytes(input.array()?).map_err(Error::InvalidUserKey)?;
        let version = input.varint()?;
        let created = input.varint()?;
        let previous = *input.array()?;
        let next_number = DeviceNumber::new(input.varint_u32()?);
        if version == 0 {
            return Err(Error::NoVersion);
        }
        if version == 1 && previous != [0; _] {
            return Err(Error::PreviousOfFirst);
        }
        // Read the devices and the revoked ones, whose numbers are bounded before any of them is read.
        let devices = read_devices(input, next_number)?;
        let revoked = read_revoked(input, next_number)?;
        let is_listed = |number| devices.iter().any(|device| device.number == number);
        if let Some(gone) = revoked.iter().find(|gone| is_listed(gone.number)) {
            return Err(Error::ListedAndRevoked(gone.number));
        }
        Ok(Self {
            user,
            version,
            created,
            previous,
            next_number,
            devices,
            revoked,
        })
    }
}

fn read_devices(input: &mut Input<'_>, next: DeviceNumber) -> Result<Vec<Device>, Error> {
    let count = input.count(MAX_DEVICES)?.filter(|count| *count > 0);
    let count = count.ok_or(Error::DeviceCount)?;
    let mut devices: Vec<Device> = Vec::with_capacity(count);
    for _ in 0..count {
        let last = devices.last().map(|device| device.number);
        let number = read_number(input, last, next)?;
        let identity = IdentityKey::from_bytes(input.array()?)
            .map_err(|fault| Error::InvalidIdentity(number, fault))?;
        if devices.iter().any(|device| device.identity == identity) {
            return Err(Error::SharedIdentity(number));
        }
        devices.push(Device {
            number,
            identity,
            signature: xeddsa::Signature::from_bytes(*input.array()?),
        });
    }
    Ok(devices)
}

fn read_revoked(input: &mut Input<'_>, next: DeviceNumber) -> Result<Vec<Revoked>, Error> {
    let count = input.count(MAX_REVOKED)?.ok_or(Error::RevokedCount)?;
    let mut revoked: Vec<Revoked> = Vec::with_capacity(count);
    for _ in 0..count {
        let last = revoked.last().map(|gone| gone.number);
        let number = read_number(input, last, next)?;
        let reason = input.byte()?;
        let reason = Reason::from_byte(reason).ok_or(Error::UnknownReason(reason))?;
        revoked.push(Revoked { number, reason });
    }
    Ok(revoked)
}

/// A number that is above the last one and was given.
fn read_number(
    input: &mut Input<'_>,
    last: Option<DeviceNumber>,
    next: DeviceNumber,
) -> Result<DeviceNumber, Error> {
    let number = DeviceNumber::new(input.varint_u32()?);
    if last.is_some_and(|last| number <= last) {
        return Err(Error::NotAscending(number));
    }
    if number >= next {
        return Err(Error::NumberNotGiven(number));
    }
    Ok(number)
}

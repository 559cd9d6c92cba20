//! The messages of two devices of which one is linked to the user of the other: an invitation of the user's device, an
//! acceptance of the new one, and a welcome. The last two are the payloads of contents.

use alloc::vec::Vec;
use core::{fmt, str};

use sprag_primitives::secret::SecretBuffer;
use sprag_primitives::xeddsa::{SIGNATURE_LENGTH, Signature};

use crate::content::joined;
use crate::envelope::{Kind, open_as};
use crate::limits::{
    MAX_BUNDLE_LENGTH, MAX_DEVICE_NAME_LENGTH, MAX_LIST_LENGTH, MAX_MESSAGE_LENGTH,
    MAX_PEER_NAME_LENGTH, MAX_WELCOME_PEERS,
};
use crate::recovery::USER_SEED_LENGTH;
use crate::{Error, canonical};

/// The size in bytes of the secret that a new device learns from the code which the inviting device shows.
pub const LINK_SECRET_LENGTH: usize = 16;

/// An invitation of a device to a user. It holds no secret: whoever has it cannot accept it without the code that goes
/// with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Invitation<'a> {
    /// The last second in which it can be accepted, in seconds since 1970-01-01 UTC.
    pub expiry: u64,
    /// The newest device list of the user, at most [`MAX_LIST_LENGTH`] bytes, neither decoded nor verified.
    pub list: &'a [u8],
    /// A bundle of the inviting device for this one reader, at most [`MAX_BUNDLE_LENGTH`] bytes, not decoded. Its own list
    /// is empty.
    pub bundle: &'a [u8],
}

/// Encodes an invitation.
///
/// # Errors
///
/// [`Error::Oversized`] if the list is longer than [`MAX_LIST_LENGTH`], or the bundle than [`MAX_BUNDLE_LENGTH`].
pub fn encode_invitation(invitation: &Invitation<'_>) -> Result<Vec<u8>, Error> {
    let Invitation {
        expiry,
        list,
        bundle,
    } = *invitation;
    let output = canonical::write(&expiry, [VERSION, Kind::Invitation.to_byte()].to_vec());
    let output = canonical::write_block(list, MAX_LIST_LENGTH, output)?;
    canonical::write_block(bundle, MAX_BUNDLE_LENGTH, output)
}

/// Reads an invitation. List and bundle are borrowed, not decoded.
///
/// # Errors
///
/// [`Error::Truncated`]; [`Error::UnknownVersion`]; [`Error::UnknownKind`]; [`Error::OtherKind`]; [`Error::Malformed`];
/// [`Error::NotCanonical`]; [`Error::Trailing`]; [`Error::Oversized`] if it has more than
/// [`MAX_INVITATION_LENGTH`](crate::limits::MAX_INVITATION_LENGTH) bytes,
/// or a part of it is too long.
pub fn decode_invitation(bytes: &[u8]) -> Result<Invitation<'_>, Error> {
    let content = open_as(bytes, Kind::Invitation)?.content;
    let (expiry, rest) = canonical::read(content)?;
    let (list, rest) = canonical::read_block(rest, MAX_LIST_LENGTH)?;
    let (bundle, rest) = canonical::read_block(rest, MAX_BUNDLE_LENGTH)?;
    end(rest)?;
    Ok(Invitation {
        expiry,
        list,
        bundle,
    })
}

/// The payload of an acceptance: what a new device says to the device that invited it.
#[derive(Clone, Copy, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Acceptance<'a> {
    /// The secret in the code of the invitation.
    pub secret: &'a [u8; LINK_SECRET_LENGTH],
    /// The number that the device is to have.
    pub number: u32,
    /// The signature of the device on the user key and its number. It is not verified.
    pub signature: Signature,
    /// A bundle of the device for any number of readers, at most [`MAX_BUNDLE_LENGTH`] bytes, not decoded. Its list is empty.
    pub bundle: &'a [u8],
    /// The name by which the user tells the device from others, at most [`MAX_DEVICE_NAME_LENGTH`] bytes. The device chose it,
    /// so it may hold any characters.
    pub name: &'a str,
}

/// Shows the number alone, because the rest is secret.
impl fmt::Debug for Acceptance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            secret: _,
            number,
            signature: _,
            bundle: _,
            name: _,
        } = self;
        f.debug_struct("Acceptance")
            .field("number", number)
            .finish_non_exhaustive()
    }
}

/// Encodes the payload of an acceptance.
///
/// # Errors
///
/// [`Error::Oversized`] if the bundle is longer than [`MAX_BUNDLE_LENGTH`], or the name than [`MAX_DEVICE_NAME_LENGTH`].
pub fn encode_acceptance(acceptance: &Acceptance<'_>) -> Result<SecretBuffer, Error> {
    let Acceptance {
        secret,
        number,
        signature,
        bundle,
        name,
    } = *acceptance;
    // The secret comes first and is copied once; the rest is none, so it may grow where it lies.
    let mut rest = canonical::write(&number, Vec::new());
    rest.extend_from_slice(signature.as_bytes());
    let rest = canonical::write_block(bundle, MAX_BUNDLE_LENGTH, rest)?;
    let rest = canonical::write_block(name.as_bytes(), MAX_DEVICE_NAME_LENGTH, rest)?;
    Ok(joined(secret, &rest))
}

/// Reads the payload of an acceptance. Nothing in it is verified.
///
/// # Errors
///
/// [`Error::Truncated`]; [`Error::Malformed`], also if the name is not UTF-8; [`Error::NotCanonical`];
/// [`Error::Oversized`]; [`Error::Trailing`].
pub fn decode_acceptance(bytes: &[u8]) -> Result<Acceptance<'_>, Error> {
    let (secret, rest) = bytes.split_first_chunk().ok_or(Error::Truncated)?;
    let (number, rest) = canonical::read(rest)?;
    let (signature, rest) = rest
        .split_first_chunk::<SIGNATURE_LENGTH>()
        .ok_or(Error::Truncated)?;
    let (bundle, rest) = canonical::read_block(rest, MAX_BUNDLE_LENGTH)?;
    let (name, rest) = canonical::read_block(rest, MAX_DEVICE_NAME_LENGTH)?;
    end(rest)?;
    Ok(Acceptance {
        secret,
        number,
        signature: Signature::from_bytes(*signature),
        bundle,
        name: str::from_utf8(name).map_err(|_| Error::Malformed)?,
    })
}

/// The payload of a welcome: what a device of a user hands over to another one.
#[derive(Clone, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Welcome<'a> {
    /// The seed of the user key, if the receiver is to sign the user's lists from then on.
    pub key: Option<&'a [u8; USER_SEED_LENGTH]>,
    /// Peers of the user, at most [`MAX_WELCOME_PEERS`].
    pub peers: Vec<WelcomePeer<'a>>,
}

/// Shows the number of peers alone, because the rest is secret.
impl fmt::Debug for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, peers } = self;
        f.debug_struct("Welcome")
            .field("peers", &peers.len())
            .finish_non_exhaustive()
    }
}

/// A peer of a user, as another device of that user knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct WelcomePeer<'a> {
    /// The name of the peer, at most [`MAX_PEER_NAME_LENGTH`] bytes.
    pub name: &'a str,
    /// The newest device list of the peer, at most [`MAX_LIST_LENGTH`] bytes, neither decoded nor verified.
    pub list: &'a [u8],
    /// The state of the comparison of the peer's user id.
    pub state: PeerState,
}

/// The state of the comparison of a peer's user id, as it is handed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a format with other states is another format"
)]
pub enum PeerState {
    /// The peer is not verified, 0.
    Unverified,
    /// The peer was verified by a scanned code, 1.
    Scanned,
    /// The peer was verified by comparing the safety number, 2.
    Compared,
    /// The peer was verified, and changed afterwards, 3.
    Changed,
}

impl PeerState {
    /// The byte that names this state.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Unverified => 0,
            Self::Scanned => 1,
            Self::Compared => 2,
            Self::Changed => 3,
        }
    }

    /// The state that this byte names.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`]
    pub const fn from_byte(byte: u8) -> Result<Self, Error> {
        match byte {
            0 => Ok(Self::Unverified),
            1 => Ok(Self::Scanned),
            2 => Ok(Self::Compared),
            3 => Ok(Self::Changed),
            _ => Err(Error::Malformed),
        }
    }
}

impl WelcomePeer<'_> {
    /// The size in bytes of the encoding of this peer in a welcome: a name and a list with the length of each, and the state.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        let blocks = [self.name.len(), self.list.len()];
        blocks
            .iter()
            .map(|length| length_of_block(*length))
            .sum::<usize>()
            + 1
    }
}

/// Encodes the payload of a welcome.
///
/// # Errors
///
/// [`Error::Oversized`] if there are more than [`MAX_WELCOME_PEERS`] peers, one has a part that is too long, or the whole is
/// longer than [`MAX_MESSAGE_LENGTH`].
pub fn encode_welcome(welcome: &Welcome<'_>) -> Result<SecretBuffer, Error> {
    let Welcome { key, peers } = welcome;
    let count = u32::try_from(peers.len()).ok();
    let count = count.filter(|_| peers.len() <= MAX_WELCOME_PEERS);
    let count = count.ok_or(Error::Oversized)?;
    // All of it is secret, so the memory has room for the whole before anything is written to it.
    let lengths = peers.iter().map(WelcomePeer::encoded_length);
    let length = lengths.fold(MOST_BEFORE_PEERS, usize::saturating_add);
    if length > MAX_MESSAGE_LENGTH {
        return Err(Error::Oversized);
    }
    let mut output = Vec::with_capacity(length);
    output.push(u8::from(key.is_some()));
    if let Some(key) = key {
        output.extend_from_slice(*key);
    }
    let mut output = canonical::write(&count, output);
    for peer in peers {
        output = canonical::write_block(peer.name.as_bytes(), MAX_PEER_NAME_LENGTH, output)?;
        output = canonical::write_block(peer.list, MAX_LIST_LENGTH, output)?;
        output.push(peer.state.to_byte());
    }
    Ok(output.into())
}

/// Reads the payload of a welcome. The lists are borrowed, not decoded.
///
/// # Errors
///
/// [`Error::Truncated`]; [`Error::Malformed`], also if a name is not UTF-8; [`Error::NotCanonical`]; [`Error::Oversized`];
/// [`Error::Trailing`].
pub fn decode_welcome(bytes: &[u8]) -> Result<Welcome<'_>, Error> {
    let (has_key, rest) = bytes.split_first().ok_or(Error::Truncated)?;
    let (key, rest) = match has_key {
        0 => (None, rest),
        1 => {
            let (key, rest) = rest.split_first_chunk().ok_or(Error::Truncated)?;
            (Some(key), rest)
        }
        _ => return Err(Error::Malformed),
    };
    let (count, mut rest) = canonical::read::<u32>(rest)?;
    if usize::try_from(count).is_ok_and(|count| count > MAX_WELCOME_PEERS) {
        return Err(Error::Oversized);
    }
    // Memory grows with the peers that are there, and not by what the count claims.
    let mut peers = Vec::new();
    for _ in 0..count {
        let (peer, after) = read_peer(rest)?;
        peers.push(peer);
        rest = after;
    }
    end(rest)?;
    Ok(Welcome { key, peers })
}

fn read_peer(bytes: &[u8]) -> Result<(WelcomePeer<'_>, &[u8]), Error> {
    let (name, rest) = canonical::read_block(bytes, MAX_PEER_NAME_LENGTH)?;
    let (list, rest) = canonical::read_block(rest, MAX_LIST_LENGTH)?;
    let (state, rest) = rest.split_first().ok_or(Error::Truncated)?;
    let peer = WelcomePeer {
        name: str::from_utf8(name).map_err(|_| Error::Malformed)?,
        list,
        state: PeerState::from_byte(*state)?,
    };
    Ok((peer, rest))
}

fn end(rest: &[u8]) -> Result<(), Error> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Error::Trailing)
    }
}

/// The size in bytes of a block of this length: a varint has seven bits in each byte.
const fn length_of_block(length: usize) -> usize {
    let mut bytes = 1;
    let mut rest = length >> 7;
    while rest > 0 {
        bytes += 1;
        rest >>= 7;
    }
    bytes + length
}

/// The version of invitations.
const VERSION: u8 = 1;

/// The most bytes in front of the peers of a welcome: a flag, a seed and the number of peers.
const MOST_BEFORE_PEERS: usize = 1 + USER_SEED_LENGTH + 5;

//! Addresses of mailboxes and of relays, as bytes and as texts.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU16;
use core::str::{self, FromStr};

use data_encoding::BASE64URL_NOPAD;
use sprag_primitives::SecretBytes;
use sprag_primitives::hash::sha256;
use sprag_primitives::secret::SecretBuffer;

use crate::bytes::{Output as _, Reader};
use crate::limits::{MAX_ADDRESS_LENGTH, MAX_ADDRESS_TEXT_LENGTH};
use crate::secrets::{SECRET_LENGTH, from_base64url};
use crate::{AddressError, AddressSecret, Error, Host, SendCapability, labels};

/// The size in bytes of the fingerprint of a relay's TLS key.
pub const FINGERPRINT_LENGTH: usize = 32;

/// The port of a relay whose address names none.
pub const DEFAULT_PORT: NonZeroU16 = NonZeroU16::new(5443).expect("it is not zero");

/// The characters that the text of a mailbox's address begins with.
const SCHEME: &str = "sprag://";

/// The characters that the text of a relay's address begins with.
const RELAY_SCHEME: &str = "sprag-relay://";

/// The bytes of the checksum in a text. With five, the part behind `#` is a whole number of base64url's groups.
const CHECKSUM_LENGTH: usize = 5;

/// The bytes behind `#` in a text.
const SECRET_PART_LENGTH: usize = 2 * SECRET_LENGTH + CHECKSUM_LENGTH;

/// The characters behind `#` in a text.
const SECRET_PART_CHARACTERS: usize = SECRET_PART_LENGTH / 3 * 4;

/// The characters of a fingerprint.
const FINGERPRINT_CHARACTERS: usize = (FINGERPRINT_LENGTH * 8).div_ceil(6);

/// The address of a relay, which its operator gives out. It holds no secret.
///
/// ```
/// use sprag_relay_wire::{AddressError, DEFAULT_PORT, RelayAddress};
///
/// let text = "sprag-relay://AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE@relay.example.org";
/// let relay: RelayAddress = text.parse()?;
/// assert_eq!(relay.fingerprint, [1; 32]);
/// assert_eq!(relay.host.as_str(), "relay.example.org");
/// assert_eq!(relay.port, DEFAULT_PORT);
/// assert_eq!(relay.to_string(), text);
/// # Ok::<(), AddressError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct RelayAddress {
    /// SHA-256 of the `SubjectPublicKeyInfo` of the relay's TLS key. A client compares it, and asks no authority.
    pub fingerprint: [u8; FINGERPRINT_LENGTH],
    /// The machine.
    pub host: Host,
    /// The port.
    pub port: NonZeroU16,
}

/// The address of a mailbox: where the relay is, the right to send there, and the secret that is kept from the relay.
///
/// Whoever has it may send to it. The public address of a person is given to anybody; an address for one contact is given to
/// that one alone.
#[derive(Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a record that travels")]
pub struct Address {
    /// The relay at which the mailbox is.
    pub relay: RelayAddress,
    /// The right to send.
    pub capability: SendCapability,
    /// The secret of the address.
    pub secret: AddressSecret,
}

impl Address {
    /// The text of the address: `sprag://FINGERPRINT@HOST[:PORT]#SECRETS`. `FINGERPRINT` has 43 characters of base64url,
    /// `SECRETS` 92, which stand for `capability ‖ secret ‖ checksum`. It is displayed where its owner wants it to be seen.
    #[must_use]
    pub const fn expose(&self) -> AddressText<'_> {
        AddressText(self)
    }
}

/// The text of an address, which is displayed.
#[derive(Clone, Copy, Debug)]
pub struct AddressText<'a>(&'a Address);

impl fmt::Display for AddressText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(address) = self;
        // Join what stands behind the `#`.
        let mut secrets = SecretBytes::<SECRET_PART_LENGTH>::zeroed();
        let (capability, rest) = secrets.expose_mut().split_at_mut(SECRET_LENGTH);
        let (secret, checksum) = rest.split_at_mut(SECRET_LENGTH);
        capability.copy_from_slice(address.capability.expose());
        secret.copy_from_slice(address.secret.expose());
        checksum.copy_from_slice(&checksum_of(address));
        // Write it, from memory that is wiped.
        let mut characters = SecretBytes::<SECRET_PART_CHARACTERS>::zeroed();
        BASE64URL_NOPAD.encode_mut(secrets.expose(), characters.expose_mut());
        f.write_str(SCHEME)?;
        write_relay(&address.relay, f)?;
        f.write_str("#")?;
        f.write_str(str::from_utf8(characters.expose()).map_err(|_| fmt::Error)?)
    }
}

/// The text that [`Address::expose`] displays, and no other spelling of it.
impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = without_scheme(text, SCHEME, RELAY_SCHEME, AddressError::Relay)?;
        let (relay, secrets) = text.split_once('#').ok_or(AddressError::Secret)?;
        let relay = read_relay(relay)?;
        // Cut what stands behind the `#` into its parts.
        let secrets = from_base64url::<SECRET_PART_LENGTH>(secrets.as_bytes());
        let secrets = secrets.ok_or(AddressError::Secret)?;
        let part = secrets.expose().split_first_chunk();
        let (capability, rest) = part.ok_or(AddressError::Secret)?;
        let (secret, checksum) = rest.split_first_chunk().ok_or(AddressError::Secret)?;
        let address = Self {
            relay,
            capability: SendCapability::from_bytes(capability),
            secret: AddressSecret::from_bytes(secret),
        };
        // The checksum covers the relay, too: a wrong character there would look like an attack.
        if checksum_of(&address) != checksum {
            return Err(AddressError::Damaged);
        }
        Ok(address)
    }
}

/// `sprag-relay://FINGERPRINT@HOST[:PORT]`
impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(RELAY_SCHEME)?;
        write_relay(self, f)
    }
}

/// The text that is displayed, and no other spelling of it.
impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        read_relay(without_scheme(
            text,
            RELAY_SCHEME,
            SCHEME,
            AddressError::Mailbox,
        )?)
    }
}

/// Encodes an address in at most [`MAX_ADDRESS_LENGTH`] bytes:
/// `32 bytes fingerprint ‖ u16 port ‖ u8 length ‖ host ‖ 32 bytes capability ‖ 32 bytes secret`. It has no checksum, because it
/// travels where it is authenticated.
#[must_use]
pub fn encode_address(address: &Address) -> SecretBuffer {
    let Address {
        relay,
        capability,
        secret,
    } = address;
    let mut output = SecretBuffer::new();
    for part in [
        &encoded_relay(relay)[..],
        capability.expose(),
        secret.expose(),
    ] {
        output.put(part);
    }
    output
}

/// Reads the binary form of an address.
///
/// # Errors
///
/// [`Error::Oversized`], [`Error::Truncated`], [`Error::Trailing`]; [`Error::Malformed`] if the port is zero or the host is
/// none.
pub fn decode_address(bytes: &[u8]) -> Result<Address, Error> {
    let mut reader = Reader::new(bytes, MAX_ADDRESS_LENGTH)?;
    let fingerprint = *reader.array()?;
    let port = NonZeroU16::new(reader.u16()?).ok_or(Error::Malformed)?;
    let length = reader.u8()?;
    let host = str::from_utf8(reader.take(length.into())?).map_err(|_| Error::Malformed)?;
    let relay = RelayAddress {
        fingerprint,
        host: Host::new(host).map_err(|_| Error::Malformed)?,
        port,
    };
    let capability = SendCapability::from_bytes(reader.array()?);
    let secret = AddressSecret::from_bytes(reader.array()?);
    reader.end()?;
    Ok(Address {
        relay,
        capability,
        secret,
    })
}

/// The bytes of an address in front of its secrets.
fn encoded_relay(relay: &RelayAddress) -> Vec<u8> {
    let host = relay.host.as_str();
    let length = u8::try_from(host.len()).expect("a host has at most 253 bytes");
    let mut output = relay.fingerprint.to_vec();
    output.put(&relay.port.get().to_le_bytes());
    output.put(&[length]);
    output.put(host.as_bytes());
    output
}

/// The first bytes of `H("sprag-v1 relay checksum", binary form)`.
fn checksum_of(address: &Address) -> [u8; CHECKSUM_LENGTH] {
    let hash = sha256(&[labels::CHECKSUM, encode_address(address).expose()]);
    let mut checksum = [0; CHECKSUM_LENGTH];
    checksum.copy_from_slice(hash.split_at(CHECKSUM_LENGTH).0);
    checksum
}

/// The text behind its scheme. A text of the `other` scheme has an error of its own, because both are called addresses.
fn without_scheme<'a>(
    text: &'a str,
    scheme: &str,
    other: &str,
    error: AddressError,
) -> Result<&'a str, AddressError> {
    if text.starts_with(other) {
        return Err(error);
    }
    let rest = text.strip_prefix(scheme).ok_or(AddressError::Scheme)?;
    if text.len() > MAX_ADDRESS_TEXT_LENGTH {
        return Err(AddressError::Oversized);
    }
    Ok(rest)
}

/// Writes `FINGERPRINT@HOST[:PORT]`.
fn write_relay(relay: &RelayAddress, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut fingerprint = [0; FINGERPRINT_CHARACTERS];
    BASE64URL_NOPAD.encode_mut(&relay.fingerprint, &mut fingerprint);
    f.write_str(str::from_utf8(&fingerprint).map_err(|_| fmt::Error)?)?;
    write!(f, "@{}", relay.host)?;
    if relay.port != DEFAULT_PORT {
        write!(f, ":{}", relay.port)?;
    }
    Ok(())
}

/// Reads `FINGERPRINT@HOST[:PORT]`.
fn read_relay(text: &str) -> Result<RelayAddress, AddressError> {
    let (fingerprint, place) = text.split_once('@').ok_or(AddressError::Fingerprint)?;
    let fingerprint = from_base64url(fingerprint.as_bytes()).ok_or(AddressError::Fingerprint)?;
    // An IPv6 address has colons itself, inside its brackets.
    let start = place.find(']').unwrap_or(0);
    let (_, behind) = place.split_at(start);
    let (host, port) = match behind.find(':') {
        Some(colon) => {
            let (host, port) = place.split_at(start + colon);
            (host, read_port(port)?)
        }
        None => (place, DEFAULT_PORT),
    };
    Ok(RelayAddress {
        fingerprint: *fingerprint.expose(),
        host: Host::new(host)?,
        port,
    })
}

/// Reads `:PORT`, which has one spelling: decimal digits without leading zeros, and none for the default port.
fn read_port(text: &str) -> Result<NonZeroU16, AddressError> {
    let digits = text.strip_prefix(':').ok_or(AddressError::Port)?;
    if digits.starts_with(['0', '+']) {
        return Err(AddressError::Port);
    }
    let port = digits.parse().map_err(|_| AddressError::Port)?;
    if port == DEFAULT_PORT {
        return Err(AddressError::Port);
    }
    Ok(port)
}

use core::fmt;

/// The reason for which the bytes of a request, a reply or an address were refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end too early.
    Truncated,
    /// There are more bytes, or more items, than the limit for them.
    Oversized,
    /// There are fewer bytes than the shortest message or sealed prekey has.
    Undersized,
    /// Bytes follow the end.
    Trailing,
    /// The bytes can be read as a value, but are not the one encoding of that value: for example, because numbers are not
    /// in ascending order.
    NotCanonical,
    /// The bytes are not the encoding of any value.
    Malformed,
    /// The relay speaks a version of this protocol that is not known.
    UnknownVersion(u16),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("input is truncated"),
            Self::Oversized => f.write_str("input is larger than allowed"),
            Self::Undersized => f.write_str("input is smaller than any of its kind"),
            Self::Trailing => f.write_str("bytes follow the end of the input"),
            Self::NotCanonical => f.write_str("input is not canonically encoded"),
            Self::Malformed => f.write_str("input is malformed"),
            Self::UnknownVersion(version) => write!(
                f,
                "version {version} of the relay's protocol is not known: a newer program may know it"
            ),
        }
    }
}

impl core::error::Error for Error {}

/// The reason for which a text is not an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AddressError {
    /// The text does not begin as an address does: it is something else.
    Scheme,
    /// The text is the address of a relay, where that of a mailbox is needed.
    Relay,
    /// The text is the address of a mailbox, where that of a relay is needed.
    Mailbox,
    /// The text is longer than any address.
    Oversized,
    /// The part in front of `@` is missing, or is not a fingerprint.
    Fingerprint,
    /// The host is not a name or an address of a machine, or not in the one spelling that is read.
    Host,
    /// The port is not in the one spelling that is read.
    Port,
    /// The part behind `#` is missing, cut, too long, or has a character that is not one of base64url.
    Secret,
    /// The checksum is not that of the rest: a character was altered on the way.
    Damaged,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => {
                "an address begins with sprag://, or with sprag-relay:// if it is a relay's"
            }
            Self::Relay => "this is the address of a relay, not that of a person",
            Self::Mailbox => "this is the address of a person, not that of a relay",
            Self::Oversized => "the text is longer than any address",
            Self::Fingerprint => {
                "the part in front of @ is not a fingerprint of 43 characters: copy the address again"
            }
            Self::Host => {
                "the part behind @ is not a host in lower case, an IPv4 address or an IPv6 address in brackets"
            }
            Self::Port => {
                "the port is not a number from 1 to 65535 without leading zeros, or is 5443, which is left out"
            }
            Self::Secret => {
                "the part behind # does not have the 92 characters that it should: copy the whole address"
            }
            Self::Damaged => {
                "a character of the address was altered on the way: copy the address again"
            }
        })
    }
}

impl core::error::Error for AddressError {}

//! Hosts in addresses, each in one spelling.

use alloc::string::String;
use core::fmt::{self, Write as _};
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::AddressError;
use crate::limits::MAX_HOST_LENGTH;

/// The most bytes of a label of a name in the DNS.
const MAX_LABEL_LENGTH: usize = 63;

/// The characters of an onion service's name in front of `.onion`, in base32.
const ONION_LENGTH: usize = 56;

/// The host of a relay in the one spelling that an address has for it: a DNS name or the name of an onion service in lower case
/// without a dot at the end, an IPv4 address in four decimal numbers, or an IPv6 address in brackets as RFC 5952 writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host(String);

impl Host {
    /// The host of this spelling, at most [`MAX_HOST_LENGTH`] bytes.
    ///
    /// # Errors
    ///
    /// [`AddressError::Host`] if it is no host, or one in another spelling. An internationalised name is spelled in its
    /// ASCII form.
    pub fn new(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_HOST_LENGTH || !is_host(text) {
            return Err(AddressError::Host);
        }
        Ok(Self(text.into()))
    }

    /// The spelling, with the brackets of an IPv6 address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_host(text: &str) -> bool {
    if let Some(text) = text.strip_prefix('[') {
        return text.strip_suffix(']').is_some_and(is_ipv6);
    }
    // A name whose last label is a number would be taken for an IPv4 address by some programs.
    let (front, last) = text.rsplit_once('.').unwrap_or(("", text));
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<Ipv4Addr>().is_ok();
    }
    text.split('.').all(is_label) && (last != "onion" || is_onion(front))
}

/// Tells whether this is an IPv6 address as it is written again.
fn is_ipv6(text: &str) -> bool {
    let Ok(address) = text.parse::<Ipv6Addr>() else {
        return false;
    };
    let mut written = String::new();
    write!(written, "{address}").is_ok() && written == text
}

/// Tells whether this is a label of a name in the DNS, in lower case.
fn is_label(label: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL_LENGTH).contains(&label.len())
        && label.bytes().all(inside)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Tells whether the last of these labels is the name of an onion service.
fn is_onion(labels: &str) -> bool {
    let name = labels.rsplit('.').next().unwrap_or_default();
    let base32 = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
    name.len() == ONION_LENGTH && name.bytes().all(base32)
}
